"""A backup that a page asks for: the order, which whoever may read everything carries out, and how far that is.

Both are small files in the runtime directory: the pages write the order, root (or `kiosk run`) what has become of it.
Taking the order away stops the backup. A page names no folder and no stick; it chooses between the two ways below.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec

from kiosk.store import durable

EVERY = timedelta(seconds=0.4)  # so often it is written down how far it is
SILENT = timedelta(seconds=30)  # nobody has begun it, or whoever did is gone

T = TypeVar("T")


class To(StrEnum):
    """Where a backup goes."""

    USUAL = "usual"  # what the settings name
    STICK = "stick"  # the one stick that is plugged in


class State(StrEnum):
    """What has become of an order."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's wish for a backup."""

    id: str
    to: To
    by: str
    at: datetime


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is, or how it ended. `part` and `percent` while it runs; `error` is one English sentence."""

    id: str
    state: State
    at: datetime
    part: str = ""
    percent: int = 0
    path: str = ""
    rows: int = 0
    size: int = 0
    last: date | None = None  # the last day on which it can be restored
    error: str = ""


class Stopped(Exception):
    """The order was taken away."""


def place(folder: Path, order: Order) -> None:
    """Asks for a backup. Raises OSError."""
    durable.write(_order(folder), msgspec.json.encode(order), 0o640)


def withdraw(folder: Path) -> None:
    """Takes the order away, if there is one. Raises OSError."""
    _order(folder).unlink(missing_ok=True)


def placed(folder: Path) -> Order | None:
    """The order that stands."""
    return _read(_order(folder), Order)


def told(folder: Path) -> Told | None:
    """What is known of the newest order that was begun."""
    return _read(_told(folder), Told)


def is_placed(folder: Path) -> bool:
    """Whether there is an order, readable or not."""
    return _order(folder).exists()


class Progress:
    """Tells how far an order is, and ends the work where it was taken away."""

    def __init__(self, folder: Path, order: Order, now: Callable[[], datetime]) -> None:
        self._folder, self._order, self._now = folder, order, now
        self._at: datetime | None = None
        self.tell(State.RUNNING)

    def step(self, part: str, done: int, total: int) -> None:
        """One step of `backup.make`. Raises Stopped."""
        now = self._now()
        if self._at is not None and timedelta() <= now - self._at < EVERY:
            return
        if not is_placed(self._folder):
            raise Stopped
        self.tell(State.RUNNING, part=part, percent=100 * done // max(1, total))

    def tell(self, state: State, **more: object) -> None:
        """Writes down what has become of it; an order that ended is gone then."""
        self._at = self._now()
        said = Told(id=self._order.id, state=state, at=self._at, **more)  # type: ignore[arg-type]
        with suppress(OSError):  # the backup matters more than the page that shows it
            durable.write(_told(self._folder), msgspec.json.encode(said), 0o640)
        if state is not State.RUNNING:
            with suppress(OSError):
                withdraw(self._folder)


def _order(folder: Path) -> Path:
    return folder / "backup-order"


def _told(folder: Path) -> Path:
    return folder / "backup-told"


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError):
        return None
