"""What a lane does when it is asked: overrides, attestations, manual visits, and everything else of a desk.

A request names the visit it is about; one that has ended can still be decided for a while, but its lamp is
never lit again. The volunteer's word is always taken; only a mistake is refused, with a code that says which.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kiosk.core import drafts, forehead
from kiosk.core.entry import EntryKind
from kiosk.core.judge import close, judge
from kiosk.core.lane import Collecting, Following, Visit, WrittenDown
from kiosk.core.model import (
    Attestation,
    Attested,
    Credential,
    Evidence,
    Finding,
    Group,
    Holder,
    HostWord,
    Measurement,
    Outcome,
    TemperatureSource,
    Verdict,
)
from kiosk.core.reasons import Answer, Reason
from kiosk.core.requests import (
    Again,
    Call,
    Companions,
    ContactTemperature,
    DropOff,
    Explain,
    HostConfirms,
    ManualVisit,
    MedicalExit,
    Override,
    Request,
    Seen,
    SetDirection,
    Undo,
    Vehicle,
)
from kiosk.core.turn import Turn

SEEN = frozenset({Attested.SEEN_GREEN, Attested.SEEN_YELLOW, Attested.SEEN_RED})


def answer(turn: Turn, request: Request) -> None:
    """Does what `request` asks and responds, in that order."""
    if turn.now >= request.expires_at:
        turn.respond(request, Answer.EXPIRED)
        return
    handler = _HANDLERS.get(type(request))
    said, visit = handler(turn, request) if handler else (Answer.BAD_REQUEST, "")
    turn.respond(request, said, visit)


Said = tuple[Answer, str]


def _override(turn: Turn, request: Override) -> Said:
    match turn.lane.phase:
        case Collecting(visit) if visit.id == request.visit:
            ended = turn.show(visit, _as_far_as_it_goes(turn, visit))
        case _:
            found = turn.find(request.visit)
            if found is None:
                return Answer.VISIT_ENDED, request.visit
            ended = found
    turn.update(turn.override(ended, request.outcome, request.by, request.reason))
    return Answer.DONE, request.visit


def _as_far_as_it_goes(turn: Turn, visit: Visit) -> Verdict:
    """What the kiosk itself would say of a visit that the volunteer cuts short."""
    now_known = judge(visit.evidence, turn.rules, turn.now)
    return now_known if isinstance(now_known, Verdict) else close(now_known)


def _explain(turn: Turn, request: Explain) -> Said:
    ended = turn.find(request.visit)
    current = turn.lane.visit
    if ended is None and (current is None or current.id != request.visit):
        return Answer.VISIT_ENDED, request.visit
    turn.record(
        drafts.of_words(EntryKind.EXPLAIN, turn.lane, request.visit, request.by, request.reason, turn.rules, turn.now)
    )
    if ended is not None:
        turn.keep(replace(ended, explained=True))
    return Answer.DONE, request.visit


def _undo(turn: Turn, request: Undo) -> Said:
    ended = turn.find(request.visit)
    if ended is None:
        return Answer.VISIT_ENDED, request.visit
    if ended.override is None:
        return Answer.NOTHING_TO_UNDO, request.visit
    if turn.now - ended.override.at > timedelta(seconds=turn.rules.show.undo_s):
        return Answer.UNDO_TOO_LATE, request.visit
    turn.record(drafts.of_words(EntryKind.UNDO, turn.lane, request.visit, request.by, "", turn.rules, turn.now))
    turn.update(replace(ended, override=ended.override.instead_of))
    return Answer.DONE, request.visit


def _reopened(turn: Turn, visit: str) -> Visit | None:
    """The visit before the lane, taken up again if its verdict is shown; None when it is another one.

    A medical exit or a vehicle was asked nothing, and is asked nothing afterwards.
    """
    current, shown = turn.lane.visit, turn.find(visit)
    if current is None or current.id != visit or (shown is not None and shown.kind is not EntryKind.VISIT):
        return None
    reopened = replace(current, since=turn.now, wanting=None)
    turn.collect(reopened)
    return reopened


def _again(turn: Turn, request: Again) -> Said:
    visit = _reopened(turn, request.visit)
    if visit is None:
        return Answer.VISIT_ENDED, request.visit
    turn.lane = replace(turn.lane, forehead=forehead.again(turn.lane.forehead))
    turn.collect(replace(visit, evidence=visit.evidence.measured(None)))
    return Answer.DONE, visit.id


def _contact(turn: Turn, request: ContactTemperature) -> Said:
    visit = _reopened(turn, request.visit)
    if visit is None:
        return Answer.VISIT_ENDED, request.visit
    _with_contact(turn, visit, request.celsius)
    return Answer.DONE, visit.id


def _with_contact(turn: Turn, visit: Visit, celsius: float) -> None:
    measured = Measurement(celsius, celsius, None, 0.0, 1, "contact", turn.now, TemperatureSource.CONTACT)
    turn.collect(replace(visit, evidence=visit.evidence.measured(measured)))


def _seen(turn: Turn, request: Seen) -> Said:
    if request.what not in SEEN:
        return Answer.BAD_REQUEST, request.visit
    visit = _reopened(turn, request.visit)
    if visit is None:
        return Answer.VISIT_ENDED, request.visit
    attestations = (*visit.evidence.attestations, Attestation(request.what, request.by, turn.now))
    turn.collect(replace(visit, evidence=replace(visit.evidence, attestations=attestations)))
    return Answer.DONE, visit.id


def _host_confirms(turn: Turn, request: HostConfirms) -> Said:
    visit = _reopened(turn, request.visit)
    if visit is None:
        return Answer.VISIT_ENDED, request.visit
    evidence = replace(visit.evidence, host=HostWord(request.host, request.by, turn.now), group=Group.VISITORS)
    turn.collect(replace(visit, evidence=evidence))
    return Answer.DONE, visit.id


def _companions(turn: Turn, request: Companions) -> Said:
    ended = turn.find(request.visit)
    visit = ended.visit if ended else turn.lane.visit
    if visit is None or visit.id != request.visit:
        return Answer.VISIT_ENDED, request.visit
    names = tuple(other.name or "" for other in household_of(visit))
    whole = names if len(names) == request.count else ()  # of fewer nobody says which ones came
    turn.lane = replace(turn.lane, following=Following(visit, request.count, request.by, whole))
    return Answer.DONE, visit.id


def household_of(visit: Visit) -> tuple[Holder, ...]:
    """The others whom the pass is for that was shown."""
    shown = (code.read.household for code in visit.evidence.codes if isinstance(code.read, Credential))
    return next((household for household in shown if household), ())


def _manual(turn: Turn, request: ManualVisit) -> Said:
    known = turn.look.known.get(request.person)
    if request.person and known is None:
        return Answer.UNKNOWN_PERSON, ""
    if not request.person and not request.name.strip():
        return Answer.BAD_REQUEST, ""
    what = Attested.BY_ROSTER if known else Attested.BY_NAME
    evidence = replace(
        turn.evidence(),
        attestations=(Attestation(what, request.by, turn.now),),
        roster=known.match if known else None,
        passed_before=known.passed_before if known else None,
        group=known.match.group if known else request.group,
        host=HostWord(request.host, request.by, turn.now) if request.host.strip() else None,
    )
    written = WrittenDown(request.name, request.document, request.room, request.phone)
    visit = turn.begin(evidence, by=request.by, written=written)
    if request.celsius is not None:
        _with_contact(turn, visit, request.celsius)
    return Answer.DONE, visit.id


def _medical_exit(turn: Turn, request: MedicalExit) -> Said:
    written = WrittenDown(name=request.name, note=request.note)
    return _let_through(turn, EntryKind.MEDICAL_EXIT, Reason.MEDICAL_EXIT, request.by, written)


def _vehicle(turn: Turn, request: Vehicle) -> Said:
    written = WrittenDown(document=request.plate, note=request.note)
    return _let_through(turn, EntryKind.VEHICLE, Reason.VEHICLE, request.by, written)


def _drop_off(turn: Turn, request: DropOff) -> Said:
    """One row, no green: they do not enter. Whoever else stands at the lane is not disturbed."""
    current = turn.lane.visit
    theirs = current if current is not None and current.id == request.visit else None
    ended = turn.find(request.visit)
    visit = theirs or (ended.visit if ended else None)
    if request.visit and visit is None:
        return Answer.VISIT_ENDED, request.visit
    if visit is None:
        visit = turn.newcomer(Evidence(direction=turn.lane.direction))
    visit = replace(visit, by=request.by, written=replace(visit.written, note=request.company))
    turn.record(drafts.of_drop_off(turn.lane, visit, request.parcels, turn.rules, turn.now))
    if theirs is not None:
        turn.dismiss()
    return Answer.DONE, visit.id


def _let_through(turn: Turn, kind: EntryKind, reason: Reason, by: str, written: WrittenDown) -> Said:
    """Always possible: one row, one green, nothing asked."""
    visit = turn.begin(Evidence(direction=turn.lane.direction), by=by, written=written)
    verdict = Verdict(Outcome.PASS, (Finding(Outcome.PASS, reason, check=kind.value),))
    turn.show(visit, verdict, kind)
    return Answer.DONE, visit.id


def _call(turn: Turn, request: Call) -> Said:
    turn.lane = replace(turn.lane, called_at=turn.now if request.on else None)
    return Answer.DONE, ""


def _set_direction(turn: Turn, request: SetDirection) -> Said:
    if request.direction is turn.lane.direction:
        return Answer.DONE, ""
    turn.leave()
    turn.lane = replace(turn.lane, direction=request.direction)
    turn.record(drafts.of_direction(turn.lane, request.by, turn.rules, turn.now))
    return Answer.DONE, ""


_HANDLERS: dict[type[Request], Callable[[Turn, Any], Said]] = {
    Override: _override,
    Explain: _explain,
    Undo: _undo,
    Again: _again,
    ContactTemperature: _contact,
    Seen: _seen,
    Companions: _companions,
    HostConfirms: _host_confirms,
    ManualVisit: _manual,
    MedicalExit: _medical_exit,
    Vehicle: _vehicle,
    DropOff: _drop_off,
    Call: _call,
    SetDirection: _set_direction,
}
