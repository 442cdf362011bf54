"""No tamper switch."""

from __future__ import annotations

from hardware import nothing


class NoTamper:
    """Never sees the case opened."""

    def opened(self) -> bool:
        """Nobody knows, so no."""
        return False

    def close(self) -> None:
        """Nothing to let go of; may be called twice."""


def open_device(arg: str) -> NoTamper:
    """`none`."""
    nothing(arg)
    return NoTamper()
