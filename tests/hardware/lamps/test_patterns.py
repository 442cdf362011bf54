"""What each pattern looks and sounds like, on three lamps and on two."""

from __future__ import annotations

from math import inf

import pytest

from hardware.lamps import (
    AMBER,
    DARK,
    GREEN,
    MOST_URGENT,
    RED,
    THREE_LAMPS,
    TWO_LAMPS,
    Colour,
    Lit,
    Look,
    attending,
    insistent,
)
from kiosk.core.ports import LampPattern

WIRINGS = [THREE_LAMPS, TWO_LAMPS]
both = pytest.mark.parametrize("looks", WIRINGS, ids=["three", "two"])

Looks = dict[LampPattern, Look]


def rhythm(look: Look) -> tuple[tuple[bool, float], ...]:
    """A pattern as somebody sees it who sees no colours and no places."""
    return tuple((bool(step.lit), step.for_s) for step in look.steps)


@both
def test_every_pattern_is_defined(looks: Looks) -> None:
    assert looks.keys() == set(LampPattern)


@both
def test_patterns_differ_by_rhythm_alone(looks: Looks) -> None:
    urgent = [attending(looks[LampPattern.ATTEND], urgency) for urgency in range(1, MOST_URGENT + 1)]
    rhythms = [rhythm(look) for look in (*looks.values(), *urgent)]
    assert len(set(rhythms)) == len(rhythms)


@both
def test_only_pass_lights_green_steadily(looks: Looks) -> None:
    for pattern, look in looks.items():
        steady = len(look.steps) == 1 or all(Colour.GREEN in step.lit for step in look.steps)
        green = any(Colour.GREEN in step.lit for step in look.steps)
        assert (steady and green) == (pattern is LampPattern.PASS)


@both
def test_green_alone_is_lit_by_pass_and_by_nothing_else_but_the_two_lamp_check(looks: Looks) -> None:
    alone = {pattern for pattern, look in looks.items() if any(step.lit == GREEN for step in look.steps)}
    assert alone == {LampPattern.PASS} | ({LampPattern.CHECK} if looks is TWO_LAMPS else set())


@both
def test_a_manual_pass_shows_no_green_at_all(looks: Looks) -> None:
    assert not any(Colour.GREEN in step.lit for step in looks[LampPattern.MANUAL].steps)


def test_check_on_two_lamps_is_green_and_red_in_turn_and_never_one_for_long() -> None:
    look = TWO_LAMPS[LampPattern.CHECK]
    assert [look.lit_at(t)[0] for t in (0, 0.45, 0.6, 0.95, 1.1)] == [GREEN, DARK, RED, DARK, GREEN]
    assert max(step.for_s for step in look.steps) < 0.5


def test_two_lamps_never_ask_for_amber() -> None:
    assert not any(Colour.AMBER in step.lit for look in TWO_LAMPS.values() for step in look.steps)


@both
def test_nothing_flashes_more_than_three_times_a_second(looks: Looks) -> None:
    urgent = [attending(looks[LampPattern.ATTEND], urgency) for urgency in range(1, MOST_URGENT + 1)]
    for look in (*looks.values(), *urgent):
        lights = [step.for_s for step in look.steps if step.lit]
        cycle_s = sum(step.for_s for step in look.steps)
        assert cycle_s == inf or len(lights) / cycle_s <= 3


@pytest.mark.parametrize(
    ("elapsed_s", "lit", "left_s"),
    [(0, RED, 0.2), (0.3, DARK, 0.1), (1.0, DARK, 0.6), (1.6, RED, 0.2), (3.3, RED, 0.1)],
)
def test_a_rhythm_goes_round(elapsed_s: float, lit: Lit, left_s: float) -> None:
    assert THREE_LAMPS[LampPattern.DENY].lit_at(elapsed_s) == (lit, pytest.approx(left_s))


def test_a_steady_light_never_changes() -> None:
    assert THREE_LAMPS[LampPattern.PASS].lit_at(1e6) == (GREEN, inf)
    assert THREE_LAMPS[LampPattern.CHECK].lit_at(10.1)[0] == AMBER


def test_a_denial_beeps_three_times_and_then_is_quiet_while_an_evacuation_goes_on() -> None:
    deny, evacuate = THREE_LAMPS[LampPattern.DENY], THREE_LAMPS[LampPattern.EVACUATE]
    assert [deny.beeps_at(t)[0] for t in (0.01, 0.1, 0.21, 0.3, 0.41, 0.5, 0.61, 99)] == [
        True, False, True, False, True, False, False, False,
    ]  # fmt: skip
    assert deny.beeps_at(99)[1] == inf
    assert evacuate.beeps_at(300.01)[1] < 1


@both
def test_every_moment_of_every_pattern_says_when_it_changes(looks: Looks) -> None:
    for look in looks.values():
        for tick in range(500):
            assert look.lit_at(tick / 50)[1] > 0
            assert look.beeps_at(tick / 50)[1] > 0


def test_a_call_that_nobody_answers_flashes_more_often_in_a_row_and_beeps_more() -> None:
    attend = THREE_LAMPS[LampPattern.ATTEND]
    flashes = [sum(bool(step.lit) for step in attending(attend, urgency).steps) for urgency in range(MOST_URGENT + 1)]
    assert flashes == [2, 4, 6, 8]
    loud = [sum(insistent(urgency).beeps_at(tick / 100)[0] for tick in range(1200)) for urgency in range(4)]
    assert loud[0] == 0
    assert loud == sorted(set(loud)), "each step sounds for longer than the one before"
