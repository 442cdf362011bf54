"""Finding rows among millions: the few words of a row that pages filter by are one text, its facet.

There are some hundreds of different facets in a year of rows. Which of them a filter means is worked out once;
each is a stretch of one index that is in the order of the rows and holds time and temperature besides, so that
no row is read that is not shown.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from heapq import nlargest

import msgspec

from kiosk.core.entry import iso
from kiosk.store import questions
from kiosk.store.entries import Filter

_ENOUGH = 50_000  # rows of a stretch of time that are looked up; of a longer one only every row's time is compared
_ALL = """
WITH RECURSIVE each(facet) AS (
  SELECT min(facet) FROM entry
  UNION ALL
  SELECT (SELECT min(facet) FROM entry WHERE facet > each.facet) FROM each WHERE each.facet IS NOT NULL
)
SELECT facet FROM each WHERE facet IS NOT NULL
"""
_INDEX = "entry INDEXED BY entry_facet"  # (facet, seq, happened, temperature): nothing else is read
Span = tuple[int, int]  # lowest and highest row number
_NOWHERE: Span = (1, -1)  # and not (1, 0), which is everything of a logbook without rows


class Found:
    """The rows that a filter means, worked out with one look at the logbook and good for later ones."""

    def __init__(self, db: sqlite3.Connection, chosen: Filter) -> None:
        self.span = _NOWHERE if _contradicts(chosen) else span(db, chosen)
        parts = [(sql, value) for sql, value in _beside(chosen) if value is not None]
        self._sql = "".join(f" AND {sql}" for sql, _ in parts)
        self._values = tuple(value for _, value in parts)
        self._tags = None if chosen.person_tags is None else _list(chosen.person_tags)
        words = (chosen.kind, chosen.lane, chosen.direction, chosen.outcome, chosen.volunteer, chosen.format)
        self._everything = not parts and chosen.reason is None and not any(words)
        self._facets = [] if self.span == _NOWHERE else _matching(db, chosen)

    def newest(self, db: sqlite3.Connection, within: Span, limit: int) -> list[int]:
        """The numbers of the newest `limit` rows within that span, newest first."""
        low, high = within
        if self._tags is not None:
            return sorted(self._tagged(db, within), reverse=True)[:limit]
        if self._everything:
            return list(range(high, max(low - 1, high - limit), -1))
        sql = f"SELECT seq FROM {_INDEX} WHERE facet = ? AND seq BETWEEN ? AND ?{self._sql} ORDER BY seq DESC LIMIT ?"  # noqa: S608
        values = (*within, *self._values, limit)
        found = (seq for facet in self._facets for (seq,) in db.execute(sql, (facet, *values)))
        return nlargest(limit, found)

    def within(self, db: sqlite3.Connection, span: Span) -> Sequence[int]:
        """The numbers of all rows within that span, oldest first."""
        if self._tags is not None:
            return sorted(self._tagged(db, span))
        if self._everything:
            return range(span[0], span[1] + 1)
        return sorted(seq for (seq,) in db.execute(f"SELECT seq FROM {self._where}", self._bound(span)))  # noqa: S608

    def count(self, db: sqlite3.Connection) -> int:
        """How many rows there are."""
        if self._tags is not None:
            return len(self._tagged(db, self.span))
        if self._everything:
            return max(0, self.span[1] - self.span[0] + 1)  # numbers have no gaps
        number: int = db.execute(f"SELECT count(*) FROM {self._where}", self._bound(self.span)).fetchone()[0]  # noqa: S608
        return number

    @property
    def _where(self) -> str:
        return f"{_INDEX} WHERE facet IN (SELECT value FROM json_each(?)) AND seq BETWEEN ? AND ?{self._sql}"  # noqa: S608

    def _bound(self, span: Span) -> tuple[object, ...]:
        return (_list(self._facets), *span, *self._values)

    def _tagged(self, db: sqlite3.Connection, within: Span) -> list[int]:
        sql = "SELECT seq FROM entry INDEXED BY entry_person_tag WHERE person_tag IN (SELECT value FROM json_each(?))"
        sql += f" AND person_tag IS NOT NULL AND +seq BETWEEN ? AND ?{self._sql}"
        if not self._everything:
            sql += " AND +facet IN (SELECT value FROM json_each(?))"
        given = () if self._everything else (_list(self._facets),)
        return [seq for (seq,) in db.execute(sql, (self._tags, *within, *self._values, *given))]


def _list(texts: Sequence[str]) -> str:
    return msgspec.json.encode(list(texts)).decode()


def all_facets(db: sqlite3.Connection) -> list[str]:
    """Every facet that any row has."""
    return [facet for (facet,) in db.execute(_ALL)]


def span(db: sqlite3.Connection, chosen: Filter) -> Span:
    """The lowest and highest number that rows of that time can have; the second is below the first where none has."""
    tail = questions.tail(db)[0]
    if chosen.since is None and chosen.until is None:
        return 1, tail
    since, until = iso(chosen.since) if chosen.since else "", iso(chosen.until) if chosen.until else "~"
    sql = (
        "SELECT count(*), min(seq), max(seq) FROM (SELECT seq FROM entry INDEXED BY entry_happened"
        " WHERE happened >= ? AND happened < ? LIMIT ?)"
    )
    count, low, high = db.execute(sql, (since, until, _ENOUGH)).fetchone()
    if count == _ENOUGH:
        return 1, tail
    return _NOWHERE if low is None else (low, high)


def _contradicts(chosen: Filter) -> bool:
    """Whether no row can be meant, whatever there is: nothing is searched for that."""
    backwards = chosen.since is not None and chosen.until is not None and chosen.since >= chosen.until
    return backwards or (chosen.min_c is not None and chosen.max_c is not None and chosen.min_c > chosen.max_c)


def _matching(db: sqlite3.Connection, chosen: Filter) -> list[str]:
    """The facets that `chosen` means: kind, lane, direction, outcome, reasons, volunteer, format, as in the index."""
    wanted = (chosen.kind, chosen.lane, chosen.direction, chosen.outcome, None, chosen.volunteer, chosen.format)
    found = []
    for facet in all_facets(db):
        words: Sequence[object] = msgspec.json.decode(facet)
        reasons = words[4] if isinstance(words[4], list) else []
        fits = all(want is None or want == word for want, word in zip(wanted, words, strict=True))
        if fits and (chosen.reason is None or chosen.reason in reasons):
            found.append(facet)
    return found


def _beside(chosen: Filter) -> list[tuple[str, object]]:
    # The plus keeps SQLite from other indexes: these columns are compared where they stand in the facets' one.
    return [
        ("+happened >= ?", iso(chosen.since) if chosen.since else None),
        ("+happened < ?", iso(chosen.until) if chosen.until else None),
        ("+temperature >= ?", chosen.min_c),
        ("+temperature <= ?", chosen.max_c),
    ]
