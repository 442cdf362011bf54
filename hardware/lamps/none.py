"""No lamp: for a gate whose screen is enough."""

from __future__ import annotations

from hardware import nothing
from kiosk.core.faults import LampFault
from kiosk.core.ports import LampPattern


class NoLamp:
    """Takes every pattern and shows none."""

    _closed = False

    def show(self, pattern: LampPattern) -> None:
        """Shows nothing."""
        if self._closed:
            raise LampFault("the lamp is closed; open it again")

    def turned(self, urgency: int, quiet: bool) -> None:
        """Calls nobody."""
        if self._closed:
            raise LampFault("the lamp is closed; open it again")

    def close(self) -> None:
        """Nothing to let go of; may be called twice."""
        self._closed = True


def open_device(arg: str) -> NoLamp:
    """`none`."""
    nothing(arg)
    return NoLamp()
