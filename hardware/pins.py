"""The GPIO lines of the board through gpiozero: opening a chip, and the errors that its lines can raise.

Two faults are told apart by a code, because they are mended differently: a chip that is not there, and a line that
something else holds.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from gpiozero import GPIOPinInUse, GPIOZeroError

from kiosk.core.faults import LampFault, SettingsError

Pins = Any  # a gpiozero pin factory; gpiozero is not typed

LINES = 28  # of the 40-pin header: GPIO0 to GPIO27
DEV = Path("/dev")
GET_CHIPINFO = 0x8044B401  # linux/gpio.h, struct gpiochip_info: name and label of 32 bytes each, number of lines

LOOK_EVERY_S = 0.02  # no finger is quicker

_opened: dict[int | None, tuple[int, str]] = {}  # number and label that each chip had when it was last opened


def open_pins(chip: int | None) -> Pins:
    """The pin factory of `/dev/gpiochip<chip>`; of the board's own header where `chip` is None.

    Raises LampFault naming the package, the device or the right that is missing.
    """
    try:
        from gpiozero.pins.lgpio import LGPIOFactory  # noqa: PLC0415  from apt; absent on most machines
    except ModuleNotFoundError as error:
        raise LampFault("GPIO needs the package python3-lgpio; install it with apt") from error
    except OSError as error:  # lgpio opens a pipe of its own as it is loaded
        raise LampFault(
            f"lgpio cannot write where it was started ({error}); go where you may, or name a folder in LG_WD"
        ) from error
    device = "the board's GPIO" if chip is None else f"/dev/gpiochip{chip}"
    try:
        pins = LGPIOFactory(chip=_number_now(chip))
    except line_errors() as error:
        raise LampFault(
            f"{device} cannot be opened ({error}); check the chip's number and the group gpio", "no_chip"
        ) from error
    _opened[chip] = pins.chip, _label(pins.chip)
    pins.pins = {}  # gpiozero's factories share one table: a lamp that is closed would make the buttons deaf
    return pins


def _number_now(chip: int | None) -> int | None:
    """The number that a chip has now: the kernel gives another one to a chip that comes back after it was in use."""
    number, label = _opened.get(chip, (None, ""))
    if not label or _label(number) == label:
        return chip if number is None else number
    others = sorted(int(path.name[8:]) for path in DEV.glob("gpiochip*") if path.name[8:].isdecimal())
    return next((other for other in others if _label(other) == label), chip)


def _label(number: int | None) -> str:
    """What a chip is called; nothing where there is none that may be asked."""
    answer = bytearray(68)
    try:
        with (DEV / f"gpiochip{number}").open("rb", buffering=0) as chip:
            fcntl.ioctl(chip, GET_CHIPINFO, answer)
    except OSError:
        return ""
    return bytes(answer[32:64]).split(b"\0")[0].decode(errors="replace")


def let_go(pins: Pins, *devices: Any) -> None:
    """Closes the chip of `pins` and what was opened on its lines, as far as they are still there.

    gpiozero would leave two things behind: the callback of an input, which ends the only thread in which lgpio tells
    of presses once the chip is opened anew; and the file of a chip whose lines are gone, which keeps its number taken.
    """
    gone = line_errors()
    for device in devices if pins.pins else ():  # none: all of it was let go of before
        with suppress(*gone):
            if device.pin is not None:
                device.pin.when_changed = None
        with suppress(*gone):
            device.close()
    with suppress(*gone):
        pins.close()
    pins.pins.clear()
    with suppress(*gone):
        pins.close()


class Looking:
    """Calls `look` fifty times a second in a thread of its own, until it is ended or a line is gone.

    lgpio could tell of each edge instead, but the thread in which it waits for them wakes thousands of times a second
    (a twentieth of a Pi's core: github.com/joan2937/lg, issue 26).
    """

    def __init__(self, look: Callable[[], None], name: str) -> None:
        self._look = look
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def ended(self) -> bool:
        """Whether it looks no more: `end` was called, or a line failed."""
        begun = self._thread.ident is not None
        return self._ended.is_set() or (begun and not self._thread.is_alive())

    def begin(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def end(self) -> None:
        """Waits until the thread looks no more, unless that is the caller; may be called twice, and before `begin`."""
        self._ended.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(1.0)

    def _run(self) -> None:
        with suppress(*line_errors()):  # the driver tells that it looks no more when it is asked next
            while not self._ended.wait(LOOK_EVERY_S):
                self._look()


def line_fault(said: str, error: Exception, remedy: str) -> LampFault:
    """The fault of one line: what could not be done, why, and what to do."""
    held = isinstance(error, GPIOPinInUse) or "busy" in str(error).lower()  # lgpio's errors are only texts
    return LampFault(f"{said} ({error}); {remedy}", "busy" if held else "")


def line_errors() -> tuple[type[Exception], ...]:
    """What driving a line can raise: gpiozero's errors, the system's, and lgpio's where it is installed."""
    try:
        import lgpio  # noqa: PLC0415
    except (ModuleNotFoundError, OSError):
        return (GPIOZeroError, OSError)
    return (GPIOZeroError, OSError, lgpio.error)


def refuse_shared(lines: dict[str, int]) -> None:
    """Raises SettingsError when two of the named things were given the same GPIO number."""
    seen: dict[int, str] = {}
    for name, line in lines.items():
        if line in seen:
            raise SettingsError(f"{seen[line]} and {name} are both on GPIO{line}; give each its own")
        seen[line] = name
