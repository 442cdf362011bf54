"""The test check: a test that is shown must be negative and recent; where the rules ask for one, it must be there."""

from __future__ import annotations

from datetime import datetime, timedelta

from kiosk.core.marks import Colour
from kiosk.core.model import Attested, Credential, Evidence, Finding, Outcome, Test, TestResult
from kiosk.core.reasons import Reason
from kiosk.core.rules import Rules

CLOCKS_MAY_DIFFER = timedelta(minutes=5)


def check(evidence: Evidence, rules: Rules, now: datetime) -> Finding | None:
    """The latest test counts; the roster's own date counts as a negative one."""
    tests = sorted(_tests(evidence, rules), key=lambda test: test.sampled_at)
    if not tests:
        return _without_a_test(evidence, rules)
    latest = tests[-1]
    if latest.result is TestResult.POSITIVE:
        return Finding(rules.test.positive, Reason.TEST_POSITIVE)
    if latest.sampled_at > now + CLOCKS_MAY_DIFFER:
        return Finding(rules.test.too_old, Reason.TEST_IN_FUTURE)
    if latest.result is TestResult.UNKNOWN:
        return Finding(rules.test.missing, Reason.TEST_MISSING)
    if now - latest.sampled_at > timedelta(hours=rules.test.window_h):
        return Finding(rules.test.too_old, Reason.TEST_TOO_OLD)
    return Finding(Outcome.PASS, Reason.TEST_RECENT)


def _tests(evidence: Evidence, rules: Rules) -> list[Test]:
    tests = [test for code in evidence.codes if isinstance(code.read, Credential) for test in code.read.tests]
    if "roster" in rules.test.satisfied_by and evidence.roster is not None and evidence.roster.tested_at is not None:
        tests.append(Test(TestResult.NEGATIVE, evidence.roster.tested_at))
    return tests


def _without_a_test(evidence: Evidence, rules: Rules) -> Finding | None:
    if not rules.test.required:
        return None
    instead = rules.test.satisfied_by
    credentials = [code.read for code in evidence.codes if isinstance(code.read, Credential)]
    seen_green = any(attestation.what is Attested.SEEN_GREEN for attestation in evidence.attestations) or any(
        credential.colour is Colour.GREEN for credential in credentials
    )
    if (
        ("attestation" in instead and seen_green)
        or ("vaccination" in instead and any(credential.vaccinations for credential in credentials))
        or ("recovery" in instead and any(credential.recoveries for credential in credentials))
    ):
        return None
    return Finding(rules.test.missing, Reason.TEST_MISSING)
