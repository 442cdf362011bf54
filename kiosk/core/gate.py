"""What concerns the whole gate at once: conditions with their timed decisions, and evacuation.

A condition is one banner and one decision, not thirty amber lamps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kiosk.core.effects import Effect, Record, RecordLater, Respond
from kiosk.core.entry import Draft, EntryKind
from kiosk.core.model import ConditionKind, Decision, Reading
from kiosk.core.reasons import Answer, Reason
from kiosk.core.requests import Crowd, Decide, Evacuate
from kiosk.core.rules import Rules

CLOCK_SLACK = timedelta(seconds=2)  # a clock that goes back by less was slewed, not set


@dataclass(frozen=True, slots=True)
class Condition:
    """A fault that concerns everybody, open since a moment."""

    kind: ConditionKind
    since: datetime


@dataclass(frozen=True, slots=True)
class Evacuation:
    """Everybody goes out, since when, and at whose word."""

    since: datetime
    by: str


@dataclass(frozen=True, slots=True)
class CrowdMode:
    """Results stand more shortly until then, at whose word."""

    since: datetime
    until: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What all lanes share."""

    conditions: tuple[Condition, ...] = ()
    decisions: tuple[Decision, ...] = ()
    evacuation: Evacuation | None = None
    crowd: CrowdMode | None = None

    @property
    def open(self) -> frozenset[ConditionKind]:
        """The kinds of the open conditions."""
        return frozenset(condition.kind for condition in self.conditions)

    @property
    def decided(self) -> frozenset[ConditionKind]:
        """The kinds about which a decision is in force."""
        return frozenset(decision.condition for decision in self.decisions)


GateRequest = Decide | Evacuate | Crowd


def step(
    gate: Gate, facts: frozenset[ConditionKind], requests: tuple[GateRequest, ...], rules: Rules, now: datetime
) -> tuple[Gate, list[Effect]]:
    """One look at the whole gate: `facts` are the conditions that hold at this moment. Pure."""
    gate, effects = _follow(gate, facts, rules, now)
    for request in requests:
        gate, answer, caused = _answer(gate, request, rules, now)
        effects += [*caused, Respond(request.request_id, answer)]
    return gate, effects


def ambient_out_of_range(reading: Reading, rules: Rules) -> bool:
    """Whether the thermometer stands in air in which its model does not hold."""
    return not rules.temperature.ambient_min_c <= reading.ambient_c <= rules.temperature.ambient_max_c


def _follow(gate: Gate, facts: frozenset[ConditionKind], rules: Rules, now: datetime) -> tuple[Gate, list[Effect]]:
    effects: list[Effect] = [
        RecordLater(_entry(EntryKind.CONDITION, f"{kind.value} {word}", rules, now))
        for word, kinds in (("opened", facts - gate.open), ("closed", gate.open - facts))
        for kind in sorted(kinds)
    ]
    kept = tuple(condition for condition in gate.conditions if condition.kind in facts)
    opened = tuple(Condition(kind, now) for kind in sorted(facts - gate.open))
    held = tuple(
        decision
        for decision in gate.decisions
        if decision.at - CLOCK_SLACK <= now < decision.until and decision.condition in facts
    )
    crowd = gate.crowd
    if crowd is not None and not crowd.since - CLOCK_SLACK <= now < crowd.until:
        effects.append(RecordLater(_entry(EntryKind.CROWD, "off", rules, now)))
        crowd = None
    return replace(gate, conditions=kept + opened, decisions=held, crowd=crowd), effects


def _answer(gate: Gate, request: GateRequest, rules: Rules, now: datetime) -> tuple[Gate, Answer, list[Effect]]:
    if now >= request.expires_at:
        return gate, Answer.EXPIRED, []
    if isinstance(request, Evacuate):
        if request.on == (gate.evacuation is not None):
            return gate, Answer.DONE, []
        evacuation = Evacuation(now, request.by) if request.on else None
        draft = _entry(EntryKind.EVACUATION, "on" if request.on else "off", rules, now, request.by)
        return replace(gate, evacuation=evacuation), Answer.DONE, [RecordLater(draft)]
    if isinstance(request, Crowd):
        crowd = CrowdMode(now, now + timedelta(minutes=request.minutes), request.by) if request.on else None
        detail = f"on {request.minutes} min" if request.on else "off"
        draft = _entry(EntryKind.CROWD, detail, rules, now, request.by)
        return replace(gate, crowd=crowd), Answer.DONE, [RecordLater(draft)]
    if request.condition not in gate.open:
        return gate, Answer.NO_SUCH_CONDITION, []
    if request.remedy not in rules.conditions.remedies.get(request.condition, ()):
        return gate, Answer.NOT_ALLOWED, []
    if request.minutes > rules.conditions.max_minutes:
        return gate, Answer.OUT_OF_RANGE, []
    decision = Decision(request.condition, request.remedy, request.by, now, now + timedelta(minutes=request.minutes))
    others = tuple(held for held in gate.decisions if held.condition is not request.condition)
    detail = f"{request.condition.value} {request.remedy.value} {request.minutes} min"
    draft = _entry(EntryKind.DECISION, detail, rules, now, request.by)
    return replace(gate, decisions=(*others, decision)), Answer.DONE, [Record(draft)]


def _entry(kind: EntryKind, detail: str, rules: Rules, now: datetime, by: str = "") -> Draft:
    reasons = (Reason.EVACUATION,) if kind is EntryKind.EVACUATION else ()
    return Draft(kind=kind, happened=now, detail=detail, reasons=reasons, volunteer=by, rules=rules.version)
