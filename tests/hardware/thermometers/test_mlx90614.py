"""The MLX90614 driver against a part that is modelled byte for byte."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import suppress

import pytest

from hardware.thermometers import SensorCode, mlx90614
from hardware.thermometers._wire import TRIES
from hardware.thermometers.mlx90614 import Checking
from kiosk.core.faults import SensorFault
from tests.support.mlx90614_bench import NOW, Bench
from tests.support.mlx90614_part import (
    AMBIENT,
    OBJECT_1,
    pec,
    word,
)


def flip(byte: int, bit: int) -> Callable[[bytearray], None]:
    def damage(data: bytearray) -> None:
        data[byte] ^= 1 << bit

    return damage


def untouched(_data: bytearray) -> None:
    """This answer arrives as it was sent."""


@pytest.mark.parametrize(
    ("data", "code"),
    [("00 2E 00 00", 0x6F), ("00 2E 5A 00", 0xE1), ("B4 07 B5 D2 3A", 0x30), ("B4 FF", 0xE8)],
)
def test_the_modelled_part_computes_the_pec_of_the_published_vectors(data: str, code: int) -> None:
    assert pec(bytes.fromhex(data)) == code


def test_the_word_of_the_datasheet_example_is_the_temperature_it_says() -> None:
    bench = Bench()
    bench.part.ram[OBJECT_1] = 0x3AD2
    assert bench.driver.read().object_c == pytest.approx(28.01)


def test_a_reading_carries_object_and_ambient_and_the_drivers_time() -> None:
    reading = Bench().driver.read()
    assert (round(reading.object_c, 2), round(reading.ambient_c, 2), reading.at) == (34.49, 21.99, NOW)


def test_a_part_that_sends_a_pec_is_held_to_it_and_one_damaged_answer_is_asked_again() -> None:
    bench = Bench()
    bench.driver.read()
    assert bench.driver.checking is Checking.PEC
    bench.part.damage = [flip(0, 3)]
    assert round(bench.driver.read().object_c, 2) == 34.49


@pytest.mark.parametrize("byte", [0, 1, 2])
@pytest.mark.parametrize("bit", range(8))
def test_no_flipped_bit_ever_becomes_a_temperature(byte: int, bit: int) -> None:
    bench = Bench()
    bench.driver.read()
    bench.part.damage = [flip(byte, bit)] * 20
    assert bench.fails_with() is SensorCode.BAD_PEC


def test_damaged_answers_never_weaken_the_check() -> None:
    bench = Bench()
    bench.driver.read()
    bench.part.damage = [flip(0, 3)] * 6
    assert [bench.fails_with(), bench.fails_with()] == [SensorCode.BAD_PEC] * 2
    bench.driver.read()
    assert bench.driver.checking is Checking.PEC


def test_a_part_without_pec_is_believed_when_two_readings_agree() -> None:
    bench = Bench(sends_pec=False)
    assert round(bench.driver.read().object_c, 2) == 34.49
    assert bench.driver.checking is Checking.DOUBLE_READ
    bench.part.damage = [flip(0, 5)]
    assert round(bench.driver.read().ambient_c, 2) == 21.99
    bench.part.damage = [flip(0, 5), untouched] * 3
    assert bench.fails_with() is SensorCode.BUS


def test_an_adapter_that_cannot_check_a_pec_means_double_readings() -> None:
    bench = Bench(adapter_has_pec=False)
    bench.driver.read()
    assert bench.driver.checking is Checking.DOUBLE_READ


def test_a_part_that_is_neither_clean_nor_without_pec_is_not_believed_yet() -> None:
    bench = Bench()
    bench.part.damage = [flip(0, 3), untouched, flip(1, 1), flip(1, 2), untouched]
    assert bench.fails_with() is SensorCode.BAD_PEC
    assert bench.driver.checking == "unknown"
    bench.driver.read()
    assert bench.driver.checking == "pec"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (0x8000 | word(34.5), SensorCode.ERROR_FLAG),
        (0xFFFF, SensorCode.STUCK),
        (0x0000, SensorCode.STUCK),
        (0x0001, SensorCode.OUT_OF_RANGE),
        (word(-70.1), SensorCode.OUT_OF_RANGE),
        (word(380.1), SensorCode.OUT_OF_RANGE),
    ],
)
def test_words_that_are_no_temperature_are_refused_though_their_pec_is_right(raw: int, code: SensorCode) -> None:
    bench = Bench()
    bench.part.ram[OBJECT_1] = raw
    assert bench.fails_with() is code


def test_an_ambient_that_the_part_cannot_live_in_is_refused() -> None:
    bench = Bench()
    bench.part.ram[AMBIENT] = word(126)
    assert bench.fails_with() is SensorCode.OUT_OF_RANGE


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENXIO, SensorCode.NACK),
        (errno.EREMOTEIO, SensorCode.NACK),
        (errno.EBADMSG, SensorCode.BAD_PEC),
        (errno.ETIMEDOUT, SensorCode.STUCK),
        (errno.EAGAIN, SensorCode.BUS),
        (errno.EIO, SensorCode.BUS),
        (errno.EINVAL, SensorCode.BUS),
    ],
)
def test_each_fault_of_the_bus_has_its_code_and_is_tried_again(number: int, code: SensorCode) -> None:
    bench = Bench()
    bench.driver.read()
    bench.part.errors = [number] * (TRIES[code] - 1)
    bench.driver.read()
    bench.part.errors = [number] * TRIES[code]
    assert bench.fails_with() is code


def test_a_hanging_bus_is_not_tried_again_when_the_time_is_up() -> None:
    bench = Bench()
    bench.driver.read()
    taken = bench.part.transfers

    def hang(data: bytearray) -> None:
        bench.clock_s += 1.0
        data[0] ^= 8

    bench.part.damage = [hang] * 10
    bench.fails_with()
    assert bench.part.transfers == taken + 1


def test_an_unplugged_part_is_named_and_probed_anew_when_it_is_back() -> None:
    bench = Bench()
    bench.driver.read()
    bench.part.plugged = False
    assert bench.fails_with() is SensorCode.NACK
    bench.part.plugged, bench.part.sends_pec = True, False
    bench.driver.read()
    assert bench.driver.checking is Checking.DOUBLE_READ


def test_a_bus_that_vanished_is_opened_again_at_most_once_a_second() -> None:
    bench = Bench()
    bench.driver.read()
    bench.part.errors, bench.bus_there = [errno.ENODEV], False
    bench.clock_s += 5
    assert [bench.fails_with() for _ in range(10)] == [SensorCode.ABSENT] * 10
    assert bench.opened == 2
    bench.bus_there = True
    bench.clock_s += 1
    bench.driver.read()
    assert bench.opened == 3


def test_a_bus_that_is_missing_at_the_start_is_a_fault_of_the_reading_and_says_what_to_do() -> None:
    bench = Bench()
    bench.bus_there = False
    with pytest.raises(SensorFault, match="enable I2C, check the bus number"):
        bench.driver.read()


def test_the_argument_names_bus_and_address() -> None:
    driver = mlx90614.open_device("bus=7,address=0x5B")
    with pytest.raises(SensorFault, match="at 0x5b has no I2C bus"):
        driver.read()


# --- What is seen only from one reading to the next --------------------------------------------------------


def test_a_value_that_never_flickers_is_frozen_and_one_that_moves_again_is_believed() -> None:
    bench = Bench()
    for _ in range(1000):
        bench.driver.read()
        bench.clock_s += 0.05
    for _ in range(205):
        bench.clock_s += 0.05
        with suppress(SensorFault):
            bench.driver.read()
    assert bench.fails_with() is SensorCode.FROZEN
    bench.holds(34.52)
    assert bench.driver.read().object_c == pytest.approx(34.51, abs=0.02)


def test_air_that_jumps_is_doubted_until_it_stays_so() -> None:
    bench = Bench()
    bench.driver.read()
    bench.clock_s += 0.1
    bench.holds(34.5, 29.0)
    assert [bench.fails_with(), bench.fails_with()] == [SensorCode.JUMPED] * 2
    assert round(bench.driver.read().ambient_c) == 29


def test_a_forehead_that_steps_in_front_of_a_frosty_wall_is_no_jump() -> None:
    bench = Bench()
    bench.holds(-15.0, -10.0)
    bench.driver.read()
    bench.clock_s += 0.1
    bench.holds(33.0, -10.0)
    assert round(bench.driver.read().object_c) == 33


def test_a_single_flash_of_heat_is_no_reading() -> None:
    bench = Bench()
    bench.driver.read()
    bench.holds(200.0)
    assert bench.fails_with() is SensorCode.JUMPED
    bench.holds(34.5)
    assert round(bench.driver.read().object_c, 1) == 34.5
