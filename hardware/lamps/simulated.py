"""A lamp that remembers what it showed, for simulation and tests; it fails on command."""

from __future__ import annotations

from hardware import nothing
from kiosk.core.faults import LampFault
from kiosk.core.ports import LampPattern


class SimulatedLamp:
    """`shown` holds every pattern in order, the last one is what the lamp shows now; `urged` how it called."""

    def __init__(self) -> None:
        self.shown: list[LampPattern] = [LampPattern.OFF]
        self.urged: list[tuple[int, bool]] = [(0, False)]  # urgency and whether quietly, each time that it changed
        self._failing = False
        self._closed = False

    def show(self, pattern: LampPattern) -> None:
        """Shows `pattern`. Raises LampFault, dark, while `fail` is in force."""
        self._refuse()
        self.shown.append(pattern)

    def turned(self, urgency: int, quiet: bool) -> None:
        """Remembers how urgently the volunteer is wanted. Raises LampFault, dark, while `fail` is in force."""
        self._refuse()
        if self.urged[-1] != (urgency, quiet):
            self.urged.append((urgency, quiet))

    def fail(self, failing: bool = True) -> None:
        """From now on nothing can be shown, or again."""
        self._failing = failing

    def close(self) -> None:
        """Goes dark; may be called twice."""
        if not self._closed:
            self.shown.append(LampPattern.OFF)
        self._closed = True

    def _refuse(self) -> None:
        if self._closed:
            raise LampFault("the lamp is closed; open it again")
        if self._failing:
            self.shown.append(LampPattern.OFF)
            raise LampFault("the simulated lamp fails as it was told")


def open_device(arg: str) -> SimulatedLamp:
    """`simulated`."""
    nothing(arg)
    return SimulatedLamp()
