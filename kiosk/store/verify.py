"""Whether a logbook is still what was written: numbers, chain, seals and signed heads.

Needs no key. Rows are hashed in stretches, which a few processes may share; a stretch that does not hold is looked
at again row by row, to say which row is wrong and how. What no chain can show, a rewritten or missing end, signed
heads show (`evidence.py`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from kiosk.core import entry
from kiosk.core.entry import EntryKind
from kiosk.core.faults import LogbookBroken
from kiosk.store import crew, heads, owning
from kiosk.store.entries import parse
from kiosk.store.evidence import Asked, Evidence
from kiosk.store.flaws import Broken, Flaw
from kiosk.store.forgotten import Forgotten
from kiosk.store.heads import SignedHead
from kiosk.store.links import Links, Span, Stretch, is_canonical

__all__ = ["Asked", "Broken", "Flaw", "Verified", "check"]

_PAGE = 8_000  # rows of one look
_NOTHING = Asked()


@dataclass(frozen=True, slots=True)
class Verified:
    """How far a logbook holds."""

    rows: int  # that hold
    forgotten: int  # of these, how many lost personal fields to a recorded purge or erasure
    head: bytes  # hash of the last row that holds
    broken: Broken | None
    heads: int = 0  # signed heads that hold
    signed: SignedHead | None = None  # the newest of them


@dataclass(frozen=True, slots=True)
class _Stored:
    seq: int
    body: bytes
    digest: bytes
    prev: bytes
    head: bytes


def check(path: Path, asked: Asked = _NOTHING, *, processes: int = 1) -> Iterator[Verified]:
    """How far the logbook at `path` holds, after every few thousand rows and at the end, which comes last.

    Memory stays flat. Raises StoreUnreadable, LogbookBroken where the file is no database any more.
    """
    state = _State()
    try:
        with owning.reading(path) as db:
            last = db.execute("SELECT coalesce(max(seq), 0) FROM entry").fetchone()[0]
            state.begin(db)
            evidence = Evidence(heads.all_of(db), heads.kept(path), asked, state.epoch)
        spans = [(first, min(first + _PAGE - 1, last)) for first in range(1, last + 1, _PAGE)] or [(1, 0)]
        links = Links(path, state.gone, canonical=asked.canonical)
        with closing(crew.in_order(links, spans, processes)) as stretches:
            for span, stretch in zip(spans, stretches, strict=True):
                before = state.rows
                with owning.reading(path) as db:
                    state.take(db, span, stretch)
                    broken = evidence.take(db, before, state.rows) or state.broken
                yield replace(state.verified(), broken=broken)
                if broken is not None:
                    return
        with owning.reading(path) as db:
            broken = evidence.end(db, state.rows)
        yield replace(state.verified(), broken=broken, heads=evidence.held, signed=evidence.newest)
    except (sqlite3.DatabaseError, TypeError) as error:
        raise LogbookBroken(f"{path}: not a logbook any more after row {state.rows}: {error}") from error


@dataclass
class _State:
    rows: int = 0
    forgotten: int = 0
    head: bytes = entry.GENESIS
    epoch: int = 0  # of the file: that of its newest rows
    broken: Broken | None = None
    gone: Forgotten = field(default_factory=Forgotten)
    _at: int = 0  # the epoch of the rows being looked at

    def verified(self) -> Verified:
        return Verified(self.rows, self.forgotten, self.head, self.broken)

    def begin(self, db: sqlite3.Connection) -> None:
        """Reads what the file says of itself."""
        self.epoch = db.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()[0]
        first = db.execute("SELECT json_extract(body, '$.epoch') FROM entry WHERE seq = 1").fetchone()
        self._at = first[0] if first else self.epoch
        self.gone = Forgotten.of(db)

    def take(self, db: sqlite3.Connection, span: Span, stretch: Stretch | None) -> None:
        """Takes the rows of `span` as they were found; row by row where that does not fit what was taken so far."""
        if stretch is not None and (stretch.prev, stretch.epoch) == (self.head, self._at):
            self.rows, self.head = span[1], stretch.head
            self.forgotten += stretch.forgotten
            return
        for row in _rows(db, self.rows, span[1]):
            flaw = self._chain(row) or self._body(row)
            if flaw is not None:
                self.broken = Broken(row.seq, flaw)
                break
            self.rows, self.head = row.seq, row.head
        gone = replace(self.gone, count=0)
        lost = gone.check(db, span[0], self.rows)
        if lost is not None:
            seq, other = lost
            self.rows, self.broken = seq - 1, Broken(seq, Flaw.OTHER_SEALS if other else Flaw.LOST_SEALS)
            self.head = db.execute("SELECT prev FROM entry WHERE seq = ?", (seq,)).fetchone()[0]
        self.forgotten += gone.count

    def _chain(self, row: _Stored) -> Flaw | None:
        if row.seq != self.rows + 1:
            return Flaw.MISSING_BEFORE
        if row.prev == self.head:
            return None if entry.chain(row.prev, row.body, row.digest) == row.head else Flaw.CHANGED
        whole = entry.chain(row.prev, row.body, row.digest) == row.head
        return Flaw.MISPLACED if whole and b'"seq":%d,' % row.seq not in row.body else Flaw.DOES_NOT_FOLLOW

    def _body(self, row: _Stored) -> Flaw | None:
        if not is_canonical(row.body):
            return Flaw.NOT_CANONICAL
        clear = parse(row.body)
        if clear.kind is EntryKind.RESTORED:
            self._at = max(clear.epoch, self._at)  # a restore goes on in an epoch of its own, and says so
        known = clear.epoch == self._at and clear.epoch <= self.epoch
        return None if clear.seq == row.seq and known else Flaw.MISPLACED


def _rows(db: sqlite3.Connection, after: int, until: int) -> Iterator[_Stored]:
    """The rows after number `after`, by number; those that stand beyond `until` come too where rows are missing."""
    db.text_factory = bytes
    found = db.execute(
        "SELECT seq, body, sealed_sha256, prev, hash FROM entry WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, max(until - after, 1)),
    )
    return (_Stored(*row) for row in found)
