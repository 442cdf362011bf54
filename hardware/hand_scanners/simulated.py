"""A hand scanner whose trigger a program pulls, for simulation and tests."""

from __future__ import annotations

from collections.abc import Callable

from hardware import nothing


class SimulatedHandScanner:
    """`scan` is the finger on the trigger; `unplug` and `plug_in` are the hand on the cable."""

    def __init__(self) -> None:
        self._scanned: Callable[[str], None] | None = None
        self._became: Callable[[str, str], None] | None = None
        self._plugged = True

    def listen(self, scanned: Callable[[str], None], became: Callable[[str, str], None]) -> None:
        """Tells of each scan and of the cable from now on."""
        self._scanned, self._became = scanned, became
        became("ok", "")

    def scan(self, text: str) -> None:
        """Reads a code. Nobody hears it before `listen`, after `close`, or while it is unplugged."""
        if self._scanned is not None and self._plugged:
            self._scanned(text)

    def unplug(self) -> None:
        """Pulls the cable."""
        self._plugged = False
        if self._became is not None:
            self._became("unplugged", "the simulated hand scanner was unplugged")

    def plug_in(self) -> None:
        """Puts the cable back."""
        self._plugged = True
        if self._became is not None:
            self._became("ok", "")

    def close(self) -> None:
        """Lets go; may be called twice."""
        self._scanned = self._became = None


def open_device(arg: str) -> SimulatedHandScanner:
    """`simulated`."""
    nothing(arg)
    return SimulatedHandScanner()
