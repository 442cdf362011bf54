"""The MLX90632 driver: its sums against the manufacturer's figures, and against a part modelled by its registers."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.thermometers import SensorCode
from hardware.thermometers._mlx90632_sums import Constants, Words, object_c, sensor_c
from hardware.thermometers._wire import TRIES
from hardware.thermometers.mlx90632 import Mlx90632, Mode, open_device
from kiosk.core.faults import SensorFault, SettingsError
from tests.support.mlx90632_part import CONTROL, EXAMPLE, STATUS, FakeRegisters, Part632, raw

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
CONSTANTS = Constants(**EXAMPLE)


def untouched(word: int) -> int:
    return word


# --- The sums -----------------------------------------------------------------------------------------------
# Figures of the manufacturer's own tests (Melexis mlx90632-library, test/TestDSP.c), good to 0.01 °C.


@pytest.mark.parametrize(
    ("new", "old", "celsius"), [(22454, 23030, 48.724), (100, 150, -18.734), (32767, 32766, 53.350)]
)
def test_the_sensors_temperature_is_the_published_one(new: int, old: int, celsius: float) -> None:
    assert sensor_c(Words(0, new, old), CONSTANTS) == pytest.approx(celsius, abs=0.01)


@pytest.mark.parametrize(
    ("infrared", "celsius"),
    [(610, 55.507), (150, 51.123), (-150, 48.171), (32767, 212.844), (-5000, -16.653), (26900, 193.917)],
)
def test_the_objects_temperature_is_the_published_one(infrared: int, celsius: float) -> None:
    assert object_c(Words(infrared, 22454, 23030), CONSTANTS, emissivity=1) == pytest.approx(celsius, abs=0.011)


@pytest.mark.parametrize(
    ("infrared", "reflected_c", "emissivity", "celsius"),
    [(305, 25.0, 1.0, 55.507), (32767, 25.0, 1.0, 292.381), (-2500, 25.0, 1.0, -16.653), (305, 40.0, 0.1, 143.956)],
)
def test_the_extended_range_is_the_published_one(
    infrared: int, reflected_c: float, emissivity: float, celsius: float
) -> None:
    words = Words(infrared, 22454, 23030)
    found = object_c(words, CONSTANTS, emissivity=emissivity, reflected_c=reflected_c, extended=True)
    # Their sums cut the signal to a whole number, which at an emissivity of 0.1 weighs ten times as much.
    assert found == pytest.approx(celsius, abs=0.02 if emissivity == 1 else 0.05)


def test_a_customers_own_offset_counts() -> None:
    shifted = Constants(**EXAMPLE | {"hb": 10240})
    assert object_c(Words(610, 22454, 23030), shifted, emissivity=1) == pytest.approx(45.495, abs=0.011)


@given(st.floats(-10, 60), st.floats(-10, 60))
def test_the_iteration_finds_the_temperature_that_the_formulas_turned_round_say(target: float, ambient: float) -> None:
    infrared, reference, supply = raw(target, ambient)
    words = Words(infrared, reference, supply)
    assert object_c(words, CONSTANTS, emissivity=1) == pytest.approx(target, abs=0.06)
    assert sensor_c(words, CONSTANTS) == pytest.approx(ambient, abs=0.06)


def test_words_that_no_temperature_has_are_refused() -> None:
    with pytest.raises(ArithmeticError):
        object_c(Words(-32768, 3000, 23030), CONSTANTS, emissivity=0.1)


# --- The driver ---------------------------------------------------------------------------------------------


class Bench:
    """A part, its bus, a clock that passes while it is waited for, and the driver."""

    def __init__(self, mode: Mode = Mode.MEDICAL, **part: Any) -> None:
        self.part = Part632(**part)
        self.clock_s = 100.0
        self.driver = Mlx90632(
            lambda: FakeRegisters(self.part),
            mode=mode,
            now=lambda: NOW,
            monotonic_s=lambda: self.clock_s,
            sleep=self.sleep,
        )

    def sleep(self, for_s: float) -> None:
        self.clock_s += for_s

    def fails_with(self) -> SensorCode:
        with pytest.raises(SensorFault) as caught:
            self.driver.read()
        return SensorCode(caught.value.code)


@pytest.mark.parametrize("mode", Mode)
def test_it_reads_object_and_sensor_in_either_mode(mode: Mode) -> None:
    bench = Bench(mode)
    reading = bench.driver.read()
    assert reading.object_c == pytest.approx(34.5, abs=0.1)
    assert reading.ambient_c == pytest.approx(22.0, abs=0.05)
    assert reading.at == NOW
    assert bench.part.registers[CONTROL] >> 4 & 0x1F == {Mode.MEDICAL: 0, Mode.EXTENDED: 17}[mode]


def test_it_says_who_it_is() -> None:
    bench = Bench(version=0x0105)
    bench.driver.read()
    assert bench.driver.about() == {
        "id": "1111-2222-0033", "kind": "medical", "mode": "medical", "emissivity": "1.000", "checking": "double_read",
    }  # fmt: skip


def test_another_part_at_the_address_is_named() -> None:
    assert Bench(version=0x0110).fails_with() is SensorCode.WRONG_PART


def test_the_extended_mode_needs_an_extended_part() -> None:
    with pytest.raises(SensorFault, match="a medical part has no extended mode"):
        Bench(Mode.EXTENDED, version=0x8105).driver.read()


def test_an_empty_calibration_is_not_believed() -> None:
    bench = Bench()
    bench.part.registers |= {0x240E: 0, 0x240F: 0}
    assert bench.fails_with() is SensorCode.SETUP


def test_each_reading_waits_for_a_fresh_measurement_and_one_that_never_comes_is_named() -> None:
    bench = Bench()
    bench.driver.read()
    bench.part.object_c = 36.0
    assert bench.driver.read().object_c == pytest.approx(36.0, abs=0.1)
    bench.part.measures = False
    assert bench.fails_with() is SensorCode.FROZEN
    bench.part.measures = True
    bench.driver.read()


def test_a_word_that_reads_differently_twice_is_asked_again_and_then_refused() -> None:
    bench = Bench()
    bench.driver.read()
    bench.part.damage = [untouched] * 2 + [lambda word: word ^ 0x400]
    assert bench.driver.read().object_c == pytest.approx(34.5, abs=0.1)
    bench.part.damage = [untouched] * 2 + [untouched, lambda word: word ^ 0x400] * TRIES[SensorCode.BUS]
    assert bench.fails_with() is SensorCode.BUS


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENXIO, SensorCode.NACK), (errno.ETIMEDOUT, SensorCode.STUCK), (errno.EAGAIN, SensorCode.BUS)],
)
def test_each_fault_of_the_bus_has_its_code_and_is_tried_again(number: int, code: SensorCode) -> None:
    bench = Bench()
    bench.driver.read()
    bench.part.errors = [number] * (TRIES[code] - 1)
    bench.driver.read()
    bench.part.errors = [number] * TRIES[code]
    assert bench.fails_with() is code


def test_a_part_that_lost_its_power_is_set_going_again_and_warms_up() -> None:
    bench = Bench()
    bench.part.registers[STATUS] = 0x100  # it was on before us
    assert bench.driver.read().awake_s is None
    bench.part.lose_power()
    assert bench.fails_with() is SensorCode.BUS
    assert bench.driver.read().awake_s == 0


def test_one_that_was_just_switched_on_warms_up() -> None:
    assert Bench().driver.read().awake_s == 0


def test_a_temperature_that_it_cannot_measure_is_refused() -> None:
    bench = Bench()
    bench.part.object_c = 130.0
    assert bench.fails_with() is SensorCode.OUT_OF_RANGE


def test_the_argument_names_bus_address_mode_and_emissivity() -> None:
    driver = open_device("bus=7,address=0x3B,mode=extended,emissivity=0.98")
    with pytest.raises(SensorFault, match="at 0x3b has no I2C bus"):
        driver.read()
    with pytest.raises(SettingsError, match="medical or extended"):
        open_device("mode=other")
