"""The attestation check: what a volunteer saw on the phone, or vouches for, stands in the log under their name."""

from __future__ import annotations

from datetime import datetime

from kiosk.core.model import Attested, Evidence, Finding, Outcome
from kiosk.core.reasons import Reason
from kiosk.core.rules import Rules


def check(evidence: Evidence, rules: Rules, now: datetime) -> Finding | None:
    """The last thing seen on the phone counts; else that somebody vouched."""
    seen = {
        Attested.SEEN_GREEN: rules.online.green,
        Attested.SEEN_YELLOW: rules.online.yellow,
        Attested.SEEN_RED: rules.online.red,
    }
    colours = [attestation.what for attestation in evidence.attestations if attestation.what in seen]
    if colours:
        return Finding(seen[colours[-1]], Reason(colours[-1].value))
    if evidence.attestations:
        return Finding(Outcome.PASS, Reason(evidence.attestations[-1].what.value))
    return None
