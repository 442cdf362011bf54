"""An MLX90614 on a wire, byte for byte, with the faults of real buses; stands in for `smbus2.SMBus`."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

AMBIENT, OBJECT_1, EMISSIVITY, CONFIG, IDENTITY = 0x06, 0x07, 0x24, 0x25, 0x3C
AS_DELIVERED = {EMISSIVITY: 0xFFFF, CONFIG: 0x9FB4, 0x3C: 0x2A17, 0x3D: 0x1234, 0x3E: 0x5678, 0x3F: 0x9ABC}
SLEEP = 0xFF


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
    """The part's RAM and EEPROM, whether it sends a PEC, and what the wire does to the next transfers."""

    address: int = 0x5A
    ram: dict[int, int] = field(default_factory=lambda: {AMBIENT: word(22.0), OBJECT_1: word(34.5)} | AS_DELIVERED)
    sends_pec: bool = True
    plugged: bool = True
    asleep: bool = False
    worn_out: bool = False  # its EEPROM keeps what it has
    errors: list[int] = field(default_factory=list)  # errno of the next transfers
    always: int = 0  # errno of all of them, until 0
    damage: list[Callable[[bytearray], None]] = field(default_factory=list)  # of the next answers' bytes
    damage_all: Callable[[bytearray], None] | None = None  # of all of them
    transfers: int = 0
    takes: Callable[[], None] = lambda: None  # what passes while a transfer takes place

    def answer(self, register: int) -> bytes:
        """Low byte, high byte and PEC as they arrive."""
        value = self.ram.get(register, 0xFFFF).to_bytes(2, "little")
        sent = bytes([self.address << 1, register, self.address << 1 | 1]) + value
        data = bytearray(value + bytes([pec(sent) if self.sends_pec else 0xFF]))
        if self.damage:
            self.damage.pop(0)(data)
        elif self.damage_all is not None:
            self.damage_all(data)
        return bytes(data)

    def take(self, register: int, value: int) -> None:
        """A word that was written with its PEC; a cell takes ones only after it was erased."""
        if register >= 0x20 and not self.worn_out:
            self.ram[register] = self.ram.get(register, 0) | value if value else 0


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
        self._transfer(i2c_addr)
        data = self.part.answer(register)
        if self.pec and pec([i2c_addr << 1, register, i2c_addr << 1 | 1, data[0], data[1]]) != data[2]:
            raise _error(errno.EBADMSG)
        return int.from_bytes(data[:2], "little")

    def write_word_data(self, i2c_addr: int, register: int, value: int) -> None:
        self._transfer(i2c_addr)
        if not self.pec:
            raise _error(errno.EREMOTEIO)
        self.part.take(register, value)

    def write_byte(self, i2c_addr: int, value: int) -> None:
        self._transfer(i2c_addr)
        if value != SLEEP or not self.pec:
            raise _error(errno.EREMOTEIO)
        self.part.asleep = True

    def read_byte(self, i2c_addr: int) -> int:
        self._transfer(i2c_addr)
        return 0xFF

    def _transfer(self, i2c_addr: int) -> None:
        self.part.transfers += 1
        self.part.takes()
        if self.closed:
            raise _error(errno.EBADF)
        if self.part.errors:
            raise _error(self.part.errors.pop(0))
        if self.part.always:
            raise _error(self.part.always)
        if not self.part.plugged or self.part.asleep or i2c_addr != self.part.address:
            raise _error(errno.ENXIO)

    def close(self) -> None:
        self.closed = True


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
