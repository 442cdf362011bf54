"""What a visit leaves in the logbook: clear fields for the decision, sealed ones for the person."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.lane import Ended, Lane, Overridden, Visit
from kiosk.core.model import (
    Credential,
    Finding,
    Group,
    OnlineCode,
    Outcome,
    Presented,
    VenueCode,
    Verdict,
    is_of_a_place,
)
from kiosk.core.reasons import Reason
from kiosk.core.rules import Rules, group_of


def of_verdict(
    lane: Lane, visit: Visit, verdict: Verdict, rules: Rules, now: datetime, kind: EntryKind = EntryKind.VISIT
) -> Draft:
    """The row of a verdict, a medical exit or a vehicle; it must be on disk before the lamp shows it."""
    exception = None if kind is EntryKind.VISIT else tuple(finding.reason for finding in verdict.findings)
    return _of_visit(kind, lane, visit, verdict, rules, now, reasons=exception)


def of_incomplete(lane: Lane, visit: Visit, verdict: Verdict, rules: Rules, now: datetime) -> Draft:
    """The row of somebody who left half-way; `verdict` holds what was found so far."""
    return _of_visit(EntryKind.INCOMPLETE, lane, visit, verdict, rules, now, reasons=(Reason.INCOMPLETE,))


def of_override(lane: Lane, ended: Ended, override: Overridden, reason: str, rules: Rules) -> Draft:
    """The row of a volunteer's decision; it refers to the visit and carries its identity for replay and counts."""
    visit = ended.visit
    return Draft(
        kind=EntryKind.OVERRIDE,
        happened=override.at,
        lane=lane.name,
        visit=visit.id,
        refers=visit.id,
        direction=visit.evidence.direction,
        group=group_of(visit.evidence),
        outcome=override.outcome,
        reasons=ended.verdict.reasons,
        volunteer=override.by,
        rules=rules.version,
        person=_person(visit),
        code_key=_code_key(visit),
        sealed=_note(reason),
    )


def of_words(kind: EntryKind, lane: Lane, visit: str, by: str, words: str, rules: Rules, now: datetime) -> Draft:
    """The row of an explanation or an undo; the words are sealed."""
    return Draft(
        kind=kind,
        happened=now,
        lane=lane.name,
        visit=visit,
        refers=visit,
        direction=lane.direction,
        volunteer=by,
        rules=rules.version,
        sealed=_note(words),
    )


def of_direction(lane: Lane, by: str, rules: Rules, now: datetime) -> Draft:
    """The row of a lane turned round."""
    return Draft(
        kind=EntryKind.DIRECTION,
        happened=now,
        lane=lane.name,
        direction=lane.direction,
        volunteer=by,
        rules=rules.version,
    )


def of_drop_off(lane: Lane, visit: Visit, parcels: int, rules: Rules, now: datetime) -> Draft:
    """The row of parcels handed over; their number is clear, whose they were is sealed."""
    passed = Verdict(Outcome.PASS, (Finding(Outcome.PASS, Reason.DROP_OFF, check=EntryKind.DROP_OFF.value),))
    draft = of_verdict(lane, visit, passed, rules, now, EntryKind.DROP_OFF)
    return replace(draft, group=Group.DELIVERIES, volunteer=visit.by, detail=f"{parcels} parcels")


def _of_visit(
    kind: EntryKind,
    lane: Lane,
    visit: Visit,
    verdict: Verdict,
    rules: Rules,
    now: datetime,
    *,
    reasons: tuple[Reason, ...] | None = None,
) -> Draft:
    code = best_code(visit)
    read = code.read if code else None
    attested = visit.evidence.attestations
    return Draft(
        kind=kind,
        happened=now,
        lane=lane.name,
        visit=visit.id,
        with_visit=visit.with_holder,
        direction=visit.evidence.direction,
        group=group_of(visit.evidence),
        outcome=None if kind is EntryKind.INCOMPLETE else verdict.outcome,
        reasons=verdict.reasons if reasons is None else reasons,
        findings=verdict.findings,
        measurement=visit.evidence.measurement,
        measured_before=visit.evidence.measured_before,
        volunteer=attested[-1].by if attested else visit.by,
        format=read.format if read else "",
        issuer=read.issuer if isinstance(read, Credential | OnlineCode | VenueCode) else "",
        source=code.source.value if code else "",
        rules=rules.version,
        person=_person(visit),
        code_key=_code_key(visit),
        sealed=_identity(visit),
    )


def best_code(visit: Visit) -> Presented | None:
    """The code that stands for the visit: a verified credential, else whatever else was shown, else none."""
    codes = [code for code in visit.evidence.codes if not is_of_a_place(code.read)]
    verified = [code for code in codes if isinstance(code.read, Credential)]
    candidates = verified or codes or list(visit.evidence.codes)
    return candidates[-1] if candidates else None


def name_of(visit: Visit) -> str:
    """The name of whoever this is, as far as anybody said one."""
    code = best_code(visit)
    if visit.written.name:
        return visit.written.name
    if visit.evidence.roster is not None:
        return visit.evidence.roster.name
    return (code.read.holder.name or "") if code and isinstance(code.read, Credential) else ""


def _person(visit: Visit) -> str:
    code = best_code(visit)
    if visit.evidence.roster is not None:
        return visit.evidence.roster.person
    return (code.read.holder.person or code.about) if code and isinstance(code.read, Credential) else ""


def _code_key(visit: Visit) -> str:
    code = best_code(visit)
    return code.key if code and not is_of_a_place(code.read) else ""


def _identity(visit: Visit) -> tuple[tuple[SealClass, tuple[tuple[str, str], ...]], ...]:
    code = best_code(visit)
    credential = code.read if code and isinstance(code.read, Credential) else None
    roster = visit.evidence.roster
    fields = {
        "name": name_of(visit),
        "document": visit.written.document or (credential.holder.document or "" if credential else ""),
        "room": visit.written.room or (roster.room if roster else ""),
        "phone": visit.written.phone,
        "host": visit.evidence.host.household if visit.evidence.host else "",
        "credential_id": (credential.credential_id or "") if credential else "",
    }
    sealed = tuple((name, value) for name, value in fields.items() if value)
    return ((SealClass.IDENTITY, sealed),) * bool(sealed) + _note(visit.written.note)


def _note(words: str) -> tuple[tuple[SealClass, tuple[tuple[str, str], ...]], ...]:
    return ((SealClass.NOTE, (("note", words),)),) if words else ()
