"""Evidence and rules and the time make a verdict, or say what is still wanted. It knows no check by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kiosk.core import checks
from kiosk.core.model import Evidence, Finding, Outcome, Verdict, Want, Wanting
from kiosk.core.reasons import Reason
from kiosk.core.rules import Rules, checks_of

MISSING = {
    Want.CODE: Reason.NO_CODE,
    Want.TEMPERATURE: Reason.TEMPERATURE_MISSING,
    Want.CONTACT_TEMPERATURE: Reason.TEMPERATURE_MISSING,
    Want.VENUE: Reason.VENUE_MISSING,
    Want.ATTESTATION: Reason.ONLINE_REQUIRED,
    Want.ONLINE_ANSWER: Reason.ONLINE_REQUIRED,
}


def judge(evidence: Evidence, rules: Rules, now: datetime) -> Verdict | Wanting:
    """Runs the checks that the rules list for this visit, in their order; the worst finding wins.

    A red finding needs nothing more; otherwise everything wanted is waited for.
    """
    findings: list[Finding] = []
    wants: list[Want] = []
    for name in checks_of(evidence, rules):
        answer = checks.named(name)(evidence, rules, now)
        if isinstance(answer, Want):
            wants.append(answer)
        elif answer is not None:
            answers = answer if isinstance(answer, tuple) else (answer,)
            findings += [replace(finding, check=name) for finding in answers]
    if wants and not any(finding.outcome is Outcome.DENY for finding in findings):
        return Wanting(tuple(wants), tuple(findings))
    return _verdict(findings)


def close(wanting: Wanting) -> Verdict:
    """The verdict on a visit whose time is up: what is missing makes it a CHECK, never green."""
    missing = [Finding(Outcome.CHECK, MISSING[want], check="missing") for want in wanting.wants]
    return _verdict([*wanting.findings, *missing])


def _verdict(findings: list[Finding]) -> Verdict:
    worst = max((finding.outcome for finding in findings), key=lambda outcome: outcome.severity, default=Outcome.CHECK)
    return Verdict(worst, tuple(findings))
