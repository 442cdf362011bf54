"""No presence sensor: somebody is whoever makes the temperature rise."""

from __future__ import annotations

from hardware import nothing
from kiosk.core.faults import SensorFault
from kiosk.core.ports import Front


class NoPresence:
    """Knows nothing."""

    _closed = False

    def look(self) -> Front | None:
        """Nothing is known. Raises SensorFault once it is closed."""
        if self._closed:
            raise SensorFault("absent", "the presence sensor is closed; open it again")
        return None

    def close(self) -> None:
        """Nothing to let go of; may be called twice."""
        self._closed = True


def open_device(arg: str) -> NoPresence:
    """`none`."""
    nothing(arg)
    return NoPresence()
