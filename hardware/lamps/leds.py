"""Lamps and a buzzer on GPIO lines: LEDs, relays or a stack light, with or without amber.

The first moment of a pattern is set by the caller's own thread; its rhythm goes on in one thread of the
driver's. Whatever goes wrong, the lamps go dark: never green.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from math import inf

from gpiozero import DigitalOutputDevice

from hardware import arguments, flag, whole
from hardware.lamps import THREE_LAMPS, TWO_LAMPS, Colour, Lit, Look
from hardware.pins import LINES, Pins, line_errors, open_pins, refuse_shared
from kiosk.core.faults import LampFault, SettingsError
from kiosk.core.ports import LampPattern

_DARKEST_FIRST = (Colour.RED, Colour.AMBER, Colour.GREEN)  # green is the last to be lit


class Leds:
    """Shows patterns on the lines of `lines` (colour → GPIO number), dark from the first moment on.

    `active_low` is for relay boards that switch on at 0 V. `background=False` leaves the rhythm to the
    caller, who then calls `beat` when it is due.
    """

    def __init__(
        self,
        pins: Pins,
        lines: dict[Colour, int],
        *,
        buzzer: int | None = None,
        active_low: bool = False,
        monotonic_s: Callable[[], float] = time.monotonic,
        background: bool = True,
    ) -> None:
        self._looks = THREE_LAMPS if Colour.AMBER in lines else TWO_LAMPS
        self._pins = pins
        self._monotonic_s = monotonic_s
        self._errors = line_errors()
        self._changed = threading.Condition()
        self._look: Look = self._looks[LampPattern.OFF]
        self._since_s = monotonic_s()
        self._broken: Exception | None = None
        self._closed = False
        self._lamps: dict[Colour, DigitalOutputDevice] = {}
        self._buzzer: DigitalOutputDevice | None = None
        try:
            for colour in _DARKEST_FIRST:
                if colour in lines:
                    self._lamps[colour] = self._line(colour, lines[colour], active_low)
            if buzzer is not None:
                self._buzzer = self._line("buzzer", buzzer, active_low)
        except LampFault:
            self._let_go()
            raise
        atexit.register(self.close)
        self._thread = threading.Thread(target=self._beat_on, name="lamp", daemon=True)
        if background:
            self._thread.start()

    def show(self, pattern: LampPattern) -> None:
        """Shows `pattern` at once and goes on with its rhythm in the background.

        Raises LampFault, and goes dark, when a line cannot be driven or failed since the last call.
        """
        with self._changed:
            if self._closed:
                raise LampFault("the lamp is closed; open it again")
            broken, self._broken = self._broken, None
            self._look, self._since_s = self._looks[pattern], self._monotonic_s()
            self._beat()
            broken, self._broken = self._broken or broken, None
            self._changed.notify()
        if broken is not None:
            raise LampFault(f"a lamp's line cannot be driven ({broken}); check the wiring") from broken

    def beat(self) -> float:
        """Sets what is due now; answers in how many seconds something changes (`inf`: never)."""
        with self._changed:
            return self._beat()

    def close(self) -> None:
        """Goes dark and lets go of the lines; may be called twice."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify()
        atexit.unregister(self.close)
        if self._thread.is_alive():
            self._thread.join(1.0)
        self._let_go()

    def _line(self, what: str, line: int, active_low: bool) -> DigitalOutputDevice:
        try:
            return DigitalOutputDevice(line, active_high=not active_low, initial_value=False, pin_factory=self._pins)
        except self._errors as error:
            raise LampFault(f"{what} on GPIO{line} cannot be driven ({error}); choose a free line") from error

    def _beat(self) -> float:
        """As `beat`, the lock being held. A line that fails makes all dark and is remembered for `show`."""
        elapsed_s = self._monotonic_s() - self._since_s
        lit, lamps_s = self._look.lit_at(elapsed_s)
        loud, buzzer_s = self._look.beeps_at(elapsed_s)
        try:
            self._set(lit, loud)
        except self._errors as error:
            self._broken = error
            self._look = self._looks[LampPattern.OFF]
            self._darken()
            return inf
        return min(lamps_s, buzzer_s)

    def _set(self, lit: Lit, loud: bool) -> None:
        for colour, lamp in self._lamps.items():
            if colour not in lit:
                lamp.off()
        for colour, lamp in self._lamps.items():
            if colour in lit:
                lamp.on()
        if self._buzzer is not None:
            self._buzzer.value = loud

    def _darken(self) -> None:
        """Switches off what can still be switched off, green first."""
        for device in (*reversed(self._lamps.values()), self._buzzer):
            with suppress(*self._errors):
                if device is not None:
                    device.off()

    def _let_go(self) -> None:
        self._darken()
        for device in (*self._lamps.values(), self._buzzer, self._pins):
            with suppress(*self._errors):  # a line that is gone needs no closing
                if device is not None:
                    device.close()

    def _beat_on(self) -> None:
        with self._changed:
            while not self._closed:
                due_s = self._beat()
                self._changed.wait(None if due_s == inf else due_s)


def open_device(arg: str) -> Leds:
    """`leds:green=17,red=22[,amber=27][,buzzer=18][,active_low=yes][,chip=0]`, in GPIO numbers.

    Raises SettingsError for a wrong argument and LampFault when a line cannot be opened.
    """
    line = whole(0, LINES - 1)
    given = arguments(arg, green=line, amber=line, red=line, buzzer=line, active_low=flag, chip=whole(0, 99))
    lines = {colour: given[colour] for colour in Colour if colour in given}
    if not {Colour.GREEN, Colour.RED} <= lines.keys():
        raise SettingsError("green and red are needed: green=17,red=22, and amber=27 where there is an amber lamp")
    refuse_shared({name: given[name] for name in (*Colour, "buzzer") if name in given})
    return Leds(
        open_pins(given.get("chip")),
        lines,
        buzzer=given.get("buzzer"),
        active_low=given.get("active_low", False),
    )
