"""No buttons: everything is done at the desk."""

from __future__ import annotations

from collections.abc import Callable

from hardware import nothing
from kiosk.core.ports import Button


class NoButtons:
    """Never tells of a press."""

    def listen(self, pressed: Callable[[Button], None]) -> None:
        """`pressed` is never called."""

    def stuck(self) -> tuple[Button, ...]:
        """None is there to be stuck."""
        return ()

    def close(self) -> None:
        """Nothing to let go of; may be called twice."""


def open_device(arg: str) -> NoButtons:
    """`none`."""
    nothing(arg)
    return NoButtons()
