"""The one definition of every count: what a visit came to after overrides and undos, and how many of each there were.

- A visit counts once, when it was first written of, whatever was measured again or decided after midnight; and with
  the outcome it came to in the end: the volunteer's last decision since its newest verdict that was not taken back,
  else that verdict. So the days of a month add up to the month.
- *passed*, *checked*, *denied*: visits by that outcome. *incomplete*: people who left half-way and were not decided.
- *entered*, *left*: visits that passed, by the lane's direction. A medical exit is *left* and nothing else.
- *overridden*: visits whose outcome is a volunteer's. *undone*: decisions taken back. *disputed*: visits with a
  dispute note. *medical*: medical exits. *paper*: visits typed from a sheet. *retroactive*: visits that were written
  down later than they happened. These add to the counts above and never change them.
- *dropped off*: riders who handed something over; they did not enter, whatever the kiosk had said of them before.
- Vehicles and evacuations are not counted: nobody counted the people in them.
- *owed*: what a volunteer still has to say about a visit, which the review queue lists until somebody said it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from kiosk.core.entry import EntryKind, SealClass
from kiosk.core.model import Direction, Outcome
from kiosk.core.paper import SOURCE as PAPER
from kiosk.core.view import Counts

COUNTED = frozenset({EntryKind.VISIT, EntryKind.INCOMPLETE, EntryKind.MEDICAL_EXIT, EntryKind.DROP_OFF})
DECIDING = frozenset({EntryKind.OVERRIDE, EntryKind.UNDO})
ABOUT = DECIDING | {EntryKind.DISPUTE}  # rows about a visit that was written before them
LATE = timedelta(minutes=5)  # written down so much later than it happened


@dataclass(frozen=True, slots=True)
class Mark:
    """What counting needs to know of one row. `visit` is the visit that the row is about."""

    kind: EntryKind
    visit: str
    happened: datetime
    direction: Direction | None = None
    outcome: Outcome | None = None
    source: str = ""
    recorded: datetime | None = None
    explained: bool = False  # an override that says its reason


class Owed(StrEnum):
    """Why a visit stands in the review queue."""

    DISPUTED = "disputed"  # there was a quarrel
    UNEXPLAINED = "unexplained"  # a volunteer decided and did not say why
    UNDECIDED = "undecided"  # sent to the volunteer, and nobody decided
    INCOMPLETE = "incomplete"  # left half-way, and nobody decided


class Row(Protocol):
    """A row as the store reads it."""

    @property
    def kind(self) -> EntryKind: ...  # noqa: D102
    @property
    def visit(self) -> str: ...  # noqa: D102
    @property
    def refers(self) -> str: ...  # noqa: D102
    @property
    def happened(self) -> datetime: ...  # noqa: D102
    @property
    def recorded(self) -> datetime: ...  # noqa: D102
    @property
    def direction(self) -> Direction | None: ...  # noqa: D102
    @property
    def outcome(self) -> Outcome | None: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def seals(self) -> Mapping[str, str]: ...  # noqa: D102


def mark(row: Row) -> Mark:
    """The mark of a row."""
    about = row.refers or row.visit
    explained = row.kind is EntryKind.OVERRIDE and SealClass.NOTE.value in row.seals
    return Mark(row.kind, about, row.happened, row.direction, row.outcome, row.source, row.recorded, explained)


@dataclass(frozen=True, slots=True)
class Remarks:
    """What else there was to say about the visits that were counted."""

    overridden: int = 0
    undone: int = 0
    disputed: int = 0
    medical: int = 0
    paper: int = 0
    retroactive: int = 0


@dataclass(slots=True)
class Settled:
    """One visit: its row, and the decisions about it that were not taken back."""

    base: Mark
    decisions: list[Mark] = field(default_factory=list)
    undone: int = 0
    disputed: bool = False
    explained: bool = False  # since the last thing that wants it
    begun: datetime = field(init=False)  # when it counts: a verdict after midnight takes it to no other day

    def __post_init__(self) -> None:
        self.begun = self.base.happened

    @property
    def owed(self) -> Owed | None:
        """What is still to be said about it; None where nothing is."""
        if self.explained:
            return None
        if self.disputed:
            return Owed.DISPUTED
        if self.decisions:
            return Owed.UNEXPLAINED
        if self.base.kind is EntryKind.INCOMPLETE:
            return Owed.INCOMPLETE
        return Owed.UNDECIDED if self.outcome is Outcome.CHECK else None

    @property
    def last(self) -> Mark:
        """What counts: the last decision, else the row itself."""
        return self.decisions[-1] if self.decisions else self.base

    @property
    def outcome(self) -> Outcome | None:
        """What the visit came to; None for somebody who left half-way, for medical reasons, or at the door."""
        return None if self.last.kind in _WITHOUT_OUTCOME else self.last.outcome

    @property
    def through(self) -> Direction | None:
        """Which way somebody went through; None for everybody who did not."""
        if self.base.kind is EntryKind.MEDICAL_EXIT:
            return Direction.OUT
        return self.base.direction if self.outcome is Outcome.PASS else None

    @property
    def counted_as(self) -> tuple[str, ...]:
        """The names of the counts that this visit adds to."""
        if self.base.kind is EntryKind.MEDICAL_EXIT:
            return ("left",)
        if self.last.kind in (EntryKind.INCOMPLETE, EntryKind.DROP_OFF):
            return ("incomplete" if self.last.kind is EntryKind.INCOMPLETE else "dropped_off",)
        if self.last.outcome is Outcome.PASS and self.base.direction is not None:
            return ("passed", _WAY[self.base.direction])
        return _NAMED[self.last.outcome]

    @property
    def remarked_as(self) -> dict[str, int]:
        """The remarks that this visit adds to."""
        recorded = self.base.recorded
        return {
            "overridden": bool(self.decisions),
            "undone": self.undone,
            "disputed": self.disputed,
            "medical": self.base.kind is EntryKind.MEDICAL_EXIT,
            "paper": self.base.source == PAPER,
            "retroactive": recorded is not None and recorded - self.base.happened > LATE,
        }


_WITHOUT_OUTCOME = frozenset({EntryKind.INCOMPLETE, EntryKind.MEDICAL_EXIT, EntryKind.DROP_OFF})
_WAY = {Direction.IN: "entered", Direction.OUT: "left"}
_NAMED: dict[Outcome | None, tuple[str, ...]] = {
    Outcome.PASS: ("passed",),
    Outcome.CHECK: ("checked",),
    Outcome.DENY: ("denied",),
    None: (),
}


class Tally:
    """Folds rows, in the order they were written, into counts. Rows about visits it never saw are left out.

    Of a stretch of time, from its begin to before its end: the visits that began in it, whenever their other rows
    happened, as long as those are all given.
    """

    def __init__(self, within: tuple[datetime, datetime] | None = None) -> None:
        self._within = within
        self._visits: dict[str, Settled] = {}
        self._elsewhere: set[str] = set()  # visits that began at another time
        self._counts: Counter[str] = Counter()

    def add(self, mark: Mark) -> None:
        """Takes one more row."""
        known = self._visits.get(mark.visit)
        if known is None and mark.kind in COUNTED and not self._covers(mark.happened):
            self._elsewhere.add(mark.visit)
        if mark.visit in self._elsewhere:
            return
        if known is not None:
            self._counts.subtract(known.counted_as)
        if mark.kind in COUNTED and known is None:
            known = self._visits[mark.visit] = Settled(mark)
        elif known is not None:
            _follow(known, mark)
        if known is not None:
            self._counts.update(known.counted_as)

    def _covers(self, moment: datetime) -> bool:
        return self._within is None or self._within[0] <= moment < self._within[1]

    def knows(self, visit: str) -> bool:
        """Whether a row of that visit was given, counted or not."""
        return visit in self._visits or visit in self._elsewhere

    def counts(self) -> Counts:
        """How many of each."""
        return Counts(**self._counts)

    def remarks(self) -> Remarks:
        """How many of the visits there was something to say about."""
        total: Counter[str] = Counter()
        for visit in self._visits.values():
            total.update(visit.remarked_as)
        return Remarks(**total)

    def visits(self) -> Iterator[Settled]:
        """Every visit, in the order they were first written."""
        return iter(self._visits.values())

    def last_pass(self, direction: Direction, since: datetime) -> datetime | None:
        """When a visit in `direction`, not before `since`, last came to PASS, unless one the other way came after.

        Whoever went out in between may come in again at once; a pass handed back over the fence may not.
        """
        passes = [(visit.last.happened, visit.base.direction) for visit in self._visits.values() if visit.through]
        last = max((moment for moment, way in passes if way is direction), default=None)
        back = max((moment for moment, way in passes if way is not direction), default=None)
        if last is None or last < since or (back is not None and back > last):
            return None
        return last


def _follow(known: Settled, mark: Mark) -> None:
    """One more row about a visit that is known."""
    if mark.kind in COUNTED | ABOUT | {EntryKind.EXPLAIN}:
        known.explained = mark.explained or mark.kind is EntryKind.EXPLAIN
    if mark.kind in COUNTED:
        known.base = mark  # measured again: the same visit, a newer verdict
        if mark.kind in (EntryKind.VISIT, EntryKind.DROP_OFF):
            known.decisions.clear()  # they were about the verdict before
    elif mark.kind is EntryKind.OVERRIDE:
        known.decisions.append(mark)
    elif mark.kind is EntryKind.UNDO and known.decisions:
        known.decisions.pop()
        known.undone += 1
    elif mark.kind is EntryKind.DISPUTE:
        known.disputed = True
