"""How a service is told to end: by a signal, and without a lock, because its main thread may hold any just then."""

from __future__ import annotations

import os
import select
import signal
from types import FrameType
from typing import Protocol


class Stopping(Protocol):
    """What a service looks at to know that it should end; a `threading.Event` does too, where no signal sets it."""

    def is_set(self) -> bool:
        """Whether it should end."""

    def wait(self, timeout: float) -> bool:
        """The same, waiting for it up to `timeout` seconds."""


class Signals:
    """Set by SIGTERM and SIGINT from the moment on in which it is made, in the main thread. Source: signal(7), pipe(7).

    Python runs a handler between two steps of the main thread, which may be anywhere in a wait. A handler that took the
    lock of what is waited for would wait for ever; this one notes a boolean and writes a byte into a pipe.
    """

    def __init__(self) -> None:
        self._set = False
        self._wakes, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._wakes, select.POLLIN)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told)

    def is_set(self) -> bool:
        """Whether a signal came."""
        return self._set

    def wait(self, timeout: float) -> bool:
        """Whether a signal came, waiting for one up to `timeout` seconds."""
        if not self._set:
            self._poll.poll(timeout * 1000)
        return self._set

    def _told(self, _number: int, _frame: FrameType | None) -> None:
        if not self._set:
            self._set = True
            os.write(self._wake, b"\0")
