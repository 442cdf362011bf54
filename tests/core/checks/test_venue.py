"""Venue codes from the text in the picture to the verdict: this very post, one scan, flagged places and times."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core import rules as rules_file
from kiosk.core.faults import SettingsError
from kiosk.core.formats import read
from kiosk.core.judge import close, judge
from kiosk.core.marks import Flag
from kiosk.core.model import (
    ConditionKind,
    Credential,
    Direction,
    Evidence,
    Kind,
    OnlineCode,
    Outcome,
    Presented,
    Refusal,
    Source,
    VenueCode,
    Verdict,
    Want,
    Wanting,
)
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust, merge
from kiosk.core.trust.parse import parse as trust_list
from tests.support import abroad, mint

STREET = mint.street()
CHECKS = "[groups.residents]\nchecks = ['credential', 'venue']\n"
REQUIRED = CHECKS + "[venue]\nrequired = true\nvenue_ids = ['south-gate']\n"
GATE_CLOSED = {"kiosk_deny": 1, "denied": []}


def judged(rules: str, *codes: object, trust: Trust = STREET.trust, **more: object) -> Verdict | Wanting:
    """The verdict on a resident who shows their pass and these texts, or codes that were read already."""
    shown = [read(code, trust) if isinstance(code, str) else code for code in (STREET.pass_(), *codes)]
    presented = tuple(Presented(each, repr(each), mint.NOW, Source.CAMERA) for each in shown)
    return judge(Evidence(Direction.IN, presented, **more), rules_file.parse(rules.encode(), "rules"), mint.NOW)


def listing(**members: object) -> Trust:
    """Our own keys and a deny list that says this."""
    data = json.dumps({**GATE_CLOSED, **members}).encode()
    return merge([STREET.trust, trust_list(data, "deny.json")])


def flagging(venue: str, since: timedelta | None = None, until: timedelta | None = None) -> Trust:
    """A list that flags a place, from and until moments around now."""
    times = {name: (mint.NOW + each).isoformat() for name, each in (("from", since), ("until", until)) if each}
    return listing(venues=[{"venue": venue, **times}])


# --- This very post, one scan -----------------------------------------------------------------------------


def test_standing_at_the_post_is_enough_where_no_scan_is_required():
    verdict = judged(CHECKS)
    assert verdict.outcome is Outcome.PASS
    assert [finding.check for finding in verdict.findings] == ["credential"]


def test_where_one_scan_is_required_it_is_waited_for_and_missed():
    wanting = judged(REQUIRED)
    assert wanting.wants == (Want.VENUE,)
    assert close(wanting).reasons == (Reason.VENUE_MISSING,)


@pytest.mark.parametrize(
    "code", [STREET.venue(), STREET.place_code(), STREET.venue(valid_until=mint.NOW + timedelta(minutes=1))]
)
def test_the_poster_s_or_the_screen_s_code_of_this_post_satisfies_it(code):
    verdict = judged(REQUIRED, code)
    assert verdict.outcome is Outcome.PASS
    assert verdict.findings[-1].reason is Reason.VENUE_HERE


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (STREET.venue("north-gate"), Reason.VENUE_ELSEWHERE),
        (STREET.place_code("north-gate"), Reason.VENUE_ELSEWHERE),
        (STREET.venue(valid_until=mint.NOW - timedelta(seconds=1)), Reason.EXPIRED),
        (STREET.place_code(made=mint.NOW + mint.HOUR), Reason.NOT_YET_VALID),
        (mint.street().venue(), Reason.UNKNOWN_ISSUER),
        (mint.street().place_code(), Reason.UNKNOWN_ISSUER),
        (STREET.place_code().replace("example.org", "example.com"), Reason.BAD_SIGNATURE),
        (abroad.tracer(), Reason.VENUE_UNPROVEN),
        (abroad.corona_warn_app(), Reason.VENUE_UNPROVEN),
        (VenueCode("nz_covid_tracer", "", "south-gate"), Reason.VENUE_UNPROVEN),
    ],
)
def test_any_other_place_s_code_is_a_check_with_its_reason_and_never_red(code, reason):
    verdict = judged(REQUIRED, code)
    assert (verdict.outcome, verdict.reasons) == (Outcome.CHECK, (reason,))


def test_the_latest_code_counts_so_that_a_wrong_one_can_be_made_good():
    assert judged(REQUIRED, STREET.venue("north-gate"), STREET.venue()).outcome is Outcome.PASS


def test_a_post_of_the_same_name_in_another_compound_is_elsewhere_where_the_rules_name_the_issuer():
    rules = REQUIRED + "issuers = ['East Court']\n"
    assert judged(rules, STREET.venue()).reasons == (Reason.VENUE_ELSEWHERE,)
    assert judged(rules.replace("East Court", "Compound"), STREET.venue()).outcome is Outcome.PASS


def test_a_venue_code_alone_is_no_proof_of_anybody_s_health():
    code = Presented(read(STREET.place_code(), STREET.trust), "k", mint.NOW, Source.CAMERA)
    answer = judge(Evidence(Direction.IN, (code,)), rules_file.parse(REQUIRED.encode(), "r"), mint.NOW)
    assert isinstance(answer, Wanting)
    assert Want.CODE in answer.wants


# --- Venue codes that only their service understands ----------------------------------------------------------


OPAQUE = OnlineCode("online_code", Kind.VENUE, "gov_cn_venue")


def test_an_opaque_venue_code_is_waited_for_while_its_service_is_asked():
    assert judged(REQUIRED, OPAQUE, online_since=mint.NOW).wants == (Want.ONLINE_ANSWER,)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"online_since": mint.NOW - timedelta(seconds=1)},
        {"online_since": mint.NOW, "conditions": frozenset({ConditionKind.RESOLVER_DOWN})},
    ],
)
def test_without_an_answer_the_volunteer_looks(more):
    assert judged(REQUIRED, OPAQUE, **more).reasons == (Reason.ONLINE_REQUIRED,)


def test_what_the_service_says_of_the_place_counts():
    here = VenueCode("online_code", "gov_cn_venue", "south-gate", signed=True)
    assert judged(REQUIRED, here).outcome is Outcome.PASS
    assert judged(REQUIRED, replace(here, venue_id="market")).reasons == (Reason.VENUE_ELSEWHERE,)


# --- The deny list: places and times --------------------------------------------------------------------------


@pytest.mark.parametrize("rules", [CHECKS, REQUIRED])
@pytest.mark.parametrize(("name", "code"), [("venue", STREET.venue()), ("community_code", STREET.place_code())])
def test_the_code_of_a_flagged_place_is_a_check_whether_a_scan_is_required_or_not(rules, name, code):
    trust = flagging(f"{name}:south-gate", -mint.HOUR, mint.HOUR)
    assert judged(rules, code, trust=trust).reasons == (Reason.VENUE_FLAGGED,)


def test_what_a_flagged_place_means_is_a_rule():
    rules = REQUIRED + "flagged = 'deny'\n"
    assert judged(rules, STREET.venue(), trust=flagging("venue:south-gate")).outcome is Outcome.DENY


@pytest.mark.parametrize(
    ("since", "until", "flagged"),
    [
        (None, None, True),
        (-mint.HOUR, None, True),
        (None, mint.HOUR, True),
        (None, -mint.HOUR, False),
        (mint.HOUR, None, False),
        (-2 * mint.DAY, -mint.DAY, False),
    ],
)
def test_a_place_is_flagged_in_its_times_alone(since, until, flagged):
    verdict = judged(REQUIRED, STREET.venue(), trust=flagging("venue:south-gate", since, until))
    assert (verdict.reasons == (Reason.VENUE_FLAGGED,)) is flagged


def test_an_event_that_was_at_a_flagged_time_meets_it_days_later():
    code = VenueCode(
        "corona_warn_app", "", "hall", facts={"begins": "2026-11-14T18:00:00Z", "ends": "2026-11-14T23:00:00Z"},
        flagged=(Flag(mint.NOW - 8 * mint.DAY, mint.NOW - 6 * mint.DAY),),
    )  # fmt: skip
    assert judged(CHECKS, code).reasons == (Reason.VENUE_FLAGGED,)
    assert judged(CHECKS, replace(code, flagged=(Flag(until=mint.NOW - 9 * mint.DAY),))).outcome is Outcome.PASS
    assert judged(CHECKS, replace(code, facts={"begins": "noon"})).outcome is Outcome.PASS


def test_other_places_are_not_flagged():
    assert judged(REQUIRED, STREET.venue(), trust=flagging("venue:market")).outcome is Outcome.PASS


def test_flags_of_several_lists_add_up():
    both = merge([flagging("venue:south-gate", -2 * mint.DAY, -mint.DAY), flagging("venue:south-gate")])
    assert len(read(STREET.venue(), both).flagged) == 2


def test_a_venue_code_that_was_taken_back_no_longer_satisfies_the_scan():
    trust = listing(denied=["venue:south-gate"])
    assert read(STREET.venue(), trust) == Refusal("venue", Kind.VENUE, Reason.REVOKED)
    verdict = judged(REQUIRED, STREET.venue(), trust=trust)
    assert (verdict.outcome, verdict.reasons) == (Outcome.CHECK, (Reason.REVOKED,))


@pytest.mark.parametrize(
    "venues",
    [
        "venue:x",
        [{"venue": "x"}],
        [{"venue": "venue:x", "until": "noon"}],
        [{"venue": "venue:x", "til": "2026-01-01"}],
        ["venue:x"],
        [{}],
    ],
)
def test_a_list_that_flags_nonsense_is_refused_whole_and_by_entry(venues):
    with pytest.raises(SettingsError, match=r"deny\.json: venues, entry 1"):
        listing(venues=venues)


def test_flagged_places_do_not_touch_passes():
    assert isinstance(read(STREET.pass_(), flagging("venue:south-gate")), Credential)
