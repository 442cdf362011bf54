"""The host check: where the rules ask for it, the household that a visitor comes to see expects them."""

from __future__ import annotations

from datetime import datetime

from kiosk.core.model import Evidence, Finding, Group, Outcome
from kiosk.core.reasons import Reason
from kiosk.core.rules import Rules, group_of


def check(evidence: Evidence, rules: Rules, now: datetime) -> Finding | None:
    """What a household said stands in the log; without a requirement its silence means nothing."""
    if evidence.host is not None:
        return Finding(Outcome.PASS, Reason.HOST_CONFIRMED)
    if group_of(evidence) is Group.VISITORS and rules.host.required:
        return Finding(rules.host.missing, Reason.HOST_NOT_CONFIRMED)
    return None
