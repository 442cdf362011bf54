"""The logbook as the manager's pages ask it: counted up to a bound, one row with its proof, what was said about visits.

Every answer is quick in a logbook of millions of rows, or says that there is more.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from kiosk.core import entry
from kiosk.core.entry import EntryKind, iso
from kiosk.store.entries import Entry, Filter, parse
from kiosk.store.facets import Found
from kiosk.store.reader import Reader

_FIRST_STRETCH, _WIDER = 20_000, 4  # row numbers that are counted at once, newest first, and how that grows


_VISITS = 2000  # that are looked up in one look


@dataclass(frozen=True, slots=True)
class Count:
    """So many rows; `older`: those that are older still were not counted."""

    rows: int
    older: bool = False


@dataclass(frozen=True, slots=True)
class SignedBy:
    """The first signed head that covers a row: its number, its row, when it was made, and that row's hash."""

    number: int
    seq: int
    at: datetime
    hash: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """One row and its place in the chain. `holds`: it is what was written, and follows from the row before it."""

    entry: Entry
    prev: bytes
    hash: bytes
    holds: bool
    sealed: tuple[str, ...]  # classes of personal fields that are still there; their keys may be gone
    signed: SignedBy | None
    last: int  # the number of the last row


class Records(Reader):
    """Reads a logbook for pages. Raises what `Reader` raises."""

    @classmethod
    def open(cls, path: Path) -> Records:
        """A reader of the logbook at `path`, which need not be there yet."""
        return cls(path)

    def count_to(self, chosen: Filter, most: int) -> int:
        """How many rows `chosen` means; `most + 1` where there are more than `most`."""
        return self.count_near(chosen, most, None).rows

    def count_near(self, chosen: Filter, most: int, within: int | None) -> Count:
        """The same of the newest `within` rows of the time asked for, where that is given."""
        with self._look() as db:
            found = Found(db, chosen)
            if chosen.person_tags is not None:
                return Count(min(found.count(db), most + 1))
            low, top = found.span
            last = low if within is None else max(low, top - within + 1)
            total, step = 0, _FIRST_STRETCH
            while top >= last and total <= most:
                bottom = max(last, top - step + 1)
                total += len(found.within(db, (bottom, top)))
                top, step = bottom - 1, step * _WIDER
            return Count(min(total, most + 1), older=total <= most and last > low)

    def place(self, seq: int) -> Place | None:
        """The row of that number; None where there is none."""
        with self._look() as db:
            sql = "SELECT CAST(body AS BLOB), sealed_sha256, prev, hash FROM entry WHERE seq = ?"
            row = db.execute(sql, (seq,)).fetchone()
            if row is None:
                return None
            body, digest, prev, hash_ = row
            before = db.execute("SELECT hash FROM entry WHERE seq = ?", (seq - 1,)).fetchone()
            follows = prev == (before[0] if before else entry.GENESIS)
            sealed = db.execute("SELECT class FROM sealed WHERE seq = ? ORDER BY class", (seq,)).fetchall()
            sql = "SELECT number, seq, at, hash FROM head WHERE seq >= ? ORDER BY seq LIMIT 1"
            head = db.execute(sql, (seq,)).fetchone()
            last = db.execute("SELECT max(seq) FROM entry").fetchone()[0]
        signed = SignedBy(head[0], head[1], datetime.fromisoformat(head[2]), head[3]) if head else None
        holds = follows and entry.chain(prev, body, digest) == hash_
        return Place(parse(body), prev, hash_, holds, tuple(name for (name,) in sealed), signed, last)

    def first(self) -> Entry | None:
        """The oldest row."""
        with self._look() as db:
            row = db.execute("SELECT body FROM entry ORDER BY seq LIMIT 1").fetchone()
        return parse(row[0]) if row else None

    def last_before(self, moment: datetime) -> Entry | None:
        """The row that happened last before `moment`."""
        sql = (
            "SELECT body FROM entry INDEXED BY entry_happened WHERE happened < ?"
            " ORDER BY happened DESC, seq DESC LIMIT 1"
        )
        with self._look() as db:
            row = db.execute(sql, (iso(moment),)).fetchone()
        return parse(row[0]) if row else None

    def after(self, seq: int, limit: int) -> tuple[Entry, ...]:
        """The rows that were written after number `seq`, oldest first."""
        with self._look() as db:
            rows = db.execute("SELECT body FROM entry WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)).fetchall()
        return tuple(parse(body) for (body,) in rows)

    def of_visits(self, visits: Iterable[str], known: Container[int] = ()) -> list[Entry]:
        """Every row of and about `visits`, as they were written, but for the numbers that are `known`."""
        sql = (
            "SELECT seq FROM entry WHERE visit IN (SELECT value FROM json_each(?1))"
            " UNION SELECT seq FROM entry WHERE refers IN (SELECT value FROM json_each(?1)) ORDER BY seq"
        )
        asked = sorted({visit for visit in visits if visit})
        found: dict[int, Entry] = {}
        for start in range(0, len(asked), _VISITS):
            with self._look() as db:
                all_ = db.execute(sql, (_list(asked[start : start + _VISITS]),))
                more = _list([seq for (seq,) in all_ if seq not in known])
                bodies = db.execute("SELECT body FROM entry WHERE seq IN (SELECT value FROM json_each(?))", (more,))
                found |= {row.seq: row for row in (parse(body) for (body,) in bodies)}
        return [found[seq] for seq in sorted(found)]

    def about(self, visits: Iterable[str]) -> dict[str, tuple[EntryKind, ...]]:
        """What was written about each of `visits` afterwards, in its order: decided, undone, disputed, explained."""
        sql = "SELECT refers, kind FROM entry WHERE refers IN (SELECT value FROM json_each(?)) ORDER BY seq"
        asked = sorted({visit for visit in visits if visit})
        found: dict[str, tuple[EntryKind, ...]] = {}
        with self._look() as db:
            for visit, kind in db.execute(sql, (_list(asked),)):
                found[visit] = (*found.get(visit, ()), EntryKind(kind))
        return found


def _list(values: Sequence[str] | Sequence[int]) -> str:
    return msgspec.json.encode(values).decode()
