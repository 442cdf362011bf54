"""Forgetting that finishes by itself: what is to be forgotten is written down before the first key goes.

Whatever cuts it short (a disk that fails, a power cut) the owner goes on with it: the keys, the row that says so, and
then the sealed bytes. Rows that an ERASED row names and that still have theirs are found in the same way.
"""

from __future__ import annotations

import sqlite3
from datetime import date

import msgspec

from kiosk.core.entry import SealClass

_NAME = "forgetting"  # of the intent among what the file says of itself


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


def intend(db: sqlite3.Connection, intent: Intent) -> None:
    """Writes down what is to be forgotten. Raises sqlite3.Error."""
    sql = "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
    db.execute(sql, (_NAME, msgspec.json.encode(intent).decode()))


def intended(db: sqlite3.Connection) -> Intent | None:
    """What is still to be forgotten. Raises sqlite3.Error."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (_NAME,)).fetchone()
    return msgspec.json.decode(row[0], type=Intent) if row else None


def is_said(db: sqlite3.Connection, intent: Intent) -> bool:
    """Whether a row says already that it was forgotten."""
    sql = "SELECT json_extract(body, '$.detail') FROM entry WHERE kind = 'purged' AND seq > ?"
    return any(detail == intent.detail for (detail,) in db.execute(sql, (intent.after,)))


def done(db: sqlite3.Connection) -> None:
    """Nothing is left to be forgotten. Raises sqlite3.Error."""
    db.execute("DELETE FROM meta WHERE name = ?", (_NAME,))


def erased_and_held(db: sqlite3.Connection) -> list[int]:
    """The rows that are said to be erased and still have sealed fields. Raises sqlite3.Error."""
    sql = (
        "SELECT DISTINCT sealed.seq FROM entry, json_each(json_extract(body, '$.rows')) AS named"
        " JOIN sealed ON sealed.seq = named.value WHERE entry.kind = 'erased'"
    )
    return [seq for (seq,) in db.execute(sql)]
