"""The MLX90614 driver against a part that is modelled byte for byte."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory

from hardware.thermometers import SensorCode, mlx90614
from hardware.thermometers._power import open_power
from hardware.thermometers._wire import TRIES
from hardware.thermometers.mlx90614 import Checking, Mlx90614
from kiosk.core.faults import SensorFault, SettingsError
from tests.support.mlx90614_part import (
    AMBIENT,
    CONFIG,
    EMISSIVITY,
    OBJECT_1,
    FakeSMBus,
    Part,
    pec,
    word,
)

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


class Bench:
    """A part, its bus, a clock that the test turns, and the driver."""

    def __init__(self, adapter_has_pec: bool = True, **part: object) -> None:
        self.part = Part(**part)  # type: ignore[arg-type]
        self.clock_s = 100.0
        self.bus_there = True
        self.opened = 0
        self.adapter_has_pec = adapter_has_pec
        self.slept: list[float] = []
        self.driver = self.make()

    def make(self, **more: Any) -> Mlx90614:
        return Mlx90614(
            self.open_bus, now=lambda: NOW, monotonic_s=lambda: self.clock_s, sleep=self.slept.append, **more
        )

    def holds(self, object_c: float, ambient_c: float = 22.0) -> None:
        self.part.ram |= {OBJECT_1: word(object_c), AMBIENT: word(ambient_c)}

    def open_bus(self) -> FakeSMBus:
        self.opened += 1
        if not self.bus_there:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", "/dev/i2c-1")
        return FakeSMBus(self.part, self.adapter_has_pec)

    def fails_with(self) -> SensorCode:
        with pytest.raises(SensorFault) as caught:
            self.driver.read()
        return SensorCode(caught.value.code)


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


# --- Who it is, and how it is set ---------------------------------------------------------------------------


def test_it_says_who_it_is_and_how_it_is_set() -> None:
    bench = Bench()
    assert dict(bench.driver.about()) == {}
    bench.driver.read()
    assert bench.driver.about() == {
        "id": "2a17-1234-5678-9abc", "emissivity": "1.000", "configuration": "0x9fb4", "checking": "pec",
    }  # fmt: skip


def test_a_part_that_is_set_to_another_emissivity_is_not_believed_unless_the_settings_say_so() -> None:
    bench = Bench()
    bench.part.ram[EMISSIVITY] = round(0.95 * 0xFFFF)
    with pytest.raises(SensorFault, match=r"emissivity 0\.950, not 1\.000"):
        bench.driver.read()
    bench.make(emissivity=0.95).read()


@pytest.mark.parametrize("config", [0x9FB1, 0x9FB3, 0x98B4])
def test_a_filter_that_lingers_on_the_person_before_is_not_believed(config: int) -> None:
    bench = Bench()
    bench.part.ram[CONFIG] = config
    with pytest.raises(SensorFault, match="too slow for one person after another"):
        bench.driver.read()


def test_a_memory_of_nothing_but_ones_is_a_hanging_line() -> None:
    bench = Bench()
    bench.part.ram[CONFIG] = 0xFFFF
    assert bench.fails_with() is SensorCode.STUCK


def test_reading_never_writes_to_the_part() -> None:
    bench = Bench()
    before = dict(bench.part.ram)
    bench.part.take = lambda *_: pytest.fail("written")  # type: ignore[method-assign]
    for _ in range(10):
        bench.driver.read()
    assert bench.part.ram == before


def test_an_emissivity_is_erased_written_and_read_back_and_can_be_put_back() -> None:
    bench = Bench()
    bench.driver.write_emissivity(0.98)
    assert bench.driver.emissivity() == pytest.approx(0.98, abs=1e-4)
    assert bench.slept == [mlx90614.WRITE_S] * 2
    bench.driver.write_emissivity(1.0)
    bench.driver.read()


def test_an_emissivity_that_does_not_read_back_is_a_fault_that_says_what_is_set() -> None:
    bench = Bench(worn_out=True)
    with pytest.raises(SensorFault, match=r"0\.980 was written, 1\.000 reads back"):
        bench.driver.write_emissivity(0.98)


def test_without_a_pec_nothing_is_written() -> None:
    bench = Bench(sends_pec=False)
    with pytest.raises(SensorFault, match="written only over a bus that checks"):
        bench.driver.write_emissivity(0.98)
    with pytest.raises(ValueError, match="an emissivity is a number"):
        bench.driver.write_emissivity(7)
    assert bench.part.ram[EMISSIVITY] == 0xFFFF


# --- Sleep and power ----------------------------------------------------------------------------------------


def test_a_sleeping_part_does_not_answer_until_its_line_was_held_low() -> None:
    bench = Bench()
    bench.driver.sleep()
    assert bench.fails_with() is SensorCode.NACK
    held: list[bool] = []

    def hold(low: bool) -> None:
        held.append(low)
        bench.part.asleep = False

    bench.driver.wake(hold)
    assert held == [True, False]
    assert bench.slept == [mlx90614.WAKE_S, mlx90614.START_S]
    assert bench.driver.read().awake_s == 0


def test_a_part_that_was_on_before_us_is_awake_for_longer_than_we_know_and_one_that_came_back_is_not() -> None:
    bench = Bench()
    assert bench.driver.read().awake_s is None
    bench.part.plugged = False
    bench.fails_with()
    bench.part.plugged = True
    assert bench.driver.read().awake_s == 0
    bench.clock_s += 7
    assert bench.driver.read().awake_s == 7


def test_a_part_that_hangs_has_its_power_cycled_where_the_kiosk_switches_it() -> None:
    bench = Bench()

    def cycle() -> None:
        bench.part.always = 0

    bench.driver = bench.make(power_cycle=cycle)
    bench.driver.read()
    bench.part.always = errno.ETIMEDOUT
    bench.clock_s += 1
    assert bench.fails_with() is SensorCode.STUCK
    bench.clock_s += 3
    assert bench.fails_with() is SensorCode.STUCK
    assert bench.driver.read().awake_s == 0


def test_power_over_a_line_is_off_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    pins = MockFactory()
    seen: list[tuple[float, int]] = []
    cycle = open_power(4, pins, sleep=lambda for_s: seen.append((for_s, pins.pin(4).state)))
    assert pins.pin(4).state == 1
    cycle()
    assert seen == [(0.1, 0), (0.25, 1)]
    with pytest.raises(SettingsError, match="GPIO99"):
        open_power(99, pins)
