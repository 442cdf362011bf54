"""The kernel's keyboards: which there are, and one of them taken for ourselves alone.

The few calls that are needed, made directly: python3-evdev has no wheels, and the gate needs them everywhere.
Source: linux/input.h, and Documentation/input/input.rst of the kernel.
"""

from __future__ import annotations

import array
import errno
import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

INPUT = Path("/dev/input")
EVENT = struct.Struct("@llHHi")  # struct input_event: two longs of time, type, code, value
EV_SYN, EV_KEY = 0, 1
SYN_REPORT, SYN_DROPPED = 0, 3
UP, DOWN, REPEATED = 0, 1, 2
KEYS_OF_A_SCANNER = (*range(2, 12), 16, 30, 28)  # the digits, Q, A and Enter: no mouse, no row of volume keys

_READ = 2 << 30


def _ioc(direction: int, number: int, size: int) -> int:
    """An ioctl's number.  Source: asm-generic/ioctl.h; all of input's are of type 'E'."""
    return direction | size << 16 | ord("E") << 8 | number


EVIOCGID = _ioc(_READ, 0x02, 8)
EVIOCGRAB = _ioc(1 << 30, 0x90, 4)
NAME_BYTES, KEY_BYTES = 256, 96  # KEY_MAX is 0x2ff


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which keyboard is ours: by its path, a part of its name, or vendor and product as `0c2e:0b61`."""

    path: str = ""
    name: str = ""
    id: str = ""

    def __str__(self) -> str:
        return self.path or (f"id={self.id}" if self.id else f"name={self.name}")


@dataclass(frozen=True, slots=True)
class Keyboard:
    """One event device that can type."""

    path: str
    name: str
    id: str

    def is_meant_by(self, wanted: Wanted) -> bool:
        """Whether it is the one, of those that a path does not name."""
        return wanted.name.lower() in self.name.lower() and wanted.id.lower() in ("", self.id)


def keyboards(folder: Path = INPUT, look: Callable[[str], Keyboard | None] | None = None) -> Iterator[Keyboard]:
    """Every keyboard that we may open, the lowest number first."""
    numbered = (path for path in folder.glob("event*") if path.name[5:].isdecimal())
    for path in sorted(numbered, key=lambda path: int(path.name[5:])):
        try:
            found = (look or look_at)(str(path))
        except OSError:
            continue
        if found is not None:
            yield found


def look_at(path: str) -> Keyboard | None:
    """What the device at `path` is; None when it is no keyboard. Raises OSError."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return identify(number, path)
    finally:
        os.close(number)


def identify(number: int, path: str) -> Keyboard | None:
    """What an open event device is. Raises OSError, also for a file that is no event device."""
    keys = array.array("B", bytes(KEY_BYTES))
    fcntl.ioctl(number, _ioc(_READ, 0x20 + EV_KEY, KEY_BYTES), keys)
    if not all(keys[key // 8] >> key % 8 & 1 for key in KEYS_OF_A_SCANNER):
        return None
    name = array.array("B", bytes(NAME_BYTES))
    fcntl.ioctl(number, _ioc(_READ, 0x06, NAME_BYTES), name)
    ids = array.array("H", bytes(8))
    fcntl.ioctl(number, EVIOCGID, ids)
    return Keyboard(path, bytes(name).split(b"\0")[0].decode(errors="replace"), f"{ids[1]:04x}:{ids[2]:04x}")


class Taken:
    """A keyboard that only we hear, until it is closed or unplugged."""

    def __init__(self, number: int, name: str) -> None:
        self.number = number  # of its file, for select
        self.name = name
        self._rest = b""

    def read(self) -> list[tuple[int, int, int]]:
        """(type, code, value) of what came; empty where nothing did. Raises OSError when it is gone."""
        try:
            data = self._rest + os.read(self.number, EVENT.size * 64)
        except BlockingIOError:
            return []
        if not data:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        return [event[2:] for event in EVENT.iter_unpack(data[:whole])]

    def close(self) -> None:
        """Lets everybody hear it again."""
        os.close(self.number)


def take(wanted: Wanted) -> Taken:
    """The keyboard that is wanted, grabbed. Raises OSError; FileNotFoundError where there is none such."""
    path = wanted.path or next((found.path for found in keyboards() if found.is_meant_by(wanted)), "")
    if not path:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(wanted))
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = identify(number, path)
        if found is not None:
            fcntl.ioctl(number, EVIOCGRAB, 1)
            return Taken(number, found.name)
    except OSError:
        os.close(number)
        raise
    os.close(number)
    raise OSError(errno.ENOTTY, "not a keyboard", path)
