"""The venue check: where the rules ask for it, the venue code of this very post was scanned."""

from __future__ import annotations

from datetime import datetime

from kiosk.core.model import Evidence, Finding, Outcome, Refusal, VenueCode, Want, is_of_a_place
from kiosk.core.reasons import Reason
from kiosk.core.rules import Rules
from kiosk.core.validity import validity


def check(evidence: Evidence, rules: Rules, now: datetime) -> Finding | Want | None:
    """Without a requirement, standing at this post satisfies it and nothing is said."""
    if not rules.venue.required:
        return None
    scanned = [code.read for code in evidence.codes if is_of_a_place(code.read)]
    if not scanned:
        return Want.VENUE
    latest = scanned[-1]
    if not isinstance(latest, VenueCode):
        reason = latest.reason if isinstance(latest, Refusal) else Reason.ONLINE_REQUIRED
        return Finding(rules.venue.elsewhere, reason)
    if rules.venue.venue_ids and latest.venue_id not in rules.venue.venue_ids:
        return Finding(rules.venue.elsewhere, Reason.VENUE_ELSEWHERE)
    reason = validity(latest, now)
    if reason is not Reason.VALID:
        return Finding(rules.venue.elsewhere, reason)
    return Finding(Outcome.PASS, Reason.VENUE_HERE)
