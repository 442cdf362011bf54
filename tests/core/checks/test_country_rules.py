"""The country rules check: what the rules of a country mean for somebody at the gate."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core.checks.country_rules import check
from kiosk.core.entry import Draft, EntryKind, Stamp, body
from kiosk.core.formats import read
from kiosk.core.judge import judge
from kiosk.core.model import Direction, Evidence, Finding, Outcome, Presented, Source, Verdict
from kiosk.core.reasons import Reason
from kiosk.core.rules import CountryRules, GroupRules, Rules
from kiosk.store import entries
from tests.support import mint
from tests.support.country import VALUE_SETS, book, rule

NOW, HOUR = mint.NOW, mint.HOUR


@pytest.fixture(scope="module")
def street() -> mint.Street:
    return mint.street()


def shown(street, *texts: str) -> Evidence:
    codes = tuple(Presented(read(text, street.trust), "k", NOW, Source.CAMERA) for text in texts)
    return Evidence(Direction.IN, codes)


def rules(*parts, code="XY", **wanted) -> Rules:
    return Rules(country=CountryRules(code=code, book=book(*parts), **wanted))


def reasons(found) -> list[tuple[str, str]]:
    return [(finding.reason.value, finding.detail) for finding in found]


def test_without_a_country_nothing_is_said(street):
    assert check(shown(street, street.dcc()), Rules(), NOW) is None


def test_who_shows_no_certificate_is_left_to_the_other_checks(street):
    assert check(shown(street), rules(rule()), NOW) is None
    assert check(shown(street, street.pass_(), mint.ONLINE_CODE), rules(rule()), NOW) is None


def test_a_certificate_that_meets_the_rules_passes(street):
    found = check(shown(street, street.dcc()), rules(rule(), VALUE_SETS), NOW)
    assert found == (Finding(Outcome.PASS, Reason.COUNTRY_RULES_MET, detail="XY"),)


def test_each_rule_that_is_not_met_is_named_with_what_it_says(street):
    old = street.dcc(sampled_at=NOW - 30 * HOUR)
    found = check(shown(street, old), rules(rule(), rule("GR-XY-0002", {"+": ["", 1]}), rule("GR-XY-0003", False)), NOW)
    assert reasons(found) == [
        ("country_rule_open", "GR-XY-0002"),
        ("country_rule_failed", "GR-XY-0003"),
        ("country_rule_failed", "TR-XY-0001"),
    ]
    assert found[-1].said == {"en": "At most 24 hours.", "de": "Höchstens 24 Stunden."}
    assert {finding.outcome for finding in found} == {Outcome.CHECK}


def test_the_rules_of_the_gate_say_what_a_failing_rule_means(street):
    old = shown(street, street.dcc(sampled_at=NOW - 30 * HOUR))
    (found,) = check(old, rules(rule(), failed=Outcome.DENY), NOW)
    assert found.outcome is Outcome.DENY


def test_a_country_without_a_rule_in_force_never_passes_anybody(street):
    for parts in ((), (rule("TR-ZZ-0001"),), (rule(ValidTo="2022-01-01T00:00:00Z"),)):
        (found,) = check(shown(street, street.dcc()), rules(*parts), NOW)
        assert (found.outcome, found.reason) == (Outcome.CHECK, Reason.COUNTRY_RULES_MISSING)


def test_of_several_certificates_the_best_one_counts(street):
    old, fresh = street.dcc(sampled_at=NOW - 30 * HOUR), street.dcc()
    for texts in ((old, fresh), (fresh, old)):
        assert reasons(check(shown(street, *texts), rules(rule()), NOW)) == [("country_rules_met", "XY")]


def test_a_certificate_that_does_not_hold_never_meets_the_rules_for_one_that_does(street):
    expired, old = street.dcc(expired=True), street.dcc(sampled_at=NOW - 30 * HOUR)
    forged = mint.forged(street.dcc())
    assert reasons(check(shown(street, expired, forged, old), rules(rule()), NOW)) == [
        ("country_rule_failed", "TR-XY-0001")
    ]
    assert check(shown(street, expired, forged), rules(rule()), NOW) is None


def test_a_visit_with_several_failing_rules_has_a_finding_for_each_in_verdict_and_log(street):
    wanted = replace(
        rules(rule(), rule("GR-XY-0003", False), failed=Outcome.DENY),
        groups={group: GroupRules(checks=("credential", "country_rules")) for group in Rules().groups},
    )
    verdict = judge(shown(street, street.dcc(sampled_at=NOW - 30 * HOUR)), wanted, NOW)
    assert isinstance(verdict, Verdict)
    assert verdict.outcome is Outcome.DENY
    draft = Draft(EntryKind.VISIT, NOW, findings=verdict.findings)
    written = body(draft, Stamp("k", 1, 1, NOW, 1, "b", "trusted"))
    assert json.loads(written)["findings"] == [
        ["credential", "pass", "valid"],
        ["country_rules", "deny", "country_rule_failed", "GR-XY-0003"],
        ["country_rules", "deny", "country_rule_failed", "TR-XY-0001"],
    ]
    assert [finding.detail for finding in entries.parse(written).findings] == ["", "GR-XY-0003", "TR-XY-0001"]


def test_a_rule_stays_met_to_the_last_instant_of_its_window(street):
    evidence = shown(street, street.dcc(sampled_at=NOW - 24 * HOUR))
    assert reasons(check(evidence, rules(rule()), NOW)) == [("country_rules_met", "XY")]
    assert reasons(check(evidence, rules(rule()), NOW + timedelta(milliseconds=1))) == [
        ("country_rule_failed", "TR-XY-0001")
    ]
