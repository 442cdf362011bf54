"""The MLX90614 driver over smbus2, on an I2C bus of the kernel's: every fault of the bus and of the part by name."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from smbus2 import SMBus

from hardware.thermometers import SensorCode
from hardware.thermometers.mlx90614 import CONFIG, EMISSIVITY, Checking, Mlx90614, open_device
from kiosk.core.faults import SensorFault
from tests.support.gates import eventually
from tests.support.kernel_devices import BUS_FAULTS, FOR_EVER, OBJECT_1, WORD_FAULTS, ThermometerPart

NAMED = {
    "nack": SensorCode.NACK,
    "bus_hang": SensorCode.STUCK,
    "arbitration_lost": SensorCode.BUS,
    "bad_pec": SensorCode.BAD_PEC,
    "bit_flip": SensorCode.BAD_PEC,
    "error_bit": SensorCode.ERROR_FLAG,
    "all_ones": SensorCode.STUCK,
}


@pytest.fixture
def driver(part: ThermometerPart) -> Iterator[Mlx90614]:
    driver = open_device("bus=1")
    yield driver
    driver.close()


def said(driver: Mlx90614) -> float | str:
    """The forehead that is read, or the fault that is named."""
    try:
        return round(driver.read().object_c, 1)
    except SensorFault as fault:
        return SensorCode(fault.code)


def test_a_forehead_is_read_with_its_pec(part: ThermometerPart, driver: Mlx90614) -> None:
    part.measures(36.6, ambient_c=21.3)
    reading = driver.read()
    assert (round(reading.object_c, 1), round(reading.ambient_c, 1)) == (36.6, 21.3)
    assert driver.checking is Checking.PEC


@pytest.mark.parametrize("fault", NAMED)
def test_each_fault_has_its_name_and_the_part_is_believed_again_when_it_is_over(
    part: ThermometerPart, driver: Mlx90614, fault: str
) -> None:
    part.set(hang_ms=100)
    part.measures(36.6)
    assert said(driver) == 36.6
    part.set(**{fault: FOR_EVER})
    assert said(driver) == NAMED[fault]
    part.mend()
    assert eventually(lambda: said(driver) == 36.6, within_s=3)


@pytest.mark.parametrize("fault", [*BUS_FAULTS, *WORD_FAULTS])
def test_a_fault_of_one_transfer_is_tried_again_and_costs_nobody_a_second(
    part: ThermometerPart, driver: Mlx90614, fault: str
) -> None:
    part.set(hang_ms=20)
    part.measures(36.6)
    assert said(driver) == 36.6
    part.set(**{fault: 1})
    assert said(driver) == 36.6


def test_without_a_pec_a_turned_bit_still_fools_nobody(part: ThermometerPart) -> None:
    part.set(no_pec=1)
    part.measures(36.6)
    driver = open_device("bus=1")
    assert said(driver) == 36.6
    assert driver.checking is Checking.DOUBLE_READ
    for times in range(1, 7):
        part.set(bit_flip=times)
        assert said(driver) in (36.6, SensorCode.BUS) or times > 1  # a flip that comes twice cannot be told
    driver.close()


def test_a_hanging_bus_keeps_a_reading_waiting_for_little_more_than_one_time_out(
    part: ThermometerPart, driver: Mlx90614
) -> None:
    assert said(driver) == 24.0
    part.set(hang_ms=500, bus_hang=FOR_EVER)
    began_s = time.monotonic()
    assert said(driver) is SensorCode.STUCK
    assert time.monotonic() - began_s < 1.2


def test_a_slow_bus_gives_right_readings_late(part: ThermometerPart, driver: Mlx90614) -> None:
    part.measures(37.1)
    part.set(slow_ms=20)
    assert said(driver) == 37.1


def test_an_unplugged_part_that_returns_is_probed_anew_and_read(part: ThermometerPart, driver: Mlx90614) -> None:
    assert said(driver) == 24.0
    part.set(nack=FOR_EVER)
    assert said(driver) is SensorCode.NACK
    assert driver.checking is Checking.UNKNOWN
    part.set(nack=0)
    part.measures(36.9)
    assert said(driver) == 36.9
    assert driver.checking is Checking.PEC


def test_of_ten_thousand_spoilt_words_none_is_believed(part: ThermometerPart, driver: Mlx90614) -> None:
    part.measures(36.6)
    assert said(driver) == 36.6
    for fault in WORD_FAULTS:
        part.set(**{fault: 2500})
        while part.get(fault):
            assert not isinstance(heard := said(driver), float) or heard == 36.6
        eventually(lambda: said(driver) == 36.6, within_s=3)


def test_a_temperature_no_forehead_can_have_is_out_of_range(part: ThermometerPart, driver: Mlx90614) -> None:
    part.holds(OBJECT_1, 0x27AC - 200)  # below -70 °C
    assert said(driver) is SensorCode.OUT_OF_RANGE


def test_emissivity_is_erased_written_and_read_back_by_the_kernels_own_pec(
    part: ThermometerPart, driver: Mlx90614
) -> None:
    driver.read()
    before = part.get("writes")
    driver.write_emissivity(0.95)
    assert (part.cell(EMISSIVITY), part.get("writes") - before) == (round(0.95 * 0xFFFF), 2)
    driver.write_emissivity(1.0)
    assert part.cell(EMISSIVITY) == 0xFFFF


def test_a_part_that_is_set_otherwise_is_not_believed(part: ThermometerPart, driver: Mlx90614) -> None:
    part.holds(CONFIG, 0x9FB1)
    assert said(driver) is SensorCode.SETUP
    part.holds(CONFIG, 0x9FB4)  # as delivered
    assert said(driver) == 24.0


def test_reading_writes_nothing_to_the_part(part: ThermometerPart, driver: Mlx90614) -> None:
    before = part.get("writes")
    for _ in range(20):
        driver.read()
    assert part.get("writes") == before


def test_a_bus_that_is_not_there_is_absent(part: ThermometerPart) -> None:
    driver = open_device("bus=7")
    assert said(driver) is SensorCode.ABSENT
    driver.close()


def test_the_kernel_itself_refuses_a_wrong_pec(part: ThermometerPart) -> None:
    with SMBus(1) as bus:
        bus.enable_pec(True)
        part.set(bad_pec=1)
        with pytest.raises(OSError, match="Bad message"):
            bus.read_word_data(0x5A, OBJECT_1)
