"""No thermometer: for gates that take temperatures by hand."""

from __future__ import annotations

from collections.abc import Mapping

from hardware import nothing
from hardware.thermometers import SensorCode
from kiosk.core.faults import SensorFault
from kiosk.core.model import Reading


class NoThermometer:
    """Answers every reading with ABSENT."""

    name = "none"

    def read(self) -> Reading:
        """Raises SensorFault ABSENT."""
        raise SensorFault(SensorCode.ABSENT, "no thermometer is configured; take the temperature by hand")

    def about(self) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def close(self) -> None:
        """Nothing to let go of."""


def open_device(arg: str) -> NoThermometer:
    """`none`."""
    nothing(arg)
    return NoThermometer()
