"""Files between their preview and their import: in memory alone, one for each manager, a quarter of an hour."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar, cast

from flask import current_app

T = TypeVar("T")

KEPT_FOR = timedelta(minutes=15)
MOST = 3  # of fifteen megabytes at most


@dataclass(frozen=True, slots=True)
class Sheet(Generic[T]):
    """What was looked through, and by whom."""

    token: str
    by: str
    came: datetime
    held: T = field(repr=False)


class Waiting(Generic[T]):
    """The files of one kind in one web. Safe to use from several threads."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._guard = threading.Lock()
        self._kept: dict[str, Sheet[T]] = {}  # the oldest first

    def keep(self, by: str, held: T) -> Sheet[T]:
        """Keeps what `by` may take over; what was before it is forgotten, and so is the oldest of too many."""
        sheet = Sheet(secrets.token_hex(16), by, self._now(), held)
        with self._guard:
            self._tidy()
            self._kept.pop(by, None)
            while len(self._kept) >= MOST:
                self._kept.pop(next(iter(self._kept)))
            self._kept[by] = sheet
        return sheet

    def find(self, by: str, token: str) -> Sheet[T] | None:
        """The file of that token, for whoever brought it."""
        with self._guard:
            self._tidy()
            found = self._kept.get(by)
        return found if found is not None and found.token == token else None

    def drop(self, by: str) -> None:
        """Forgets what `by` brought."""
        with self._guard:
            self._kept.pop(by, None)

    def close(self) -> None:
        """Forgets everything."""
        with self._guard:
            self._kept.clear()

    def _tidy(self) -> None:
        """Forgets what waited too long; it is looked at whenever the pages are used."""
        for by, sheet in list(self._kept.items()):
            if self._now() - sheet.came > KEPT_FOR:
                del self._kept[by]


def waiting(kind: str) -> Waiting[T]:
    """Those of a kind, of the application that answers this request."""
    return cast("Waiting[T]", current_app.extensions[kind])
