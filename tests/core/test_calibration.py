"""A thermometer is compared with a better one: what comes out, how long it holds, what it looks like."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from kiosk.core.calibration import (
    Agreement,
    Flaw,
    Method,
    Pair,
    Record,
    Standing,
    compare,
    expires,
    is_due,
    is_good,
    picture,
    standing,
)
from kiosk.core.model import ConditionKind, Outcome, Remedy
from kiosk.core.reasons import Reason
from kiosk.core.rules import TemperatureRules
from tests.support.lanes import MORNING, Bench, a_pass

RULES = TemperatureRules()
WORDS = {key: key for key in ("title", "mean", "difference", "bias", "upper", "lower")}


def pairs(bias: float, spread: float, count: int = 20, low: float = 35.0, high: float = 39.0) -> list[Pair]:
    chance = random.Random(5)
    references = [low if number % 2 else high for number in range(count)]
    return [Pair(reference, reference + bias + chance.gauss(0, spread), 22.0) for reference in references]


def record(found: Agreement, good: bool = True, part: str = "2a17") -> Record:
    return Record(
        lane="main", driver="mlx90614:bus=1", part=part, method=Method.BLACKBODY, reference="BB35", by="wang",
        at=MORNING, pairs=(), agreement=found, good=good,
    )  # fmt: skip


def agreed(bias: float = 0.1, spread: float = 0.05) -> Agreement:
    found = compare(pairs(bias, spread), Method.BLACKBODY)
    assert isinstance(found, Agreement)
    return found


def test_bias_spread_and_limits_are_those_of_bland_and_altman() -> None:
    differences = ((36, 0.1), (36, 0.3), (37, 0.2), (37, 0.0), (38, 0.1), (38, 0.5))
    found = compare([Pair(reference, reference + less, 22) for reference, less in differences], Method.CONTACT)
    assert isinstance(found, Agreement)
    assert found.bias_c == pytest.approx(0.2)
    assert found.spread_c == pytest.approx(0.1788854)
    assert (found.lower_c, found.upper_c) == pytest.approx((-0.15062, 0.55062), abs=1e-4)


def test_a_thermometer_that_flattens_fevers_shows_in_the_slope() -> None:
    flat = [Pair(reference, 36 + 0.8 * (reference - 36), 22) for reference in (35.0, 39.0) * 4]
    found = compare(flat, Method.BLACKBODY)
    assert isinstance(found, Agreement)
    assert found.slope == pytest.approx(-0.2)


def test_too_few_comparisons_and_one_point_alone_are_no_calibration() -> None:
    assert compare(pairs(0, 0.1, 5), Method.CONTACT) is Flaw.TOO_FEW
    assert compare(pairs(0, 0.1, 20, 36, 37), Method.BLACKBODY) is Flaw.ONE_POINT


@pytest.mark.parametrize(("bias", "spread", "good"), [(0.1, 0.1, True), (0.4, 0.1, False), (0.0, 0.9, False)])
def test_what_screens_people_has_limits(bias: float, spread: float, good: bool) -> None:
    assert is_good(agreed(bias, spread)) is good


def test_a_record_expires_and_is_of_one_part() -> None:
    kept = record(agreed())
    until = expires(kept, RULES)
    assert until == MORNING + timedelta(days=180)
    assert standing(kept, RULES, MORNING, "2a17") is Standing.HOLDS
    assert standing(kept, RULES, MORNING) is Standing.HOLDS
    assert standing(kept, RULES, until) is Standing.EXPIRED
    assert standing(kept, RULES, MORNING - timedelta(days=400)) is Standing.EXPIRED
    assert standing(kept, RULES, MORNING, "other") is Standing.OTHER_PART
    assert standing(record(agreed(), good=False), RULES, MORNING) is Standing.FAILED
    assert standing(None, RULES, MORNING) is Standing.NEVER
    assert expires(kept, replace(RULES, calibration_days=0)) is None


def test_everything_but_one_that_holds_is_a_condition_and_never_only_where_the_rules_say_so() -> None:
    assert [found for found in Standing if is_due(found, RULES)] == [
        Standing.EXPIRED, Standing.FAILED, Standing.OTHER_PART,
    ]  # fmt: skip
    assert is_due(Standing.NEVER, replace(RULES, calibration_required=True))


def test_the_picture_is_well_formed_and_says_what_it_shows() -> None:
    found = agreed()
    drawn = picture(pairs(0.1, 0.05), found, WORDS | {"title": "a < b"})
    root = ElementTree.fromstring(drawn)
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert f"bias {found.bias_c:+.2f}" in texts
    assert "a < b" in texts
    assert len([e for e in root.iter() if e.tag.endswith("circle")]) == 20
    assert len([e for e in root.iter() if e.tag.endswith("line") and e.get("stroke-dasharray")]) == 2


@pytest.mark.parametrize(
    ("remedy", "outcome"), [(None, Outcome.CHECK), (Remedy.ACCEPT, Outcome.PASS)], ids=["open", "accepted"]
)
def test_an_expired_calibration_is_nobodys_green_until_it_is_decided(remedy: Remedy | None, outcome: Outcome) -> None:
    bench = Bench()
    bench.opens(ConditionKind.CALIBRATION_DUE, remedy)
    bench.shows(a_pass())
    bench.measures()
    (row,) = bench.rows
    assert row.outcome is outcome
    assert (Reason.CALIBRATION_DUE in row.reasons) is (remedy is None)


def test_an_accepted_calibration_lets_no_fever_through() -> None:
    bench = Bench()
    bench.opens(ConditionKind.CALIBRATION_DUE, Remedy.ACCEPT)
    bench.shows(a_pass())
    bench.measures(38.5)
    assert bench.rows[0].reasons == (Reason.FEBRILE,)
