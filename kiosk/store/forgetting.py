"""Forgetting that finishes by itself: what is to be forgotten is written down before the first key goes.

Whatever cuts it short (a disk that fails, a power cut) the owner goes on with it: the keys, the row that says so, and
then the sealed bytes. Rows that an ERASED row names and that still have theirs are found in the same way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import date

import msgspec

from kiosk.core.entry import SealClass

_NAME = "forgetting"  # begins the name of each intent among what the file says of itself


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """The personal fields of every UTC day before `before` are to be forgotten; `after` was the last row then."""

    before: date
    classes: tuple[SealClass, ...]
    by: str
    after: int

    @property
    def detail(self) -> str:
        """What the row about it says."""
        some = () if len(self.classes) == len(SealClass) else self.classes
        return " ".join([self.before.isoformat(), *some])

    def covers(self, before: date, classes: Iterable[SealClass]) -> bool:
        """Whether that is to be forgotten with it."""
        return before <= self.before and set(classes) <= set(self.classes)


def intend(db: sqlite3.Connection, intent: Intent) -> None:
    """Writes down what is to be forgotten. Raises sqlite3.Error."""
    sql = "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
    db.execute(sql, (f"{_NAME} {intent.detail}", _written(intent)))


def intended(db: sqlite3.Connection) -> list[Intent]:
    """What is still to be forgotten. Raises sqlite3.Error."""
    rows = db.execute("SELECT value FROM meta WHERE name GLOB ?", (f"{_NAME}*",)).fetchall()
    return sorted((msgspec.json.decode(value, type=Intent) for (value,) in rows), key=lambda intent: intent.after)


def is_said(db: sqlite3.Connection, intent: Intent) -> bool:
    """Whether a row says already that it was forgotten."""
    sql = "SELECT json_extract(body, '$.detail') FROM entry WHERE kind = 'purged' AND seq > ?"
    return any(detail == intent.detail for (detail,) in db.execute(sql, (intent.after,)))


def done(db: sqlite3.Connection, intent: Intent) -> None:
    """No row is left that it was about. Raises sqlite3.Error."""
    db.execute("DELETE FROM meta WHERE name GLOB ? AND value = ?", (f"{_NAME}*", _written(intent)))


def _written(intent: Intent) -> str:
    return msgspec.json.encode(intent).decode()


def erased_and_held(db: sqlite3.Connection) -> list[int]:
    """The rows that are said to be erased and still have sealed fields. Raises sqlite3.Error."""
    sql = (
        "SELECT DISTINCT sealed.seq FROM entry, json_each(json_extract(body, '$.rows')) AS named"
        " JOIN sealed ON sealed.seq = named.value WHERE entry.kind = 'erased'"
    )
    return [seq for (seq,) in db.execute(sql)]
