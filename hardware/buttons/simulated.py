"""Buttons that a program presses, for simulation and tests."""

from __future__ import annotations

from collections.abc import Callable

from hardware import nothing
from kiosk.core.ports import Button


class SimulatedButtons:
    """`press` is the finger."""

    def __init__(self) -> None:
        self._pressed: Callable[[Button], None] | None = None

    def listen(self, pressed: Callable[[Button], None]) -> None:
        """Calls `pressed` for each press from now on."""
        self._pressed = pressed

    def press(self, button: Button) -> None:
        """Presses `button`, for evacuation long enough. Nobody hears it before `listen` or after `close`."""
        if self._pressed is not None:
            self._pressed(button)

    def close(self) -> None:
        """Lets go; may be called twice."""
        self._pressed = None


def open_device(arg: str) -> SimulatedButtons:
    """`simulated`."""
    nothing(arg)
    return SimulatedButtons()
