"""The driver over the unmodified smbus2 and the ioctls of `/dev/i2c-1`, answered by umockdev."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hardware.thermometers import SensorCode

pytestmark = pytest.mark.skipif(
    shutil.which("umockdev-wrapper") is None, reason="umockdev is not installed (apt install umockdev)"
)

BEGIN = """
from smbus2 import SMBus
from hardware.thermometers._wire import CODES, TRIES
from hardware.thermometers.mlx90614 import open_device
from kiosk.core.faults import SensorFault
from tests.support.kernel_i2c import KNOB

def fail(number, times):
    for _ in range(times):
        hand.write_word_data(0x5A, KNOB, number)

def said():
    try:
        reading = driver.read()
        return f"{reading.object_c:.2f} {reading.ambient_c:.2f} {driver.checking}"
    except SensorFault as fault:
        return fault.code

hand, driver = SMBus(1), open_device("bus=1")
"""


def run(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.kernel_i2c", BEGIN + code],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_reading_comes_through_the_kernel_with_its_pec() -> None:
    assert run("print(said())") == ["34.49 21.99 pec"]


def test_each_errno_of_the_kernel_is_tried_again_and_then_named() -> None:
    numbers = {
        errno.EBADMSG: SensorCode.BAD_PEC,
        errno.ETIMEDOUT: SensorCode.STUCK,
        errno.EAGAIN: SensorCode.BUS,
        errno.ENXIO: SensorCode.NACK,
    }
    code = f"said()\nfor number in {list(numbers)}:\n    fail(number, TRIES[CODES[number]] - 1); print(said())"
    assert run(code) == ["34.49 21.99 pec"] * len(numbers)
    code = f"said()\nfor number in {list(numbers)}:\n    fail(number, TRIES[CODES[number]]); print(said())"
    assert run(code) == [code.value for code in numbers.values()]


def test_a_bus_that_is_not_there_is_absent() -> None:
    assert run("driver = open_device('bus=7'); print(said())") == ["absent"]


def test_an_emissivity_is_written_through_the_kernel_and_read_back() -> None:
    code = """
driver.write_emissivity(0.98); print(f"{driver.emissivity():.3f}", said())
driver.write_emissivity(1.0); print(said())
"""
    assert run(code) == ["0.980 setup", "34.49 21.99 pec"]


def test_the_mlx90632_is_read_by_plain_messages() -> None:
    code = """
from hardware.thermometers import mlx90632
driver = mlx90632.open_device("bus=1")
reading = driver.read(); print(f"{reading.object_c:.1f} {reading.ambient_c:.1f}", driver.about()["kind"])
driver = mlx90632.open_device("bus=1,address=0x3B")
try: driver.read()
except SensorFault as fault: print(fault.code)
"""
    assert run(code) == ["34.5 22.0 extended", "nack"]


def test_a_part_that_the_kernel_drives_is_read_from_its_files() -> None:
    code = """
from hardware.thermometers import iio
reading = iio.open_device("").read(); print(f"{reading.object_c:.2f} {reading.ambient_c:.2f}")
"""
    assert run(code) == ["36.49 20.99"]


def test_a_bus_is_asked_who_is_there_without_writing() -> None:
    assert run("from hardware import i2c; print(i2c.numbers(), *i2c.scan(1), sep='; ')") == [
        "[1]; 0x5a thermometer MLX90614"
    ]
