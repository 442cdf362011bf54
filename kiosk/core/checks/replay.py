"""The replay check: the same identity does not pass twice the same way within the window."""

from __future__ import annotations

from datetime import datetime, timedelta

from kiosk.core.model import Evidence, Finding, Outcome
from kiosk.core.reasons import Reason
from kiosk.core.rules import Rules


def check(evidence: Evidence, rules: Rules, now: datetime) -> Finding | None:
    """Companions bring no code and are no replay; going in after going out is none either."""
    if evidence.passed_before is None:
        return Finding(Outcome.PASS, Reason.FIRST_USE) if evidence.codes else None
    if now - evidence.passed_before < timedelta(seconds=rules.replay.window_s):
        return Finding(rules.replay.replayed, Reason.ALREADY_PASSED)
    return Finding(Outcome.PASS, Reason.FIRST_USE)
