"""Who looked, exported, changed and logged in: what the records' rows do not tell. No personal data of residents."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from kiosk.core.codecs.plain import words
from kiosk.core.entry import iso
from kiosk.store.desk_file import DeskFile

MAX_DETAIL = 200


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody did."""

    seq: int
    at: datetime
    who: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class ActFilter:
    """Which acts are asked for; what is empty does not restrict. Times as `kiosk.core.entry.iso` writes them."""

    who: str = ""
    what: str = ""
    since: str = ""
    until: str = ""  # not included


def note(db: sqlite3.Connection, at: datetime, what: str, *, by: str, detail: str = "") -> None:
    """Writes an act down inside the change that it is about."""
    db.execute(
        "INSERT INTO audit (at, who, what, detail) VALUES (?, ?, ?, ?)",
        (iso(at), words(by), words(what), words(detail, MAX_DETAIL)),
    )


class Audit:
    """The acts of one kiosk's users, in their order."""

    def __init__(self, file: DeskFile, now: Callable[[], datetime]) -> None:
        self._file = file
        self._now = now

    def write(self, what: str, *, by: str, detail: str = "") -> None:
        """Writes an act down. `what` and `detail` are stable codes, numbers and filters. Raises DeskUnwritable."""
        with self._file.change() as db:
            note(db, self._now(), what, by=by, detail=detail)

    def page(self, before: int | None = None, limit: int = 50, chosen: ActFilter = ActFilter()) -> tuple[Act, ...]:
        """The newest acts of `chosen`, newest first; of those below number `before` where that is given."""
        parts = (
            ("who = ?", chosen.who),
            ("what = ?", chosen.what),
            ("at >= ?", chosen.since),
            ("at < ?", chosen.until),
        )
        given = [(sql, value) for sql, value in parts if value]
        where = " AND ".join(["seq < ?", *(sql for sql, _ in given)])
        last = 2**62 if before is None else max(0, min(before, 2**62))
        with self._file.look() as db:
            rows = db.execute(
                f"SELECT seq, at, who, what, detail FROM audit WHERE {where} ORDER BY seq DESC LIMIT ?",  # noqa: S608
                (last, *(value for _, value in given), limit),
            )
            return tuple(Act(seq, datetime.fromisoformat(at), who, what, detail) for seq, at, who, what, detail in rows)

    def purge(self, before: date) -> int:
        """Deletes the acts of the UTC days before `before`; how many they were. Raises DeskUnwritable."""
        with self._file.change() as db:
            return db.execute("DELETE FROM audit WHERE at < ?", (before.isoformat(),)).rowcount
