"""What every lamp keeps to."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest
from gpiozero.pins.mock import MockFactory

import hardware
from hardware.lamps import Colour
from hardware.lamps.console import SYMBOLS, ConsoleLamp
from hardware.lamps.leds import Leds
from hardware.lamps.none import NoLamp
from hardware.lamps.rgb import Rgb
from hardware.lamps.simulated import SimulatedLamp
from kiosk.core.faults import LampFault, SettingsError
from kiosk.core.ports import Lamp, LampPattern

MAKERS: dict[str, Callable[[], Lamp]] = {
    "leds": lambda: Leds(MockFactory(), {Colour.GREEN: 17, Colour.AMBER: 27, Colour.RED: 22}),
    "rgb": lambda: Rgb(MockFactory(), {"red": 22, "green": 17, "blue": 27}),
    "console": lambda: ConsoleLamp(io.StringIO()),
    "simulated": SimulatedLamp,
    "none": NoLamp,
}


def test_every_shipped_lamp_is_held_to_this_contract() -> None:
    assert set(hardware.names("lamp")) == set(MAKERS)


@pytest.mark.parametrize("name", MAKERS)
def test_it_shows_every_pattern_closes_twice_and_shows_nothing_afterwards(name: str) -> None:
    lamp = MAKERS[name]()
    for pattern in LampPattern:
        lamp.show(pattern)
        for urgency in range(4):
            lamp.turned(urgency, quiet=False)
    lamp.close()
    lamp.close()
    for late in (lambda: lamp.show(LampPattern.PASS), lambda: lamp.turned(0, quiet=True)):
        with pytest.raises(LampFault):
            late()


def test_the_console_says_what_it_is_told_with_word_and_symbol_two_people_in_a_row_too() -> None:
    stream = io.StringIO()
    lamp = ConsoleLamp(stream)
    for pattern in (LampPattern.READY, LampPattern.PASS, LampPattern.PASS, LampPattern.DENY):
        lamp.show(pattern)
    lamp.close()
    assert stream.getvalue() == "lamp: ○ ready\nlamp: ✔ pass\nlamp: ✔ pass\nlamp: ✖ deny\nlamp: · off\n"


def test_the_console_has_a_symbol_of_its_own_for_each_pattern() -> None:
    assert len({SYMBOLS[pattern] for pattern in LampPattern}) == len(LampPattern)


def test_the_console_is_coloured_only_where_asked() -> None:
    stream = io.StringIO()
    ConsoleLamp(stream, coloured=True).show(LampPattern.PASS)
    assert stream.getvalue() == "\x1b[32mlamp: ✔ pass\x1b[0m\n"


def test_the_console_writes_words_on_a_terminal_without_the_symbols() -> None:
    raw = io.BytesIO()
    terminal = io.TextIOWrapper(raw, encoding="ascii")
    ConsoleLamp(terminal).show(LampPattern.DENY)
    assert raw.getvalue() == b"lamp: ? deny\n"


def test_a_console_that_was_closed_is_a_fault() -> None:
    stream = io.StringIO()
    lamp = ConsoleLamp(stream)
    stream.close()
    with pytest.raises(LampFault, match="cannot write"):
        lamp.show(LampPattern.PASS)
    lamp.close()


def test_the_console_names_its_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    hardware.load("lamp", "console:stderr").show(LampPattern.PASS)
    assert "pass" in stream.getvalue()
    with pytest.raises(SettingsError, match="stdout or stderr"):
        hardware.load("lamp", "console:/dev/tty1")


def test_the_simulated_lamp_remembers_and_fails_on_command() -> None:
    lamp = SimulatedLamp()
    lamp.show(LampPattern.PASS)
    lamp.fail()
    with pytest.raises(LampFault):
        lamp.show(LampPattern.PASS)
    lamp.fail(False)
    lamp.show(LampPattern.DENY)
    off = LampPattern.OFF
    assert lamp.shown == [off, LampPattern.PASS, off, LampPattern.DENY]
    lamp.turned(2, quiet=False)
    lamp.turned(2, quiet=False)
    assert lamp.urged == [(0, False), (2, False)]


def test_the_console_says_each_time_that_the_volunteer_is_wanted_more_urgently() -> None:
    stream = io.StringIO()
    lamp = ConsoleLamp(stream)
    for urgency in (0, 1, 1, 2, 0, 1):
        lamp.turned(urgency, quiet=False)
    lamp.turned(3, quiet=True)
    said = [line.partition("(")[2][0] for line in stream.getvalue().splitlines()]
    assert said == ["1", "2", "1"]
