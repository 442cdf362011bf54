"""Push buttons over gpiozero and lgpio, on lines of gpio-sim that are joined to ground and let go.

Each test opens them anew, as a gate does whose chip was pulled out: all of them in one process.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from hardware import load
from hardware.buttons.gpio import GpioButtons
from kiosk.core.faults import LampFault
from kiosk.core.ports import Button, LampPattern
from tests.support.gates import eventually
from tests.support.kernel_devices import HeaderLines

QUIET_S = 0.6  # after which another press counts

LINES = {Button.PASS: 5, Button.DENY: 6, Button.AGAIN: 13, Button.EVACUATE: 26}


def opened(header: HeaderLines, told: list[Button]) -> GpioButtons:
    given = ",".join(f"{button.value}={line}" for button, line in LINES.items())
    buttons = load("buttons", f"gpio:{given},chip={header.chip},debounce_s=0.5")
    buttons.listen(told.append)
    return buttons


@pytest.fixture
def pressed(header: HeaderLines) -> Iterator[list[Button]]:
    """What was pressed in this test, as it comes."""
    for line in LINES.values():
        header.release(line)
    told: list[Button] = []
    buttons = opened(header, told)
    yield told
    buttons.close()


def press(header: HeaderLines, button: Button, told: list[Button]) -> None:
    """Presses, and waits until it was heard."""
    before = len(told)
    header.press(LINES[button])
    eventually(lambda: len(told) > before, within_s=2)
    header.release(LINES[button])


def test_a_press_is_told_once_within_a_tenth_of_a_second(header: HeaderLines, pressed: list[Button]) -> None:
    took_s: list[float] = []
    while min(took_s, default=1.0) >= 0.1 and len(took_s) < 3:  # others may work on this machine too
        began_s = time.monotonic()
        press(header, Button.PASS, pressed)
        took_s.append(time.monotonic() - began_s)
        time.sleep(QUIET_S)
    assert min(took_s) < 0.1
    assert pressed == [Button.PASS] * len(took_s)


def test_a_bouncing_contact_is_one_press(header: HeaderLines, pressed: list[Button]) -> None:
    for _ in range(10):
        header.press(LINES[Button.DENY])
        header.release(LINES[Button.DENY])
    header.press(LINES[Button.DENY])
    eventually(lambda: pressed, within_s=2)
    header.release(LINES[Button.DENY])
    assert pressed == [Button.DENY]


def test_an_evacuation_begins_only_when_it_is_held(header: HeaderLines, pressed: list[Button]) -> None:
    header.press(LINES[Button.EVACUATE])
    header.release(LINES[Button.EVACUATE])
    header.press(LINES[Button.AGAIN])
    eventually(lambda: pressed, within_s=2)
    assert pressed == [Button.AGAIN]
    header.press(LINES[Button.EVACUATE])
    eventually(lambda: Button.EVACUATE in pressed, within_s=6)
    header.release(LINES[Button.EVACUATE])


def test_a_lamp_on_the_same_chip_that_is_let_go_of_leaves_the_buttons_hearing(
    header: HeaderLines, pressed: list[Button]
) -> None:
    lamp = load("lamp", f"leds:green=17,red=22,chip={header.chip}")
    lamp.show(LampPattern.PASS)
    lamp.close()
    press(header, Button.PASS, pressed)
    assert pressed == [Button.PASS]


def test_buttons_that_were_pulled_out_with_their_chip_are_told_and_heard_again_once_it_is_back(
    header: HeaderLines,
) -> None:
    told: list[Button] = []
    buttons = opened(header, told)

    def gone() -> bool:
        try:
            buttons.stuck()
        except LampFault:
            return True
        return False

    header.unplug()
    try:
        eventually(gone, within_s=2)
        buttons.close()
    finally:
        header.plug_in()
    back = HeaderLines()
    for line in LINES.values():
        back.release(line)
    buttons = opened(header, told)  # as it is set: the chip has another number now
    press(back, Button.AGAIN, told)
    buttons.close()
    assert told == [Button.AGAIN]
