"""Raw readings become a measurement, or none."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.forehead import Forehead, again, estimate, follow
from kiosk.core.model import Reading
from kiosk.core.rules import TemperatureRules
from tests.support.lanes import MORNING

RULES = TemperatureRules()


def readings(*objects_c, ambient_c=22.0):
    return tuple(Reading(value, ambient_c, MORNING + timedelta(seconds=i / 10)) for i, value in enumerate(objects_c))


def test_five_agreeing_readings_are_a_measurement_of_their_median():
    head = follow(Forehead(), readings(34.0, 34.1, 34.4, 34.2, 34.3), RULES)
    assert head.measurement.object_c == 34.2
    assert head.measurement.spread_c == pytest.approx(0.4)
    assert head.measurement.samples == 5


def test_readings_that_scatter_are_refused_until_they_agree():
    head = follow(Forehead(), readings(31.0, 32.0, 33.0, 34.0, 34.4), RULES)
    assert head.measurement is None
    head = follow(head, readings(34.3, 34.4, 34.4), RULES)
    assert head.measurement is not None


def test_a_wall_is_nobody():
    head = follow(Forehead(), readings(*[22.0] * 50), RULES)
    assert not head.present
    assert head.stay == 0


def test_one_missed_reading_is_a_wave_of_the_hand_and_two_end_the_stay():
    head = follow(Forehead(), readings(34.0, 34.0, 22.0, 34.0), RULES)
    assert (head.present, head.stay, len(head.window)) == (True, 1, 3)
    head = follow(head, readings(22.0, 22.0, 34.0), RULES)
    assert (head.present, head.stay, len(head.window)) == (True, 2, 1)


def test_measuring_again_forgets_what_was_read_before():
    head = again(follow(Forehead(), readings(*[36.0] * 5), RULES))
    head = follow(head, readings(*[34.0] * 5), RULES)
    assert head.measurement.object_c == 34.0
    assert head.stay == 1


@given(st.floats(30, 42), st.floats(0.05, 2), st.floats(10, 38))
def test_nothing_ever_pulls_a_reading_towards_normal(object_c, warmer, ambient_c):
    step = estimate(object_c + warmer, ambient_c, RULES) - estimate(object_c, ambient_c, RULES)
    assert step >= warmer * 0.999


def test_a_ramp_of_true_temperatures_comes_out_as_a_ramp():
    measured = [
        follow(Forehead(), readings(*[34.0 + tenth / 10] * 5), RULES).measurement.forehead_c for tenth in range(40)
    ]
    steps = [later - earlier for earlier, later in itertools.pairwise(measured)]
    assert min(steps) > 0.09
