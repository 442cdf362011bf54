"""The lamp on GPIO lines, on gpiozero's own mock pins."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path
from typing import Any

import pytest
from gpiozero import PinInvalidState
from gpiozero.pins.mock import MockFactory

import hardware
from hardware.lamps import Colour
from hardware.lamps.leds import Leds
from kiosk.core.faults import LampFault, SettingsError
from kiosk.core.ports import LampPattern

THREE = {Colour.GREEN: 17, Colour.AMBER: 27, Colour.RED: 22}
TWO = {Colour.GREEN: 17, Colour.RED: 22}


class Board:
    """Mock pins, a clock that the test turns, and the lamp without a thread."""

    def __init__(self, lines: dict[Colour, int], **options: Any) -> None:
        self.pins = MockFactory()
        self.lines = lines
        self.clock_s = 50.0
        options.setdefault("background", False)
        self.lamp = Leds(self.pins, lines, monotonic_s=lambda: self.clock_s, **options)

    def lit(self, active_low: bool = False) -> set[Colour]:
        return {colour for colour, line in self.lines.items() if bool(self.pins.pin(line).state) != active_low}

    def after(self, seconds: float) -> set[Colour]:
        self.clock_s += seconds
        self.lamp.beat()
        return self.lit()


@pytest.fixture
def three() -> Iterator[Board]:
    board = Board(THREE, buzzer=18)
    yield board
    board.lamp.close()


@pytest.fixture
def two() -> Iterator[Board]:
    board = Board(TWO)
    yield board
    board.lamp.close()


def test_it_is_dark_from_the_first_moment(three: Board) -> None:
    assert three.lit() == set()


def test_pass_is_green_and_stays_so(three: Board) -> None:
    three.lamp.show(LampPattern.PASS)
    assert three.lit() == {Colour.GREEN}
    assert three.after(3600) == {Colour.GREEN}


def test_check_is_amber_with_a_rhythm(three: Board) -> None:
    three.lamp.show(LampPattern.CHECK)
    assert [three.lit(), three.after(0.6), three.after(0.5)] == [{Colour.AMBER}, set(), {Colour.AMBER}]


def test_check_on_two_lamps_is_both_in_turn(two: Board) -> None:
    two.lamp.show(LampPattern.CHECK)
    assert [two.lit(), two.after(0.55), two.after(0.5)] == [{Colour.GREEN}, {Colour.RED}, {Colour.GREEN}]


def test_a_new_pattern_replaces_the_old_one_at_once(three: Board) -> None:
    three.lamp.show(LampPattern.PASS)
    three.lamp.show(LampPattern.DENY)
    assert three.lit() == {Colour.RED}


def test_red_is_never_lit_while_green_still_is(three: Board) -> None:
    three.lamp.show(LampPattern.DENY)
    seen: list[tuple[bool, bool]] = []
    for line in (17, 22):
        pin = three.pins.pin(line)
        change = pin._change_state
        pin._change_state = lambda value, change=change: (  # type: ignore[misc]
            change(value),
            seen.append((bool(three.pins.pin(17).state), bool(three.pins.pin(22).state))),
        )
    three.lamp.show(LampPattern.PASS)
    three.lamp.show(LampPattern.DENY)
    assert (True, True) not in seen
    assert (True, False) in seen


def test_the_buzzer_sounds_with_the_pattern_and_ends(three: Board) -> None:
    buzzer = three.pins.pin(18)
    three.lamp.show(LampPattern.MANUAL)
    assert buzzer.state
    three.after(0.7)
    assert not buzzer.state


def test_closing_goes_dark_and_may_be_done_twice(three: Board) -> None:
    three.lamp.show(LampPattern.PASS)
    green = three.pins.pin(17)
    three.lamp.close()
    three.lamp.close()
    assert green.states[-1].state is False
    with pytest.raises(LampFault, match="closed"):
        three.lamp.show(LampPattern.PASS)


def test_a_relay_board_that_switches_on_at_zero_volts_is_dark_at_three() -> None:
    board = Board(THREE, active_low=True)
    assert board.lit(active_low=True) == set()
    board.lamp.show(LampPattern.PASS)
    assert board.lit(active_low=True) == {Colour.GREEN}
    board.lamp.close()


@pytest.fixture
def relay() -> Iterator[Board]:
    board = Board(THREE, buzzer=18, relay=23, pulse_s=0.5)
    yield board
    board.lamp.close()


@pytest.mark.parametrize("pattern", [pattern for pattern in LampPattern if pattern is not LampPattern.PASS])
def test_only_a_pass_pulses_the_relay(relay: Board, pattern: LampPattern) -> None:
    line = relay.pins.pin(23)
    line.clear_states()
    relay.lamp.show(pattern)
    for urgency in (1, 2, 3):
        relay.lamp.turned(urgency, quiet=False)
        relay.after(0.3)
    assert [change.state for change in line.states] == [False]


def test_a_relay_is_off_at_power_up_pulses_once_for_each_pass_and_is_never_held(relay: Board) -> None:
    line = relay.pins.pin(23)
    assert not line.state
    for _ in range(2):
        relay.lamp.show(LampPattern.PASS)
        assert line.state
        relay.after(0.6)
        assert not line.state
        relay.after(3600)
        assert not line.state
    relay.lamp.show(LampPattern.PASS)
    relay.lamp.show(LampPattern.READY)
    assert not line.state, "what ends a pass ends its pulse"


def test_the_buzzer_calls_on_and_on_while_nobody_comes_and_stops_when_somebody_does(relay: Board) -> None:
    buzzer = relay.pins.pin(18)
    relay.lamp.show(LampPattern.READY)
    relay.lamp.turned(0, quiet=False)
    assert not buzzer.state
    relay.lamp.turned(2, quiet=False)
    heard = 0
    for _ in range(200):
        relay.clock_s += 0.05
        relay.lamp.turned(2, quiet=False)
        relay.lamp.beat()
        heard += bool(buzzer.state)
    assert heard >= 8
    relay.lamp.turned(0, quiet=False)
    assert not buzzer.state


def test_at_night_the_buzzer_is_still_except_for_an_evacuation(relay: Board) -> None:
    buzzer = relay.pins.pin(18)
    relay.lamp.turned(3, quiet=True)
    for pattern in LampPattern:
        relay.lamp.show(pattern)
        assert bool(buzzer.state) is (pattern is LampPattern.EVACUATE)
    relay.lamp.show(LampPattern.DENY)
    relay.lamp.turned(3, quiet=False)
    assert buzzer.state


def test_a_lamp_whose_gate_hangs_goes_dark_and_its_green_is_not_lit_anew(three: Board) -> None:
    three.lamp.turned(0, quiet=False)
    three.lamp.show(LampPattern.PASS)
    assert three.after(2.9) == {Colour.GREEN}
    assert three.after(0.2) == set()
    three.lamp.turned(0, quiet=False)
    assert three.lit() == set()
    three.lamp.show(LampPattern.OUT_OF_ORDER)
    assert three.after(3.1) == set()
    three.lamp.turned(0, quiet=False)
    assert three.after(0.9) == {Colour.RED}


def test_a_line_that_vanished_is_told_at_the_next_turn(three: Board) -> None:
    three.lamp.turned(0, quiet=False)
    three.lamp.show(LampPattern.PASS)
    back = fails(three.pins.pin(17))
    assert three.after(1.0) == set()
    with pytest.raises(LampFault, match="line is gone"):
        three.lamp.turned(0, quiet=False)
    back()
    three.lamp.turned(0, quiet=False)
    assert three.lit() == set(), "a green that was lost is not lit anew"


def test_a_check_of_the_wiring_lights_one_part_at_a_time(relay: Board) -> None:
    assert relay.lamp.parts == ("red", "amber", "green", "buzzer", "relay")
    for part, line in (("red", 22), ("amber", 27), ("green", 17), ("buzzer", 18), ("relay", 23)):
        relay.lamp.light(part)
        relay.after(2.0)
        assert [number for number in (17, 18, 22, 23, 27) if relay.pins.pin(number).state] == [line]
    relay.lamp.show(LampPattern.OFF)
    assert relay.lit() == set()


def fails(pin: Any) -> Callable[[], None]:
    """From now on this line cannot be driven high; gives the way back."""
    good = pin._set_state

    def refuse(value: float) -> None:
        if value:
            raise PinInvalidState("line is gone")
        good(value)

    pin._set_state = refuse
    return lambda: setattr(pin, "_set_state", good)


def test_a_line_that_fails_is_a_fault_and_everything_is_dark(three: Board) -> None:
    three.lamp.show(LampPattern.PASS)
    fails(three.pins.pin(22))
    with pytest.raises(LampFault, match="line is gone"):
        three.lamp.show(LampPattern.DENY)
    assert three.lit() == set()


def test_a_line_that_fails_in_the_background_is_told_at_the_next_call(three: Board) -> None:
    three.lamp.show(LampPattern.CHECK)
    back = fails(three.pins.pin(27))
    assert three.after(0.6) == set()
    assert three.after(0.5) == set()
    assert three.lamp.beat() == inf
    back()
    with pytest.raises(LampFault):
        three.lamp.show(LampPattern.PASS)
    three.lamp.show(LampPattern.PASS)
    assert three.lit() == {Colour.GREEN}


def test_the_rhythm_goes_on_by_itself() -> None:
    board = Board(THREE)
    board.lamp.close()
    pins = MockFactory()
    lamp = Leds(pins, THREE)
    changes, enough = [], threading.Event()
    pin = pins.pin(27)
    change = pin._change_state

    def counted(value: bool) -> bool:
        changes.append(value)
        if len(changes) >= 4:
            enough.set()
        return bool(change(value))

    pin._change_state = counted
    lamp.show(LampPattern.MEASURING)
    assert enough.wait(5)
    lamp.close()
    assert pin.states[-1].state is False


def test_two_lamps_on_one_line_are_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="green and red are both on GPIO17"):
        hardware.load("lamp", "leds:green=17,red=17")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("leds", "green and red are needed"),
        ("leds:green=17", "green and red are needed"),
        ("leds:green=17,red=28", "red=28: must be a whole number from 0 to 27"),
        ("leds:green=17,red=22,blue=5", "'blue': no such key"),
        ("leds:green=17,red=22,active_low=1", "must be yes or no"),
    ],
)
def test_a_wrong_wiring_in_the_settings_is_refused(spec: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        hardware.load("lamp", spec)


@pytest.mark.skipif(Path("/dev/gpiochip99").exists(), reason="this machine has a /dev/gpiochip99")
def test_a_machine_without_these_lines_says_in_one_line_what_is_missing() -> None:
    with pytest.raises(LampFault, match=r"python3-lgpio|/dev/gpiochip99 cannot be opened") as caught:
        hardware.load("lamp", "leds:green=17,red=22,chip=99")
    assert "\n" not in str(caught.value)


def test_the_lamp_is_dark_when_the_program_ends_by_an_exception() -> None:
    code = (
        "import atexit; from gpiozero.pins.mock import MockFactory; from hardware.lamps import Colour;"
        "from hardware.lamps.leds import Leds; from kiosk.core.ports import LampPattern; pins = MockFactory();"
        "green = pins.pin(17); atexit.register(lambda: print('green', green.states[-1].state, len(green.states)));"
        "lamp = Leds(pins, {Colour.GREEN: 17, Colour.RED: 22}); lamp.show(LampPattern.PASS); raise SystemExit('x')"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "green False 3\n"
