"""No camera: for a lane whose codes come from a hand scanner or the keyboard only."""

from __future__ import annotations

import threading

from hardware import nothing
from hardware.cameras import Asked
from kiosk.core.ports import Frame


class NoCamera:
    """A source that has already ended."""

    def __init__(self) -> None:
        self._closed = threading.Event()

    def frame(self, timeout_s: float) -> Frame | None:
        """Never a frame. Raises EOFError, after the wait, so that nobody turns in circles."""
        self._closed.wait(timeout_s)
        raise EOFError("there is no camera on this lane")

    def close(self) -> None:
        """Ends the wait."""
        self._closed.set()


def open_device(arg: str, asked: Asked | None = None) -> NoCamera:  # noqa: ARG001 - what files give is as it is
    """`none`."""
    nothing(arg)
    return NoCamera()
