"""Health codes with a colour, signed by the community or said by an online service, from evidence to verdict."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core import rules as rules_file
from kiosk.core.formats import read
from kiosk.core.judge import judge
from kiosk.core.marks import Colour
from kiosk.core.model import (
    Attestation,
    Attested,
    ConditionKind,
    Direction,
    Evidence,
    Holder,
    Kind,
    OnlineCode,
    Outcome,
    Presented,
    Source,
    Test,
    TestResult,
    Verdict,
)
from kiosk.core.reasons import Reason
from tests.support import mint
from tests.support.lanes import Bench, an_online_code, resolved

STREET = mint.street()
RULES = "".join(
    f"[groups.{group}]\nchecks = ['credential', 'attestation', 'test_age']\n" for group in ("residents", "visitors")
)
COLOURS = [
    (Colour.GREEN, Outcome.PASS, None),
    (Colour.YELLOW, Outcome.CHECK, Reason.CODE_YELLOW),
    (Colour.RED, Outcome.DENY, Reason.CODE_RED),
]


def judged(*reads: object, rules: str = RULES, **more: object) -> Verdict:
    """The verdict on whoever shows these."""
    codes = tuple(Presented(each, repr(each), mint.NOW, Source.CAMERA) for each in reads)
    verdict = judge(Evidence(Direction.IN, codes, **more), rules_file.parse(rules.encode(), "rules"), mint.NOW)
    assert isinstance(verdict, Verdict)
    return verdict


@pytest.mark.parametrize(("colour", "outcome", "reason"), COLOURS)
def test_each_colour_of_a_signed_code_has_its_outcome(colour, outcome, reason):
    verdict = judged(read(STREET.community_code(colour=colour), STREET.trust))
    assert (verdict.outcome, verdict.reasons) == (outcome, (reason,) if reason else ())


@pytest.mark.parametrize(("colour", "outcome", "reason"), COLOURS)
def test_each_colour_of_the_service_has_its_outcome(colour, outcome, reason):
    verdict = judged(replace(resolved(Outcome.PASS), colour=colour))
    assert (verdict.outcome, verdict.reasons) == (outcome, (reason,) if reason else ())


def test_what_yellow_and_red_mean_is_a_rule():
    yellow = read(STREET.community_code(colour=Colour.YELLOW), STREET.trust)
    assert judged(yellow, rules=RULES + "[online]\nyellow = 'deny'\n").outcome is Outcome.DENY


@pytest.mark.parametrize("colour", [Colour.YELLOW, Colour.RED])
def test_no_good_pass_makes_up_for_a_yellow_or_red_code(colour):
    good, warned = read(STREET.pass_(), STREET.trust), replace(resolved(Outcome.PASS), colour=colour)
    assert judged(good, warned).outcome is not Outcome.PASS
    assert judged(warned, good).outcome is not Outcome.PASS


def test_a_look_at_the_phone_does_not_undo_what_the_service_said():
    seen = (Attestation(Attested.SEEN_GREEN, "li", mint.NOW),)
    assert judged(resolved(Outcome.DENY), attestations=seen).outcome is Outcome.DENY


def test_a_signed_code_that_has_expired_is_worth_nothing_whatever_its_colour():
    code = read(STREET.community_code(made=mint.NOW - 2 * mint.DAY), STREET.trust)
    assert judged(code).reasons == (Reason.EXPIRED,)


# --- The test that the service tells of -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ago", "outcome", "reasons"),
    [
        (timedelta(hours=47), Outcome.PASS, ()),
        (timedelta(hours=49), Outcome.CHECK, (Reason.TEST_TOO_OLD,)),
        (-timedelta(hours=1), Outcome.CHECK, (Reason.TEST_IN_FUTURE,)),
    ],
)
def test_the_time_of_the_service_s_test_is_held_against_the_window(ago, outcome, reasons):
    tested = (Test(TestResult.NEGATIVE, mint.NOW - ago),)
    verdict = judged(resolved(Outcome.PASS, tests=tested))
    assert (verdict.outcome, verdict.reasons) == (outcome, reasons)


def test_a_green_code_without_a_test_is_as_good_as_one_that_a_volunteer_saw():
    required = RULES + "[test]\nrequired = true\n"
    assert judged(resolved(Outcome.PASS), rules=required).outcome is Outcome.PASS
    strict = required + "satisfied_by = ['test']\n"
    assert judged(resolved(Outcome.PASS), rules=strict).reasons == (Reason.TEST_MISSING,)


def test_an_answer_that_no_longer_holds_is_expired():
    assert judged(resolved(Outcome.PASS, valid_until=mint.NOW - mint.HOUR)).reasons == (Reason.EXPIRED,)


def test_stale_lists_do_not_touch_what_the_service_just_said():
    stale = frozenset({ConditionKind.TRUST_STALE})
    assert judged(resolved(Outcome.PASS), conditions=stale).outcome is Outcome.PASS
    assert judged(read(STREET.community_code(), STREET.trust), conditions=stale).reasons == (Reason.TRUST_STALE,)


# --- At the lane ----------------------------------------------------------------------------------------------


def test_the_answer_brings_name_and_test_to_the_row():
    bench = Bench(resolver=True)
    bench.shows(an_online_code(), key="k")
    bench.resolves(Outcome.PASS, "k", holder=Holder("王小明"), tests=(Test(TestResult.NEGATIVE, mint.NOW - mint.HOUR),))
    bench.measures()
    (row,) = bench.rows
    assert (row.outcome, row.format, row.issuer) == (Outcome.PASS, "online_code", "example")
    assert Reason.TEST_RECENT in [finding.reason for finding in row.findings]
    assert ("name", "王小明") in dict(row.sealed)["identity"]


def test_an_answer_about_another_code_changes_nothing():
    bench = Bench(resolver=True)
    bench.shows(an_online_code(), key="k")
    bench.resolves(Outcome.PASS, "other")
    assert [code.read for code in bench.lane.visit.evidence.codes] == [an_online_code()]
    assert bench.lane.visit.evidence.online_since is not None


def test_a_place_s_opaque_code_is_asked_about_only_where_a_scan_is_required():
    place = OnlineCode("online_code", Kind.VENUE, "gov_cn_venue")
    required = rules_file.parse(b"[venue]\nrequired = true\n", "rules")
    asked = []
    for rules in (rules_file.Rules(), required):
        bench = Bench(rules=rules, resolver=True)
        bench.shows(place, key="k")
        asked.append([type(effect).__name__ for effect in bench.effects].count("AskOnline"))
    assert asked == [0, 1]
