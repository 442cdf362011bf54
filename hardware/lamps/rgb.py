"""One lamp of three colours: an RGB LED or strip, in whose light red and green together are amber.

    line of      setting        goes to                                          level
    red          red=22         330 Ω, the red LED, GND                          3.3 V on, 0 V off
    green        green=17       1 kΩ, the green LED, GND: dimmer, so that amber is no yellow
    blue         blue=27        330 Ω, the blue LED, GND; left out where there is none: it only makes evacuation white
    buzzer       buzzer=18      an active buzzer, over 10 mA through a transistor
    relay        relay=23       as of `leds.py`: pulse_s=0.5 long after each pass

With a common anode (to 3.3 V) say `anode=yes`: its colours are on at 0 V. `active_low=yes` turns buzzer and relay
round. Red and green differ only in colour here, so whoever sees none goes by the rhythm, which is each pattern's own.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from hardware import arguments, flag, number, whole
from hardware.lamps import THREE_LAMPS, Colour, Lit
from hardware.lamps._wired import BUZZER, PULSE_S, RELAY, WiredLamp
from hardware.pins import LINES, Pins, open_pins, refuse_shared
from kiosk.core.faults import SettingsError

RED, BLUE, GREEN = "red", "blue", "green"  # green is the last to be lit and the first to be dark


class Rgb(WiredLamp):
    """Shows patterns on one lamp of the lines `lines` (`red`, `green`, perhaps `blue` → GPIO number)."""

    def __init__(
        self,
        pins: Pins,
        lines: dict[str, int],
        *,
        buzzer: int | None = None,
        relay: int | None = None,
        pulse_s: float = PULSE_S,
        anode: bool = False,
        active_low: bool = False,
        monotonic_s: Callable[[], float] = time.monotonic,
        background: bool = True,
    ) -> None:
        colours = {part: lines[part] for part in (RED, BLUE, GREEN) if part in lines}
        others = {part: line for part, line in ((BUZZER, buzzer), (RELAY, relay)) if line is not None}
        super().__init__(
            pins,
            colours | others,
            THREE_LAMPS,
            _mixed,
            active_low=frozenset(colours if anode else ()) | frozenset(others if active_low else ()),
            pulse_s=pulse_s,
            monotonic_s=monotonic_s,
            background=background,
        )


def _mixed(lit: Lit) -> frozenset[str]:
    if len(lit) == len(Colour):
        return frozenset({RED, GREEN, BLUE})
    parts = {Colour.GREEN: {GREEN}, Colour.AMBER: {RED, GREEN}, Colour.RED: {RED}}
    return frozenset().union(*(parts[colour] for colour in lit))


def open_device(arg: str) -> Rgb:
    """`rgb:red=22,green=17[,blue=27][,anode=yes][,buzzer=18][,relay=23,pulse_s=0.5][,active_low=yes][,chip=0]`.

    Raises SettingsError for a wrong argument and LampFault when a line cannot be opened.
    """
    line = whole(0, LINES - 1)
    given = arguments(
        arg, red=line, green=line, blue=line, anode=flag, buzzer=line, relay=line, pulse_s=number(0.05, 5),
        active_low=flag, chip=whole(0, 99),
    )  # fmt: skip
    lines = {part: given[part] for part in (RED, BLUE, GREEN) if part in given}
    if not {RED, GREEN} <= lines.keys():
        raise SettingsError("red and green are needed: red=22,green=17, and blue=27 where there is a blue LED")
    refuse_shared({name: given[name] for name in (*lines, BUZZER, RELAY) if name in given})
    return Rgb(
        open_pins(given.get("chip")),
        lines,
        buzzer=given.get(BUZZER),
        relay=given.get(RELAY),
        pulse_s=given.get("pulse_s", PULSE_S),
        anode=given.get("anode", False),
        active_low=given.get("active_low", False),
    )
