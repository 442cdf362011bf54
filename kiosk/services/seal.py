"""Gives up, for good, what a process that decodes strangers' pictures never needs: files, sockets, children, memory.

What was opened before stays usable. `poll()` obeys the limit on files, so sockets are used without Python's timeouts.
"""

from __future__ import annotations

import ctypes
import resource
from pathlib import Path

PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
_MIB = 1 << 20


def seal(memory_mb: int) -> None:
    """From here on no file, socket or process can be opened, and at most `memory_mb` MiB of memory be had.

    The limit on processes (and so on threads) does not bind root; services run as users of their own.
    """
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _lower(resource.RLIMIT_CORE, 0)  # a core file would hold what people showed
    _lower(resource.RLIMIT_DATA, memory_mb * _MIB)
    _lower(resource.RLIMIT_AS, _mapped() + memory_mb * _MIB)
    _lower(resource.RLIMIT_NPROC, 0)
    _lower(resource.RLIMIT_NOFILE, 0)


def _lower(what: int, to: int) -> None:
    """Sets soft and hard limit, unless the hard one is lower already."""
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        to = min(to, hard)
    resource.setrlimit(what, (to, to))


def _mapped() -> int:
    """The bytes of address space in use, libraries included.  Source: proc(5), /proc/pid/statm."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
