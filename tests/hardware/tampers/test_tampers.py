"""The tamper switch: an opened case and a cut wire are seen, a moment is enough, a line that is gone is a fault."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from gpiozero.pins.mock import MockFactory

import hardware
from hardware.tampers.none import NoTamper
from hardware.tampers.simulated import SimulatedTamper
from hardware.tampers.switch import TamperSwitch
from kiosk.core.faults import LampFault, SettingsError
from kiosk.core.ports import Tamper


def closed_case() -> tuple[MockFactory, TamperSwitch]:
    pins = MockFactory()
    switch = TamperSwitch(pins, 16, background=False)
    pins.pin(16).drive_low()
    switch.opened()
    return pins, switch


MAKERS: dict[str, Callable[[], Tamper]] = {
    "none": NoTamper,
    "simulated": SimulatedTamper,
    "switch": lambda: closed_case()[1],
}


def test_every_shipped_switch_is_held_to_this_contract() -> None:
    assert set(hardware.names("tamper")) == set(MAKERS)


@pytest.mark.parametrize("name", MAKERS)
def test_a_closed_case_is_not_opened_and_closing_twice_is_fine(name: str) -> None:
    switch = MAKERS[name]()
    assert switch.opened() is False
    switch.close()
    switch.close()


def test_an_open_case_is_told_for_as_long_as_it_is_open() -> None:
    pins, switch = closed_case()
    pins.pin(16).drive_high()
    assert [switch.opened(), switch.opened()] == [True, True]
    pins.pin(16).drive_low()
    assert switch.opened() is False
    switch.close()


def test_a_case_that_was_open_for_a_moment_is_told_once() -> None:
    pins, switch = closed_case()
    pins.pin(16).drive_high()
    switch.look()
    pins.pin(16).drive_low()
    assert [switch.opened(), switch.opened()] == [True, False]
    switch.close()


def test_the_driver_looks_by_itself_and_no_more_once_it_is_closed() -> None:
    switch = TamperSwitch(MockFactory(), 16)  # open: nothing joins the line to ground
    assert switch._was_open.wait(5)
    switch.close()
    assert not any(thread.name == "tamper" for thread in threading.enumerate())


def test_a_case_that_is_open_when_the_kiosk_starts_is_told() -> None:
    assert TamperSwitch(MockFactory(), 16, background=False).opened() is True


def test_a_line_that_is_gone_or_closed_is_a_fault() -> None:
    pins, switch = closed_case()

    def gone() -> float:
        raise OSError("line is gone")

    pins.pin(16)._get_state = gone
    with pytest.raises(LampFault, match="tamper switch on GPIO16 is gone"):
        switch.opened()
    switch.close()
    with pytest.raises(LampFault, match="no more"):
        switch.opened()


def test_the_simulated_switch_opens_shuts_and_fails_on_command() -> None:
    switch = SimulatedTamper()
    switch.open()
    assert [switch.opened(), switch.opened()] == [True, True]
    switch.shut()
    assert switch.opened() is False
    switch.fail()
    with pytest.raises(LampFault):
        switch.opened()


@pytest.mark.parametrize(("spec", "said"), [("switch", "its line is needed"), ("switch:line=40", "from 0 to 27")])
def test_a_wrong_wiring_in_the_settings_is_refused(spec: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        hardware.load("tamper", spec)
