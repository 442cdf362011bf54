"""A tamper switch that a program opens, for simulation and tests; it fails on command."""

from __future__ import annotations

from hardware import nothing
from kiosk.core.faults import LampFault


class SimulatedTamper:
    """`open` and `shut` are the hand at the case."""

    def __init__(self) -> None:
        self._is_open = self._was_open = self._failing = False

    def open(self) -> None:
        """Opens the case."""
        self._is_open = self._was_open = True

    def shut(self) -> None:
        """Closes it again."""
        self._is_open = False

    def fail(self, failing: bool = True) -> None:
        """From now on the line cannot be read, or again."""
        self._failing = failing

    def opened(self) -> bool:
        """Whether it is open, or was since the last call. Raises LampFault while `fail` is in force."""
        if self._failing:
            raise LampFault("the simulated tamper switch fails as it was told")
        was, self._was_open = self._was_open, False
        return was or self._is_open

    def close(self) -> None:
        """Lets go; may be called twice."""


def open_device(arg: str) -> SimulatedTamper:
    """`simulated`."""
    nothing(arg)
    return SimulatedTamper()
