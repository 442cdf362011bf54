"""The credential check: somebody showed a code that is signed by a trusted issuer, in time, and accepted here."""

from __future__ import annotations

from datetime import datetime, timedelta

from kiosk.core.marks import Colour
from kiosk.core.model import (
    Attested,
    ConditionKind,
    Credential,
    Evidence,
    Finding,
    OnlineCode,
    Outcome,
    Read,
    Refusal,
    Remedy,
    Want,
    is_of_a_place,
)
from kiosk.core.reasons import Reason
from kiosk.core.rules import Rules
from kiosk.core.validity import validity

INSTEAD_OF_A_CODE = frozenset({Attested.BY_ROSTER, Attested.BY_NAME, Attested.WITH_HOLDER})
BY_NO_LIST = ("online_code", ConditionKind.TRUST_STALE)  # its service said it a moment ago
FORGED = frozenset({Reason.BAD_SIGNATURE, Reason.REVOKED, Reason.WRONG_KEY_USAGE})
WARNING = {Colour.YELLOW: Reason.CODE_YELLOW, Colour.RED: Reason.CODE_RED}
UNREADABLE = frozenset({Reason.MALFORMED, Reason.UNSUPPORTED})


def check(evidence: Evidence, rules: Rules, now: datetime) -> Finding | Want | None:
    """The best of the codes shown counts, unless one of them is forged, yellow or red: then the worst of these does."""
    attested = {attestation.what for attestation in evidence.attestations}
    shown = [code.read for code in evidence.codes if not is_of_a_place(code.read)]
    findings = [
        _of_refusal(read, rules) if isinstance(read, Refusal) else _of_credential(read, evidence, rules, now)
        for read in shown
        if isinstance(read, Refusal | Credential)
    ]
    forged = [finding for finding in findings if finding.reason in FORGED]
    warned = [finding for finding in findings if finding.reason in WARNING.values()]
    if forged or warned:  # another code does not make up for it
        return max(forged + warned, key=lambda finding: finding.outcome.severity)
    valid = [finding for finding in findings if finding.outcome is Outcome.PASS]
    if valid:
        return valid[0]
    if attested:  # the volunteer, or the online service, vouches: the attestation check answers
        return None
    if any(isinstance(read, OnlineCode) for read in shown):
        return _while_online(evidence, rules, now)
    if findings:
        return min(findings, key=lambda finding: finding.outcome.severity)
    return Want.CODE


def is_forged(read: Read) -> bool:
    """Whether somebody shows what an issuer never said, or has taken back."""
    return isinstance(read, Refusal) and read.reason in FORGED


def _of_refusal(refusal: Refusal, rules: Rules) -> Finding:
    if refusal.reason in FORGED:
        return Finding(rules.credential.invalid, refusal.reason)
    if refusal.reason in UNREADABLE:
        return Finding(rules.credential.unreadable, refusal.reason)
    if refusal.reason is Reason.POSSIBLY_REVOKED:
        return Finding(Outcome.CHECK, refusal.reason)
    return Finding(rules.credential.untrusted, refusal.reason)


def _of_credential(read: Credential, evidence: Evidence, rules: Rules, now: datetime) -> Finding:
    accepted = rules.credential
    if (accepted.formats and read.format not in accepted.formats) or (
        accepted.issuers and not (read.issuer_listed and read.issuer in accepted.issuers)
    ):
        return Finding(accepted.untrusted, Reason.FORMAT_NOT_ACCEPTED)
    reason = validity(read, now)
    if reason is not Reason.VALID:
        return Finding(accepted.expired, reason)
    if read.colour in WARNING:
        return Finding(rules.online.yellow if read.colour is Colour.YELLOW else rules.online.red, WARNING[read.colour])
    for condition, doubt in (
        (ConditionKind.CLOCK_IN_DOUBT, Reason.CLOCK_IN_DOUBT),
        (ConditionKind.TRUST_STALE, Reason.TRUST_STALE),
    ):
        if condition in evidence.conditions and (read.format, condition) != BY_NO_LIST:
            if evidence.remedy(condition, now) is not Remedy.ACCEPT:
                return Finding(Outcome.CHECK, doubt)
            reason = Reason.ACCEPTED_BY_DECISION
    return Finding(Outcome.PASS, reason)


def _while_online(evidence: Evidence, rules: Rules, now: datetime) -> Want:
    """The online service has its short time; after that the volunteer looks at the phone."""
    since = evidence.online_since
    down = ConditionKind.RESOLVER_DOWN in evidence.conditions
    if since is not None and not down and now - since < timedelta(seconds=rules.online.timeout_s):
        return Want.ONLINE_ANSWER
    return Want.ATTESTATION
