"""An ultrasonic distance sensor (HC-SR04P, RCWL-1601) through gpiozero's own `DistanceSensor`.

    line of      setting        goes to                level
    VCC                         3.3 V, pin 1 (HC-SR04P); a plain HC-SR04 needs 5 V and a divider at ECHO, below
    TRIG         trigger=23     the GPIO line          a 10 µs pulse of 3.3 V asks
    ECHO         echo=24        the GPIO line          high while sound is under way: 58 µs a centimetre
    GND                         GND

No pull-ups. ECHO of a 5 V part: 330 Ω from ECHO to the line, 470 Ω from the line to GND; 5 V on a line destroys the
Pi. The part answers a pulse of 38 ms when nothing is in reach, so that a missing one means that it is gone: that is a
fault here, never "somebody at 0 cm". Source: HC-SR04 datasheet, "Timing diagram"; gpiozero's documentation.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

from gpiozero import DistanceSensor, DistanceSensorNoEcho, PWMSoftwareFallback

from hardware import arguments, number, whole
from hardware.pins import LINES, Pins, let_go, line_errors, line_fault, open_pins, refuse_shared
from kiosk.core.faults import SensorFault, SettingsError
from kiosk.core.ports import Front

REACH_CM = 100.0
NEAR_CM = 60.0
SILENT_S = 1.0  # without an echo; a dozen are asked for in that time
SMOOTHED = 3  # echoes of which the mean counts


class _Echoes(DistanceSensor):  # type: ignore[misc]  # gpiozero is not typed
    """gpiozero's sensor, which goes on giving its last value when the echoes end: this one remembers when one came."""

    heard_s = float("-inf")

    def _read(self) -> float | None:
        value: float | None = super()._read()
        if value is not None:
            self.heard_s = time.monotonic()
        return value


class DistancePresence:
    """How far away the nearest thing is, up to `REACH_CM`, and whether it is nearer than `near_cm`."""

    def __init__(
        self,
        pins: Pins,
        *,
        trigger: int,
        echo: int,
        near_cm: float = NEAR_CM,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pins, self._near_cm, self._monotonic_s = pins, near_cm, monotonic_s
        self._closed = False
        for expected in (PWMSoftwareFallback, DistanceSensorNoEcho):  # what they warn of is told as a fault below
            warnings.filterwarnings("ignore", category=expected)
        try:
            self._sensor = _Echoes(
                echo, trigger, queue_len=SMOOTHED, max_distance=REACH_CM / 100, partial=True, pin_factory=pins
            )
        except line_errors() as error:
            let_go(pins)
            said = f"distance sensor on GPIO{trigger} and GPIO{echo} cannot be used"
            raise line_fault(said, error, "choose free lines") from error
        self._sensor.heard_s = self._opened_s = monotonic_s()

    def look(self) -> Front | None:
        """What is in front; None before the first echo. Raises SensorFault when no echo comes any more."""
        if self._closed:
            raise SensorFault("absent", "the presence sensor is closed; open it again")
        heard_s = self._sensor.heard_s
        if self._monotonic_s() - heard_s > SILENT_S:
            raise SensorFault("nack", "the distance sensor gives no echo; check VCC, TRIG and ECHO")
        if heard_s == self._opened_s:
            return None
        distance_cm = 100 * self._sensor.distance
        return Front(distance_cm <= self._near_cm, round(distance_cm, 1))

    def close(self) -> None:
        """Lets go of the lines; may be called twice."""
        self._closed = True
        let_go(self._pins, self._sensor)


def open_device(arg: str) -> DistancePresence:
    """`distance:trigger=23,echo=24[,near_cm=60][,chip=0]`.

    Raises SettingsError for a wrong argument and LampFault when a line cannot be opened.
    """
    line = whole(0, LINES - 1)
    given = arguments(arg, trigger=line, echo=line, near_cm=number(5, REACH_CM), chip=whole(0, 99))
    if not {"trigger", "echo"} <= given.keys():
        raise SettingsError("both lines are needed: trigger=23,echo=24")
    refuse_shared({name: given[name] for name in ("trigger", "echo")})
    return DistancePresence(
        open_pins(given.get("chip")),
        trigger=given["trigger"],
        echo=given["echo"],
        near_cm=given.get("near_cm", NEAR_CM),
    )
