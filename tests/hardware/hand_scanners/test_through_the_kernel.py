"""A hand scanner made with the kernel's uinput: found by name and id, grabbed, read, pulled out, put back."""

from __future__ import annotations

import fcntl
import os
import queue
import struct
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from hardware.hand_scanners._devices import EVENT, KEYS_OF_A_SCANNER, Wanted, keyboards, take
from hardware.hand_scanners.evdev import open_device
from tests.support.keystrokes import Key, events, typed

UINPUT = Path("/dev/uinput")
pytestmark = pytest.mark.skipif(
    not os.access(UINPUT, os.W_OK), reason="this kernel offers no /dev/uinput to us (modprobe uinput, as root)"
)

# Source: linux/uinput.h
SET_EVENTS, SET_KEY, SETUP, CREATE, DESTROY = 0x40045564, 0x40045565, 0x405C5503, 0x5501, 0x5502
USB, VENDOR, PRODUCT, NAME = 3, 0x0C2E, 0x0B61, "Kiosk test scanner"
LONG_S = 10.0


class Virtual:
    """A scanner on a cable of the kernel's own."""

    def __init__(self) -> None:
        self._file = os.open(UINPUT, os.O_WRONLY | os.O_NONBLOCK)
        fcntl.ioctl(self._file, SET_EVENTS, 1)
        for key in range(1, 128):
            fcntl.ioctl(self._file, SET_KEY, key)
        name = NAME.encode()
        fcntl.ioctl(self._file, SETUP, struct.pack("=HHHH80sI", USB, VENDOR, PRODUCT, 1, name, 0))
        fcntl.ioctl(self._file, CREATE)

    def types(self, keys: list[Key]) -> None:
        sent = events(keys)
        for at in range(0, len(sent), EVENT.size):
            os.write(self._file, sent[at : at + EVENT.size])

    def close(self) -> None:
        with suppress(OSError):
            fcntl.ioctl(self._file, DESTROY)
            os.close(self._file)


@pytest.fixture
def plugged() -> Iterator[Virtual]:
    with closing(Virtual()) as made:
        yield made


def test_it_is_listed_with_its_name_and_id(plugged: Virtual) -> None:
    assert (NAME, f"{VENDOR:04x}:{PRODUCT:04x}") in [(found.name, found.id) for found in keyboards()]
    assert max(KEYS_OF_A_SCANNER) < 128


def test_what_it_reads_comes_to_us_alone_and_it_may_be_pulled_out(plugged: Virtual) -> None:
    texts: queue.SimpleQueue[str] = queue.SimpleQueue()
    states: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    with closing(open_device(f"name={NAME}")) as scanner:
        scanner.listen(texts.put, lambda *told: states.put(told))
        assert states.get(timeout=LONG_S) == ("ok", "")
        with pytest.raises(OSError):
            take(Wanted(name=NAME))  # nobody else may have it
        plugged.types(list(typed("KP1:Hello, 7!\n")))
        assert texts.get(timeout=LONG_S) == "KP1:Hello, 7!"
        plugged.close()
        while states.get(timeout=LONG_S)[0] != "unplugged":
            pass
        with closing(Virtual()) as again:
            while states.get(timeout=LONG_S)[0] != "ok":
                pass
            again.types(list(typed("KP1:Back\n")))
            assert texts.get(timeout=LONG_S) == "KP1:Back"
