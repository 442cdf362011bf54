"""What every thermometer keeps to, the simulated one like the real one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import hardware
from hardware.thermometers import SensorCode
from hardware.thermometers.iio import Iio
from hardware.thermometers.mlx90614 import Mlx90614
from hardware.thermometers.mlx90632 import Mlx90632
from hardware.thermometers.simulated import Simulated, WalksUp, open_device
from kiosk.core.faults import SensorFault, SettingsError
from kiosk.core.ports import Thermometer
from tests.support.iio_tree import Tree
from tests.support.mlx90614_part import AMBIENT, OBJECT_1, FakeSMBus, Part, word
from tests.support.mlx90632_part import FakeRegisters, Part632

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


@dataclass
class Rig:
    """A thermometer, and the hand that warms it and breaks it."""

    thermometer: Thermometer
    hold: Callable[[float, float], None]
    break_down: Callable[[], None]
    repair: Callable[[], None]


class Clock:
    """A monotonic clock on which every question takes a moment: nothing is slow, nothing hurries."""

    now_s = 100.0

    def __call__(self) -> float:
        self.now_s += 0.005
        return self.now_s


def mlx90614(_folder: Path) -> Rig:
    part = Part()
    return Rig(
        Mlx90614(lambda: FakeSMBus(part), now=lambda: NOW, monotonic_s=Clock()),
        lambda object_c, ambient_c: part.ram.update({OBJECT_1: word(object_c), AMBIENT: word(ambient_c)}),
        lambda: setattr(part, "plugged", False),
        lambda: setattr(part, "plugged", True),
    )


def mlx90632(_folder: Path) -> Rig:
    part = Part632()

    def hold(object_c: float, ambient_c: float) -> None:
        part.object_c, part.ambient_c = object_c, ambient_c

    driver = Mlx90632(lambda: FakeRegisters(part), now=lambda: NOW, monotonic_s=Clock(), sleep=lambda _: None)
    return Rig(driver, hold, lambda: setattr(part, "plugged", False), lambda: setattr(part, "plugged", True))


def iio(folder: Path) -> Rig:
    tree = Tree(folder)
    tree.plug()
    return Rig(Iio(folder, now=lambda: NOW, monotonic_s=Clock()), tree.hold, tree.unplug, tree.plug)


def simulated(_folder: Path) -> Rig:
    driver = Simulated(now=lambda: NOW)
    return Rig(driver, driver.hold, lambda: driver.fail_with(SensorCode.NACK), driver.recover)


@pytest.fixture(params=[mlx90614, mlx90632, iio, simulated])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    made: Rig = request.param(tmp_path)
    return made


@pytest.mark.parametrize(("object_c", "ambient_c"), [(22.0, 22.0), (36.4, 25.0), (40.2, -5.0)])
def test_it_reads_what_stands_there_within_a_tenth_of_a_degree(rig: Rig, object_c: float, ambient_c: float) -> None:
    rig.hold(object_c, ambient_c)
    for _ in range(3):  # air that jumps is doubted at first
        with suppress(SensorFault):
            rig.thermometer.read()
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
    assert caught.value.code in (SensorCode.NACK, SensorCode.ABSENT)
    assert rig.thermometer.name in str(caught.value)
    rig.repair()
    rig.thermometer.read()


def test_it_says_what_it_found_out_about_the_part(rig: Rig) -> None:
    rig.thermometer.read()
    assert {"id", "checking"} <= set(rig.thermometer.about())


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


def test_somebody_walks_up_stands_and_leaves_in_any_weather() -> None:
    dry = [WalksUp(forehead_c=37.0, ambient_c=10.0)(tenth / 10)[0] for tenth in range(84)]
    assert dry[0] == pytest.approx(10.3)
    assert max(dry) == pytest.approx((37 + 1.6) / 1.16)
    standing = [value for value in dry if value > 33]
    assert max(standing) - min(standing) < 0.5
    wet = [WalksUp(forehead_c=37.0, ambient_c=10.0, rain=True)(tenth / 10)[0] for tenth in range(45, 71)]
    assert max(wet) < max(dry)
    assert max(wet) - min(wet) > 1


def test_a_fault_by_command_comes_and_goes() -> None:
    seconds = iter(range(10))
    driver = open_device("fault=bad_pec,after=3,during=2,ambient=-5,noise=0")
    driver._now = lambda: NOW + timedelta(seconds=next(seconds))
    seen: list[float | str] = []
    for _ in range(8):
        try:
            seen.append(driver.read().ambient_c)
        except SensorFault as fault:
            seen.append(fault.code)
    assert seen == [-5, -5, -5, "bad_pec", "bad_pec", -5, -5, -5]


def test_an_unknown_fault_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(SettingsError, match="bad_pec"):
        open_device("fault=tired")
