"""The venue check: the code of this very post was scanned where the rules ask for it, and none of a flagged place."""

from __future__ import annotations

from datetime import datetime, timedelta

from kiosk.core.codecs import Rejected, cwt
from kiosk.core.marks import Flag
from kiosk.core.model import (
    ConditionKind,
    Evidence,
    Finding,
    OnlineCode,
    Outcome,
    Read,
    Refusal,
    VenueCode,
    Want,
    is_of_a_place,
)
from kiosk.core.reasons import Reason
from kiosk.core.rules import Rules
from kiosk.core.validity import validity


def check(evidence: Evidence, rules: Rules, now: datetime) -> Finding | Want | None:
    """Without a requirement, standing at this post satisfies it; a flagged place is told all the same."""
    scanned = [code.read for code in evidence.codes if is_of_a_place(code.read)]
    if any(is_flagged(code, now) for code in scanned if isinstance(code, VenueCode)):
        return Finding(rules.venue.flagged, Reason.VENUE_FLAGGED)
    if not rules.venue.required:
        return None
    if not scanned:
        return Want.VENUE
    latest = scanned[-1]
    if isinstance(latest, OnlineCode) and _is_being_asked(evidence, rules, now):
        return Want.ONLINE_ANSWER
    reason = _reason(latest, rules, now)
    return Finding(Outcome.PASS if reason is Reason.VENUE_HERE else rules.venue.elsewhere, reason)


def is_flagged(code: VenueCode, now: datetime) -> bool:
    """Whether a list flags the place at a time that the code speaks of: its event's, else this moment."""
    begins, ends = (_moment(code.facts.get(name)) for name in ("begins", "ends"))
    return any(_meet(flag, begins or ends or now, ends or begins or now) for flag in code.flagged)


def _meet(flag: Flag, begins: datetime, ends: datetime) -> bool:
    """Whether the two times share a moment; an end that is missing is open."""
    return (flag.since is None or flag.since <= ends) and (flag.until is None or begins <= flag.until)


def _moment(text: str | None) -> datetime | None:
    try:
        return cwt.instant(text) if text else None
    except Rejected:
        return None


def _reason(latest: Read, rules: Rules, now: datetime) -> Reason:
    if not isinstance(latest, VenueCode):
        return latest.reason if isinstance(latest, Refusal) else Reason.ONLINE_REQUIRED
    if not latest.signed:
        return Reason.VENUE_UNPROVEN
    if (rules.venue.venue_ids and latest.venue_id not in rules.venue.venue_ids) or (
        rules.venue.issuers and latest.issuer not in rules.venue.issuers
    ):
        return Reason.VENUE_ELSEWHERE
    reason = validity(latest, now)
    return Reason.VENUE_HERE if reason is Reason.VALID else reason


def _is_being_asked(evidence: Evidence, rules: Rules, now: datetime) -> bool:
    since = evidence.online_since
    down = ConditionKind.RESOLVER_DOWN in evidence.conditions
    return since is not None and not down and now - since < timedelta(seconds=rules.online.timeout_s)
