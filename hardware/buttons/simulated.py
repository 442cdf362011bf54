"""Buttons that a program presses, for simulation and tests."""

from __future__ import annotations

from collections.abc import Callable

from hardware import nothing
from kiosk.core.faults import LampFault
from kiosk.core.ports import Button


class SimulatedButtons:
    """`press` is the finger, `jam` what a finger would not do, `fail` a line that is gone."""

    def __init__(self) -> None:
        self._pressed: Callable[[Button], None] | None = None
        self._jammed: tuple[Button, ...] = ()
        self._failing = False

    def listen(self, pressed: Callable[[Button], None]) -> None:
        """Calls `pressed` for each press from now on."""
        self._pressed = pressed

    def press(self, button: Button) -> None:
        """Presses `button`, for evacuation long enough. Nobody hears it before `listen` or after `close`."""
        if self._pressed is not None:
            self._pressed(button)

    def jam(self, *buttons: Button) -> None:
        """These are down from now on, as far as anybody can tell for ever; none: all are free."""
        self._jammed = buttons

    def fail(self, failing: bool = True) -> None:
        """From now on no line can be read, or again."""
        self._failing = failing

    def stuck(self) -> tuple[Button, ...]:
        """Those that were jammed. Raises LampFault while `fail` is in force."""
        if self._failing:
            raise LampFault("the simulated buttons fail as they were told")
        return self._jammed

    def close(self) -> None:
        """Lets go; may be called twice."""
        self._pressed = None


def open_device(arg: str) -> SimulatedButtons:
    """`simulated`."""
    nothing(arg)
    return SimulatedButtons()
