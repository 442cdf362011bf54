"""Lamps and a buzzer on GPIO lines: LEDs, relays or a stack light, with or without amber.

    line of      setting        goes to                                          level
    green        green=17       330 Ω, LED, GND; or the input of a driver        3.3 V on, 0 V off
    amber        amber=27       the same; left out on two-lamp wiring
    red          red=22         the same
    buzzer       buzzer=18      an active buzzer, over 10 mA through a transistor
    relay        relay=23       a relay module that tells a door opener of each pass: pulse_s=0.5 long, never held

No pull-ups: the lines are outputs. A Pi gives 16 mA a line, 50 mA in all. `active_low=yes` is for boards that switch
on at 0 V, and turns every line of the lamp round.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from hardware import arguments, flag, number, whole
from hardware.lamps import THREE_LAMPS, TWO_LAMPS, Colour, Lit
from hardware.lamps._wired import BUZZER, PULSE_S, RELAY, WiredLamp
from hardware.pins import LINES, Pins, open_pins, refuse_shared
from kiosk.core.faults import SettingsError

_DARKEST_FIRST = (Colour.RED, Colour.AMBER, Colour.GREEN)  # green is the last to be lit


class Leds(WiredLamp):
    """Shows patterns on the lines of `lines` (colour → GPIO number), two or three of them."""

    def __init__(
        self,
        pins: Pins,
        lines: dict[Colour, int],
        *,
        buzzer: int | None = None,
        relay: int | None = None,
        pulse_s: float = PULSE_S,
        active_low: bool = False,
        monotonic_s: Callable[[], float] = time.monotonic,
        background: bool = True,
    ) -> None:
        parts: dict[str, int | None] = {colour.value: lines.get(colour) for colour in _DARKEST_FIRST}
        given = {part: line for part, line in (parts | {BUZZER: buzzer, RELAY: relay}).items() if line is not None}
        super().__init__(
            pins,
            given,
            THREE_LAMPS if Colour.AMBER in lines else TWO_LAMPS,
            _each_its_own,
            active_low=frozenset(given) if active_low else frozenset(),
            pulse_s=pulse_s,
            monotonic_s=monotonic_s,
            background=background,
        )


def _each_its_own(lit: Lit) -> frozenset[str]:
    return frozenset(colour.value for colour in lit)


def open_device(arg: str) -> Leds:
    """`leds:green=17,red=22[,amber=27][,buzzer=18][,relay=23,pulse_s=0.5][,active_low=yes][,chip=0]`.

    Raises SettingsError for a wrong argument and LampFault when a line cannot be opened.
    """
    line = whole(0, LINES - 1)
    given = arguments(
        arg, green=line, amber=line, red=line, buzzer=line, relay=line, pulse_s=number(0.05, 5), active_low=flag,
        chip=whole(0, 99),
    )  # fmt: skip
    lines = {colour: given[colour] for colour in Colour if colour in given}
    if not {Colour.GREEN, Colour.RED} <= lines.keys():
        raise SettingsError("green and red are needed: green=17,red=22, and amber=27 where there is an amber lamp")
    refuse_shared({name: given[name] for name in (*Colour, BUZZER, RELAY) if name in given})
    return Leds(
        open_pins(given.get("chip")),
        lines,
        buzzer=given.get(BUZZER),
        relay=given.get(RELAY),
        pulse_s=given.get("pulse_s", PULSE_S),
        active_low=given.get("active_low", False),
    )
