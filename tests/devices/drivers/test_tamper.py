"""The tamper switch over gpiozero and lgpio, on a line of gpio-sim; joined to ground while the case is closed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from hardware import load
from hardware.tampers.switch import TamperSwitch
from kiosk.core.faults import LampFault
from tests.support.gates import eventually
from tests.support.kernel_devices import HeaderLines

LINE = 16
OPEN_S = 0.2  # of somebody who is quick, and less than the gate takes from look to look


@pytest.fixture
def switch(header: HeaderLines) -> Iterator[TamperSwitch]:
    """With the case closed, which the line is told after its pull-up was switched on: gpio-sim knows one pull alone."""
    switch = load("tamper", f"switch:line={LINE},chip={header.chip}")
    header.press(LINE)
    eventually(lambda: not switch.opened(), within_s=1)
    yield switch
    switch.close()


def test_a_case_that_is_opened_is_told_until_it_is_shut(header: HeaderLines, switch: TamperSwitch) -> None:
    header.release(LINE)
    assert eventually(switch.opened, within_s=1)
    assert switch.opened()
    header.press(LINE)
    eventually(lambda: not switch.opened(), within_s=1)


def test_a_case_that_was_open_for_a_moment_between_two_looks_is_told(header: HeaderLines, switch: TamperSwitch) -> None:
    header.release(LINE)
    time.sleep(OPEN_S)
    header.press(LINE)
    eventually(switch.opened, within_s=1)
    eventually(lambda: not switch.opened(), within_s=1)


def test_a_switch_whose_chip_is_pulled_out_is_a_fault_and_works_once_it_is_back(
    header: HeaderLines, switch: TamperSwitch
) -> None:
    def gone() -> bool:
        try:
            switch.opened()
        except LampFault:
            return True
        return False

    header.unplug()
    try:
        eventually(gone, within_s=2)
        switch.close()
    finally:
        header.plug_in()
    back = HeaderLines()
    again = load("tamper", f"switch:line={LINE},chip={back.chip}")
    assert again.opened()
    back.press(LINE)
    eventually(lambda: not again.opened(), within_s=1)
    again.close()
