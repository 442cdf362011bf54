"""An MLX90632 by its register map: holds constants and raw words, measures on its own, and fails as a bus does.

Its words are made from temperatures by the datasheet's formulas solved the other way round, without any iteration.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field

# The example constants of the manufacturer's library (mlx90632-library, test/TestDSP.c).
EXAMPLE = {
    "p_r": 0x00587F5B, "p_g": 0x04A10289, "p_t": 0xFFF966F8 - 2**32, "p_o": 0x00001E0F,
    "ea": 4859535, "eb": 5686508, "fa": 53855361, "fb": 42874149, "ga": -14556410,
    "gb": 9728, "ka": 10752, "ha": 16384, "hb": 0,
}  # fmt: skip
CELLS_32 = dict(zip(("p_r", "p_g", "p_t", "p_o"), range(0x240C, 0x2414, 2), strict=True)) | dict(
    zip(("ea", "eb", "fa", "fb", "ga"), range(0x2424, 0x242E, 2), strict=True)
)
CELLS_16 = {"gb": 0x242E, "ka": 0x242F, "ha": 0x2481, "hb": 0x2482}
VERSION, CONTROL, COMMAND, STATUS, RAM = 0x240B, 0x3001, 0x3005, 0x3FFF, 0x4000
SUPPLY = 23030  # what RAM_9 reads


def raw(object_c: float, ambient_c: float, emissivity: float = 1.0) -> tuple[int, int, int]:
    """Infrared, RAM_6 and RAM_9 for these temperatures."""
    c = EXAMPLE
    a, b = c["p_t"] / 2**44, 2**20 / c["p_g"]
    over = (-b + (b * b - 4 * a * (c["p_o"] / 2**8 - ambient_c)) ** 0.5) / (2 * a)
    ambient = over + c["p_r"] / 2**8
    reference = ambient * SUPPLY / (2**19 - ambient * c["gb"] / 2**10)
    dut_c = (ambient - c["eb"] / 2**8) / (c["ea"] / 2**16) + 25
    drift = 1 + c["ga"] / 2**36 * (object_c - 25) + c["fb"] / 2**36 * (dut_c - 25)
    sensitivity = emissivity * c["fa"] / 2**46 * drift
    sto = sensitivity * ((object_c + 273.15) ** 4 - (dut_c + 273.15) ** 4)
    infrared = sto * 12 * (SUPPLY + c["ka"] / 2**10 * reference) / 2**19
    return round(infrared), round(reference * 12), SUPPLY


@dataclass
class Part632:
    """The part: what it looks at, its registers, and what the bus does to the next transfers."""

    address: int = 0x3A
    version: int = 0x8505
    object_c: float = 34.5
    ambient_c: float = 22.0
    measures: bool = True
    plugged: bool = True
    registers: dict[int, int] = field(default_factory=dict)
    errors: list[int] = field(default_factory=list)  # errno of the next transfers
    always: int = 0
    damage: list[Callable[[int], int]] = field(default_factory=list)  # of the next words
    takes: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.registers |= {VERSION: self.version, CONTROL: 0, STATUS: 0, 0x2405: 0x1111, 0x2406: 0x2222, 0x2407: 0x33}
        for name, cell in CELLS_32.items():
            self.registers |= {cell: EXAMPLE[name] & 0xFFFF, cell + 1: EXAMPLE[name] >> 16 & 0xFFFF}
        for name, cell in CELLS_16.items():
            self.registers[cell] = EXAMPLE[name] & 0xFFFF

    def measure(self) -> None:
        """The next measurement ends: raw words in RAM, its position and `new data` in the status."""
        infrared, reference, supply = raw(self.object_c, self.ambient_c)
        if self.registers[CONTROL] >> 4 & 0x1F == 17:
            half = round(infrared / 2)
            words = {17: (0, 0, reference), 18: (0, 0, supply), 19: (half // 2, half - half // 2, 0)}
            position = 19
        else:
            words = {1: (infrared, infrared, reference), 2: (infrared, infrared, supply)}
            position = 2 if self.registers[STATUS] >> 2 & 0x1F == 1 else 1
        for step, three in words.items():
            for number, word in enumerate(three):
                self.registers[RAM + 3 * step + number] = word & 0xFFFF
        self.registers[STATUS] = self.registers[STATUS] & ~0x7C | position << 2 | 1

    def lose_power(self) -> None:
        """Off and on again: the registers are as delivered."""
        self.registers |= {CONTROL: 0, STATUS: 0}


class FakeRegisters:
    """One opened bus with a `Part632` on it."""

    def __init__(self, part: Part632) -> None:
        self.part = part
        self.closed = False

    def read(self, address: int, register: int) -> int:
        self._transfer(address)
        part = self.part
        running = part.measures and part.registers[CONTROL] & 0b110 == 0b110
        if register == STATUS and running and not part.registers[STATUS] & 1:
            part.measure()
        word = part.registers.get(register, 0)
        return part.damage.pop(0)(word) if part.damage else word

    def write(self, address: int, register: int, value: int) -> None:
        self._transfer(address)
        if 0x2400 <= register < 0x3000:
            raise AssertionError("the EEPROM was written")
        self.part.registers[register] = value

    def _transfer(self, address: int) -> None:
        self.part.takes()
        if self.closed:
            raise _error(errno.EBADF)
        if self.part.errors:
            raise _error(self.part.errors.pop(0))
        if self.part.always:
            raise _error(self.part.always)
        if not self.part.plugged or address != self.part.address:
            raise _error(errno.ENXIO)

    def close(self) -> None:
        self.closed = True


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
