"""The identity check: who it is, as far as the roster knows."""

from __future__ import annotations

from datetime import datetime

from kiosk.core.model import Attested, Certainty, Credential, Evidence, Finding, Outcome
from kiosk.core.reasons import Reason
from kiosk.core.rules import Rules, group_of


def check(evidence: Evidence, rules: Rules, now: datetime) -> Finding | None:
    """Certain passes, possible wants a look, unknown is the policy of the group."""
    if evidence.roster is not None:
        if evidence.roster.certainty is Certainty.CERTAIN:
            return Finding(Outcome.PASS, Reason.ROSTER_CERTAIN)
        return Finding(Outcome.CHECK, Reason.ROSTER_POSSIBLE)
    named = any(attestation.what is Attested.BY_NAME for attestation in evidence.attestations)
    if named or any(isinstance(code.read, Credential) for code in evidence.codes):
        return Finding(rules.group(group_of(evidence)).unknown_to_roster, Reason.ROSTER_UNKNOWN)
    return None
