"""An MLX90614 on a wire, byte for byte, with the faults of real buses; stands in for `smbus2.SMBus`."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

AMBIENT, OBJECT_1 = 0x06, 0x07


def pec(data: Iterable[int]) -> int:
    """The packet error code of SMBus: CRC-8, polynomial x⁸+x²+x+1, over every byte incl. the addresses."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc


def word(celsius: float) -> int:
    """A temperature as the part's RAM holds it."""
    return round((celsius + 273.15) / 0.02)


@dataclass
class Part:
    """The part's RAM, whether it sends a PEC, and what the wire does to the next transfers."""

    address: int = 0x5A
    ram: dict[int, int] = field(default_factory=lambda: {AMBIENT: word(22.0), OBJECT_1: word(34.5)})
    sends_pec: bool = True
    plugged: bool = True
    errors: list[int] = field(default_factory=list)  # errno of the next transfers
    damage: list[Callable[[bytearray], None]] = field(default_factory=list)  # of the next answers' bytes
    transfers: int = 0

    def answer(self, register: int) -> bytes:
        """Low byte, high byte and PEC as they arrive."""
        value = self.ram.get(register, 0xFFFF).to_bytes(2, "little")
        sent = bytes([self.address << 1, register, self.address << 1 | 1]) + value
        data = bytearray(value + bytes([pec(sent) if self.sends_pec else 0xFF]))
        if self.damage:
            self.damage.pop(0)(data)
        return bytes(data)


class FakeSMBus:
    """One opened bus with a `Part` on it; raises what the kernel raises."""

    def __init__(self, part: Part, adapter_has_pec: bool = True) -> None:
        self.part = part
        self.adapter_has_pec = adapter_has_pec
        self.pec = False
        self.closed = False

    def enable_pec(self, enable: bool = True) -> None:
        if not self.adapter_has_pec:
            raise OSError("SMBUS_PEC is not a feature")  # smbus2's words, without an errno
        self.pec = enable

    def read_word_data(self, i2c_addr: int, register: int) -> int:
        self.part.transfers += 1
        if self.closed:
            raise _error(errno.EBADF)
        if self.part.errors:
            raise _error(self.part.errors.pop(0))
        if not self.part.plugged or i2c_addr != self.part.address:
            raise _error(errno.ENXIO)
        data = self.part.answer(register)
        if self.pec and pec([i2c_addr << 1, register, i2c_addr << 1 | 1, data[0], data[1]]) != data[2]:
            raise _error(errno.EBADMSG)
        return int.from_bytes(data[:2], "little")

    def close(self) -> None:
        self.closed = True


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
