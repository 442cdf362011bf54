"""The bus scan and the kernel's own thermometer driver, on the same part."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware import i2c
from hardware.thermometers import SensorCode
from hardware.thermometers.iio import Iio, open_device
from kiosk.core.faults import SensorFault
from tests.support.gates import eventually
from tests.support.kernel_devices import FOR_EVER, ThermometerPart

BUS = Path("/sys/bus/i2c/devices/i2c-1")


def test_a_bus_scan_finds_the_thermometer_by_name_and_nothing_else(part: ThermometerPart) -> None:
    assert [str(found) for found in i2c.scan(1)] == ["0x5a thermometer MLX90614"]
    assert 1 in i2c.numbers()


def test_a_bus_scan_of_a_hanging_line_ends_soon(part: ThermometerPart) -> None:
    part.set(hang_ms=100, bus_hang=FOR_EVER)
    assert i2c.scan(1) == []


@pytest.fixture
def kernels(part: ThermometerPart) -> Iterator[Iio]:
    """The part in the hands of the kernel's driver, as a device tree overlay gives it there."""
    subprocess.run(["modprobe", "mlx90614"], check=True, timeout=30)
    (BUS / "new_device").write_text("mlx90614 0x5a")
    driver = open_device("")
    yield driver
    driver.close()
    (BUS / "delete_device").write_text("0x5a")


def test_the_kernels_own_driver_gives_the_same_forehead(part: ThermometerPart, kernels: Iio) -> None:
    part.measures(36.6, ambient_c=21.0)
    reading = eventually(kernels.read, within_s=5)
    assert reading.object_c == pytest.approx(36.6, abs=0.05)
    assert reading.ambient_c == pytest.approx(21.0, abs=0.05)
    assert [str(found) for found in i2c.scan(1)] == ["0x5a thermometer MLX90614 (the kernel's mlx90614)"]


def test_a_part_that_the_kernel_cannot_reach_is_named_and_read_again(part: ThermometerPart, kernels: Iio) -> None:
    eventually(kernels.read, within_s=5)
    part.set(nack=FOR_EVER)
    with pytest.raises(SensorFault) as fault:
        kernels.read()
    assert fault.value.code is SensorCode.NACK
    part.set(nack=0)
    part.measures(36.8)
    assert eventually(lambda: reads(kernels), within_s=3).object_c == pytest.approx(36.8, abs=0.05)


def reads(kernels: Iio):
    """A reading, or nothing while there is a fault."""
    try:
        return kernels.read()
    except SensorFault:
        return None
