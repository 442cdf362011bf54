"""A lane under test: people walk up, time passes, and what the lane wants done is written down."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kiosk.core.effects import Effect, Record, RecordLater, Respond, ShowLamp
from kiosk.core.entry import Draft, EntryKind
from kiosk.core.gate import Condition, Gate
from kiosk.core.lane import Arrival, Collecting, Lane, Look, OnlineAnswer, Showing
from kiosk.core.marks import Colour
from kiosk.core.model import (
    ConditionKind,
    Credential,
    Decision,
    Holder,
    Kind,
    OnlineCode,
    Outcome,
    Presented,
    Read,
    Reading,
    Refusal,
    Remedy,
    RosterMatch,
    Source,
    VenueCode,
)
from kiosk.core.ports import LampPattern
from kiosk.core.reasons import Answer, Reason
from kiosk.core.requests import Request
from kiosk.core.rules import Rules
from kiosk.core.step import step

MORNING = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
ROOM_C = 22.0


def a_pass(name: str = "Wang Xiaoming", **more: Any) -> Credential:
    """A verified pass of the compound's own, valid for a day around the morning."""
    holder = Holder(name=name, person=more.pop("person", None))
    valid = {"valid_from": MORNING - timedelta(days=1), "valid_until": MORNING + timedelta(days=1)}
    return Credential("local_pass", Kind.PASS, "Garden Court", f"id of {name}", holder, **(valid | more))


def an_online_code() -> OnlineCode:
    """An opaque health code."""
    return OnlineCode("online_code", Kind.HEALTH, "example")


def resolved(outcome: Outcome, **more: Any) -> Credential:
    """What the online service says of an opaque health code whose colour by default has this outcome."""
    colours = {Outcome.PASS: Colour.GREEN, Outcome.CHECK: Colour.YELLOW, Outcome.DENY: Colour.RED}
    said = {"valid_from": None, "valid_until": None, "colour": colours[outcome]} | more
    return Credential("online_code", Kind.HEALTH, "example", None, said.pop("holder", Holder()), **said)


def a_forgery() -> Refusal:
    """A code whose signature is wrong."""
    return Refusal("eu_dcc", Kind.HEALTH, Reason.BAD_SIGNATURE)


def a_stray_code() -> Refusal:
    """A code that is no credential at all."""
    return Refusal("", Kind.UNKNOWN, Reason.UNSUPPORTED)


def a_venue_code(venue_id: str = "gate-1") -> VenueCode:
    """The venue code of a post."""
    return VenueCode("venue", "Garden Court", venue_id, signed=True)


def object_c(forehead_c: float, rules: Rules) -> float:
    """What the sensor reads of a forehead, the model turned round."""
    gain = rules.temperature.model_gain
    return (forehead_c - rules.temperature.model_offset_c + gain * ROOM_C) / (1 + gain)


@dataclass
class Bench:
    """Drives one lane with a clock of its own; every turn is 100 ms."""

    rules: Rules = field(default_factory=Rules)
    lane: Lane = field(default_factory=lambda: Lane("main"))
    now: datetime = MORNING
    gate: Gate = field(default_factory=Gate)
    resolver: bool = False
    faults: frozenset[Reason] = frozenset()
    effects: list[Effect] = field(default_factory=list)
    turns: int = 0

    def turn(self, *arrivals: Arrival, readings: tuple[Reading, ...] = (), seconds: float = 0.1, **more: Any) -> None:
        """One look at the lane."""
        self.turns += 1
        self.now += timedelta(seconds=seconds)
        look = Look(
            self.now,
            f"v{self.turns}",
            gate=self.gate,
            arrivals=arrivals,
            readings=readings,
            resolver=self.resolver,
            faults=self.faults,
            **more,
        )
        self.lane, effects = step(self.lane, look, self.rules)
        self.effects += effects

    def shows(
        self,
        read: Read,
        *,
        key: str = "",
        roster: RosterMatch | None = None,
        passed_before: datetime | None = None,
    ) -> None:
        """Somebody holds up a code for one frame; while a result stands, until it is looked at."""
        for _ in range(12 if isinstance(self.lane.phase, Showing) else 1):
            self.turn(self.held(read, key=key, roster=roster, passed_before=passed_before))
            if (key or repr(read)) in dict(self.lane.in_view):
                return

    def held(self, read: Read, *, key: str = "", **more: Any) -> Arrival:
        """A code that is held up just now."""
        return Arrival(Presented(read, key or repr(read), self.now, Source.CAMERA), **more)

    def measures(self, forehead_c: float = 36.5, count: int | None = None) -> None:
        """Somebody stands before the thermometer long enough."""
        for _ in range(count or self.rules.temperature.samples):
            self.turn(readings=(Reading(object_c(forehead_c, self.rules), ROOM_C, self.now),))

    def steps_back(self) -> None:
        """Nobody stands before the thermometer."""
        for _ in range(3):
            self.turn(readings=(Reading(ROOM_C, ROOM_C, self.now),))

    def waits(self, seconds: float) -> None:
        """Time passes and nothing happens."""
        for _ in range(round(seconds * 10)):
            self.turn()

    def asks(self, request: type[Request], **more: Any) -> Answer:
        """A volunteer asks for something; the lane's answer."""
        more.setdefault("by", "li")
        asked = request(request_id=f"r{self.turns}", expires_at=self.now + timedelta(seconds=10), **more)
        known = more.pop("known", {})
        self.turn(requests=(asked,), known=known)
        return [effect.answer for effect in self.effects if isinstance(effect, Respond)][-1]

    def resolves(self, outcome: Outcome | None, key: str, **more: Any) -> None:
        """The online service answers about the visit before the lane."""
        self.turn(online=(OnlineAnswer(self.visit, key, resolved(outcome, **more) if outcome else None),))

    def opens_all(self, kinds: list[ConditionKind]) -> None:
        """Several conditions at once, about which nobody has decided."""
        self.gate = replace(self.gate, conditions=tuple(Condition(kind, self.now) for kind in kinds))

    def opens(self, kind: ConditionKind, remedy: Remedy | None = None) -> None:
        """A condition that concerns everybody, decided or not."""
        decisions = (Decision(kind, remedy, "li", self.now, self.now + timedelta(hours=1)),) if remedy else ()
        self.gate = replace(self.gate, conditions=(Condition(kind, self.now),), decisions=decisions)

    @property
    def visit(self) -> str:
        """The id of the visit before the lane."""
        phase = self.lane.phase
        assert isinstance(phase, Collecting | Showing)
        return phase.visit.id if isinstance(phase, Collecting) else phase.ended.visit.id

    @property
    def rows(self) -> list[Draft]:
        """Every row the lane wanted written."""
        return [effect.draft for effect in self.effects if isinstance(effect, Record | RecordLater)]

    @property
    def kinds(self) -> list[EntryKind]:
        """The kinds of those rows."""
        return [row.kind for row in self.rows]

    @property
    def lamps(self) -> list[LampPattern]:
        """Every lamp the lane wanted shown."""
        return [effect.pattern for effect in self.effects if isinstance(effect, ShowLamp)]

    @property
    def lamp(self) -> LampPattern:
        """The lamp now."""
        return self.lane.lamp
