"""The logbook as everybody but its owner sees it: read only, a short look at a time."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from kiosk.core.faults import LogbookBroken
from kiosk.core.view import Counts
from kiosk.store import crew, heads, owning, questions
from kiosk.store.entries import Entry, Filter, parse
from kiosk.store.facets import Found
from kiosk.store.gaps import Gaps
from kiosk.store.heads import SignedHead

__all__ = ["Bodies", "Entry", "Filter", "Reader"]

_PAGE = 4000  # rows of one look: a reader that lingers would keep the owner's write-ahead log from shrinking
_AT_ONCE = 256  # rows of it that are worked on together: so many stay in the processor's cache
_STRETCH = 200_000  # row numbers that are searched at once

Made = TypeVar("Made")
Work = Callable[[Iterable[list[bytes]]], Made]


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
            return tuple(parse(body) for body in _flat(_batches(db, found.newest(db, (low, top), limit))))

    def count(self, chosen: Filter) -> int:
        """How many rows `chosen` means."""
        with self._look() as db:
            return Found(db, chosen).count(db)

    def bodies(self, chosen: Filter, *, newest_first: bool = False) -> Bodies:
        """The stored bodies of every row that `chosen` means."""
        return Bodies(self._path, chosen, newest_first=newest_first)

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

    def _look(self) -> AbstractContextManager[sqlite3.Connection]:
        return _look(self._path)


class Bodies:
    """The stored bodies of the rows that a filter means when they are first asked for, one short look after another.

    `seqs` are the numbers of the first and the last row that came so far, (0, 0) before.
    """

    def __init__(self, path: Path, chosen: Filter, *, newest_first: bool = False) -> None:
        """Use `Reader.bodies`."""
        self._path, self._chosen, self._newest_first = path, chosen, newest_first
        self.seqs: tuple[int, int] = (0, 0)

    def __iter__(self) -> Iterator[list[bytes]]:
        """Some thousand at a time."""
        return (bodies for _, bodies in self.made(_flat))

    def made(self, work: Work[Made], processes: int = 1) -> Iterator[tuple[int, Made]]:
        """How many rows each look found, and what `work` made of them, in their order; `crew.in_order` says more.

        `work` is given the bodies some hundred at a time: so many stay in the processor's cache.
        """
        planned: deque[Sequence[int]] = deque()

        def stretches() -> Iterator[Sequence[int]]:
            for seqs in self._stretches():
                planned.append(seqs)
                yield seqs

        with closing(crew.in_order(_Looking(self._path, work), stretches(), processes)) as found:
            for made in found:
                seqs = planned.popleft()
                self.seqs = (self.seqs[0] or seqs[0], seqs[-1])
                yield len(seqs), made

    def _stretches(self) -> Iterator[Sequence[int]]:
        with _look(self._path) as db:
            found = Found(db, self._chosen)
        low, high = found.span
        starts = range(low, high + 1, _STRETCH)
        for start in reversed(starts) if self._newest_first else starts:
            with _look(self._path) as db:
                seqs = found.within(db, (start, min(start + _STRETCH - 1, high)))
            seqs = seqs[::-1] if self._newest_first else seqs
            for first in range(0, len(seqs), _PAGE):
                yield seqs[first : first + _PAGE]


class _Looking:
    """One look at the logbook, in any process, and the work with what was seen."""

    def __init__(self, path: Path, work: Work[Made]) -> None:
        self._path, self._work = path, work
        self._gaps = Gaps(path)

    def __call__(self, seqs: Sequence[int]) -> Any:
        self._gaps.wait()
        with _look(self._path) as db:  # and no longer: the work is done when the owner has its file for itself again
            batches = list(_batches(db, seqs))
        return self._work(batches)


@contextmanager
def _look(path: Path) -> Iterator[sqlite3.Connection]:
    """One short look, whose errors are named."""
    try:
        with owning.reading(path) as db:
            yield db
    except sqlite3.DatabaseError as error:
        if owning.is_of_another_version(error):
            raise owning.another_version(path) from error
        raise LogbookBroken(f"{path}: cannot be read as a logbook: {error}") from error


def _flat(batches: Iterable[list[bytes]]) -> list[bytes]:
    return [body for bodies in batches for body in bodies]


def _batches(db: sqlite3.Connection, seqs: Sequence[int]) -> Iterator[list[bytes]]:
    """The bodies of the rows of those numbers, which are there, in the same order, some hundred at a time."""
    db.text_factory = bytes
    order = "DESC" if seqs and seqs[0] > seqs[-1] else "ASC"
    values: tuple[object, ...]
    if seqs and abs(seqs[-1] - seqs[0]) == len(seqs) - 1:  # without a gap: one stretch of the table
        which, values = "seq BETWEEN ? AND ?", (min(seqs), max(seqs))
    else:
        which, values = "seq IN (SELECT value FROM json_each(?))", (msgspec.json.encode(list(seqs)).decode(),)
    found = db.execute(f"SELECT body FROM entry WHERE {which} ORDER BY seq {order}", values)  # noqa: S608 - words of ours
    while rows := found.fetchmany(_AT_ONCE):
        yield [body for (body,) in rows]
