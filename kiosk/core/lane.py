"""One lane as values: what it is doing, whom it has before it, and what one look at it brings.

The transition between two looks is `kiosk/core/step.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kiosk.core.entry import EntryKind
from kiosk.core.forehead import Forehead
from kiosk.core.gate import Gate
from kiosk.core.model import (
    Credential,
    Direction,
    Evidence,
    Outcome,
    Presented,
    Reading,
    RosterMatch,
    VenueCode,
    Verdict,
    Wanting,
)
from kiosk.core.ports import LampPattern, Phrase
from kiosk.core.reasons import Reason
from kiosk.core.requests import Request


@dataclass(frozen=True, slots=True)
class WrittenDown:
    """What a volunteer wrote down about a person without a phone; sealed in the log."""

    name: str = ""
    document: str = ""
    room: str = ""
    phone: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One person before the lane, from the first sign to the result."""

    id: str
    started: datetime
    since: datetime  # when it was begun, or last taken up again
    last_sign: datetime  # when code, forehead or volunteer last showed that somebody is there
    evidence: Evidence
    stay: int = -1  # the stay before the thermometer that this visit's measurement is from
    remeasured: int = 0
    with_holder: str = ""  # the visit of the person they came with
    by: str = ""  # the volunteer who wrote the person down
    written: WrittenDown = field(default_factory=WrittenDown)
    wanting: Wanting | None = None


@dataclass(frozen=True, slots=True)
class Overridden:
    """A volunteer's decision of a visit."""

    outcome: Outcome
    by: str
    at: datetime
    instead_of: Overridden | None = None  # the decision before it, which counts again when this one is taken back


@dataclass(frozen=True, slots=True)
class Ended:
    """A visit with its verdict, as long as a volunteer may still decide it."""

    visit: Visit
    verdict: Verdict
    at: datetime
    override: Overridden | None = None
    explained: bool = False
    recorded: bool = True
    kind: EntryKind = EntryKind.VISIT

    @property
    def decided_at(self) -> datetime:
        """Since when it counts."""
        return self.override.at if self.override else self.at

    @property
    def outcome(self) -> Outcome:
        """What counts: the volunteer's word, else the verdict."""
        return self.override.outcome if self.override else self.verdict.outcome

    @property
    def by_word(self) -> bool:
        """Whether a person let them through or stopped them, and not the kiosk."""
        return self.override is not None or self.kind in (EntryKind.MEDICAL_EXIT, EntryKind.VEHICLE)


@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody is there."""


@dataclass(frozen=True, slots=True)
class Collecting:
    """Code and temperature are being gathered, in any order."""

    visit: Visit


@dataclass(frozen=True, slots=True)
class Showing:
    """A result is on the lamp."""

    ended: Ended
    until: datetime


@dataclass(frozen=True, slots=True)
class Evacuating:
    """Everybody goes out; nothing is asked."""


Phase = Idle | Collecting | Showing | Evacuating


@dataclass(frozen=True, slots=True)
class Following:
    """'And these with me': how many are still to come, and with whom."""

    holder: Visit
    left: int
    by: str
    names: tuple[str, ...] = ()  # in order, where the holder's pass names all who came


@dataclass(frozen=True, slots=True)
class Lane:
    """Everything the lane remembers between two looks."""

    name: str
    direction: Direction = Direction.IN
    looked_at: datetime | None = None
    phase: Phase = field(default_factory=Idle)
    forehead: Forehead = field(default_factory=Forehead)
    used_stay: int = -1  # the last stay whose measurement a visit took
    recent: tuple[Ended, ...] = ()  # newest first
    following: Following | None = None
    in_view: tuple[tuple[str, datetime], ...] = ()  # keys of codes, and when each was last seen
    called_at: datetime | None = None
    faults: frozenset[Reason] = frozenset()
    lamp: LampPattern = LampPattern.OFF
    said: Phrase | None = None
    said_at: datetime | None = None

    @property
    def visit(self) -> Visit | None:
        """Whoever is before the lane: being collected, or just shown."""
        match self.phase:
            case Collecting(visit):
                return visit
            case Showing(ended):
                return ended.visit
        return None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A code that came into view, with what the shell knows about its identity."""

    presented: Presented
    roster: RosterMatch | None = None
    passed_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class OnlineAnswer:
    """What the resolver answered about a visit's opaque code; `read` None: it could not say."""

    visit: str
    key: str
    read: Credential | VenueCode | None
    roster: RosterMatch | None = None  # whom that is about
    about: str = ""  # the document that it names, as an HMAC in hex
    passed_before: datetime | None = None  # when they last passed, whatever they showed then


@dataclass(frozen=True, slots=True)
class Known:
    """A person of the roster whom a request names."""

    match: RosterMatch
    passed_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One turn of a lane: the time, and everything that came since the last one."""

    now: datetime
    fresh_id: str  # the id of a visit that may begin in this look
    gate: Gate = field(default_factory=Gate)
    arrivals: tuple[Arrival, ...] = ()
    readings: tuple[Reading, ...] = ()
    requests: tuple[Request, ...] = ()
    online: tuple[OnlineAnswer, ...] = ()
    known: Mapping[str, Known] = field(default_factory=dict)
    faults: frozenset[Reason] = frozenset()
    resolver: bool = False  # whether an online service is configured
