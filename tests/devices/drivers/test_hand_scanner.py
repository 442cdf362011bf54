"""The hand scanner over evdev, on a keyboard of uinput."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from hardware import load
from tests.support.gates import eventually
from tests.support.kernel_devices import UsbHandScanner

CODE = "HC1:6BF+70790T9WJWG.FKY*4GO0.O1CV2 O5 N2FBB"


@dataclass
class Heard:
    """What the scanner told, as it came."""

    texts: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)


@pytest.fixture
def heard(hand: UsbHandScanner) -> Iterator[Heard]:
    heard = Heard()
    scanner = load("hand_scanner", f"evdev:name={hand.NAME}")
    scanner.listen(heard.texts.append, lambda code, _said: heard.states.append(code))
    eventually(lambda: heard.states == ["ok"], within_s=3)
    yield heard
    scanner.close()


def test_a_code_is_heard_to_the_letter(hand: UsbHandScanner, heard: Heard) -> None:
    hand.reads(CODE)
    eventually(lambda: heard.texts, within_s=2)
    assert heard.texts == [CODE]


def test_a_scanner_pulled_out_is_told_within_two_seconds_and_heard_within_three_of_its_return(
    hand: UsbHandScanner, heard: Heard
) -> None:
    hand.unplug()
    eventually(lambda: heard.states[-1] == "unplugged", within_s=2)
    hand.plug_in()
    eventually(lambda: heard.states[-1] == "ok", within_s=3)
    hand.reads("AGAIN 123")
    eventually(lambda: heard.texts == ["AGAIN 123"], within_s=2)
