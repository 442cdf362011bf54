"""The logbook as everybody but its owner sees it: read only, a short look at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from kiosk.core.faults import LogbookBroken
from kiosk.core.view import Counts
from kiosk.store import owning, questions
from kiosk.store.entries import Entry, Filter, Where, parse

__all__ = ["Entry", "Filter", "Reader"]

_PAGE = 500  # rows of one look: a reader that lingers would keep the owner's write-ahead log from shrinking


class Reader:
    """Reads a logbook, whether its owner runs or not. Holds nothing open between two calls.

    Every method raises StoreUnreadable ("missing", "recovering", "forbidden") or LogbookBroken.
    """

    def __init__(self, path: Path) -> None:
        """Use `open`."""
        self._path = path

    @classmethod
    def open(cls, path: Path) -> Reader:
        """A reader of the logbook at `path`, which need not be there yet."""
        return cls(path)

    def page(self, chosen: Filter, before: int | None = None, limit: int = 50) -> tuple[Entry, ...]:
        """The newest rows that `chosen` means, newest first; of the rows below number `before` where that is given."""
        with self._look() as db:
            low, high = _span(db, chosen)
            top = high if before is None else min(high, before - 1)
            return tuple(parse(body) for _, body in _page(db, chosen, (low, top), limit, newest_first=True))

    def count(self, chosen: Filter) -> int:
        """How many rows `chosen` means."""
        where = Where.of(chosen)
        with self._look() as db:
            sql = f"SELECT count(*) FROM entry WHERE {where.sql}"  # noqa: S608 - names are ours, values bound
            values = where.values
            if chosen.since is not None or chosen.until is not None:
                sql, values = f"{sql} AND seq BETWEEN ? AND ?", (*values, *_span(db, chosen))
            number: int = db.execute(sql, values).fetchone()[0]
            return number

    def rows(self, chosen: Filter, *, newest_first: bool = False) -> Iterator[Entry]:
        """Every row that `chosen` means and that was there when the first was asked for, one short look at a time."""
        span: tuple[int, int] | None = None
        while span is None or span[0] <= span[1]:
            with self._look() as db:
                span = span or _span(db, chosen)
                found = _page(db, chosen, span, _PAGE, newest_first=newest_first)
            for _, body in found:
                yield parse(body)
            if len(found) < _PAGE:
                return
            last = found[-1][0]
            span = (span[0], last - 1) if newest_first else (last + 1, span[1])

    def visit_rows(self, visit: str) -> tuple[Entry, ...]:
        """Every row of and about one visit, in the order they were written."""
        with self._look() as db:
            return questions.visit_rows(db, visit)

    def counts(self, since: datetime, until: datetime) -> Counts:
        """The counts of visits that happened in that time, as `kiosk.core.reports` defines them."""
        with self._look() as db:
            return questions.DayTally(since, until).counts(db)

    def head(self) -> tuple[int, bytes]:
        """Number and hash of the last row."""
        with self._look() as db:
            return questions.tail(db)

    @contextmanager
    def _look(self) -> Iterator[sqlite3.Connection]:
        """One short look, whose errors are named."""
        try:
            with owning.reading(self._path) as db:
                yield db
        except sqlite3.DatabaseError as error:
            raise LogbookBroken(f"{self._path}: cannot be read as a logbook: {error}") from error


def _span(db: sqlite3.Connection, chosen: Filter) -> tuple[int, int]:
    """The lowest and highest number of the rows of that time; the rest of the search stays between them."""
    if chosen.since is None and chosen.until is None:
        return 1, questions.tail(db)[0]
    where = Where.of(Filter(since=chosen.since, until=chosen.until))
    sql = f"SELECT min(seq), max(seq) FROM entry WHERE {where.sql.replace('+', '')}"  # noqa: S608 - names are ours
    low, high = db.execute(sql, where.values).fetchone()
    return (1, 0) if low is None else (low, high)


def _page(
    db: sqlite3.Connection, chosen: Filter, span: tuple[int, int], limit: int, *, newest_first: bool
) -> list[tuple[int, str]]:
    where = Where.of(chosen)
    order = "DESC" if newest_first else "ASC"
    sql = f"SELECT seq, body FROM entry WHERE seq BETWEEN ? AND ? AND {where.sql}"  # noqa: S608 - names are ours
    sql += f" ORDER BY seq {order} LIMIT ?"
    rows: list[tuple[int, str]] = db.execute(sql, (*span, *where.values, limit)).fetchall()
    return rows
