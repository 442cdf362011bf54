"""Who an MLX90614 is, how it is set, its memory that is only written on command, its sleep and its power."""

from __future__ import annotations

import errno

import pytest
from gpiozero.pins.mock import MockFactory

from hardware.thermometers import SensorCode, mlx90614
from hardware.thermometers._power import open_power
from kiosk.core.faults import SensorFault, SettingsError
from tests.support.mlx90614_bench import Bench
from tests.support.mlx90614_part import CONFIG, EMISSIVITY

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


def test_power_over_a_line_that_is_gone_is_a_fault_of_the_thermometer() -> None:
    pins = MockFactory()
    cycle = open_power(4, pins, sleep=lambda _: None)
    pins.pin(4)._set_function("input")  # as another program leaves a line that it took
    with pytest.raises(SensorFault, match="GPIO4") as caught:
        cycle()
    assert caught.value.code is SensorCode.ABSENT
