"""Who is on an I2C bus: each address is asked for one byte, never written to, and known parts are called by name.

Sources: the parts' datasheets; Linux, Documentation/i2c; i2c-tools, i2cdetect(8).
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

FIRST, LAST = 0x08, 0x77  # the rest is reserved, I2C specification UM10204 §3.1.12
# i2cdetect(8): reading a byte locks up a bus on which such a clock generator hangs; nothing of ours lives there.
NEVER_ASKED = frozenset({0x69})
KERNELS = Path("/sys/bus/i2c/devices")

NAMES = {
    0x20: "port expander",
    0x27: "port expander or character display",
    0x29: "distance sensor VL53L0X",
    0x33: "thermal camera MLX90640",
    0x3A: "thermometer MLX90632",
    0x3B: "thermometer MLX90632, second address",
    0x3C: "display SSD1306",
    0x3D: "display SSD1306, second address",
    0x40: "humidity or current sensor",
    0x44: "humidity sensor SHT3x",
    0x48: "converter ADS1115",
    0x51: "clock PCF8563",
    0x57: "memory of a clock module",
    0x5A: "thermometer MLX90614",
    0x5B: "thermometer MLX90614 with another address",
    0x68: "clock DS3231",
    0x76: "air sensor BME280",
    0x77: "air sensor BME280, second address",
}


class Bus(Protocol):
    """What is used of `smbus2.SMBus`."""

    def read_byte(self, i2c_addr: int) -> int:
        """One byte from an address; OSError with the kernel's errno."""

    def close(self) -> None:
        """Closes the bus."""


@dataclass(frozen=True, slots=True)
class Found:
    """One address that answered. `driver` is the kernel's, where it has the address for itself."""

    address: int
    name: str
    driver: str = ""

    def __str__(self) -> str:
        """`0x5a thermometer MLX90614`"""
        taken = f" (the kernel's {self.driver})" if self.driver else ""
        return f"{self.address:#04x} {self.name or 'unknown'}{taken}"


def numbers(devices: Path = Path("/dev")) -> list[int]:
    """The buses of this machine: of `/dev/i2c-1` the 1."""
    found = (path.name.removeprefix("i2c-") for path in devices.glob("i2c-*"))
    return sorted(int(number) for number in found if number.isdecimal())


def scan(number: int, open_bus: Callable[[int], Bus] | None = None, kernels: Path = KERNELS) -> list[Found]:
    """Who answers on that bus. Raises OSError where it cannot be opened."""
    bus = (open_bus or _open)(number)
    try:
        return list(_answering(bus, number, kernels))
    finally:
        bus.close()


def _answering(bus: Bus, number: int, kernels: Path) -> Iterator[Found]:
    for address in range(FIRST, LAST + 1):
        if address in NEVER_ASKED:
            continue
        try:
            bus.read_byte(address)
        except OSError as error:
            if error.errno == errno.EBUSY:
                yield Found(address, NAMES.get(address, ""), _kernels(number, address, kernels))
            elif error.errno in (errno.ETIMEDOUT, errno.EAGAIN):
                return  # a hanging line: every further address would take a second
        else:
            yield Found(address, NAMES.get(address, ""))


def _kernels(number: int, address: int, kernels: Path) -> str:
    try:
        return (kernels / f"{number}-{address:04x}" / "name").read_text(encoding="ascii").strip()
    except OSError:
        return "driver"


def _open(number: int) -> Bus:
    from smbus2 import SMBus  # noqa: PLC0415  only Linux has it

    bus: Bus = SMBus(number)
    return bus
