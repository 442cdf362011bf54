"""The country rules check: a certificate meets the rules of this country, and its issuer has not taken it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from kiosk.core import country_rules
from kiosk.core.checks import credential
from kiosk.core.model import Credential, Evidence, Finding, Outcome
from kiosk.core.reasons import Reason
from kiosk.core.rules import Rules

FORMATS = frozenset({"eu_dcc"})  # whose claims are the payload that these rules are written for


def check(evidence: Evidence, rules: Rules, now: datetime) -> tuple[Finding, ...] | None:
    """One finding for each rule that is not met, of that certificate which fares best; None without a country.

    Only certificates count that the credential check passes by themselves.
    """
    if not rules.country.code:
        return None
    answers = [_findings(certificate, rules, now) for certificate in _certificates(evidence, rules, now)]
    return min(answers, key=_severity, default=None)


def _certificates(evidence: Evidence, rules: Rules, now: datetime) -> Iterator[Credential]:
    for code in evidence.codes:
        if isinstance(code.read, Credential) and code.read.format in FORMATS:
            alone = credential.check(replace(evidence, codes=(code,), attestations=()), rules, now)
            if isinstance(alone, Finding) and alone.outcome is Outcome.PASS:
                yield code.read


def _findings(certificate: Credential, rules: Rules, now: datetime) -> tuple[Finding, ...]:
    wanted = rules.country
    region, book = wanted.region.casefold(), wanted.book
    if not book.covers(wanted.code, now):
        return (Finding(wanted.undecided, Reason.COUNTRY_RULES_MISSING, detail=wanted.code),)
    data = country_rules.context(book, certificate, wanted.code, region, now)
    found = []
    for rule in country_rules.in_force(book, certificate, wanted.code, region, now):
        met = country_rules.is_met(rule, data)
        if met is None:
            found.append(Finding(wanted.undecided, Reason.COUNTRY_RULE_OPEN, detail=rule.identifier, said=rule.said))
        elif not met:
            found.append(Finding(wanted.failed, Reason.COUNTRY_RULE_FAILED, detail=rule.identifier, said=rule.said))
    return tuple(found) or (Finding(Outcome.PASS, Reason.COUNTRY_RULES_MET, detail=wanted.code),)


def _severity(findings: tuple[Finding, ...]) -> tuple[int, int]:
    return max(finding.outcome.severity for finding in findings), len(findings)
