"""Whether the network keeps the machine's clock: asked of the kernel, whichever program disciplines it.

timesyncd, chrony (with `rtcsync`, as Debian sets it up) and ntpd all clear the kernel's STA_UNSYNC; setting the time
by hand sets it again at once, and so do nine hours without a word from the network.
"""

from __future__ import annotations

import ctypes

STA_UNSYNC = 0x0040  # linux/timex.h
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised


class _Timeval(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_usec", ctypes.c_long))


class _Timex(ctypes.Structure):
    """Source: adjtimex(2), linux/timex.h."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", _Timeval),
        ("tick", ctypes.c_long),
        ("ppsfreq", ctypes.c_long),
        ("jitter", ctypes.c_long),
        ("shift", ctypes.c_int),
        ("stabil", ctypes.c_long),
        ("jitcnt", ctypes.c_long),
        ("calcnt", ctypes.c_long),
        ("errcnt", ctypes.c_long),
        ("stbcnt", ctypes.c_long),
        ("tai", ctypes.c_int),
        ("reserved", ctypes.c_int * 11),
    )


_libc = ctypes.CDLL(None)


def kernel_synchronised() -> bool | None:
    """Whether the kernel takes the clock for synchronised; None where it does not tell this process."""
    asked = _Timex()  # modes 0: only asked
    state = _libc.adjtimex(ctypes.byref(asked))
    return None if state < 0 else judged(state, asked.status)


def judged(state: int, status: int) -> bool:
    """What adjtimex's answer comes to."""
    return state != TIME_ERROR and not status & STA_UNSYNC
