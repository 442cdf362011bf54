"""The venue check: where the rules ask for it, the venue code of this very post was scanned."""

from __future__ import annotations

from datetime import datetime

from kiosk.core.model import Evidence, Finding, Outcome, VenueCode, Want
from kiosk.core.reasons import Reason
from kiosk.core.rules import Rules
from kiosk.core.validity import validity


def check(evidence: Evidence, rules: Rules, now: datetime) -> Finding | Want | None:
    """Without a requirement, standing at this post satisfies it and nothing is said."""
    if not rules.venue.required:
        return None
    scanned = [code.read for code in evidence.codes if isinstance(code.read, VenueCode)]
    if not scanned:
        return Want.VENUE
    latest = scanned[-1]
    if rules.venue.venue_ids and latest.venue_id not in rules.venue.venue_ids:
        return Finding(rules.venue.elsewhere, Reason.VENUE_ELSEWHERE)
    reason = validity(latest, now)
    if reason is not Reason.VALID:
        return Finding(rules.venue.elsewhere, reason)
    return Finding(Outcome.PASS, Reason.VENUE_HERE)
