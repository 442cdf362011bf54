"""What a lane looks and sounds like: its lamp, its phrase, the resident's face of it and the desk's.

All of it follows from where the lane is; nothing here decides.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from kiosk.core.asked import household_of
from kiosk.core.drafts import best_code, name_of
from kiosk.core.gate import Gate
from kiosk.core.hints import Hint
from kiosk.core.lane import Collecting, Ended, Evacuating, Lane, Showing, Visit
from kiosk.core.model import Decision, Finding, Outcome, Want
from kiosk.core.ports import LampPattern, Phrase
from kiosk.core.rules import Rules, group_of
from kiosk.core.view import ConditionView, DecisionView, DeskView, Face, FindingView, ResidentView, VisitView

_LAMPS = {Outcome.PASS: LampPattern.PASS, Outcome.CHECK: LampPattern.CHECK, Outcome.DENY: LampPattern.DENY}
_RESULTS = {Outcome.PASS: Face.PASS, Outcome.CHECK: Face.SEE_VOLUNTEER, Outcome.DENY: Face.STOP}
_PHRASES = {
    Face.SHOW_CODE: Phrase.SHOW_CODE,
    Face.COME_CLOSER: Phrase.COME_CLOSER,
    Face.HOLD_STILL: Phrase.HOLD_STILL,
    Face.SHOW_VENUE: Phrase.SHOW_VENUE,
    Face.SHOW_PHONE: Phrase.SHOW_PHONE,
    Face.NEXT_PERSON: Phrase.NEXT_PERSON,
    Face.PASS: Phrase.PASS,
    Face.SEE_VOLUNTEER: Phrase.SEE_VOLUNTEER,
    Face.STOP: Phrase.STOP,
    Face.OUT_OF_ORDER: Phrase.OUT_OF_ORDER,
    Face.EVACUATE: Phrase.EVACUATE,
}
_NOT_GREEN = frozenset({LampPattern.CHECK, LampPattern.MANUAL})  # the screen is no greener than the lamp
_WANTS_A_CODE = frozenset({Face.WELCOME, Face.SHOW_CODE})
MOST_URGENT = 3
_FOR_THE_VOLUNTEER = frozenset({Want.ATTESTATION, Want.CONTACT_TEMPERATURE})


def lamp_of(lane: Lane) -> LampPattern:
    """The lamp's pattern. Green only for a result that is on disk."""
    match lane.phase:
        case Evacuating():
            return LampPattern.EVACUATE
        case Showing(ended):
            return _lamp_of_result(ended)
        case Collecting(visit):
            return _lamp_while_collecting(lane, visit)
    if lane.faults:
        return LampPattern.OUT_OF_ORDER
    return LampPattern.ATTEND if lane.called_at else LampPattern.READY


def _lamp_of_result(ended: Ended) -> LampPattern:
    if not ended.recorded and ended.outcome is Outcome.PASS:
        return LampPattern.MANUAL if ended.by_word else LampPattern.CHECK
    return _LAMPS[ended.outcome]


def _lamp_while_collecting(lane: Lane, visit: Visit) -> LampPattern:
    if visit.wanting and _FOR_THE_VOLUNTEER & set(visit.wanting.wants):
        return LampPattern.ATTEND
    return LampPattern.MEASURING if lane.forehead.present else LampPattern.READY


def face_of(lane: Lane) -> Face:
    """The one thing that the resident's screen shows."""
    match lane.phase:
        case Evacuating():
            return Face.EVACUATE
        case Showing(ended):
            return Face.SEE_VOLUNTEER if lamp_of(lane) in _NOT_GREEN else _RESULTS[ended.outcome]
        case Collecting(visit):
            return _face_while_collecting(lane, visit)
    if lane.faults:
        return Face.OUT_OF_ORDER
    return Face.HOLD_STILL if lane.forehead.present and lane.forehead.measurement is None else Face.WELCOME


def _face_while_collecting(lane: Lane, visit: Visit) -> Face:
    wants = visit.wanting.wants if visit.wanting else ()
    if Want.TEMPERATURE in wants:
        if lane.forehead.present and lane.forehead.measurement is None:
            return Face.HOLD_STILL
        return Face.NEXT_PERSON if visit.with_holder else Face.COME_CLOSER
    for want, face in (
        (Want.CODE, Face.SHOW_CODE),
        (Want.VENUE, Face.SHOW_VENUE),
        (Want.ATTESTATION, Face.SHOW_PHONE),
        (Want.ONLINE_ANSWER, Face.CHECKING),
        (Want.CONTACT_TEMPERATURE, Face.SEE_VOLUNTEER),
    ):
        if want in wants:
            return face
    return Face.HOLD_STILL


def phrase_of(lane: Lane) -> Phrase | None:
    """What to say, once, when the lane comes to be like this."""
    return _PHRASES.get(face_of(lane))


def nagging_of(lane: Lane, now: datetime, rules: Rules) -> Phrase | None:
    """What is said again and again: that everybody goes out, or that the volunteer is wanted and has not come."""
    if isinstance(lane.phase, Evacuating):
        return Phrase.EVACUATE
    return Phrase.VOLUNTEER if waiting_level(lane, now, rules) else None


def waiting_since(lane: Lane) -> datetime | None:
    """Since when somebody at the lane waits for the volunteer: a call, an amber result, a phone to be looked at."""
    since = [lane.called_at] if lane.called_at else []
    match lane.phase:
        case Showing(ended) if ended.outcome is Outcome.CHECK and ended.override is None:
            since.append(ended.at)
        case Collecting(visit) if visit.wanting and _FOR_THE_VOLUNTEER & set(visit.wanting.wants):
            since.append(visit.since)
    return min(since, default=None)


def waiting_level(lane: Lane, now: datetime, rules: Rules) -> int:
    """How urgent it has become: 0 to 3."""
    since = waiting_since(lane)
    return 0 if since is None else min(MOST_URGENT, max(0, int((now - since).total_seconds() / rules.show.nag_s)))


def initials(name: str) -> str:
    """A name that only its owner recognises: the first character, or the first letters of two words."""
    words = name.split()
    if not words:
        return ""
    if any("\u4e00" <= character <= "\u9fff" for character in words[0]):
        return words[0][0] + "*" * min(2, max(1, len(words[0]) - 1))
    return " ".join(f"{word[0].upper()}." for word in (words[0], words[-1])[: len(words)])


# --- The desk -------------------------------------------------------------------------------------------


def desk_view(lane: Lane, now: datetime, rules: Rules, hint: Hint | None = None) -> DeskView:
    """One lane as the volunteer sees it; its `resident` part is all that the resident's screen may know.

    `hint` is what would help the camera just now.
    """
    shown = lane.phase.ended if isinstance(lane.phase, Showing) else None
    collecting = lane.phase.visit if isinstance(lane.phase, Collecting) else None
    current = _ended_view(shown, now, rules) if shown else _visit_view(collecting) if collecting else None
    return DeskView(
        lane=lane.name,
        direction=lane.direction,
        resident=_resident_view(lane, rules, hint),
        current=current,
        recent=tuple(_ended_view(ended, now, rules) for ended in lane.recent),
        out_of_order=tuple(sorted(lane.faults)),
        called_since=lane.called_at,
        waiting_since=waiting_since(lane),
        waiting_level=waiting_level(lane, now, rules),
    )


def _resident_view(lane: Lane, rules: Rules, hint: Hint | None) -> ResidentView:
    visit = lane.visit
    face = face_of(lane)
    return ResidentView(
        lane=lane.name,
        face=face,
        direction=lane.direction,
        initials=initials(name_of(visit)) if visit else "",
        progress=lane.forehead.progress(rules.temperature) if face is Face.HOLD_STILL else None,
        companions=lane.following.left if lane.following else 0,
        until=lane.phase.until if isinstance(lane.phase, Showing) else None,
        hint=hint if face in _WANTS_A_CODE else None,
    )


def _visit_view(visit: Visit, findings: tuple[Finding, ...] | None = None, **more: object) -> VisitView:
    code = best_code(visit)
    measured = visit.evidence.measurement
    roster = visit.evidence.roster
    wanting = visit.wanting
    if findings is None:
        findings = wanting.findings if wanting else ()
    return VisitView(
        visit=visit.id,
        started=visit.started,
        name=name_of(visit),
        room=visit.written.room or (roster.room if roster else ""),
        group=group_of(visit.evidence),
        format=code.read.format if code else "",
        issuer=getattr(code.read, "issuer", "") if code else "",
        findings=tuple(map(_finding_view, findings)),
        wants=tuple(want.value for want in wanting.wants) if wanting else (),
        forehead_c=measured.forehead_c if measured else None,
        household=tuple(other.name or "" for other in household_of(visit)),
        **more,  # type: ignore[arg-type]
    )


def _finding_view(finding: Finding) -> FindingView:
    return FindingView(
        check=finding.check,
        outcome=finding.outcome,
        reason=finding.reason,
        detail=finding.detail,
        said=dict(finding.said),
    )


def _ended_view(ended: Ended, now: datetime, rules: Rules) -> VisitView:
    override = ended.override
    undo_until = override.at + timedelta(seconds=rules.show.undo_s) if override else None
    return _visit_view(
        ended.visit,
        ended.verdict.findings,
        outcome=ended.verdict.outcome,
        overridden=override.outcome if override else None,
        overridden_by=override.by if override else "",
        explained=ended.explained,
        undo_until=undo_until if undo_until and undo_until > now else None,
        recorded=ended.recorded,
    )


def condition_views(gate: Gate, rules: Rules) -> tuple[ConditionView, ...]:
    """The open conditions with what may be, or was, decided about them."""
    decided = {decision.condition: decision for decision in gate.decisions}
    views = []
    for condition in gate.conditions:
        held = decided.get(condition.kind)
        decision = _decision_view(held) if held else None
        remedies = tuple(remedy.value for remedy in rules.conditions.remedies.get(condition.kind, ()))
        views.append(
            ConditionView(condition=condition.kind.value, since=condition.since, remedies=remedies, decision=decision)
        )
    return tuple(views)


def _decision_view(held: Decision) -> DecisionView:
    return DecisionView(condition=held.condition.value, remedy=held.remedy.value, by=held.by, until=held.until)
