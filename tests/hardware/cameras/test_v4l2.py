"""Exposure and gain of a webcam, through the kernel's own structures."""

from __future__ import annotations

import os

import pytest

from hardware.cameras._v4l2 import (
    APERTURE_PRIORITY,
    AUTOGAIN,
    EXPOSURE_ABSOLUTE,
    EXPOSURE_AUTO,
    EXPOSURE_AUTO_PRIORITY,
    GAIN,
    MANUAL,
    READ_ONLY,
    Controls,
)
from kiosk.core.exposure import Exposure, Limits, Steering, exposure_of
from tests.support.webcam import Webcam

USUAL = {
    EXPOSURE_AUTO: (0, 3, 1, 0),
    EXPOSURE_ABSOLUTE: (3, 2047, 1, 0),
    EXPOSURE_AUTO_PRIORITY: (0, 1, 1, 0),
    GAIN: (0, 255, 1, 0),
}


@pytest.fixture
def number() -> int:
    """A file that is open."""
    return os.open(os.devnull, os.O_RDONLY)


def test_it_is_taken_over_and_its_limits_are_told_in_microseconds(number: int) -> None:
    webcam = Webcam(dict(USUAL))
    controls = Controls(number, webcam)
    assert controls.limits() == Limits(300, 204_700, 4.0)
    assert (webcam.values[EXPOSURE_AUTO], webcam.values[EXPOSURE_AUTO_PRIORITY]) == (MANUAL, 0)
    assert controls.exposure() == Exposure(10_000, 0.0)
    controls.close()


def test_an_exposure_is_set_in_the_cameras_own_units(number: int) -> None:
    webcam = Webcam(dict(USUAL))
    controls = Controls(number, webcam)
    assert controls.expose(Exposure(5_000, 0.5))
    assert (webcam.values[EXPOSURE_ABSOLUTE], webcam.values[GAIN]) == (50, 128)
    assert controls.exposure() == Exposure(5_000, pytest.approx(0.5, abs=0.01))
    controls.close()


@pytest.mark.parametrize("stops", [0.0, 2.5, 7.0, 12.0, 99.0])
@pytest.mark.parametrize("time", [(1, 10_000, 1, 0), (50, 60, 10, 0), (1, 7, 3, 0)])
def test_whatever_is_asked_is_within_what_the_camera_takes(
    number: int, stops: float, time: tuple[int, int, int, int]
) -> None:
    controls = Controls(number, Webcam(USUAL | {EXPOSURE_ABSOLUTE: time, GAIN: (16, 64, 16, 0)}))
    limits = controls.limits()
    assert limits is not None
    assert controls.expose(exposure_of(Steering(stops), limits))
    controls.close()


@pytest.mark.parametrize(
    "controls",
    [{}, {GAIN: (0, 255, 1, 0)}, USUAL | {EXPOSURE_ABSOLUTE: (3, 2047, 1, READ_ONLY)},
     USUAL | {EXPOSURE_ABSOLUTE: (5, 5, 1, 0)}],
)  # fmt: skip
def test_a_camera_without_the_controls_steers_itself(
    number: int, controls: dict[int, tuple[int, int, int, int]]
) -> None:
    webcam = Webcam(dict(controls))
    held = Controls(number, webcam)
    assert held.limits() is None
    assert not held.expose(Exposure(5_000, 0.0))
    assert EXPOSURE_AUTO not in webcam.values
    held.close()


@pytest.mark.parametrize("refused", [EXPOSURE_AUTO, EXPOSURE_ABSOLUTE])
def test_a_camera_that_does_not_let_itself_be_steered_keeps_its_automatic(number: int, refused: int) -> None:
    webcam = Webcam(dict(USUAL), refuses={refused})
    held = Controls(number, webcam)
    assert held.limits() is None
    assert webcam.values.get(EXPOSURE_AUTO, APERTURE_PRIORITY) == APERTURE_PRIORITY
    held.close()


def test_one_that_begins_to_refuse_goes_back_to_its_automatic(number: int) -> None:
    webcam = Webcam(dict(USUAL))
    held = Controls(number, webcam)
    webcam.refuses = {GAIN}
    assert not held.expose(Exposure(5_000, 1.0))
    assert held.limits() is None
    assert webcam.values[EXPOSURE_AUTO] == APERTURE_PRIORITY
    held.close()


def test_one_that_is_gone_says_no_and_can_be_closed_twice(number: int) -> None:
    webcam = Webcam(USUAL | {AUTOGAIN: (0, 1, 1, 0)})
    held = Controls(number, webcam)
    webcam.gone = True
    assert not held.expose(Exposure(5_000, 0.0))
    held.close()
    held.close()


def test_when_it_is_closed_the_camera_is_left_to_itself(number: int) -> None:
    webcam = Webcam(USUAL | {AUTOGAIN: (0, 1, 1, 0)})
    Controls(number, webcam).close()
    assert (webcam.values[EXPOSURE_AUTO], webcam.values[AUTOGAIN]) == (APERTURE_PRIORITY, 1)
