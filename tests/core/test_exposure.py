"""The exposure finds a phone's screen and stays there, on a model of a sensor with delay, gamma and saturation."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.exposure import (
    GAMMA,
    LONGEST_US,
    USUAL_US,
    Exposure,
    Light,
    Limits,
    Steering,
    exposure_of,
    steer,
    stops_of,
)

WEBCAM = Limits(shortest_us=100, longest_us=500_000, gain_stops=4.0)
FRAME_S = 0.1


class SensorModel:
    """Light times exposure, the root of it in shades, cut at 255, shown `delay` frames late."""

    def __init__(self, light: float, delay: int = 2, real_gain_stops: float = 4.0) -> None:
        self.light, self.real_gain_stops = light, real_gain_stops
        self._asked: deque[Exposure] = deque([Exposure(USUAL_US, 0.0)] * (delay + 1), maxlen=delay + 1)

    def expose(self, exposure: Exposure) -> None:
        self._asked.append(exposure)

    def frame(self) -> float:
        """The shade of what the light falls on."""
        shown = self._asked[0]
        self._asked.append(self._asked[-1])
        linear = self.light * shown.time_us / USUAL_US * 2 ** (shown.gain * self.real_gain_stops)
        return min(255.0, 255.0 * linear ** (1 / GAMMA))


def run(model: SensorModel, frames: int = 80, *, of_a_code: bool = True, limits: Limits = WEBCAM) -> list[float]:
    """The shades of so many frames under the steering."""
    steering, shades = Steering(stops_of(Exposure(USUAL_US, 0.0), limits)), []
    for number in range(frames):
        shades.append(model.frame())
        light = Light(shades[-1], float(shades[-1] >= 250), of_a_code)
        steering = steer(steering, light, limits, number * FRAME_S)
        model.expose(exposure_of(steering, limits))
    return shades


@pytest.mark.parametrize("light", [0.02, 0.1, 0.5, 1.0, 4.0, 20.0])
@pytest.mark.parametrize("delay", [0, 2, 4])
def test_a_phones_white_comes_between_burnt_and_black_and_stays_there(light: float, delay: int) -> None:
    shades = run(SensorModel(light, delay))
    assert all(140 < shade < 235 for shade in shades[50:]), shades[-5:]
    assert len({round(shade) for shade in shades[60:]}) == 1, "it swings"


@pytest.mark.parametrize("real_gain_stops", [1.0, 2.0, 6.0, 8.0])
def test_it_does_not_swing_whatever_a_drivers_gain_really_is(real_gain_stops: float) -> None:
    shades = run(SensorModel(0.15, 2, real_gain_stops), 120)
    assert len({round(shade) for shade in shades[90:]}) == 1
    assert 100 < shades[-1] < 245


def test_a_phone_that_is_two_stops_off_is_right_within_a_second_and_a_half() -> None:
    shades = run(SensorModel(0.12), 15)
    assert 140 < shades[-1] < 235


@given(st.floats(0.001, 100), st.integers(0, 4))
def test_each_step_is_small_and_every_setting_is_one_that_the_camera_has(light: float, delay: int) -> None:
    model, steering = SensorModel(light, delay), Steering(6.0)
    seen = [steering.stops]
    for number in range(40):
        steering = steer(steering, Light(model.frame(), 0.0, True), WEBCAM, number * FRAME_S)
        wanted = exposure_of(steering, WEBCAM)
        assert WEBCAM.shortest_us <= wanted.time_us <= LONGEST_US
        assert 0 <= wanted.gain <= 1
        model.expose(wanted)
        seen.append(steering.stops)
    assert all(abs(after - before) <= 1.0 for before, after in pairwise(seen))


def test_noise_round_the_aim_moves_nothing() -> None:
    steering = Steering(6.0)
    for number, shade in enumerate((180, 200, 185, 195, 205, 178) * 5):
        steering = steer(steering, Light(shade, 0.0, True), WEBCAM, number * FRAME_S)
    assert steering.stops == 6.0


def test_while_a_code_is_there_and_a_moment_after_the_frame_has_no_say() -> None:
    steering = steer(Steering(6.0), Light(190.0, 0.0, True), WEBCAM, 10.0)
    dark = Light(20.0, 0.0, False)
    assert steer(steering, dark, WEBCAM, 11.0).stops == 6.0
    assert steer(steering, dark, WEBCAM, 12.5).stops > 6.0


def test_a_sky_that_burns_a_fifth_of_the_frame_makes_it_darker() -> None:
    assert steer(Steering(6.0), Light(120.0, 0.3, False), WEBCAM, 0.0).stops == 5.0
    assert steer(Steering(6.0), Light(120.0, 0.1, False), WEBCAM, 0.0).stops == 6.0


def test_time_goes_first_and_gain_only_where_a_hand_would_smear() -> None:
    fast = exposure_of(Steering(3.0), WEBCAM)
    assert (fast.time_us, fast.gain) == (800, 0.0)
    amplified = exposure_of(Steering(stops_of(Exposure(USUAL_US, 0.5), WEBCAM)), WEBCAM)
    assert (amplified.time_us, amplified.gain) == (USUAL_US, pytest.approx(0.5))
    most = exposure_of(Steering(99.0), WEBCAM)
    assert (most.time_us, most.gain) == (LONGEST_US, 1.0)


@pytest.mark.parametrize("limits", [Limits(100, 100, 0.0), Limits(20_000, 50_000, 0.0), Limits(5, 200_000, 3.0)])
def test_odd_limits_are_kept(limits: Limits) -> None:
    for stops in (0.0, 1.0, 5.0, 30.0):
        wanted = exposure_of(Steering(stops), limits)
        assert limits.shortest_us <= wanted.time_us <= max(limits.shortest_us, min(limits.longest_us, LONGEST_US))
    assert run(SensorModel(0.5), limits=limits)


def test_where_it_stands_and_what_is_asked_are_each_others_opposite() -> None:
    for stops in (0.5, 3.0, 8.0, 10.0):
        assert stops_of(exposure_of(Steering(stops), WEBCAM), WEBCAM) == pytest.approx(stops, abs=0.02)
