"""The buttons: one call per press, bounces left out, evacuation only when held. On gpiozero's mock pins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import pytest
from gpiozero import PinInvalidPull
from gpiozero.pins.mock import MockFactory

import hardware
from hardware.buttons.gpio import GpioButtons
from hardware.buttons.none import NoButtons
from hardware.buttons.simulated import SimulatedButtons
from kiosk.core.faults import LampFault, SettingsError
from kiosk.core.ports import Button, Buttons

LINES = {Button.PASS: 5, Button.DENY: 6, Button.AGAIN: 13, Button.CALL: 19, Button.EVACUATE: 26}


class Alarm:
    """A timer that runs out when the test says so."""

    def __init__(self, seconds: float, action: Callable[[], None]) -> None:
        self.seconds = seconds
        self.action = action
        self.running = False

    def start(self) -> None:
        self.running = True

    def cancel(self) -> None:
        self.running = False

    def run_out(self) -> None:
        if self.running:
            self.action()


class Panel:
    """Five buttons on mock pins, and the finger."""

    def __init__(self) -> None:
        self.pins = MockFactory()
        self.clock_s = 10.0
        self.alarms: list[Alarm] = []
        self.heard: list[Button] = []
        self.buttons = GpioButtons(
            self.pins, LINES, monotonic_s=lambda: self.clock_s, timer=self.alarm, background=False
        )
        self.buttons.listen(self.heard.append)

    def alarm(self, seconds: float, action: Callable[[], None]) -> Alarm:
        self.alarms.append(Alarm(seconds, action))
        return self.alarms[-1]

    def down(self, button: Button) -> None:
        self.pins.pin(LINES[button]).drive_low()
        self.buttons.look()

    def up(self, button: Button) -> None:
        self.pins.pin(LINES[button]).drive_high()
        self.buttons.look()

    def press(self, button: Button) -> None:
        self.clock_s += 1
        self.down(button)
        self.clock_s += 0.2
        self.up(button)


@pytest.fixture
def panel() -> Any:
    made = Panel()
    yield made
    made.buttons.close()


@pytest.mark.parametrize("button", [Button.PASS, Button.DENY, Button.AGAIN, Button.CALL])
def test_a_press_is_told_once_when_the_button_goes_down(panel: Panel, button: Button) -> None:
    panel.down(button)
    assert panel.heard == [button]
    panel.clock_s += 5
    panel.up(button)
    assert panel.heard == [button]


def test_two_presses_are_two(panel: Panel) -> None:
    panel.press(Button.PASS)
    panel.press(Button.PASS)
    assert panel.heard == [Button.PASS, Button.PASS]


def test_a_bouncing_contact_counts_once_going_down_and_never_going_up(panel: Panel) -> None:
    for _ in range(5):
        panel.down(Button.PASS)
        panel.clock_s += 0.002
        panel.up(Button.PASS)
        panel.clock_s += 0.002
    panel.down(Button.PASS)
    panel.clock_s += 0.5
    for _ in range(5):
        panel.up(Button.PASS)
        panel.clock_s += 0.002
        panel.down(Button.PASS)
        panel.clock_s += 0.002
    panel.up(Button.PASS)
    assert panel.heard == [Button.PASS]


def test_one_button_does_not_debounce_another(panel: Panel) -> None:
    panel.down(Button.PASS)
    panel.down(Button.DENY)
    assert panel.heard == [Button.PASS, Button.DENY]


def test_evacuation_must_be_held_for_two_seconds(panel: Panel) -> None:
    panel.press(Button.EVACUATE)
    panel.alarms[-1].run_out()
    assert panel.heard == []
    panel.down(Button.EVACUATE)
    assert panel.alarms[-1].seconds == 2.0
    assert panel.heard == []
    panel.alarms[-1].run_out()
    assert panel.heard == [Button.EVACUATE]
    panel.up(Button.EVACUATE)
    assert panel.heard == [Button.EVACUATE]


def test_a_contact_that_chatters_while_evacuation_is_held_starts_the_two_seconds_anew(panel: Panel) -> None:
    panel.down(Button.EVACUATE)
    panel.up(Button.EVACUATE)
    panel.clock_s += 0.001
    panel.down(Button.EVACUATE)
    panel.alarms[0].run_out()
    assert panel.heard == []
    panel.alarms[1].run_out()
    assert panel.heard == [Button.EVACUATE]


def test_a_button_held_while_the_kiosk_starts_is_no_press() -> None:
    pins = MockFactory()
    pin = pins.pin(5)
    pin.pull = "up"
    pin.drive_low()
    pull = type(pin)._set_pull
    pin._set_pull = lambda value: (pull(pin, value), pin.drive_low())  # a finger is stronger than a pull-up
    buttons = GpioButtons(pins, {Button.PASS: 5}, background=False)
    heard: list[Button] = []
    buttons.listen(heard.append)
    buttons.look()
    assert heard == []
    buttons.close()


def test_nothing_is_told_after_closing_and_closing_twice_is_fine(panel: Panel) -> None:
    panel.down(Button.EVACUATE)
    alarm = panel.alarms[-1]
    panel.buttons.close()
    panel.buttons.close()
    assert not alarm.running
    alarm.action()
    assert panel.heard == []


def test_a_line_that_cannot_be_read_is_a_fault_by_name() -> None:
    pins = MockFactory()

    pin, refused = pins.pin(6), iter([True])
    pull = pin._set_pull

    def refuse(value: str) -> None:
        if next(refused, False):
            raise PinInvalidPull("no such line")
        pull(value)

    pin._set_pull = refuse
    with pytest.raises(LampFault, match="button deny on GPIO6 cannot be read"):
        GpioButtons(pins, LINES)


def test_a_button_that_no_finger_holds_for_so_long_is_stuck_and_the_others_go_on(panel: Panel) -> None:
    panel.down(Button.CALL)
    assert panel.buttons.stuck() == ()
    panel.clock_s += 29.9
    assert panel.buttons.stuck() == ()
    panel.clock_s += 0.2
    assert panel.buttons.stuck() == (Button.CALL,)
    panel.press(Button.PASS)
    assert panel.heard == [Button.CALL, Button.PASS]
    panel.up(Button.CALL)
    assert panel.buttons.stuck() == ()


def test_a_line_that_vanished_and_buttons_that_were_closed_are_faults(panel: Panel) -> None:
    pin = panel.pins.pin(LINES[Button.DENY])
    pin._get_state = broken_line
    with pytest.raises(LampFault, match=r"button deny cannot be read any more .line is gone.; check its wiring"):
        panel.buttons.stuck()
    panel.buttons.close()
    with pytest.raises(LampFault, match="no more"):
        panel.buttons.stuck()


def broken_line() -> float:
    raise OSError("line is gone")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("gpio", "at least one button"),
        ("gpio:pass=5,deny=5", "pass and deny are both on GPIO5"),
        ("gpio:open=5", "'open': no such key; known are pass"),
        ("gpio:pass=99", "from 0 to 27"),
        ("gpio:pass=5,hold_s=0", "from 0.5 to 10"),
    ],
)
def test_a_wrong_wiring_in_the_settings_is_refused(spec: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        hardware.load("buttons", spec)


def test_the_other_drivers_keep_the_contract() -> None:
    assert hardware.names("buttons") == ["gpio", "none", "simulated"]
    heard: list[Button] = []
    quiet: list[Buttons] = [NoButtons(), SimulatedButtons()]
    for buttons in quiet:
        buttons.listen(heard.append)
        assert buttons.stuck() == ()
        buttons.close()
        buttons.close()
    assert heard == []


def test_the_simulated_buttons_jam_and_fail_on_command() -> None:
    buttons = SimulatedButtons()
    buttons.jam(Button.CALL)
    assert buttons.stuck() == (Button.CALL,)
    buttons.fail()
    with pytest.raises(LampFault):
        buttons.stuck()


def test_the_simulated_buttons_are_pressed_by_a_program() -> None:
    buttons, heard = SimulatedButtons(), list[Button]()
    buttons.press(Button.PASS)
    buttons.listen(heard.append)
    buttons.press(Button.EVACUATE)
    assert heard == [Button.EVACUATE]


def test_the_driver_looks_by_itself_and_no_more_once_it_is_closed() -> None:
    pins, heard = MockFactory(), SimpleQueue[Button]()
    buttons = GpioButtons(pins, {Button.CALL: 19})
    buttons.listen(heard.put)
    pins.pin(19).drive_low()
    assert heard.get(timeout=5) is Button.CALL
    buttons.close()
    assert not any(thread.name == "buttons" for thread in threading.enumerate())


def test_buttons_that_one_failed_look_has_made_deaf_say_so_and_are_opened_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    pins = MockFactory()
    buttons = GpioButtons(pins, {Button.CALL: 19})
    looking = next(thread for thread in threading.enumerate() if thread.name == "buttons")
    with monkeypatch.context() as failing:
        failing.setattr(type(pins.pin(19)), "state", property(lambda _: (_ for _ in ()).throw(OSError(5, "I/O error"))))
        looking.join(5)
    with pytest.raises(LampFault, match="open them again"):
        buttons.stuck()
    buttons.close()
