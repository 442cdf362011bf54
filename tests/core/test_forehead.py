"""Raw readings become a measurement, or none."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import timedelta
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.faults import SettingsError
from kiosk.core.forehead import Forehead, again, estimate, follow
from kiosk.core.model import Quality, Reading, TemperatureSource
from kiosk.core.ports import LampPattern
from kiosk.core.reasons import Answer, Reason
from kiosk.core.requests import ContactTemperature
from kiosk.core.rules import TemperatureRules, parse
from tests.support.lanes import MORNING, a_pass, object_c
from tests.support.lanes import Bench as LaneBench

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


# --- Who is somebody ----------------------------------------------------------------------------------------


def test_a_hot_wall_is_nobody_and_somebody_before_it_is():
    head = follow(Forehead(), readings(*[33.0] * 40, ambient_c=32.5), RULES)
    assert not head.present
    head = follow(head, readings(*[35.9] * 5, ambient_c=32.5), RULES)
    assert head.measurement.object_c == 35.9


def test_a_wall_that_the_sun_warms_is_never_taken_for_somebody():
    head = Forehead()
    for tenth in range(60):
        head = follow(head, readings(*[30.0 + tenth / 10] * 20, ambient_c=29.0), RULES)
        assert not head.present


def test_what_stands_there_for_minutes_is_a_thing_and_somebody_before_it_is_seen():
    head = follow(Forehead(), readings(*[36.0] * 1300), RULES)
    assert not head.present
    head = follow(head, readings(*[37.5] * 5), RULES)
    assert (head.present, head.measurement.object_c) == (True, 37.5)


def test_who_comes_after_the_thermometer_looked_away_is_measured_anew():
    head = follow(Forehead(), readings(*[34.0] * 4), RULES)
    later = tuple(replace(each, at=each.at + timedelta(seconds=10)) for each in readings(*[36.0] * 5))
    head = follow(head, later, RULES)
    assert head.stay == 2
    assert head.measurement.raw_c == (36.0,) * 5


def test_a_distance_sensor_decides_where_there_is_one():
    near, far = (
        tuple(replace(each, distance_cm=cm) for each in readings(*[34.0] * 5, ambient_c=33.9)) for cm in (8.0, 60.0)
    )
    assert follow(Forehead(), far, RULES).measurement is None
    assert follow(Forehead(), near, RULES).measurement.distance_cm == 8.0


def test_a_thermometer_that_was_without_power_warms_up_first():
    cold = tuple(replace(each, awake_s=number / 2) for number, each in enumerate(readings(*[36.0] * 9)))
    assert follow(Forehead(), cold[:4], RULES).window == ()
    assert follow(Forehead(), cold, RULES).measurement is not None


# --- What is a measurement ----------------------------------------------------------------------------------


def test_somebody_who_still_comes_closer_is_not_measured_yet():
    climbing = [33.0 + number * 0.09 for number in range(20)]
    assert follow(Forehead(), readings(*climbing), RULES).measurement is None


def test_the_raw_readings_are_kept_with_their_quality_and_the_models_name_and_version():
    measured = follow(Forehead(), readings(34.0, 34.02, 34.04, 34.0, 34.02), RULES).measurement
    assert measured.raw_c == (34.0, 34.02, 34.04, 34.0, 34.02)
    assert (measured.quality, measured.model) == (Quality.GOOD, "heat_balance/1(0.16,0)")
    assert follow(Forehead(), readings(34.0, 34.3, 34.1, 34.2, 34.1), RULES).measurement.quality is Quality.FAIR


def test_the_way_through_the_air_is_given_back_where_the_distance_is_known():
    rules = replace(RULES, model_c_per_cm=0.05)
    assert estimate(34.0, 22.0, rules, 15.0) - estimate(34.0, 22.0, rules) == pytest.approx(0.5)
    assert estimate(34.0, 22.0, rules, 2.0) == estimate(34.0, 22.0, rules)


def test_a_model_that_nobody_knows_is_refused_with_the_rules():
    with pytest.raises(SettingsError, match=r"temperature\.model"):
        parse(b'[temperature]\nmodel = "guess"\n', "rules.toml")


def measured_of(true_c, rules, noise, rounds=40):
    """The estimates of a forehead of that temperature, over many visits with a sensor that scatters evenly."""
    skin_c = (true_c - rules.model_offset_c + rules.model_gain * 22.0) / (1 + rules.model_gain)
    found = []
    for _ in range(rounds):
        values = [skin_c + noise.gauss(0, 0.04) for _ in range(rules.samples)]
        measurement = follow(Forehead(), readings(*values), rules).measurement
        if measurement is not None:
            found.append(measurement.forehead_c)
    return found


@pytest.mark.parametrize("model", ["heat_balance", "surface"])
def test_a_ramp_of_true_temperatures_is_measured_as_a_ramp_and_without_bias(model):
    rules = replace(RULES, model=model, model_gain=0.16 if model == "heat_balance" else 0.0)
    noise = random.Random(7)
    averages = []
    for tenth in range(340, 421, 2):
        found = measured_of(tenth / 10, rules, noise)
        averages.append(mean(found))
        assert mean(found) == pytest.approx(tenth / 10, abs=0.04)
    assert all(later > earlier for earlier, later in itertools.pairwise(averages))


def test_at_the_threshold_half_are_above_it_and_half_below_after_measuring_again_too():
    noise, above, visits = random.Random(3), 0, 0
    for _ in range(200):
        bench = LaneBench()
        bench.shows(a_pass())
        skin_c = object_c(bench.rules.temperature.threshold_c, bench.rules)
        for _ in range(30):
            bench.turn(readings=(Reading(skin_c + noise.gauss(0, 0.04), 22.0, bench.now),))
            if bench.rows:
                break
        visits += 1
        above += Reason.FEBRILE in bench.rows[0].reasons
    assert visits * 0.4 <= above <= visits * 0.65  # what is shown is rounded to 0.01, and 37.30 is a fever


def test_the_first_measurement_and_the_second_are_both_written_down():
    bench = LaneBench()
    bench.shows(a_pass())
    bench.measures(37.35)
    bench.measures(37.1)
    (row,) = bench.rows
    assert (row.measurement.forehead_c, [m.forehead_c for m in row.measured_before]) == (37.1, [37.35])
    assert len(row.measurement.raw_c) == 5


def test_a_fever_asks_for_the_contact_thermometer_and_both_values_stay_in_the_row():
    bench = LaneBench()
    bench.shows(a_pass())
    bench.measures(38.6)
    visit = bench.visit
    assert bench.rows[0].reasons == (Reason.FEBRILE,)
    assert bench.asks(ContactTemperature, visit=visit, celsius=36.6) is Answer.DONE
    assert bench.rows[-1].measurement.source is TemperatureSource.CONTACT
    assert [m.forehead_c for m in bench.rows[-1].measured_before] == [38.6]
    assert bench.lamp is LampPattern.PASS
