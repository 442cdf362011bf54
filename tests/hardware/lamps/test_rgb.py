"""One lamp of three colours on mock pins: amber is red and green together, and green alone is only for a pass."""

from __future__ import annotations

import pytest
from gpiozero.pins.mock import MockFactory

import hardware
from hardware.lamps.rgb import Rgb
from kiosk.core.faults import SettingsError
from kiosk.core.ports import LampPattern

LINES = {"red": 22, "green": 17, "blue": 27}


class Bulb:
    """The lamp, its pins, and every mixture of colours that was ever seen."""

    def __init__(self, **options: object) -> None:
        self.pins, self.clock_s = MockFactory(), 5.0
        self.lamp = Rgb(self.pins, LINES, monotonic_s=lambda: self.clock_s, background=False, **options)  # type: ignore[arg-type]
        self.seen: list[str] = []
        for line in LINES.values():
            pin = self.pins.pin(line)
            change = pin._change_state
            pin._change_state = lambda value, change=change: (change(value), self.seen.append(self.colour()))

    def colour(self) -> str:
        return "".join(sorted(name[0] for name, line in LINES.items() if self.pins.pin(line).state))

    def after(self, seconds: float) -> str:
        self.clock_s += seconds
        self.lamp.beat()
        return self.colour()


@pytest.mark.parametrize(
    ("pattern", "colour"),
    [
        (LampPattern.OFF, ""),
        (LampPattern.PASS, "g"),
        (LampPattern.CHECK, "gr"),
        (LampPattern.DENY, "r"),
        (LampPattern.MANUAL, "gr"),
        (LampPattern.EVACUATE, "bgr"),
        (LampPattern.OUT_OF_ORDER, "r"),
    ],
)
def test_each_pattern_has_its_colour(pattern: LampPattern, colour: str) -> None:
    bulb = Bulb()
    bulb.lamp.show(pattern)
    assert bulb.colour() == colour
    bulb.lamp.close()


def test_green_alone_is_never_seen_but_for_a_pass_not_for_an_instant() -> None:
    bulb = Bulb()
    for pattern in LampPattern:
        if pattern is not LampPattern.PASS:
            bulb.lamp.show(pattern)
            for _ in range(60):
                bulb.after(0.05)
    bulb.lamp.close()
    assert "gr" in bulb.seen
    assert "g" not in bulb.seen


def test_a_common_anode_turns_the_colours_round_and_leaves_buzzer_and_relay() -> None:
    bulb = Bulb(anode=True, buzzer=18, relay=23)
    assert bulb.colour() == "bgr", "dark: a common anode is on at 0 V"
    assert not bulb.pins.pin(23).state
    bulb.lamp.show(LampPattern.PASS)
    assert bulb.colour() == "br"
    assert bulb.pins.pin(23).state
    bulb.lamp.close()


def test_without_a_blue_line_an_evacuation_is_amber() -> None:
    pins = MockFactory()
    lamp = Rgb(pins, {"red": 22, "green": 17}, background=False)
    lamp.show(LampPattern.EVACUATE)
    assert (pins.pin(22).state, pins.pin(17).state) == (True, True)
    lamp.close()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("rgb:red=22", "red and green are needed"),
        ("rgb:red=22,green=22", "red and green are both on GPIO22"),
        ("rgb:red=22,green=17,blue=27,relay=27", "blue and relay are both on GPIO27"),
        ("rgb:red=22,green=17,pulse_s=60", "must be a number from 0.05 to 5"),
    ],
)
def test_a_wrong_wiring_in_the_settings_is_refused(spec: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        hardware.load("lamp", spec)
