"""A switch at the kiosk's case, closed while the case is: opening it, or cutting its wire, is seen.

    line of      setting        goes to                                        level
    switch       line=16        a normally-open switch that the lid presses, then GND
                                                                               0 V closed, 3.3 V open, by the pull-up

The pull-up is the Pi's, about 50 kΩ. The line is looked at fifty times a second (`hardware.pins.Looking` says why);
a case that was open for a moment counts: it is kept until it is asked for.
"""

from __future__ import annotations

import threading

from gpiozero import DigitalInputDevice

from hardware import arguments, whole
from hardware.pins import LINES, Looking, Pins, let_go, line_errors, line_fault, open_pins
from kiosk.core.faults import LampFault, SettingsError


class TamperSwitch:
    """Watches GPIO `line`, which is low while the case is closed; `background=False` leaves that to `look`."""

    def __init__(self, pins: Pins, line: int, *, background: bool = True) -> None:
        self._pins, self._line = pins, line
        self._was_open = threading.Event()
        self._looking = Looking(self.look, "tamper")
        try:
            self._switch = DigitalInputDevice(line, pull_up=True, pin_factory=pins)
        except line_errors() as error:
            let_go(pins)
            raise line_fault(f"tamper switch on GPIO{line} cannot be read", error, "choose a free line") from error
        if background:
            self._looking.begin()

    def look(self) -> None:
        """Keeps that the case is open just now. Raises what `line_errors` lists when the line is gone."""
        if not self._switch.is_active:
            self._was_open.set()

    def opened(self) -> bool:
        """Whether the case is open, or was since the last call. Raises LampFault when the line is gone."""
        if self._looking.ended:
            raise LampFault("the tamper switch is looked at no more; open it again")
        was = self._was_open.is_set()
        self._was_open.clear()
        try:
            return was or not self._switch.is_active
        except line_errors() as error:
            raise line_fault(f"tamper switch on GPIO{self._line} is gone", error, "check its wiring") from error

    def close(self) -> None:
        """Lets go of the line; may be called twice."""
        self._looking.end()
        let_go(self._pins, self._switch)


def open_device(arg: str) -> TamperSwitch:
    """`switch:line=16[,chip=0]`. Raises SettingsError without a line, LampFault when it cannot be opened."""
    given = arguments(arg, line=whole(0, LINES - 1), chip=whole(0, 99))
    if "line" not in given:
        raise SettingsError("its line is needed: line=16")
    return TamperSwitch(open_pins(given.get("chip")), given["line"])
