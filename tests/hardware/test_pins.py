"""One chip of GPIO lines opened by several devices: what one of them closes leaves the others alone. lgpio is a toy."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from gpiozero import DigitalInputDevice, DigitalOutputDevice

from hardware import pins as pins_module
from hardware.pins import let_go, line_errors, open_pins
from kiosk.core.faults import LampFault

INPUT, OUTPUT, ALERT = "input", "output", "alert"


class LgpioError(Exception):
    """As lgpio's own: a text."""


@dataclass(eq=False)
class Callback:
    """A callback as lgpio keeps it; nobody forgets it but `cancel`."""

    toy: ToyLgpio
    handle: int
    line: int
    tell: Callable[[int, int, int, int], None]

    def cancel(self) -> None:
        if self in self.toy.callbacks:
            self.toy.callbacks.remove(self)


@dataclass(eq=False)
class ToyLgpio:
    """lgpio as far as gpiozero uses it: handles are given anew, and lines of a chip that is gone fail."""

    modes: dict[int, dict[int, str]] = field(default_factory=dict)
    levels: dict[int, int] = field(default_factory=dict)
    callbacks: list[Callback] = field(default_factory=list)
    gone: bool = False
    labels: dict[int | None, str] = field(default_factory=lambda: {0: "pinctrl-bcm2711", 1: "mcp2221"})
    dev: Path = field(default_factory=Path)
    chips: list[int] = field(default_factory=list)

    def module(self) -> Any:
        made: Any = ModuleType("lgpio")
        made.error = LgpioError
        made.SET_PULL_NONE, made.SET_PULL_UP, made.SET_PULL_DOWN = 0, 32, 64
        made.RISING_EDGE, made.FALLING_EDGE, made.BOTH_EDGES = 1, 2, 3
        made.callback, made.gpio_set_debounce_micros = self.callback, lambda *_: None
        for name in ("gpiochip_open", "gpiochip_close", "gpio_free", "gpio_read", "gpio_write", "gpio_get_mode"):
            setattr(made, name, getattr(self, name))
        made.gpio_claim_input = lambda handle, line, *_: self.claim(handle, line, INPUT)
        made.gpio_claim_output = lambda handle, line, *_: self.claim(handle, line, OUTPUT)
        made.gpio_claim_alert = lambda handle, line, *_: self.claim(handle, line, ALERT)
        return made

    def gpiochip_open(self, chip: int) -> int:
        if self.gone or chip not in self.labels:
            raise LgpioError(f"can not open gpiochip {chip}")
        self.chips.append(chip)
        handle = next(number for number in range(99) if number not in self.modes)
        self.modes[handle] = {}
        return handle

    def gpiochip_close(self, handle: int) -> None:
        del self.modes[handle]

    def claim(self, handle: int, line: int, mode: str) -> None:
        if not isinstance(handle, int):
            raise TypeError("an integer is required")
        self.there()
        self.modes[handle][line] = mode

    def there(self) -> None:
        if self.gone:
            raise LgpioError("No such device")

    def gpio_free(self, handle: int, line: int) -> None:
        self.there()
        self.modes[handle].pop(line, None)

    def gpio_read(self, handle: int, line: int) -> int:
        self.there()
        return self.levels.get(line, 1)

    def gpio_write(self, handle: int, line: int, level: int) -> None:
        self.there()
        self.levels[line] = level

    def gpio_get_mode(self, handle: int, line: int) -> int:
        self.there()
        return 2 if self.modes[handle].get(line) == OUTPUT else 0

    def callback(self, handle: int, line: int, _edge: int, tell: Callable[[int, int, int, int], None]) -> Callback:
        self.callbacks.append(Callback(self, handle, line, tell))
        return self.callbacks[-1]

    def falls(self, line: int) -> None:
        """The line goes low; lgpio's thread tells of it, and would end with whatever a callback raises."""
        self.levels[line] = 0
        for handle, modes in self.modes.items():
            if modes.get(line) == ALERT:
                for each in [each for each in self.callbacks if (each.handle, each.line) == (handle, line)]:
                    each.tell(handle, line, 0, 1_000_000)


@pytest.fixture
def lgpio(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ToyLgpio]:
    toy = ToyLgpio(dev=tmp_path)
    monkeypatch.setitem(sys.modules, "lgpio", toy.module())
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    monkeypatch.setattr("gpiozero.pins.local.get_pi_revision", lambda: 0xC03111)
    monkeypatch.setattr(pins_module, "_opened", {})
    monkeypatch.setattr(pins_module, "_label", lambda number: toy.labels.get(number, ""))
    monkeypatch.setattr(pins_module, "DEV", toy.dev)
    yield toy
    sys.modules.pop("gpiozero.pins.lgpio", None)


def button(pins: Any, heard: list[str]) -> DigitalInputDevice:
    device = DigitalInputDevice(5, pull_up=True, pin_factory=pins)
    device.when_activated = lambda: heard.append("pressed")
    return device


def test_a_lamp_that_is_closed_leaves_the_buttons_hearing(lgpio: ToyLgpio) -> None:
    heard: list[str] = []
    ours, theirs = open_pins(0), open_pins(0)
    lamp, pressed = DigitalOutputDevice(17, pin_factory=ours), button(theirs, heard)
    let_go(ours, lamp)
    lgpio.falls(5)
    assert heard == ["pressed"]
    let_go(theirs, pressed)


def test_buttons_that_were_closed_and_opened_anew_hear_each_press_once(lgpio: ToyLgpio) -> None:
    heard: list[str] = []
    for _ in range(3):
        pins = open_pins(0)
        let_go(pins, button(pins, heard))
    assert lgpio.callbacks == []
    pins = open_pins(0)
    device = button(pins, heard)
    lgpio.falls(5)
    assert heard == ["pressed"]
    let_go(pins, device)


def test_a_chip_that_is_gone_is_closed_all_the_same_so_that_its_number_is_free_again(lgpio: ToyLgpio) -> None:
    pins = open_pins(0)
    device, lamp = button(pins, []), DigitalOutputDevice(17, pin_factory=pins)
    lgpio.gone = True
    let_go(pins, device, lamp)
    assert lgpio.modes == {}
    assert lgpio.callbacks == []


def test_letting_go_twice_does_nothing_more(lgpio: ToyLgpio) -> None:
    pins = open_pins(0)
    device = DigitalOutputDevice(17, pin_factory=pins)
    let_go(pins, device)
    let_go(pins, device)
    assert lgpio.modes == {}


def test_a_chip_that_comes_back_with_another_number_is_known_by_its_name(lgpio: ToyLgpio) -> None:
    let_go(open_pins(1))
    lgpio.labels = {0: "pinctrl-bcm2711", 2: "mcp2221"}
    for number in lgpio.labels:
        (lgpio.dev / f"gpiochip{number}").touch()
    for _ in range(2):
        let_go(open_pins(1))
    assert lgpio.chips == [1, 2, 2]


def test_no_other_chip_is_taken_for_one_that_is_gone(lgpio: ToyLgpio) -> None:
    let_go(open_pins(1))
    lgpio.labels = {0: "pinctrl-bcm2711"}
    (lgpio.dev / "gpiochip0").touch()
    with pytest.raises(LampFault, match="gpiochip1 cannot be opened"):
        open_pins(1)


def test_what_lgpio_raises_is_an_error_of_a_line(lgpio: ToyLgpio) -> None:
    assert LgpioError in line_errors()


class NowhereToWrite(MetaPathFinder):
    """An lgpio that is started in a folder of somebody else's: it opens its pipe as it is loaded."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name == "lgpio":
            raise FileNotFoundError(2, "No such file or directory", ".lgd-nfy-3")


def test_a_folder_in_which_lgpio_may_not_write_is_one_clear_line(monkeypatch: pytest.MonkeyPatch):
    for module in ("lgpio", "gpiozero.pins.lgpio"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setattr(sys, "meta_path", [NowhereToWrite(), *sys.meta_path])
    with pytest.raises(LampFault, match="LG_WD"):
        open_pins(None)
