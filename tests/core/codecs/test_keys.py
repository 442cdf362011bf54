"""Every key of rules and settings has a field that a form can show, read and write."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.codecs import keys, toml
from kiosk.core.codecs.keys import Takes, Wrong, WrongValue
from kiosk.core.model import ConditionKind
from kiosk.core.rules import Rules
from kiosk.settings import Lane, Settings

RULES = {key.name: key for key in keys.keys(Rules)}


@pytest.mark.parametrize("shape", [Rules, Settings])
def test_every_key_says_what_it_is_for_and_takes_its_own_default(shape):
    for key in keys.keys(shape):
        held = key.value(shape())
        typed = held if isinstance(held, list) else [str(held).lower() if isinstance(held, bool) else str(held)]
        assert key.sentence.endswith("."), key.name
        if key.takes is not Takes.TEXT or not key.least:
            assert key.read(typed) == held, key.name


def test_each_group_and_each_condition_is_a_key_of_its_own():
    assert {"groups.residents.checks", "groups.visitors.checks_out", "groups.deliveries.checks"} <= set(RULES)
    assert sum(name.startswith("conditions.remedies.") for name in RULES) == len(ConditionKind)
    assert "country.book" not in RULES


@pytest.mark.parametrize(
    ("name", "typed", "why"),
    [
        ("temperature.threshold_c", "warm", Wrong.NOT_A_NUMBER),
        ("temperature.threshold_c", "", Wrong.NOT_A_NUMBER),
        ("temperature.threshold_c", "nan", Wrong.NOT_A_NUMBER),
        ("temperature.threshold_c", "29.9", Wrong.TOO_SMALL),
        ("temperature.threshold_c", "45.01", Wrong.TOO_LARGE),
        ("show.pass_s", "0", Wrong.TOO_SMALL),
        ("temperature.samples", "2.5", Wrong.NOT_WHOLE),
        ("temperature.samples", "٣", Wrong.NOT_WHOLE),
        ("temperature.febrile", "shoot", Wrong.NOT_A_CHOICE),
        ("venue.required", "maybe", Wrong.NOT_A_CHOICE),
        ("conditions.remedies.trust_stale", "shoot", Wrong.NOT_A_CHOICE),
        ("country.region", "x" * 501, Wrong.TOO_LONG),
        ("online.patterns", "x\n" * 101, Wrong.TOO_LONG),
        ("country.code", "at", Wrong.BAD_FORM),
    ],
)
def test_what_a_key_does_not_take_has_a_reason(name, typed, why):
    with pytest.raises(WrongValue) as caught:
        RULES[name].read([typed])
    assert caught.value.why is why


def test_numbers_are_taken_with_a_comma_and_lists_line_by_line_in_their_order():
    assert RULES["temperature.threshold_c"].read(["37,4"]) == 37.4
    assert RULES["groups.visitors.checks"].read([" venue\r\n\r\nreplay "]) == ["venue", "replay"]
    assert RULES["conditions.remedies.trust_stale"].read(["", "accept", "contact"]) == ["contact", "accept"]
    assert RULES["venue.required"].read(["true"]) is True


def test_a_file_holds_what_differs_and_nothing_else():
    key, usual = RULES["temperature.threshold_c"], Rules()
    hot = keys.changed(b"", {key: 37.8}, usual, usual)
    assert tomllib.loads(hot.decode()) == {"temperature": {"threshold_c": 37.8}}
    assert keys.changed(hot, {key: 37.3}, toml.decode(hot, "x", Rules), usual) == b""


def test_what_a_file_says_besides_stays():
    data = b"[temperature]\nretries = 2\n[show]\npass_s = 9\n"
    made = keys.changed(data, {RULES["show.pass_s"]: 5.0}, toml.decode(data, "x", Rules), Rules())
    assert tomllib.loads(made.decode()) == {"temperature": {"retries": 2}, "show": {"pass_s": 5.0}}


def test_a_table_that_counts_whole_is_written_whole():
    made = keys.changed(b"", {RULES["conditions.remedies.trust_stale"]: []}, Rules(), Rules())
    remedies = toml.decode(made, "x", Rules).conditions.remedies
    assert remedies == {**Rules().conditions.remedies, ConditionKind.TRUST_STALE: ()}


def test_the_keys_of_a_lane_find_their_values():
    camera = {key.path[-1]: key for key in keys.members(Lane, ("lane", "east"))}["camera"]
    held = Settings(lane=(Lane(), Lane(name="east", camera="none")))
    assert (camera.name, camera.value(held)) == ("lane.east.camera", "none")


LEAVES = st.one_of(
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
TREES = st.dictionaries(
    NAMES,
    st.recursive(
        st.one_of(LEAVES, st.lists(LEAVES, max_size=3)),
        lambda inner: st.one_of(
            st.dictionaries(NAMES, inner, max_size=3),
            st.lists(st.dictionaries(NAMES, inner, min_size=1, max_size=2), min_size=1, max_size=2),
        ),
        max_leaves=8,
    ),
    max_size=4,
)


@given(TREES)
def test_whatever_is_written_as_toml_is_read_back_the_same(tree):
    assert tomllib.loads(toml.encode(tree).decode()) == tree
