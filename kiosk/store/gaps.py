"""Whoever looks again and again leaves gaps, so that the owner can always begin its write-ahead log anew.

It can do so only while nobody looks. Two downloads by several processes look without a break otherwise, and the log
would grow for as long as they last.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

LARGE_BYTES = 4 * 1024 * 1024  # larger than the owner leaves it: everybody who reads for long waits now
_GROWN_BYTES = 256 * 1024  # by which it has to grow until waiting is tried again
_WAIT_S = 1.0  # the owner needs two rows to begin anew; where none come, nothing grows either
_PAUSE_S = 0.005


class Gaps:
    """The waiting of one process that reads the database at `path` for long."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._log = path.with_name(path.name + "-wal")
        self._clock, self._sleep = clock, sleep
        self._in_vain = 0  # how large it was when waiting did not help

    def wait(self) -> None:
        """Comes back when the log is small, or when a second did not help; to be called before each look."""
        if not self._is_large():
            return
        until = self._clock() + _WAIT_S
        while self._is_large():
            if self._clock() >= until:
                self._in_vain = self._size()
                return
            self._sleep(_PAUSE_S)

    def _is_large(self) -> bool:
        size = self._size()
        if size <= LARGE_BYTES:
            self._in_vain = 0
        return size > max(LARGE_BYTES, self._in_vain and self._in_vain + _GROWN_BYTES)

    def _size(self) -> int:
        try:
            return self._log.stat().st_size
        except FileNotFoundError:
            return 0
