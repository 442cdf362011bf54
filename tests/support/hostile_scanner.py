"""A decoder that does what a hostile picture could make it do, for tests with real processes.

`python -m tests.support.hostile_scanner live SOCKET CAMERA DEED` is `kiosk scanner`, `... stills DEED` the child of
`kiosk scan`. The deed is done at a picture that is black all over; every other one is decoded properly.
"""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hardware.scanners import Found, zxing
from kiosk.core.ports import Picture, Sighting
from kiosk.services.scanner import run
from kiosk.services.still_reader import serve
from kiosk.settings import ScannerSection

NOBODY = 65534


def crash() -> str:
    """What an overflow comes to."""
    return str(ctypes.string_at(0))


def hang() -> str:
    """An endless loop in native code that lets no other thread of Python run."""
    ctypes.PyDLL(None).pause()
    return "woken"


def eat() -> str:
    """Takes more memory than there is for it."""
    return str(np.ones(1 << 34, np.uint8).sum())


def throw() -> str:
    """An error of the decoder's own."""
    raise RuntimeError("zbar: out of cheese")


def fork() -> None:
    """A child that ends at once."""
    if os.fork() == 0:
        os._exit(0)


def break_out() -> str:
    """Tries what a taken-over decoder would try, and tells how far it came."""
    tries: dict[str, Callable[[], object]] = {
        "file": lambda: Path("/etc/hostname").read_bytes(),
        "written": lambda: Path("/tmp/hostile").write_bytes(b""),
        "socket": lambda: socket.socket(socket.AF_INET),
        "local": lambda: socket.socket(socket.AF_UNIX),
        "pipe": os.pipe,
        "child": fork,
        "limits": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
    }
    if os.getuid() == 0:  # whom these limits do not bind; services run as users of their own
        os.setresuid(NOBODY, NOBODY, NOBODY)
    done = []
    for name, attempt in tries.items():
        try:
            attempt()
        except (OSError, ValueError):
            continue
        done.append(name)
    return "free: " + " ".join(done)


class Hostile:
    """zxing, until it sees black."""

    def __init__(self, deed: Callable[[], str]) -> None:
        self._deed = deed
        self._armed = False

    def texts(self, picture: Picture) -> tuple[str, ...]:
        """The texts, or whatever the deed gives."""
        return self.read(picture).texts

    def sightings(self, picture: Picture) -> tuple[Sighting, ...]:
        """The same, with places."""
        return self.read(picture).sightings

    def read(self, picture: Picture) -> Found:
        """The first picture, with which the process warms up, is always black and does no harm."""
        if self._armed and not picture.any():
            return Found((Sighting(self._deed(), ((0, 0),) * 4),), stage="hostile")
        self._armed = True
        return zxing.read(picture)


def main() -> None:
    """See the module."""
    scanner = Hostile(globals()[sys.argv[-1]])
    if sys.argv[1] == "stills":
        serve(scanner, sys.stdin.buffer, sys.stdout.buffer)
    else:
        run("main", sys.argv[3], Path(sys.argv[2]), ScannerSection(fps=20), scanner)


if __name__ == "__main__":
    main()
