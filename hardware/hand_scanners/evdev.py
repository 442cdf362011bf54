"""A USB or Bluetooth hand scanner that types like a keyboard, heard through the kernel's input devices.

It is grabbed: what it reads comes here and nowhere else, neither to a console nor into a page's form.
"""

from __future__ import annotations

import errno
import os
import select
import threading
import time
from collections.abc import Callable
from typing import Protocol

from hardware import arguments, flag
from hardware.hand_scanners._devices import DOWN, EV_KEY, EV_SYN, SYN_DROPPED, SYN_REPORT, UP, Wanted, keyboards, take
from hardware.hand_scanners._layouts import LAYOUTS
from hardware.hand_scanners._typing import MOST_BYTES, AltCodes, Habits, Typing
from kiosk.core.faults import SettingsError

LOOK_AGAIN_S = 1.0  # for a scanner that is not there
BUSY, FORBIDDEN = (errno.EBUSY,), (errno.EACCES, errno.EPERM)


class Held(Protocol):
    """A keyboard that only we hear."""

    number: int
    name: str

    def read(self) -> list[tuple[int, int, int]]:
        """(type, code, value) of what came. Raises OSError when it is gone."""

    def close(self) -> None:
        """Lets go of it."""


class EvdevHandScanner:
    """One thread waits for keys; the device may come and go."""

    def __init__(
        self,
        wanted: Wanted,
        habits: Habits,
        take: Callable[[Wanted], Held] = take,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wanted = wanted
        self._typing = Typing(habits)
        self._take = take
        self._monotonic_s = monotonic_s
        self._hurt = False  # keys were lost, until the next whole report
        self._wake, self._waker = os.pipe()
        self._thread: threading.Thread | None = None
        self._scanned: Callable[[str], None] = lambda _: None
        self._became: Callable[[str, str], None] = lambda _, __: None

    def listen(self, scanned: Callable[[str], None], became: Callable[[str, str], None]) -> None:
        """Calls `scanned` with every text and `became` with every change of state, from a thread of its own."""
        self._scanned, self._became = scanned, became
        self._thread = threading.Thread(target=self._run, name="hand scanner", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread and lets go of the device; may be called twice."""
        if self._waker < 0:
            return
        os.close(self._waker)  # the other end becomes readable
        self._waker = -1
        if self._thread is not None:
            self._thread.join(2.0)
        os.close(self._wake)

    # --- The thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            try:
                held = self._take(self._wanted)
            except OSError as error:
                self._became(*self._why(error))
                if self._waits([], LOOK_AGAIN_S) is None:
                    return
                continue
            try:
                self._became("ok", "")
                if self._hears(held):
                    return
            except OSError:
                self._typing.forget()
                self._became("unplugged", f"hand scanner {self._wanted} was unplugged; plug it in again")
            finally:
                held.close()

    def _hears(self, held: Held) -> bool:
        """Until `close`: then True. Raises OSError when the device is gone."""
        while True:
            due_s = self._typing.due_s()
            ready = self._waits([held.number], None if due_s is None else max(0.0, due_s - self._monotonic_s()))
            if ready is None:
                return True
            for event in held.read() if ready else ():
                self._event(*event)
            self._tell(self._typing.pause(self._monotonic_s()))

    def _waits(self, numbers: list[int], timeout_s: float | None) -> bool | None:
        """Whether one of the files has something to read; None when the end has come."""
        ready, _, _ = select.select([self._wake, *numbers], [], [], timeout_s)
        return None if self._wake in ready else bool(ready)

    def _event(self, kind: int, code: int, value: int) -> None:
        if kind == EV_SYN and code == SYN_DROPPED:
            self._hurt = True
        elif kind == EV_SYN and code == SYN_REPORT and self._hurt:
            self._hurt = False
            self._typing.forget()
            self._became("ok", "keys were lost on the way; scan that code again")
        elif kind == EV_KEY and value in (UP, DOWN) and not self._hurt:
            self._tell(self._typing.key(code, value == DOWN, self._monotonic_s()))

    def _tell(self, text: str | None) -> None:
        if self._typing.too_long:
            self._typing.too_long = False
            self._became("ok", f"a text of more than {MOST_BYTES} bytes was left out; no QR code holds so much")
        if text is not None:
            self._became("ok", "")
            self._scanned(text)

    def _why(self, error: OSError) -> tuple[str, str]:
        """The state and the line for a device that cannot be taken."""
        if error.errno in BUSY:
            return "fault", f"hand scanner {self._wanted} is held by another program; end that one"
        if error.errno in FORBIDDEN:
            return "fault", f"hand scanner {self._wanted} may not be opened; is the gate's user in group input?"
        if error.errno == errno.ENOTTY:
            return "fault", f"{self._wanted} is no keyboard; name the scanner's own device"
        return "unplugged", f"hand scanner {self._wanted} is not there; plug it in"


def open_device(arg: str) -> EvdevHandScanner:
    """`evdev:PATH`, `evdev:name=TEXT` or `evdev:id=VVVV:PPPP`, then `[,layout=us][,alt=gb18030][,each_line=no]`.

    A scanner that is not there yet is taken as soon as it comes. Raises SettingsError, which lists what is there.
    """
    habits = {"layout": _layout, "alt": _alt, "each_line": flag}
    if arg.startswith("/"):
        path, _, options = arg.partition(",")
        given = arguments(options, **habits)
        wanted = Wanted(path=path)
    else:
        given = arguments(arg, name=_name, id=_id, **habits)
        wanted = Wanted(name=given.pop("name", ""), id=given.pop("id", ""))
    if wanted == Wanted():
        there = "; ".join(f"name={found.name} (id={found.id})" for found in keyboards()) or "none that may be opened"
        raise SettingsError(f"say which keyboard is the scanner: name=, id= or a path; there are: {there}")
    return EvdevHandScanner(wanted, Habits(**given))


def _layout(text: str) -> str:
    """us|uk|de|fr"""
    if text not in LAYOUTS:
        raise ValueError(f"must be one of {', '.join(LAYOUTS)}")
    return text


def _alt(text: str) -> AltCodes:
    """gb18030|unicode"""
    try:
        return AltCodes(text)
    except ValueError:
        raise ValueError("must be gb18030 or unicode") from None


def _name(text: str) -> str:
    """TEXT"""
    if not text:
        raise ValueError("must be a part of the scanner's name")
    return text


def _id(text: str) -> str:
    """VVVV:PPPP"""
    vendor, colon, product = text.lower().partition(":")
    digits = frozenset("0123456789abcdef")
    if not colon or len(vendor) != 4 or len(product) != 4 or not set(vendor + product) <= digits:
        raise ValueError("must be vendor and product as in 0c2e:0b61")
    return text.lower()
