"""MLX90614 infrared thermometer over SMBus.  Source: Melexis datasheet 3901090614 rev 013.

A word is believed when its PEC (packet error code, CRC-8) is right. Some parts send none: then only two
readings that agree are believed, and `checking` says so. Nothing is ever written to the part.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from hardware import arguments, whole
from hardware.thermometers import SensorCode
from kiosk.core.faults import SensorFault
from kiosk.core.model import Reading

ADDRESS = 0x5A  # as delivered, §8.4.5
AMBIENT, OBJECT_1 = 0x06, 0x07  # RAM, §8.4.4
ERROR_FLAG = 0x8000  # bit 15 of a temperature word, §8.4.4
ALL_ONES = 0xFFFF  # what an open data line reads
STEP_K, ZERO_C = 0.02, -273.15  # §8.4.4: T = word · 0.02 K
AMBIENT_RANGE_C = (-40.0, 125.0)  # §1, operating temperature
OBJECT_RANGE_C = (-70.0, 380.0)  # §1, object temperature

TRIES = 3  # of one word
BUDGET_S = 0.3  # after so long no further try is begun; a hanging bus takes the kernel up to 1 s a try
PROBES, PROBES_RIGHT = 5, 3  # so many of so many reads with a right PEC prove that the part sends one
AGREE_STEPS = 5  # two readings agree within 0.1 K
REOPEN_S = 1.0  # how often a missing bus is looked for

_CODES = {
    errno.ENXIO: SensorCode.NACK,
    errno.EREMOTEIO: SensorCode.NACK,
    errno.EBADMSG: SensorCode.BAD_PEC,
    errno.ETIMEDOUT: SensorCode.STUCK,
    errno.EAGAIN: SensorCode.BUS,  # another master won the arbitration
    errno.EIO: SensorCode.BUS,
    errno.ENODEV: SensorCode.ABSENT,
    errno.ENOENT: SensorCode.ABSENT,
    errno.EBADF: SensorCode.ABSENT,
    errno.EACCES: SensorCode.ABSENT,
    errno.EPERM: SensorCode.ABSENT,
}
_SAID = {
    SensorCode.NACK: "does not answer; check its power, SDA and SCL, and its address",
    SensorCode.BAD_PEC: "answers with damaged bytes; shorten the wires or lower the bus speed",
    SensorCode.ERROR_FLAG: "reports an internal error; switch it off and on",
    SensorCode.OUT_OF_RANGE: "answers a temperature that it cannot measure; check the wiring",
    SensorCode.STUCK: "has a hanging line; check SDA, SCL and the pull-ups",
    SensorCode.BUS: "is disturbed; check the wiring, and whether something else uses the bus",
    SensorCode.ABSENT: "has no I2C bus; enable I2C, check the bus number and the group i2c",
}


class Bus(Protocol):
    """What is used of `smbus2.SMBus`."""

    def enable_pec(self, enable: bool = True) -> None:
        """Lets the kernel check the PEC of each transfer; OSError where the adapter cannot."""

    def read_word_data(self, i2c_addr: int, register: int) -> int:
        """One SMBus read-word transfer, low byte first; OSError with the kernel's errno."""

    def close(self) -> None:
        """Closes the bus."""


class Checking(StrEnum):
    """How the words of this part are checked."""

    UNKNOWN = "unknown"
    PEC = "pec"
    DOUBLE_READ = "double_read"


class Mlx90614:
    """Object and ambient temperature in °C of the part at `address` on the bus that `open_bus` opens."""

    name = "mlx90614"

    def __init__(
        self,
        open_bus: Callable[[], Bus],
        address: int = ADDRESS,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.checking = Checking.UNKNOWN
        self._open_bus = open_bus
        self._address = address
        self._now = now
        self._monotonic_s = monotonic_s
        self._bus: Bus | None = None
        self._closed = False
        self._looked_s = float("-inf")

    def read(self) -> Reading:
        """One reading; takes about 1 ms at 100 kHz. Raises SensorFault with a SensorCode.

        A bus that vanished is opened again, at most once a second, and the part is probed anew.
        """
        deadline_s = self._monotonic_s() + BUDGET_S
        bus = self._opened()
        try:
            if self.checking is Checking.UNKNOWN:
                self.checking = self._probed(bus, deadline_s)
            ambient = self._temperature_c(bus, AMBIENT, AMBIENT_RANGE_C, deadline_s)
            target = self._temperature_c(bus, OBJECT_1, OBJECT_RANGE_C, deadline_s)
        except SensorFault as fault:
            self._forget(SensorCode(fault.code))
            raise
        return Reading(object_c=target, ambient_c=ambient, at=self._now())

    def close(self) -> None:
        """Lets go of the bus; may be called twice. Later reads say ABSENT."""
        self._closed = True
        self._drop()

    def _opened(self) -> Bus:
        if self._bus is not None:
            return self._bus
        now_s = self._monotonic_s()
        if self._closed or now_s - self._looked_s < REOPEN_S:
            raise self._fault(SensorCode.ABSENT)
        self._looked_s = now_s
        try:
            self._bus = self._open_bus()
        except OSError as error:
            raise self._fault(SensorCode.ABSENT, error) from error
        return self._bus

    def _forget(self, code: SensorCode) -> None:
        """After this fault another part may come back: it is probed again. Damaged bytes never weaken the check."""
        if code is SensorCode.ABSENT:
            self._drop()
        if code is SensorCode.NACK:
            self.checking = Checking.UNKNOWN

    def _drop(self) -> None:
        bus, self._bus, self.checking = self._bus, None, Checking.UNKNOWN
        if bus is not None:
            bus.close()

    def _probed(self, bus: Bus, deadline_s: float) -> Checking:
        """Whether this part sends a PEC: most of several reads must verify; none at all means it sends none."""
        try:
            bus.enable_pec(True)
        except OSError:
            return Checking.DOUBLE_READ  # the adapter cannot check it
        right = damaged = 0
        while right + damaged < PROBES and right < PROBES_RIGHT:
            try:
                bus.read_word_data(self._address, AMBIENT)
                right += 1
            except OSError as error:
                if _code(error) is not SensorCode.BAD_PEC:
                    raise self._fault(_code(error), error) from error
                damaged += 1
            if self._monotonic_s() > deadline_s:
                break
        if right >= PROBES_RIGHT:
            return Checking.PEC
        if damaged < PROBES:
            raise self._fault(SensorCode.BAD_PEC)  # neither clean nor without PEC: asked again at the next read
        bus.enable_pec(False)
        return Checking.DOUBLE_READ

    def _temperature_c(self, bus: Bus, register: int, span_c: tuple[float, float], deadline_s: float) -> float:
        """The temperature in one register. Tries again after a fault of the moment, while time is left."""
        for left in reversed(range(TRIES)):
            try:
                return _celsius(self._word(bus, register), span_c)
            except OSError as error:  # a SensorFault is one, too
                code = SensorCode(error.code) if isinstance(error, SensorFault) else _code(error)
                if not left or code is SensorCode.ABSENT or self._monotonic_s() > deadline_s:
                    raise self._fault(code, error) from error
        raise AssertionError("TRIES is at least one")

    def _word(self, bus: Bus, register: int) -> int:
        word = bus.read_word_data(self._address, register)
        if self.checking is Checking.DOUBLE_READ:
            again = bus.read_word_data(self._address, register)
            if abs(again - word) > AGREE_STEPS:
                raise SensorFault(SensorCode.BUS, "two readings do not agree")
        return word

    def _fault(self, code: SensorCode, cause: Exception | None = None) -> SensorFault:
        because = f" ({getattr(cause, 'strerror', None) or cause})" if cause else ""
        return SensorFault(code, f"thermometer {self.name} at {self._address:#x} {_SAID[code]}{because}")


def _celsius(word: int, span_c: tuple[float, float]) -> float:
    """The datasheet's formula, for words that can be a temperature of that span."""
    if word in (0, ALL_ONES):
        raise SensorFault(SensorCode.STUCK, "every bit reads the same")
    if word & ERROR_FLAG:
        raise SensorFault(SensorCode.ERROR_FLAG, "bit 15 is set")
    celsius = word * STEP_K + ZERO_C
    if not span_c[0] <= celsius <= span_c[1]:
        raise SensorFault(SensorCode.OUT_OF_RANGE, f"{celsius:.2f} °C")
    return celsius


def _code(error: OSError) -> SensorCode:
    return _CODES.get(error.errno or 0, SensorCode.BUS)


def open_device(arg: str) -> Mlx90614:
    """`mlx90614[:bus=1,address=0x5A]`. The bus need not be there yet."""
    given = arguments(arg, bus=whole(0, 99), address=whole(0x03, 0x77))
    number = given.get("bus", 1)

    def open_bus() -> Bus:
        from smbus2 import SMBus  # noqa: PLC0415  only Linux has it, and only this driver needs it

        bus: Bus = SMBus(number)
        return bus

    return Mlx90614(open_bus, given.get("address", ADDRESS))
