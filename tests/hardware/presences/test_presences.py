"""What every presence sensor keeps to, on mock pins and a made-up /sys: somebody, nobody, or a fault; never a guess."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory, MockTriggerPin

import hardware
from hardware.presences.distance import DistancePresence
from hardware.presences.iio import IioPresence
from hardware.presences.motion import MotionPresence
from hardware.presences.none import NoPresence
from hardware.presences.simulated import SimulatedPresence
from kiosk.core.faults import LampFault, SensorFault, SettingsError
from kiosk.core.ports import Front, Presence
from tests.support.gates import eventually


def ultrasonic(echo_s: float, **options: Any) -> DistancePresence:
    pins = MockFactory()
    echo = pins.pin(24)
    pins.pin(23, pin_class=MockTriggerPin, echo_pin=echo, echo_time=echo_s)
    return DistancePresence(pins, trigger=23, echo=24, **options)


def kernels(folder: Path, millimetres: str = "153") -> IioPresence:
    device = folder / "iio:device1"
    device.mkdir(parents=True, exist_ok=True)
    (device / "in_distance_raw").write_text(f"{millimetres}\n")
    return IioPresence(folder)


MAKERS: dict[str, Callable[[Path], Presence]] = {
    "none": lambda _: NoPresence(),
    "simulated": lambda _: SimulatedPresence(),
    "motion": lambda _: MotionPresence(MockFactory(), 25),
    "distance": lambda _: ultrasonic(0.001),
    "iio": kernels,
}


def test_every_shipped_presence_sensor_is_held_to_this_contract() -> None:
    assert set(hardware.names("presence")) == set(MAKERS)


@pytest.mark.parametrize("name", MAKERS)
def test_it_looks_without_waiting_closes_twice_and_is_absent_afterwards(name: str, tmp_path: Path) -> None:
    sensor = MAKERS[name](tmp_path)
    front = sensor.look()
    assert front is None or isinstance(front.somebody, bool)
    sensor.close()
    sensor.close()
    with pytest.raises(SensorFault) as caught:
        sensor.look()
    assert caught.value.code == "absent"


def test_a_motion_is_somebody_until_nothing_has_moved_for_a_while() -> None:
    pins, now = MockFactory(), [100.0]
    sensor = MotionPresence(pins, 25, hold_s=5.0, monotonic_s=lambda: now[0])
    assert sensor.look() == Front(somebody=False)
    pins.pin(25).drive_high()
    assert sensor.look() == Front(somebody=True)
    pins.pin(25).drive_low()
    eventually(lambda: not sensor._sensor.motion_detected, within_s=5)
    now[0] += 4.9
    assert sensor.look() == Front(somebody=True), "who stands still is still there"
    now[0] += 0.2
    assert sensor.look() == Front(somebody=False)
    sensor.close()


def test_a_motion_sensor_whose_line_is_gone_is_a_fault_and_nobody() -> None:
    pins = MockFactory()
    sensor = MotionPresence(pins, 25)
    sensor._sensor._queue.stop()  # its own thread would meet the broken line too

    def gone() -> float:
        raise OSError("line is gone")

    pins.pin(25)._get_state = gone
    with pytest.raises(SensorFault, match=r"motion sensor on GPIO25 is gone .line is gone."):
        sensor.look()
    sensor.close()


def test_a_distance_is_measured_by_its_echo_and_an_echo_that_ends_is_a_fault() -> None:
    now: list[float] = []
    sensor = ultrasonic(0.002, monotonic_s=lambda: now[0] if now else time.monotonic())
    eventually(sensor.look, within_s=5)
    front = sensor.look()
    assert front is not None
    assert front.distance_cm is not None
    assert 20 < front.distance_cm <= 100, "2 ms is 34 cm, and a busy machine is never too early"
    now.append(sensor._sensor.heard_s + 1.5)
    sensor._sensor._queue.stop()
    with pytest.raises(SensorFault, match="gives no echo") as caught:
        sensor.look()
    assert caught.value.code == "nack"
    sensor.close()


def test_the_kernels_sensor_tells_centimetres_vanishes_and_returns(tmp_path: Path) -> None:
    sensor = kernels(tmp_path)
    assert sensor.look() == Front(somebody=True, distance_cm=15.3)
    file = tmp_path / "iio:device1" / "in_distance_raw"
    file.write_text("8190\n")
    assert sensor.look() == Front(somebody=False, distance_cm=200.0)
    (tmp_path / "iio:device1" / "in_distance_scale").write_text("0.0001\n")
    file.write_text("1530\n")
    assert sensor.look() == Front(somebody=True, distance_cm=15.3)
    file.unlink()
    with pytest.raises(SensorFault, match="no distance sensor") as caught:
        sensor.look()
    assert caught.value.code == "absent"
    file.write_text("1530\n")
    assert sensor.look() == Front(somebody=True, distance_cm=15.3)


@pytest.mark.parametrize(
    ("held", "code"), [("", "nack"), ("many", "nack"), ("0", "out_of_range"), ("-4", "out_of_range")]
)
def test_what_the_kernels_sensor_cannot_have_measured_is_a_fault(held: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(SensorFault) as caught:
        kernels(tmp_path, held).look()
    assert caught.value.code == code


def test_the_simulated_sensor_sees_and_fails_on_command() -> None:
    sensor = SimulatedPresence()
    assert sensor.look() == Front(somebody=False)
    sensor.sees(True, 12.0)
    assert sensor.look() == Front(somebody=True, distance_cm=12.0)
    sensor.fail("nack")
    with pytest.raises(SensorFault):
        sensor.look()
    assert hardware.load("presence", "simulated:distance=15").look() == Front(somebody=True, distance_cm=15.0)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("motion", "its line is needed"),
        ("distance:trigger=23", "both lines are needed"),
        ("distance:trigger=23,echo=23", "trigger and echo are both on GPIO23"),
        ("distance:trigger=23,echo=24,near_cm=500", "from 5 to 100"),
        ("none:line=3", "takes no argument"),
    ],
)
def test_a_wrong_wiring_in_the_settings_is_refused(spec: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        hardware.load("presence", spec)


def test_a_line_that_something_else_holds_is_told_as_busy() -> None:
    pins = MockFactory()
    held = MotionPresence(pins, 25)
    with pytest.raises(LampFault, match="motion sensor on GPIO25") as caught:
        MotionPresence(pins, 25)
    assert caught.value.code == "busy"
    held.close()
