"""What can be wrong with a logbook, in stable codes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Flaw(StrEnum):
    """What is wrong with a row."""

    MISSING_BEFORE = "missing_before"  # the row before it is not there
    DOES_NOT_FOLLOW = "does_not_follow"  # it names another row before it
    CHANGED = "changed"  # body, seal's digest or hash do not fit together
    NOT_CANONICAL = "not_canonical"
    MISPLACED = "misplaced"  # its body belongs to another number or epoch
    OTHER_SEALS = "other_seals"  # its sealed fields are not those that were written
    LOST_SEALS = "lost_seals"  # its sealed fields are gone though no row says that they were forgotten
    REWRITTEN = "rewritten"  # it and others were written anew: a signed head says otherwise
    CUT_OFF = "cut_off"  # it is not there, though a signed head of this file says that it was
    ROLLED_BACK = "rolled_back"  # the file is an older copy: a head kept elsewhere knows this row
    HEAD_FORGED = "head_forged"  # its signed head was not signed by this gate
    HEAD_MISSING = "head_missing"  # signed heads before its own were taken away
    NO_SUCH_CODE = "no_such_code"  # no row has the code that was kept


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that is not what was written, and what is wrong with it."""

    seq: int
    flaw: Flaw
    until: int = 0  # the last row that it may be, where the evidence leaves several
