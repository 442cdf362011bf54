"""The devices of a gate that the guest's kernel has (tests/devices/guest), and what can be done to each of them."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np

DEBUG = Path("/sys/kernel/debug")
HEADER = Path("/sys/kernel/config/gpio-sim/header")
FOR_EVER = 0xFFFFFFFF
HEALTHY_C, FEVERISH_C = 34.8, 37.2  # skin as the part sees it; the body within is warmer

AMBIENT, OBJECT_1 = 0x06, 0x07
BUS_FAULTS = ("nack", "bus_hang", "arbitration_lost")
WORD_FAULTS = ("bad_pec", "bit_flip", "error_bit", "all_ones")
WELL = dict.fromkeys((*BUS_FAULTS, *WORD_FAULTS, "no_pec", "still", "slow_ms"), 0)


class Device:
    """A device whose kernel module takes orders under /sys/kernel/debug."""

    def __init__(self, name: str) -> None:
        self.folder = DEBUG / name

    def set(self, **orders: int) -> None:
        for name, value in orders.items():
            (self.folder / name).write_text(str(value))

    def get(self, name: str) -> int:
        return int((self.folder / name).read_text())


class ThermometerPart(Device):
    """The MLX90614 at 0x5A on bus 1."""

    def __init__(self) -> None:
        super().__init__("kiosk_thermometer")

    def measures(self, object_c: float, ambient_c: float = 24.0) -> None:
        self.holds(AMBIENT, round((ambient_c + 273.15) / 0.02))
        self.holds(OBJECT_1, round((object_c + 273.15) / 0.02))

    def holds(self, cell: int, word: int) -> None:
        with (self.folder / "cells").open("r+b", buffering=0) as cells:
            cells.seek(cell * 2)
            cells.write(word.to_bytes(2, "little"))

    def cell(self, number: int) -> int:
        return int.from_bytes((self.folder / "cells").read_bytes()[number * 2 : number * 2 + 2], "little")

    def mend(self) -> None:
        self.set(**WELL)


class PluggedCamera(Device):
    """The camera at /dev/video0."""

    LET_GO_WITHIN_S = 5.0

    def __init__(self) -> None:
        super().__init__("kiosk_camera")

    def size(self, width: int, height: int) -> None:
        self.set(width=width, height=height)

    def sees(self, picture: np.ndarray) -> None:
        """Holds a picture before the lens, in the size that the camera has; colours do not matter to it."""
        size = self.get("width"), self.get("height")
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if picture.ndim == 3 else picture
        luma = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        pixels = np.dstack([luma, np.full_like(luma, 128)])
        with (self.folder / "picture").open("wb", buffering=0) as file:
            file.write(pixels.tobytes())

    def mend(self) -> None:
        self.set(stalled=0, frozen=0)
        self.plug_in()

    def unplug(self) -> None:
        self.set(unplugged=1)

    def plug_in(self) -> None:
        """Back in its place: while somebody still holds what was pulled out, the kernel would number it anew."""
        until_s = time.monotonic() + self.LET_GO_WITHIN_S
        while self._held():
            assert time.monotonic() < until_s, "nobody lets go of the camera that was pulled out"
            time.sleep(0.02)
        self.set(unplugged=0)

    @staticmethod
    def _held() -> bool:
        for link in Path("/proc").glob("[0-9]*/fd/*"):
            with suppress(OSError):
                if str(link.readlink()).startswith("/dev/video0 (deleted)"):
                    return True
        return False


class HeaderLines:
    """The 28 GPIO lines of the header, as gpio-sim has them."""

    def __init__(self) -> None:
        self.chip = int((HEADER / "bank0/chip_name").read_text().strip().removeprefix("gpiochip"))
        device = (HEADER / "dev_name").read_text().strip()
        self.lines = Path(f"/sys/devices/platform/{device}/gpiochip{self.chip}")

    def lit(self, line: int) -> bool:
        return (self.lines / f"sim_gpio{line}/value").read_text() == "1\n"

    def press(self, line: int) -> None:
        """Joins a button's line to ground."""
        (self.lines / f"sim_gpio{line}/pull").write_text("pull-down")

    def release(self, line: int) -> None:
        (self.lines / f"sim_gpio{line}/pull").write_text("pull-up")

    def unplug(self) -> None:
        """The whole chip goes away, as that of a USB expander does."""
        (HEADER / "live").write_text("0")

    def plug_in(self) -> None:
        (HEADER / "live").write_text("1")


_SHIFTED = {":": "SEMICOLON", "+": "EQUAL", "*": "8", "$": "4", "%": "5", "_": "MINUS"}  # on a US layout
_PLAIN = {" ": "SPACE", "-": "MINUS", ".": "DOT", "/": "SLASH", "=": "EQUAL", ",": "COMMA"}


class UsbHandScanner:
    """A hand scanner at /dev/uinput: a keyboard that types what it reads."""

    NAME = "Kiosk Test Hand Scanner"
    EACH_KEY_S = 0.002  # no scanner is faster: USB asks a keyboard once a millisecond at most
    SLOWLY_S = 0.008  # the slowest

    def __init__(self) -> None:
        self._evdev: Any = import_module("evdev")  # from apt; absent on most machines
        self._keys: Any = None

    def plug_in(self) -> None:
        codes = self._evdev.ecodes
        self._keys = self._evdev.UInput(
            {codes.EV_KEY: list(range(1, 120))}, name=self.NAME, vendor=0x0C2E, product=0x0B61
        )

    def unplug(self) -> None:
        if self._keys is not None:
            self._keys.close()
        self._keys = None

    def reads(self, text: str, each_key_s: float = EACH_KEY_S) -> None:
        """Types a text, then Enter. Nothing else on the machine holds it up: a scanner has a processor of its own."""
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        try:
            for letter in text:
                shifted = letter.isupper() or letter in _SHIFTED
                name = _SHIFTED.get(letter) or _PLAIN.get(letter) or letter.upper()
                self._type(name, shifted=shifted, each_key_s=each_key_s)
            self._type("ENTER", shifted=False, each_key_s=each_key_s)
        finally:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

    def _type(self, name: str, *, shifted: bool, each_key_s: float) -> None:
        codes = self._evdev.ecodes
        keys = [codes.KEY_LEFTSHIFT] * shifted + [codes.ecodes[f"KEY_{name}"]]
        for down, ordered in ((1, keys), (0, keys[::-1])):
            for key in ordered:
                self._keys.write(codes.EV_KEY, key, down)
                self._keys.syn()
            time.sleep(each_key_s)
