"""The devices of a gate: one file per driver, found by its name in a spec `DRIVER[:ARG]`.

`leds:green=17,red=22` asks for `hardware/lamps/leds.py` and calls its `open_device("green=17,red=22")`.
Adding a driver is adding that one file; there is no list to enter it in. Nothing here knows the services.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, TypeVar, overload

from kiosk.core.faults import SettingsError
from kiosk.core.ports import (
    Buttons,
    Camera,
    HandScanner,
    Lamp,
    Phrase,
    Pointer,
    Presence,
    Scanner,
    Tamper,
    Thermometer,
    Voice,
)

T = TypeVar("T")

Wording = Callable[[Phrase, str], str]  # the words of a phrase in a language: services pass gettext in

KINDS = ("camera", "scanner", "thermometer", "lamp", "voice", "buttons", "hand_scanner", "presence", "tamper")

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FOLDER = Path(__file__).parent


@overload
def load(kind: Literal["camera"], spec: str, *, asked: object = ...) -> Camera: ...
@overload
def load(kind: Literal["scanner"], spec: Literal["cascade", "cascade:live"]) -> Pointer: ...
@overload
def load(kind: Literal["scanner"], spec: str) -> Scanner: ...
@overload
def load(kind: Literal["thermometer"], spec: str) -> Thermometer: ...
@overload
def load(kind: Literal["lamp"], spec: str) -> Lamp: ...
@overload
def load(kind: Literal["voice"], spec: str, *, wording: Wording) -> Voice: ...
@overload
def load(kind: Literal["buttons"], spec: str) -> Buttons: ...
@overload
def load(kind: Literal["hand_scanner"], spec: str) -> HandScanner: ...
@overload
def load(kind: Literal["presence"], spec: str) -> Presence: ...
@overload
def load(kind: Literal["tamper"], spec: str) -> Tamper: ...
def load(kind: str, spec: str, **context: object) -> object:
    """The device that `spec` names.

    A voice also needs `wording`, which gives a phrase's words in a language; a camera may get `asked`, the size
    and rate wanted. Both go to the driver as its second argument.

    Raises SettingsError when the driver or its argument is wrong, and the fault of the kind when a device
    cannot be opened that must be there from the start.
    """
    name, _, arg = spec.partition(":")
    known = names(kind)
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise SettingsError(f"{kind} {spec!r}: no such driver; {hint}known are {', '.join(known)}")
    try:
        driver = import_module(f"{__name__}.{_folder(kind)}.{name}")
        return driver.open_device(arg, *context.values())
    except ModuleNotFoundError as error:
        raise SettingsError(f"{kind} {spec!r}: needs the Python package {error.name}; install it") from error
    except SettingsError as error:
        raise SettingsError(f"{kind} {spec!r}: {error}") from error


def names(kind: str) -> list[str]:
    """The drivers of a kind, in alphabetical order. Raises SettingsError for a kind that is none."""
    if _folder(kind) not in [_folder(known) for known in KINDS]:
        raise SettingsError(f"{kind!r} is no kind of device; known are {', '.join(KINDS)}")
    stems = (path.stem for path in (_FOLDER / _folder(kind)).glob("*.py"))
    return sorted(stem for stem in stems if _NAME.fullmatch(stem))


def _folder(kind: str) -> str:
    return kind if kind.endswith("s") else f"{kind}s"


# --- The argument of a spec: "key=value,key=value" ---------------------------------------------------


def arguments(arg: str, **types: Callable[[str], Any]) -> dict[str, Any]:
    """The keys of `arg` that were given, each read by its type: `arguments("bus=1", bus=whole(0, 99))`.

    Raises SettingsError naming the key, the reason, and what is known; `load` puts the spec before it.
    """
    known = ", ".join(f"{key}={getattr(kind, '__doc__', '') or 'TEXT'}" for key, kind in types.items())
    values: dict[str, Any] = {}
    for part in arg.split(",") if arg.strip() else ():
        key, equals, text = (piece.strip() for piece in part.partition("="))
        if key not in types or not equals:
            raise SettingsError(f"{key or part!r}: no such key; known are {known}")
        if key in values:
            raise SettingsError(f"{key}: given twice; known are {known}")
        try:
            values[key] = types[key](text)
        except ValueError as error:
            raise SettingsError(f"{key}={text}: {error}; known are {known}") from error
    return values


def whole(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number from `low` to `high`, decimal or 0x…"""

    def read(text: str) -> int:
        try:
            value = int(text, 0) if text.isascii() and "_" not in text else None
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    read.__doc__ = f"{low}..{high}"
    return read


def number(low: float, high: float) -> Callable[[str], float]:
    """Reads a number from `low` to `high`."""

    def read(text: str) -> float:
        try:
            value = float(text) if text.isascii() and "_" not in text else None
        except ValueError:
            value = None
        if value is None or not low <= value <= high:  # NaN is outside of everything
            raise ValueError(f"must be a number from {low:g} to {high:g}")
        return value

    read.__doc__ = f"{low:g}..{high:g}"
    return read


def flag(text: str) -> bool:
    """yes|no"""
    if text not in ("yes", "no"):
        raise ValueError("must be yes or no")
    return text == "yes"


def nothing(arg: str) -> None:
    """Refuses any argument, for drivers that take none. Raises SettingsError."""
    if arg:
        raise SettingsError(f"{arg!r}: this driver takes no argument")
