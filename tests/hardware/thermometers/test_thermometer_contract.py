"""What every thermometer keeps to, the simulated one like the real one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

import hardware
from hardware.thermometers import SensorCode
from hardware.thermometers.mlx90614 import Mlx90614
from hardware.thermometers.simulated import Simulated
from kiosk.core.faults import SensorFault
from kiosk.core.ports import Thermometer
from tests.support.mlx90614_part import AMBIENT, OBJECT_1, FakeSMBus, Part, word

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


@dataclass
class Rig:
    """A thermometer, and the hand that warms it and breaks it."""

    thermometer: Thermometer
    hold: Callable[[float, float], None]
    break_down: Callable[[], None]
    repair: Callable[[], None]


class Maker(Protocol):
    def __call__(self) -> Rig: ...


def real() -> Rig:
    part = Part()
    return Rig(
        Mlx90614(lambda: FakeSMBus(part), now=lambda: NOW),
        lambda object_c, ambient_c: part.ram.update({OBJECT_1: word(object_c), AMBIENT: word(ambient_c)}),
        lambda: setattr(part, "plugged", False),
        lambda: setattr(part, "plugged", True),
    )


def simulated() -> Rig:
    driver = Simulated(now=lambda: NOW)
    return Rig(driver, driver.hold, lambda: driver.fail_with(SensorCode.NACK), driver.recover)


@pytest.fixture(params=[real, simulated])
def rig(request: pytest.FixtureRequest) -> Rig:
    made: Rig = request.param()
    return made


@pytest.mark.parametrize(("object_c", "ambient_c"), [(22.0, 22.0), (36.4, 25.0), (40.2, -5.0)])
def test_it_reads_what_stands_there_within_a_tenth_of_a_degree(rig: Rig, object_c: float, ambient_c: float) -> None:
    rig.hold(object_c, ambient_c)
    for _ in range(20):
        reading = rig.thermometer.read()
        assert abs(reading.object_c - object_c) <= 0.1
        assert abs(reading.ambient_c - ambient_c) <= 0.1


def test_its_time_is_aware_utc(rig: Rig) -> None:
    assert rig.thermometer.read().at == NOW
    assert rig.thermometer.read().at.utcoffset() == timedelta(0)


def test_a_broken_one_says_how_and_reads_again_when_repaired(rig: Rig) -> None:
    rig.break_down()
    with pytest.raises(SensorFault) as caught:
        rig.thermometer.read()
    assert caught.value.code == SensorCode.NACK
    assert rig.thermometer.name in str(caught.value)
    rig.repair()
    rig.thermometer.read()


def test_it_may_be_closed_twice_and_is_absent_from_then_on(rig: Rig) -> None:
    rig.thermometer.read()
    rig.thermometer.close()
    rig.thermometer.close()
    with pytest.raises(SensorFault) as caught:
        rig.thermometer.read()
    assert caught.value.code == SensorCode.ABSENT


def test_every_shipped_thermometer_is_opened_by_its_name() -> None:
    for name in hardware.names("thermometer"):
        thermometer = hardware.load("thermometer", name)
        assert thermometer.name == name
        thermometer.close()


def test_no_thermometer_is_a_fault_of_each_reading() -> None:
    with pytest.raises(SensorFault, match="by hand") as caught:
        hardware.load("thermometer", "none").read()
    assert caught.value.code == SensorCode.ABSENT


@pytest.mark.parametrize("code", SensorCode)
def test_the_simulated_one_can_fail_in_every_way(code: SensorCode) -> None:
    driver = Simulated()
    driver.fail_with(code)
    with pytest.raises(SensorFault) as caught:
        driver.read()
    assert caught.value.code is code


def test_the_simulated_one_follows_a_street() -> None:
    seen: list[float] = []

    def scene(unix_s: float) -> tuple[float, float]:
        seen.append(unix_s)
        return 34.0, 21.0

    reading = Simulated(scene, now=lambda: NOW).read()
    assert (reading.object_c, reading.ambient_c, seen) == (34.0, 21.0, [NOW.timestamp()])


def test_an_empty_gate_scatters_the_same_way_in_every_run() -> None:
    first, second = ([device.read().object_c for _ in range(30)] for device in (Simulated(), Simulated()))
    assert first == second
    assert len(set(first)) > 3
    assert max(abs(value - 22.0) for value in first) < 0.1
