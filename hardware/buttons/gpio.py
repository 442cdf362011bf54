"""Push buttons between GPIO lines and ground, with the board's own pull-ups.

    line of      setting        goes to                                level
    pass         pass=5         a normally-open button, then GND       3.3 V by the Pi's own pull-up, 0 V pressed
    deny         deny=6         the same
    again        again=13       the same
    call         call=19        the same, within reach of a wheelchair
    evacuate     evacuate=26    the same, under a cover

The pull-ups are the Pi's, about 50 kΩ; over a metre of wire add 1 kΩ in series and 100 nF from the line to GND. A
press counts when the line was quiet before it, so that a bouncing contact counts once. Evacuation counts only when it
was held for two seconds: nobody starts one by leaning on the desk. A button that has been down for half a minute is
held by no finger, and is told as stuck; the others go on working.

The lines are looked at fifty times a second (`hardware.pins.Looking` says why).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from gpiozero import DigitalInputDevice

from hardware import arguments, number, whole
from hardware.pins import LINES, Looking, Pins, let_go, line_errors, line_fault, open_pins, refuse_shared
from kiosk.core.faults import LampFault, SettingsError
from kiosk.core.ports import Button

DEBOUNCE_S = 0.05
HOLD_S = 2.0
STUCK_S = 30.0
HELD = frozenset({Button.EVACUATE})


class Timer(Protocol):
    """What is used of `threading.Timer`."""

    def start(self) -> None:
        """Begins to count down."""

    def cancel(self) -> None:
        """Stops counting; nothing happens."""


def _timer(seconds: float, action: Callable[[], None]) -> Timer:
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    return timer


class GpioButtons:
    """Tells of presses on `lines` (button → GPIO number), which read low while pressed.

    `background=False` leaves looking to the caller, who then calls `look`.
    """

    def __init__(
        self,
        pins: Pins,
        lines: Mapping[Button, int],
        *,
        debounce_s: float = DEBOUNCE_S,
        hold_s: float = HOLD_S,
        monotonic_s: Callable[[], float] = time.monotonic,
        timer: Callable[[float, Callable[[], None]], Timer] = _timer,
        background: bool = True,
    ) -> None:
        self._pins = pins
        self._debounce_s = debounce_s
        self._hold_s = hold_s
        self._monotonic_s = monotonic_s
        self._timer = timer
        self._lock = threading.Lock()
        self._edge_s = dict.fromkeys(lines, float("-inf"))
        self._holding: dict[Button, Timer] = {}
        self._pressed: Callable[[Button], None] | None = None
        self._looking = Looking(self.look, "buttons")
        self._down_since_s: dict[Button, float] = {}
        self._was_down: dict[Button, bool] = {}
        self._lines: dict[Button, DigitalInputDevice] = {}
        for button, line in lines.items():
            try:
                self._lines[button] = DigitalInputDevice(line, pull_up=True, pin_factory=pins)
                self._was_down[button] = self._lines[button].is_active  # held while the kiosk starts: no press
            except line_errors() as error:
                self.close()
                raise line_fault(
                    f"button {button} on GPIO{line} cannot be read", error, "choose a free line"
                ) from error
        if background:
            self._looking.begin()

    def listen(self, pressed: Callable[[Button], None]) -> None:
        """Calls `pressed` once for each press, from a thread of the driver's or of a timer."""
        with self._lock:
            self._pressed = pressed

    def stuck(self) -> tuple[Button, ...]:
        """The buttons that have been down for `STUCK_S`; ask often. Raises LampFault when a line is gone or closed."""
        now_s, found = self._monotonic_s(), []
        if self._looking.ended:
            raise LampFault("the buttons are looked at no more; open them again")
        for button, line in self._lines.items():
            try:
                down = line.is_active
            except line_errors() as error:
                raise line_fault(f"button {button} cannot be read any more", error, "check its wiring") from error
            if not down:
                self._down_since_s.pop(button, None)
            elif now_s - self._down_since_s.setdefault(button, now_s) >= STUCK_S:
                found.append(button)
        return tuple(found)

    def close(self) -> None:
        """Lets go of the lines; may be called twice."""
        self._looking.end()
        with self._lock:
            self._pressed = None
            for timer in self._holding.values():
                timer.cancel()
            self._holding.clear()
        let_go(self._pins, *self._lines.values())

    def look(self) -> None:
        """Tells of what went down since the last look. Raises what `line_errors` lists when a line is gone."""
        for button, line in self._lines.items():
            was, self._was_down[button] = self._was_down[button], line.is_active
            if self._was_down[button] and not was:
                self._down(button)
            elif was and not self._was_down[button]:
                self._up(button)

    def _down(self, button: Button) -> None:
        with self._lock:
            quiet_s, self._edge_s[button] = self._monotonic_s() - self._edge_s[button], self._monotonic_s()
            if button in HELD:
                self._hold(button)
                return
            tell = self._pressed if quiet_s >= self._debounce_s else None
        if tell is not None:
            tell(button)

    def _up(self, button: Button) -> None:
        with self._lock:
            self._edge_s[button] = self._monotonic_s()
            held = self._holding.pop(button, None)
            if held is not None:
                held.cancel()

    def _hold(self, button: Button) -> None:
        held = self._holding.pop(button, None)
        if held is not None:
            held.cancel()
        timer = self._holding[button] = self._timer(self._hold_s, lambda: self._long_enough(button))
        timer.start()

    def _long_enough(self, button: Button) -> None:
        with self._lock:
            tell = self._pressed if self._holding.pop(button, None) is not None else None
        if tell is not None:
            tell(button)


def open_device(arg: str) -> GpioButtons:
    """`gpio:pass=5,deny=6,again=13,call=19,evacuate=26[,chip=0][,debounce_s=0.05][,hold_s=2]`, any of the five.

    Raises SettingsError for a wrong argument and LampFault when a line cannot be opened.
    """
    line = whole(0, LINES - 1)
    keys = {button.value: line for button in Button}
    given = arguments(arg, **keys, chip=whole(0, 99), debounce_s=number(0.005, 0.5), hold_s=number(0.5, 10))
    lines = {button: given[button.value] for button in Button if button.value in given}
    if not lines:
        raise SettingsError("at least one button is needed: pass=5,deny=6,again=13,call=19,evacuate=26")
    refuse_shared({button.value: line for button, line in lines.items()})
    return GpioButtons(
        open_pins(given.get("chip")),
        lines,
        debounce_s=given.get("debounce_s", DEBOUNCE_S),
        hold_s=given.get("hold_s", HOLD_S),
    )
