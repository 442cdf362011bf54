"""The one place that catches any error: what reads strangers' bytes never stops the gate, whatever it overlooked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

P = TypeVar("P")


def fenced(read: Callable[[], P], refused: Callable[[Exception], Exception], *known: type[Exception]) -> P:
    """What `read` gives. Errors that are `known` pass; any other becomes what `refused` makes of it."""
    try:
        return read()
    except known:
        raise
    except Exception as error:
        raise refused(error) from error
