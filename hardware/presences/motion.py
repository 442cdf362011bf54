"""A passive infrared motion sensor (HC-SR501, AM312) through gpiozero's own `MotionSensor`.

    line of      setting        goes to                level
    VCC                         5 V, pin 2 (HC-SR501); 3.3 V, pin 1 (AM312)
    OUT          line=25        the GPIO line          3.3 V while something moves, 0 V otherwise; both parts are safe
    GND                         GND

No pull-up: the part drives its line both ways. Turn its own hold time to the shortest; `hold_s=5` keeps somebody who
stands still present for so long after the last move. It tells that somebody is there, not how far away: while it sees
nobody, a warm wall is nobody, and the temperature decides the rest. Source: HC-SR501 and AM312 datasheets.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from gpiozero import MotionSensor

from hardware import arguments, number, whole
from hardware.pins import LINES, Pins, let_go, line_errors, line_fault, open_pins
from kiosk.core.faults import SensorFault, SettingsError
from kiosk.core.ports import Front

HOLD_S = 5.0


class MotionPresence:
    """Somebody is there while something moves on GPIO `line`, and for `hold_s` afterwards."""

    def __init__(
        self,
        pins: Pins,
        line: int,
        *,
        hold_s: float = HOLD_S,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pins, self._line, self._hold_s, self._monotonic_s = pins, line, hold_s, monotonic_s
        self._moved_s = float("-inf")
        self._closed = False
        try:
            self._sensor = MotionSensor(line, partial=True, pin_factory=pins)
        except line_errors() as error:
            let_go(pins)
            raise line_fault(f"motion sensor on GPIO{line} cannot be read", error, "choose a free line") from error

    def look(self) -> Front | None:
        """Whether somebody moved just now. Raises SensorFault when the line is gone."""
        if self._closed:
            raise SensorFault("absent", "the presence sensor is closed; open it again")
        try:
            moves = bool(self._sensor.pin.state) or self._sensor.motion_detected
        except line_errors() as error:
            raise SensorFault("nack", f"motion sensor on GPIO{self._line} is gone ({error}); check it") from error
        now_s = self._monotonic_s()
        if moves:
            self._moved_s = now_s
        return Front(somebody=now_s - self._moved_s <= self._hold_s)

    def close(self) -> None:
        """Lets go of the line; may be called twice."""
        self._closed = True
        let_go(self._pins, self._sensor)


def open_device(arg: str) -> MotionPresence:
    """`motion:line=25[,hold_s=5][,chip=0]`. Raises SettingsError without a line, LampFault when it cannot be opened."""
    given = arguments(arg, line=whole(0, LINES - 1), hold_s=number(0, 60), chip=whole(0, 99))
    if "line" not in given:
        raise SettingsError("its line is needed: line=25")
    return MotionPresence(open_pins(given.get("chip")), given["line"], hold_s=given.get("hold_s", HOLD_S))
