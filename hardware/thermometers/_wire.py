"""What thermometers on an I2C bus share: a bus that may vanish, what its errors mean, how often each is tried again."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from hardware.thermometers import SAID, SensorCode
from kiosk.core.faults import SensorFault

BUDGET_S = 0.3  # after so long no further try is begun; a hanging bus takes the kernel up to 1 s a try
REOPEN_S = 1.0  # how often a missing bus is looked for

CODES = {
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
# What is over in a moment is tried again at once; the rest would only take time.
TRIES = {
    SensorCode.NACK: 3,
    SensorCode.BAD_PEC: 3,
    SensorCode.BUS: 3,
    SensorCode.ERROR_FLAG: 3,
    SensorCode.OUT_OF_RANGE: 3,
    SensorCode.STUCK: 2,
}


class Closable(Protocol):
    """A bus as the kernel's file of it."""

    def close(self) -> None:
        """Lets go of the file."""


B = TypeVar("B", bound=Closable)
T = TypeVar("T")


class Wire(Generic[B]):
    """The way to one part: opened when it is needed, at most once a second; let go of when it is gone.

    `who` is what an error calls the part, as "thermometer mlx90614 at 0x5a".
    """

    def __init__(self, open_bus: Callable[[], B], who: str, monotonic_s: Callable[[], float]) -> None:
        self._open_bus, self._who, self._monotonic_s = open_bus, who, monotonic_s
        self._bus: B | None = None
        self._closed = False
        self._looked_s = float("-inf")
        self._deadline_s = float("inf")

    def begin(self, budget_s: float = BUDGET_S) -> B:
        """The open bus, for one reading that begins now. Raises SensorFault ABSENT."""
        now_s = self._monotonic_s()
        self._deadline_s = now_s + budget_s
        if self._bus is not None:
            return self._bus
        if self._closed or now_s - self._looked_s < REOPEN_S:
            raise self.fault(SensorCode.ABSENT)
        self._looked_s = now_s
        try:
            self._bus = self._open_bus()
        except OSError as error:
            raise self.fault(SensorCode.ABSENT, error) from error
        return self._bus

    def out_of_time(self) -> bool:
        """Whether this reading has taken so long that nothing more is tried."""
        return self._monotonic_s() > self._deadline_s

    def tried(self, transfer: Callable[[], T]) -> T:
        """What `transfer` gives, tried again after a fault of the moment. Raises SensorFault."""
        return tried(transfer, self.fault, self.out_of_time)

    def fault(self, code: SensorCode, cause: Exception | str | None = None) -> SensorFault:
        """The fault in words that say what to do."""
        return fault_of(self._who, code, cause)

    def drop(self) -> None:
        """Closes the bus; the next reading opens it anew."""
        bus, self._bus = self._bus, None
        if bus is not None:
            bus.close()

    def close(self) -> None:
        """Closes the bus for good; may be called twice."""
        self._closed = True
        self.drop()


def code_of(error: OSError) -> SensorCode:
    """In which way a transfer failed."""
    if isinstance(error, SensorFault):
        return SensorCode(error.code)
    return CODES.get(error.errno or 0, SensorCode.BUS)


def tried(
    transfer: Callable[[], T],
    fault: Callable[[SensorCode, OSError], SensorFault],
    out_of_time: Callable[[], bool] = lambda: False,
) -> T:
    """What `transfer` gives, tried again as often as its fault deserves, while there is time. Raises `fault`'s."""
    done = 0
    while True:
        try:
            return transfer()
        except OSError as error:  # a SensorFault is one, too
            done += 1
            code = code_of(error)
            if done >= TRIES.get(code, 1) or out_of_time():
                raise fault(code, error) from error


def fault_of(who: str, code: SensorCode, cause: Exception | str | None = None) -> SensorFault:
    """The fault of `who` in words that say what to do."""
    because = f" ({getattr(cause, 'strerror', None) or cause})" if cause else ""
    return SensorFault(code, f"{who} {SAID[code]}{because}")
