"""No hand scanner: codes come from the camera and the desk."""

from __future__ import annotations

from collections.abc import Callable

from hardware import nothing


class NoHandScanner:
    """Never reads anything."""

    def listen(self, scanned: Callable[[str], None], became: Callable[[str, str], None]) -> None:
        """It works, and `scanned` is never called."""
        became("ok", "")

    def close(self) -> None:
        """Nothing to let go of; may be called twice."""


def open_device(arg: str) -> NoHandScanner:
    """`none`."""
    nothing(arg)
    return NoHandScanner()
