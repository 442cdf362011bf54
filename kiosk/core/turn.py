"""The moves of a lane within one look: begin a visit, show a verdict, note that somebody left, and so on.

A `Turn` gathers the lane's new state and the effects in order; nothing outside sees it half done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from kiosk.core import drafts, forehead
from kiosk.core.effects import Effect, Record, RecordLater, Respond
from kiosk.core.entry import Draft, EntryKind
from kiosk.core.judge import close, judge
from kiosk.core.lane import (
    Collecting,
    Ended,
    Idle,
    Lane,
    Look,
    Overridden,
    Showing,
    Visit,
    WrittenDown,
)
from kiosk.core.model import Attestation, Attested, Evidence, Outcome, TemperatureSource, Verdict, Wanting
from kiosk.core.reasons import Answer
from kiosk.core.requests import Request
from kiosk.core.rules import CrowdRules, Rules, ShowRules


@dataclass
class Turn:
    """One look at one lane, while it is being taken."""

    lane: Lane
    look: Look
    rules: Rules
    effects: list[Effect] = field(default_factory=list)
    announced: bool = False  # a result came about in this look: two people in a row may have the same one
    _begun: int = 0

    @property
    def now(self) -> datetime:
        """The time of the look."""
        return self.look.now

    @property
    def pace(self) -> ShowRules | CrowdRules:
        """How long results stand just now."""
        return self.rules.show if self.look.gate.crowd is None else self.rules.crowd

    def record(self, draft: Draft) -> None:
        """A row to be made durable before anything that follows."""
        self.effects.append(Record(draft))

    def respond(self, request: Request, answer: Answer, visit: str = "") -> None:
        """The answer to a request, after what it caused."""
        self.effects.append(Respond(request.request_id, answer, visit))

    # --- Visits -----------------------------------------------------------------------------------------

    def begin(self, evidence: Evidence, **more: object) -> Visit:
        """A new visit; whoever was being collected left half-way, whoever was shown is done."""
        self.leave()
        visit = self.newcomer(evidence, **more)
        self.collect(visit)
        return visit

    def newcomer(self, evidence: Evidence, **more: object) -> Visit:
        """A visit that nobody stands at the lane for, yet."""
        suffix = f"-{self._begun}" if self._begun else ""
        self._begun += 1
        return Visit(
            id=self.look.fresh_id + suffix,
            started=self.now,
            since=self.now,
            last_sign=self.now,
            evidence=evidence,
            **more,  # type: ignore[arg-type]
        )

    def dismiss(self) -> None:
        """Whoever stands here is done with: a row of theirs says how."""
        visit = self.lane.visit
        recent = tuple(ended for ended in self.lane.recent if visit is None or ended.visit.id != visit.id)
        self.lane = replace(self.lane, phase=Idle(), recent=recent)

    def evidence(self) -> Evidence:
        """The evidence of a visit that begins now."""
        return self._surroundings(Evidence(direction=self.lane.direction))

    def _surroundings(self, evidence: Evidence) -> Evidence:
        return replace(evidence, conditions=self.look.gate.open, decisions=self.look.gate.decisions)

    def collect(self, visit: Visit) -> None:
        """Goes on with this visit: a sign of life just came."""
        self.lane = replace(self.lane, phase=Collecting(replace(visit, last_sign=self.now)))

    def leave(self) -> None:
        """Ends whatever there is: an unfinished visit is written down as incomplete."""
        match self.lane.phase:
            case Collecting(visit):
                verdict = close(visit.wanting) if visit.wanting else Verdict(Outcome.CHECK, ())
                draft = drafts.of_incomplete(self.lane, visit, verdict, self.rules, self.now)
                self.effects.append(RecordLater(draft))  # no lamp hangs on it: it must not hold up the next person
                self._remember(Ended(visit, verdict, self.now, kind=EntryKind.INCOMPLETE))
            case Showing(ended):
                self._remember(ended)
        self.lane = replace(self.lane, phase=Idle())

    def _remember(self, ended: Ended) -> None:
        oldest = self.now - timedelta(seconds=self.rules.show.recent_s)
        others = (e for e in self.lane.recent if e.visit.id != ended.visit.id and e.at > oldest)
        self.lane = replace(self.lane, recent=(ended, *others)[:20])

    # --- Verdicts ---------------------------------------------------------------------------------------

    def judge(self) -> None:
        """Takes the measurement if it is there, and decides if everything is."""
        if not isinstance(self.lane.phase, Collecting):
            return
        visit = self._measured(self.lane.phase.visit)
        visit = replace(visit, evidence=self._surroundings(visit.evidence))
        answer = judge(visit.evidence, self.rules, self.now)
        if isinstance(answer, Wanting):
            self.lane = replace(self.lane, phase=Collecting(replace(visit, wanting=answer)))
            return
        again = self._measured_again(visit)
        if again is not None:
            self.lane = replace(self.lane, phase=Collecting(replace(again, wanting=None)))
            return
        self.show(visit, answer)

    def _measured(self, visit: Visit) -> Visit:
        """The visit with the forehead's measurement, unless that belongs to somebody before."""
        head = self.lane.forehead
        if visit.evidence.measurement is not None or head.measurement is None:
            return visit
        if head.stay <= self.lane.used_stay and head.stay != visit.stay:
            return visit
        self.lane = replace(self.lane, used_stay=head.stay)
        return replace(
            visit,
            stay=head.stay,
            last_sign=self.now,
            evidence=replace(visit.evidence, measurement=head.measurement),
        )

    def _measured_again(self, visit: Visit) -> Visit | None:
        """The visit without its measurement, where that is doubtful and another try is left; else None."""
        measured, limits = visit.evidence.measurement, self.rules.temperature
        if measured is None or measured.source is not TemperatureSource.SENSOR or visit.remeasured >= limits.retries:
            return None
        near = abs(measured.forehead_c - limits.threshold_c) <= limits.band_c
        if not near and measured.forehead_c >= limits.plausible_c:
            return None
        self.lane = replace(self.lane, forehead=forehead.again(self.lane.forehead))
        return replace(visit, remeasured=visit.remeasured + 1, evidence=visit.evidence.measured(None), wanting=None)

    def show(self, visit: Visit, verdict: Verdict, kind: EntryKind = EntryKind.VISIT) -> Ended:
        """Writes the verdict down and shows it."""
        self.record(drafts.of_verdict(self.lane, visit, verdict, self.rules, self.now, kind))
        ended = Ended(replace(visit, wanting=None), verdict, self.now, kind=kind)
        self.showing(ended)
        return ended

    def showing(self, ended: Ended) -> None:
        """Shows what counts of an ended visit, for as long as the rules say."""
        shown = self.pace
        times = {Outcome.PASS: shown.pass_s, Outcome.CHECK: shown.check_s, Outcome.DENY: shown.deny_s}
        unwritten_green = ended.outcome is Outcome.PASS and not ended.recorded and not ended.by_word
        until = self.now + timedelta(seconds=times[Outcome.CHECK if unwritten_green else ended.outcome])
        self.lane = replace(self.lane, phase=Showing(ended, until))
        self.announced = True

    def override(self, ended: Ended, outcome: Outcome, by: str, reason: str) -> Ended:
        """The volunteer's word on a visit, written down, and with it a verdict that could not be before."""
        decision = Overridden(outcome, by, self.now, ended.override)
        if not ended.recorded:
            self.record(drafts.of_verdict(self.lane, ended.visit, ended.verdict, self.rules, ended.at, ended.kind))
        self.record(drafts.of_override(self.lane, ended, decision, reason, self.rules))
        return replace(ended, override=decision, explained=bool(reason), recorded=True)

    def update(self, ended: Ended) -> None:
        """Puts an ended visit back where it was: on the lamp, or among the recent ones."""
        match self.lane.phase:
            case Showing(shown) if shown.visit.id == ended.visit.id:
                self.showing(ended)
            case _:
                recent = tuple(ended if e.visit.id == ended.visit.id else e for e in self.lane.recent)
                self.lane = replace(self.lane, recent=recent)

    def keep(self, ended: Ended) -> None:
        """Like `update`, without showing the result for longer."""
        match self.lane.phase:
            case Showing(shown, until) if shown.visit.id == ended.visit.id:
                self.lane = replace(self.lane, phase=Showing(ended, until))
            case _:
                self.update(ended)

    def find(self, visit: str) -> Ended | None:
        """An ended visit that may still be decided: the one shown, or a recent one."""
        shown = (self.lane.phase.ended,) if isinstance(self.lane.phase, Showing) else ()
        found: Iterator[Ended] = (e for e in (*shown, *self.lane.recent) if e.visit.id == visit)
        return next(found, None)

    # --- Families ---------------------------------------------------------------------------------------

    def next_of_family(self) -> None:
        """Begins the visit of the next person who came with somebody."""
        following = self.lane.following
        if following is None:
            return
        holder = following.holder
        attestation = Attestation(Attested.WITH_HOLDER, following.by, self.now)
        group = holder.evidence.group or (holder.evidence.roster.group if holder.evidence.roster else None)
        evidence = replace(self.evidence(), attestations=(attestation,), group=group)
        self.begin(evidence, with_holder=holder.id, written=WrittenDown(name=next(iter(following.names), "")))
        left = replace(following, left=following.left - 1, names=following.names[1:])
        self.lane = replace(self.lane, following=left if left.left else None)
