"""A presence sensor that sees what a program puts before it, for simulation and tests; it fails on command."""

from __future__ import annotations

from hardware import arguments, number
from kiosk.core.faults import SensorFault
from kiosk.core.ports import Front


class SimulatedPresence:
    """`sees` is who stands there."""

    def __init__(self, front: Front | None = None) -> None:
        self._front = front or Front(somebody=False)
        self._code = ""

    def sees(self, somebody: bool, distance_cm: float | None = None) -> None:
        """From now on this is in front."""
        self._front = Front(somebody, distance_cm)

    def fail(self, code: str = "nack") -> None:
        """From now on every look fails in this way; empty: none."""
        self._code = code

    def look(self) -> Front | None:
        """What was put there. Raises SensorFault while `fail` is in force."""
        if self._code:
            raise SensorFault(self._code, f"the simulated presence sensor fails as it was told: {self._code}")
        return self._front

    def close(self) -> None:
        """Lets go; later looks say ABSENT. May be called twice."""
        self._code = "absent"


def open_device(arg: str) -> SimulatedPresence:
    """`simulated`: nobody; `simulated:distance=15`: somebody so many centimetres away."""
    given = arguments(arg, distance=number(0, 400))
    return SimulatedPresence(Front(somebody=True, distance_cm=given["distance"]) if given else None)
