"""What the logbook is asked, in SQL: its end, its epoch, a visit, a replay, the counts of a day."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from kiosk.core import entry
from kiosk.core.entry import EntryKind, iso
from kiosk.core.faults import LogbookBroken
from kiosk.core.model import Direction, Outcome
from kiosk.core.reports import COUNTED, DECIDING, Mark, Tally
from kiosk.core.view import Counts
from kiosk.store.entries import Entry, parse

_COUNTED = json.dumps(sorted(COUNTED))
_DECIDING = json.dumps(sorted(DECIDING))
_PASSES = """
WITH found(visit) AS (
  SELECT coalesce(refers, visit) FROM entry WHERE code_tag IN (SELECT value FROM json_each(:tags))
  UNION SELECT coalesce(refers, visit) FROM entry WHERE person_tag IN (SELECT value FROM json_each(:people))
)
SELECT seq, kind, visit, happened, direction, outcome FROM entry
 WHERE visit IN found AND +kind IN (SELECT value FROM json_each(:counted))
UNION ALL
SELECT seq, kind, refers, happened, direction, outcome FROM entry
 WHERE refers IN found AND +kind IN (SELECT value FROM json_each(:deciding))
ORDER BY 1
"""
# A plus sign keeps SQLite from searching by a column that hardly narrows anything down.
_WINDOW = """
WITH found(visit) AS (
  SELECT DISTINCT visit FROM entry
   WHERE +seq <= :end AND happened >= :since AND happened < :until
     AND +kind IN (SELECT value FROM json_each(:counted))
)
SELECT seq, kind, visit, happened, direction, outcome FROM entry
 WHERE visit IN found AND +seq <= :end AND +kind IN (SELECT value FROM json_each(:counted))
UNION ALL
SELECT seq, kind, refers, happened, direction, outcome FROM entry
 WHERE refers IN found AND +seq <= :end AND +kind IN (SELECT value FROM json_each(:deciding))
ORDER BY 1
"""
# Of a visit that is met for the first time earlier rows may be there: it began before the stretch of time.
_NEWER = """
SELECT seq, kind, visit, happened, direction, outcome FROM entry
 WHERE visit IN (SELECT visit FROM entry WHERE seq > :seen AND seq <= :end AND visit IS NOT NULL)
   AND +seq <= :seen AND +kind IN (SELECT value FROM json_each(:counted))
UNION ALL
SELECT seq, kind, coalesce(refers, visit, ''), happened, direction, outcome FROM entry
 WHERE seq > :seen AND seq <= :end
ORDER BY 1
"""


def epoch(db: sqlite3.Connection) -> int | None:
    """The epoch of this file; None where it was not begun yet."""
    row = db.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
    return None if row is None else int(row[0])


def begin(db: sqlite3.Connection, number: int, kiosk: str) -> None:
    """A new file gets the number of its epoch and the name of its kiosk. Raises sqlite3.Error."""
    db.execute("INSERT INTO meta VALUES ('epoch', ?), ('kiosk', ?) ON CONFLICT DO NOTHING", (number, kiosk))


def kiosk(db: sqlite3.Connection) -> str:
    """By which kiosk this file was begun."""
    name: str = db.execute("SELECT value FROM meta WHERE name = 'kiosk'").fetchone()[0]
    return name


def tail(db: sqlite3.Connection) -> tuple[int, bytes]:
    """Number and hash of the last row; 0 and the genesis hash where there is none."""
    row = db.execute("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, entry.GENESIS)


def has(db: sqlite3.Connection, seq: int, hash_: bytes) -> bool:
    """Whether row `seq` is there and has that hash."""
    row = db.execute("SELECT hash FROM entry WHERE seq = ?", (seq,)).fetchone()
    return row is not None and bool(row[0] == hash_)


def check_tail(db: sqlite3.Connection, rows: int) -> None:
    """Raises LogbookBroken where the newest `rows` rows do not follow from each other."""
    newest = db.execute(
        "SELECT seq, CAST(body AS BLOB), sealed_sha256, prev, hash FROM entry ORDER BY seq DESC LIMIT ?", (rows,)
    ).fetchall()
    follower: tuple[int, bytes] | None = None
    for seq, body, digest, prev, head in newest:
        if entry.chain(prev, body, digest) != head or follower not in (None, (seq + 1, head)):
            raise LogbookBroken(f"row {seq} of the logbook is not what was written; run kiosk log verify")
        follower = seq, prev
    if follower and follower[0] == 1 and follower[1] != entry.GENESIS:
        raise LogbookBroken("row 1 of the logbook is not what was written; run kiosk log verify")


def last_recorded(db: sqlite3.Connection) -> datetime | None:
    """The latest time of recording."""
    found: str | None = db.execute("SELECT max(recorded) FROM entry").fetchone()[0]
    return None if found is None else datetime.fromisoformat(found)


def visit_rows(db: sqlite3.Connection, visit: str) -> tuple[Entry, ...]:
    """Every row of and about a visit."""
    sql = "SELECT body FROM entry WHERE visit = ? OR refers = ? ORDER BY seq"
    return tuple(parse(body) for (body,) in db.execute(sql, (visit, visit)))


def newest(db: sqlite3.Connection) -> Entry | None:
    """The last row; None where there is none."""
    row = db.execute("SELECT body FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
    return parse(row[0]) if row else None


def newest_of(db: sqlite3.Connection, kinds: Iterable[EntryKind], limit: int) -> list[Entry]:
    """The newest rows of some rare kinds, the newest first."""
    sql = "SELECT seq, body FROM entry WHERE kind = ? ORDER BY seq DESC LIMIT ?"
    found = [row for kind in kinds for row in db.execute(sql, (kind.value, limit))]
    return [parse(body) for _, body in sorted(found, reverse=True)[:limit]]


def days(since: date, until: date) -> list[date]:
    """Every day from `since` to `until`, both included."""
    return [since + timedelta(days=number) for number in range((until - since).days + 1)]


def passed_before(
    db: sqlite3.Connection,
    code_tags: Sequence[str],
    direction: Direction,
    since: datetime,
    person_tags: Sequence[str] = (),
) -> datetime | None:
    """When one of `code_tags` or `person_tags` last came to PASS in `direction`, not before `since`."""
    tags = {"tags": json.dumps(code_tags), "people": json.dumps(person_tags)}
    values = {**tags, "counted": _COUNTED, "deciding": _DECIDING}
    tally = Tally()
    for mark in _marks(db.execute(_PASSES, values)):
        tally.add(mark)
    return tally.last_pass(direction, since)


class DayTally:
    """The counts of a stretch of time, carried on from where they were last asked for."""

    def __init__(self, since: datetime, until: datetime) -> None:
        self.window = since, until
        self._tally = Tally(self.window)
        self._seen = 0

    def counts(self, db: sqlite3.Connection) -> Counts:
        """The counts up to the last row."""
        since, until = self.window
        end, _ = tail(db)
        values = {"since": iso(since), "until": iso(until), "counted": _COUNTED, "deciding": _DECIDING}
        rows = db.execute(_NEWER if self._seen else _WINDOW, {**values, "seen": self._seen, "end": end}).fetchall()
        for (seq, *_), mark in zip(rows, _marks(rows), strict=True):
            if seq > self._seen or not self._tally.knows(mark.visit):
                self._tally.add(mark)
        self._seen = end
        return self._tally.counts()


def _marks(rows: Iterable[tuple[int, str, str, str, str | None, str | None]]) -> Iterable[Mark]:
    for _, kind, visit, happened, direction, outcome in rows:
        yield Mark(
            EntryKind(kind),
            visit,
            datetime.fromisoformat(happened),
            Direction(direction) if direction else None,
            Outcome(outcome) if outcome else None,
        )
