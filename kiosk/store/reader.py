"""The logbook as everybody but its owner sees it: read only, a short look at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from kiosk.core.faults import LogbookBroken
from kiosk.core.view import Counts
from kiosk.store import heads, owning, questions
from kiosk.store.entries import Entry, Filter, parse
from kiosk.store.facets import Found
from kiosk.store.heads import SignedHead

__all__ = ["Entry", "Filter", "Reader"]

_PAGE = 2000  # rows of one look: a reader that lingers would keep the owner's write-ahead log from shrinking
_STRETCH = 200_000  # row numbers that are searched at once


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
            found = Found(db, chosen)
            low, high = found.span
            top = high if before is None else min(high, before - 1)
            return tuple(parse(body) for body in _bodies(db, found.newest(db, (low, top), limit)))

    def count(self, chosen: Filter) -> int:
        """How many rows `chosen` means."""
        with self._look() as db:
            return Found(db, chosen).count(db)

    def bodies(self, chosen: Filter, *, newest_first: bool = False) -> Iterator[list[bytes]]:
        """The stored bodies of every row that `chosen` means, some thousand at a time, each with one short look.

        Rows that are written later do not come.
        """
        with self._look() as db:
            found = Found(db, chosen)
        low, high = found.span
        starts = range(low, high + 1, _STRETCH)
        for start in reversed(starts) if newest_first else starts:
            with self._look() as db:
                seqs = found.within(db, (start, min(start + _STRETCH - 1, high)))
            seqs = seqs[::-1] if newest_first else seqs
            for first in range(0, len(seqs), _PAGE):
                with self._look() as db:
                    bodies = _bodies(db, seqs[first : first + _PAGE])
                yield bodies

    def rows(self, chosen: Filter, *, newest_first: bool = False) -> Iterator[Entry]:
        """Every row that `chosen` means and that was there when the first was asked for, one short look at a time."""
        for bodies in self.bodies(chosen, newest_first=newest_first):
            for body in bodies:
                yield parse(body)

    def visit_rows(self, visit: str) -> tuple[Entry, ...]:
        """Every row of and about one visit, in the order they were written."""
        with self._look() as db:
            return questions.visit_rows(db, visit)

    def counts(self, since: datetime, until: datetime) -> Counts:
        """The counts of visits that happened in that time, as `kiosk.core.reports` defines them."""
        with self._look() as db:
            return questions.DayTally(since, until).counts(db)

    def signed(self) -> SignedHead | None:
        """The newest signed head; None where nothing was signed yet."""
        with self._look() as db:
            return heads.newest(db)

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


def _bodies(db: sqlite3.Connection, seqs: Sequence[int]) -> list[bytes]:
    """The bodies of the rows of those numbers, in the same order."""
    db.text_factory = bytes
    if seqs and abs(seqs[-1] - seqs[0]) == len(seqs) - 1:  # without a gap: one stretch of the table
        order = "DESC" if seqs[0] > seqs[-1] else "ASC"
        sql = f"SELECT body FROM entry WHERE seq BETWEEN ? AND ? ORDER BY seq {order}"  # noqa: S608 - a word of ours
        return [body for (body,) in db.execute(sql, (min(seqs), max(seqs)))]
    return [db.execute("SELECT body FROM entry WHERE seq = ?", (seq,)).fetchone()[0] for seq in seqs]
