"""A lane whose every effect is applied as the gate applies it, on a disk that may be full, and looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from kiosk.core import entry
from kiosk.core.checks.credential import is_forged
from kiosk.core.effects import Effect, Record, RecordLater, Respond, ShowLamp
from kiosk.core.entry import Draft, EntryKind, Stamp
from kiosk.core.lane import Arrival, Lane, Look
from kiosk.core.model import Outcome, TemperatureSource
from kiosk.core.ports import LampPattern
from kiosk.core.reports import COUNTED, DECIDING, Mark, Tally
from kiosk.core.requests import Request
from kiosk.core.step import unrecorded
from tests.support.lanes import Bench

THROUGH_BY_WORD = frozenset({EntryKind.MEDICAL_EXIT, EntryKind.VEHICLE})
ENDING = COUNTED | THROUGH_BY_WORD


@dataclass
class Watched(Bench):
    """A bench that writes down what the gate would, and fails where what it is told to do must never be done."""

    disk_full: bool = False
    written: list[Draft] = field(default_factory=list)
    later: list[Draft] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    forgers: set[str] = field(default_factory=set)
    begun: dict[str, bool] = field(default_factory=dict)  # and whether its row was refused by the disk
    measured: dict[datetime, str] = field(default_factory=dict)

    def turn(self, *arrivals: Arrival, requests: tuple[Request, ...] = (), **more) -> None:
        before, had = self.lane, len(self.effects)
        super().turn(*arrivals, requests=requests, **more)
        effects = self.effects[had:]
        self.effects.clear()
        visit = self.lane.visit
        if visit is not None:
            self.begun.setdefault(visit.id, False)
            if any(is_forged(code.read) for code in visit.evidence.codes):
                self.forgers.add(visit.id)
        answers = self._apply(before, effects)
        assert answers == Counter(request.request_id for request in requests)

    def _apply(self, before: Lane, effects: list[Effect]) -> Counter[str]:
        answers: Counter[str] = Counter()
        for done, effect in enumerate(effects):
            if isinstance(effect, Record) and self.disk_full:
                self.begun |= {each.draft.visit: True for each in effects[done:] if isinstance(each, Record)}
                look = Look(self.now, "unused")
                self.lane, instead = unrecorded(before, self.lane, look, effects[done:], self.rules)
                assert not any(isinstance(each, Record) for each in instead)
                assert ShowLamp(LampPattern.PASS) not in instead
                return answers + self._apply(before, instead)
            self._apply_one(effect, effects[:done])
            if isinstance(effect, Respond):
                answers[effect.request_id] += 1
        return answers

    def _apply_one(self, effect: Effect, earlier: list[Effect]) -> None:
        match effect:
            case Record(draft):
                self._write(draft)
            case RecordLater(draft):
                self.begun.setdefault(draft.visit, False)
                self.later.append(draft)
            case ShowLamp(LampPattern.PASS):
                visit = self.lane.visit
                assert visit is not None
                assert any(isinstance(each, Record) and each.draft.visit == visit.id for each in earlier)
                assert self.came_to(visit.id) is Outcome.PASS
        if not self.disk_full:
            while self.later:
                self._write(self.later.pop(0))

    def _write(self, draft: Draft) -> None:
        entry.body(draft, Stamp("k", 1, len(self.written) + 1, self.now, 0, "boot", "trusted"))
        self.written.append(draft)
        self._names_stay(draft)
        self._measured_once(draft)
        if draft.kind is EntryKind.VISIT and draft.outcome is Outcome.PASS:
            assert draft.visit not in self.forgers
            assert all(finding.outcome is Outcome.PASS for finding in draft.findings)
            assert draft.findings
        if draft.with_visit and draft.code_key:
            assert draft.code_key not in {row.code_key for row in self.written if row.visit == draft.with_visit}

    def _names_stay(self, draft: Draft) -> None:
        for seal_class, fields in draft.sealed:
            name = dict(fields).get("name", "")
            if name and seal_class is entry.SealClass.IDENTITY:
                assert self.names.setdefault(draft.visit, name) == name

    def _measured_once(self, draft: Draft) -> None:
        measured = draft.measurement
        if measured is not None and measured.source is TemperatureSource.SENSOR:
            assert self.measured.setdefault(measured.at, draft.visit) == draft.visit

    def came_to(self, visit: str) -> Outcome | None:
        """What the log says in the end about a visit, by the one definition of every count."""
        tally = Tally()
        for row in self.written:
            kind = EntryKind.VISIT if row.kind in THROUGH_BY_WORD else row.kind
            if row.visit == visit and kind in COUNTED | DECIDING:
                tally.add(Mark(kind, row.visit, row.happened, row.direction, row.outcome))
        counts = tally.counts()
        return next(
            (
                outcome
                for outcome, count in (
                    (Outcome.PASS, counts.passed),
                    (Outcome.CHECK, counts.checked),
                    (Outcome.DENY, counts.denied),
                )
                if count
            ),
            None,
        )
