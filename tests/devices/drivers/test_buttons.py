"""Push buttons over gpiozero and lgpio, on lines of gpio-sim that are joined to ground and let go."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from hardware import load
from kiosk.core.ports import Button
from tests.support.gates import eventually
from tests.support.kernel_devices import HeaderLines

LINES = {Button.PASS: 5, Button.DENY: 6, Button.AGAIN: 13, Button.EVACUATE: 26}


@pytest.fixture(scope="module")
def listening() -> Iterator[list[Button]]:
    """What was pressed, as it comes."""
    header = HeaderLines()
    for line in LINES.values():
        header.release(line)
    given = ",".join(f"{button.value}={line}" for button, line in LINES.items())
    buttons = load("buttons", f"gpio:{given},chip={header.chip},debounce_s=0.5")
    told: list[Button] = []
    buttons.listen(told.append)
    yield told
    buttons.close()


@pytest.fixture
def pressed(listening: list[Button]) -> list[Button]:
    """What was pressed in this test."""
    listening.clear()
    return listening


def test_a_press_is_told_once_within_a_tenth_of_a_second(header: HeaderLines, pressed: list[Button]) -> None:
    began_s = time.monotonic()
    header.press(LINES[Button.PASS])
    eventually(lambda: pressed, within_s=2)
    assert time.monotonic() - began_s < 0.1
    header.release(LINES[Button.PASS])
    assert pressed == [Button.PASS]


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
