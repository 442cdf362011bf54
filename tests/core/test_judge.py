"""What evidence and rules come to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.judge import close, judge
from kiosk.core.model import (
    Attestation,
    Attested,
    ConditionKind,
    Direction,
    Evidence,
    Kind,
    Measurement,
    Outcome,
    Presented,
    Refusal,
    Source,
    Test,
    TestResult,
    Vaccination,
    Verdict,
    Want,
    Wanting,
)
from kiosk.core.reasons import Reason
from kiosk.core.rules import CredentialRules, Rules, TestRules
from tests.support.lanes import MORNING, a_forgery, a_pass, a_stray_code, an_online_code

RULES = Rules()


def shown(*reads, **more):
    codes = tuple(Presented(read, repr(read), MORNING, Source.CAMERA) for read in reads)
    return Evidence(Direction.IN, codes=codes, **more)


def measured(forehead_c):
    return Measurement(forehead_c, forehead_c, 22.0, 0.1, 5, "test", MORNING)


def outcome(evidence, rules=RULES):
    answer = judge(evidence, rules, MORNING)
    assert isinstance(answer, Verdict)
    return answer.outcome, answer.reasons


def test_nothing_wants_a_code_and_a_temperature():
    assert judge(Evidence(Direction.IN), RULES, MORNING) == Wanting((Want.CODE, Want.TEMPERATURE), ())


def test_a_time_that_is_up_is_never_green():
    for wants in ((Want.CODE,), (Want.TEMPERATURE,), (Want.ATTESTATION, Want.VENUE), ()):
        assert close(Wanting(wants)).outcome is Outcome.CHECK


def test_a_forged_code_beside_a_good_one_is_denied():
    assert outcome(shown(a_pass(), a_forgery(), measurement=measured(36.5))) == (Outcome.DENY, (Reason.BAD_SIGNATURE,))


def test_an_expired_code_beside_a_good_one_does_not_matter():
    old = a_pass("old", valid_until=MORNING - timedelta(days=1))
    assert outcome(shown(old, a_pass(), measurement=measured(36.5))) == (Outcome.PASS, ())


def test_an_unknown_issuer_is_the_volunteers_to_decide():
    stranger = Refusal("eu_dcc", Kind.HEALTH, Reason.UNKNOWN_ISSUER)
    assert outcome(shown(stranger, measurement=measured(36.5))) == (Outcome.CHECK, (Reason.UNKNOWN_ISSUER,))


def test_seen_green_settles_an_unreadable_paper_but_never_a_forgery():
    seen = (Attestation(Attested.SEEN_GREEN, "li", MORNING),)
    assert outcome(shown(a_stray_code(), attestations=seen, measurement=measured(36.5)))[0] is Outcome.PASS
    assert outcome(shown(a_forgery(), attestations=seen, measurement=measured(36.5)))[0] is Outcome.DENY


def test_a_format_that_the_rules_do_not_list_is_not_accepted():
    rules = Rules(credential=CredentialRules(formats=("eu_dcc",)))
    assert outcome(shown(a_pass(), measurement=measured(36.5)), rules)[1] == (Reason.FORMAT_NOT_ACCEPTED,)


@pytest.mark.parametrize(
    ("age_h", "result", "reason"),
    [
        (20, TestResult.NEGATIVE, None),
        (49, TestResult.NEGATIVE, Reason.TEST_TOO_OLD),
        (20, TestResult.POSITIVE, Reason.TEST_POSITIVE),
        (20, TestResult.UNKNOWN, Reason.TEST_MISSING),
        (-1, TestResult.NEGATIVE, Reason.TEST_IN_FUTURE),
    ],
)
def test_a_test_that_is_shown_must_be_negative_and_recent(age_h, result, reason):
    credential = a_pass(tests=(Test(result, MORNING - timedelta(hours=age_h)),))
    assert outcome(shown(credential, measurement=measured(36.5)))[1] == ((reason,) if reason else ())


def test_where_a_test_is_required_a_vaccination_counts_only_if_the_rules_say_so():
    vaccinated = a_pass(vaccinations=(Vaccination(2, 2, None),))
    evidence = shown(vaccinated, measurement=measured(36.5))
    assert outcome(evidence, Rules(test=TestRules(required=True)))[1] == (Reason.TEST_MISSING,)
    assert outcome(evidence, Rules(test=TestRules(required=True, satisfied_by=("vaccination",))))[0] is Outcome.PASS


GOOD = {"codes": (a_pass(),), "measurement": measured(36.5)}
TROUBLES = {
    "forged": {"codes": (a_forgery(), a_pass())},
    "expired": {"codes": (a_pass(valid_until=MORNING - timedelta(days=1)),)},
    "stray": {"codes": (a_stray_code(),)},
    "feverish": {"measurement": measured(38.0)},
    "cold forehead": {"measurement": measured(33.0)},
    "already passed": {"passed_before": MORNING - timedelta(seconds=30)},
    "clock": {"conditions": frozenset({ConditionKind.CLOCK_IN_DOUBT})},
    "lists": {"conditions": frozenset({ConditionKind.TRUST_STALE})},
    "thermometer": {"conditions": frozenset({ConditionKind.THERMOMETER_DOWN}), "measurement": None},
    "air": {"conditions": frozenset({ConditionKind.AMBIENT_OUT_OF_RANGE})},
}


def severity(parts):
    answer = judge(shown(*parts["codes"], **{k: v for k, v in parts.items() if k != "codes"}), RULES, MORNING)
    return (close(answer) if isinstance(answer, Wanting) else answer).outcome.severity


def test_without_any_trouble_it_is_green():
    assert severity(GOOD) == 0


@given(st.sampled_from(sorted(TROUBLES)), st.sampled_from(sorted(TROUBLES)))
def test_of_two_troubles_the_worst_wins_and_it_is_never_green(one, other):
    together = GOOD | TROUBLES[one] | TROUBLES[other]
    conditions = [TROUBLES[name].get("conditions", frozenset()) for name in (one, other)]
    together |= {"conditions": frozenset().union(*conditions)}
    codes = [TROUBLES[name]["codes"] for name in (one, other) if "codes" in TROUBLES[name]]
    if len(codes) == 2:
        together |= {"codes": (*codes[0], *codes[1])}
    if "forged" in (one, other):
        assert severity(together) == 2
    assert severity(together) >= 1


def test_an_opaque_code_wants_the_volunteers_eye():
    answer = judge(shown(an_online_code(), measurement=measured(36.5)), RULES, MORNING)
    assert answer.wants == (Want.ATTESTATION,)
