"""Whether a logbook is still what was written: numbers, chain, seals and signed heads.

Needs no key. Rows are hashed in large pages; a page that does not hold is looked at again row by row, to say
which row is wrong and how. What no chain can show, a rewritten or missing end, signed heads show (`evidence.py`).
"""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import rfc8785

from kiosk.core import entry
from kiosk.core.entry import NOTHING_SEALED, EntryKind
from kiosk.core.faults import LogbookBroken
from kiosk.store import heads, owning
from kiosk.store.entries import parse
from kiosk.store.evidence import Asked, Evidence
from kiosk.store.flaws import Broken, Flaw
from kiosk.store.forgotten import Forgotten
from kiosk.store.heads import SignedHead

__all__ = ["Asked", "Broken", "Flaw", "Verified", "check"]

_PAGE = 5000
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


def check(path: Path, asked: Asked = _NOTHING) -> Iterator[Verified]:
    """How far the logbook at `path` holds, after every few thousand rows and at the end, which comes last.

    Memory stays flat. Raises StoreUnreadable, LogbookBroken where the file is no database any more.
    """
    state = _State(asked.canonical)
    try:
        with owning.reading(path) as db:
            last = db.execute("SELECT coalesce(max(seq), 0) FROM entry").fetchone()[0]
            state.begin(db)
            evidence = Evidence(heads.all_of(db), heads.kept(path), asked, state.epoch)
        while state.broken is None:
            before = state.rows
            with owning.reading(path) as db:
                state.take(db, min(state.rows + _PAGE, last))
                broken = evidence.take(db, before, state.rows) or state.broken
            yield replace(state.verified(), broken=broken)
            if broken is not None:
                return
            if state.rows >= last:
                break
        with owning.reading(path) as db:
            broken = evidence.end(db, state.rows)
        yield replace(state.verified(), broken=broken, heads=evidence.held, signed=evidence.newest)
    except (sqlite3.DatabaseError, TypeError) as error:
        raise LogbookBroken(f"{path}: not a logbook any more after row {state.rows}: {error}") from error


@dataclass
class _State:
    canonical: bool
    rows: int = 0
    forgotten: int = 0
    head: bytes = entry.GENESIS
    epoch: int = 0  # of the file: that of its newest rows
    broken: Broken | None = None
    _at: int = 0  # the epoch of the rows being looked at
    _had_seals: int | None = None  # rows of the page that were written with seals
    _gone: Forgotten = field(default_factory=Forgotten)

    def verified(self) -> Verified:
        return Verified(self.rows, self.forgotten, self.head, self.broken)

    def begin(self, db: sqlite3.Connection) -> None:
        """Reads what the file says of itself."""
        self.epoch = db.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()[0]
        first = db.execute("SELECT json_extract(body, '$.epoch') FROM entry WHERE seq = 1").fetchone()
        self._at = first[0] if first else self.epoch
        self._gone = Forgotten.of(db)

    def take(self, db: sqlite3.Connection, until: int) -> None:
        """Looks at the rows after the last one, up to number `until`."""
        first = self.rows + 1
        self._had_seals = None
        if self.canonical or not self._quick(db, until):
            for row in _rows(db, self.rows, until):
                flaw = self._chain(row) or self._body(row)
                if flaw is not None:
                    self.broken = Broken(row.seq, flaw)
                    break
                self.rows, self.head = row.seq, row.head
        lost = self._gone.check(db, first, self.rows, self._had_seals)
        if lost is not None:
            seq, other = lost
            self.rows, self.broken = seq - 1, Broken(seq, Flaw.OTHER_SEALS if other else Flaw.LOST_SEALS)
            self.head = db.execute("SELECT prev FROM entry WHERE seq = ?", (seq,)).fetchone()[0]
        self.forgotten = self._gone.count

    def _quick(self, db: sqlite3.Connection, until: int) -> bool:
        """Takes a whole page; takes nothing and answers False where one row of it needs a closer look."""
        db.text_factory = bytes
        rows = db.execute(
            "SELECT prev || body || sealed_sha256, hash FROM entry WHERE seq > ? AND seq <= ? ORDER BY seq",
            (self.rows, until),
        ).fetchall()
        if len(rows) != until - self.rows:
            return False
        head, sha256, seq, epoch = self.head, hashlib.sha256, self.rows, b'"epoch":%d,' % self._at
        had_seals = 0
        for whole, hash_ in rows:
            seq += 1
            had_seals += whole[-32:] != NOTHING_SEALED
            if (
                whole[:32] != head
                or sha256(whole).digest() != hash_
                or b'"seq":%d,' % seq not in whole
                or epoch not in whole
            ):
                return False
            head = hash_
        self.rows, self.head, self._had_seals = until, head, had_seals
        return True

    def _chain(self, row: _Stored) -> Flaw | None:
        if row.seq != self.rows + 1:
            return Flaw.MISSING_BEFORE
        if row.prev == self.head:
            return None if entry.chain(row.prev, row.body, row.digest) == row.head else Flaw.CHANGED
        whole = entry.chain(row.prev, row.body, row.digest) == row.head
        return Flaw.MISPLACED if whole and b'"seq":%d,' % row.seq not in row.body else Flaw.DOES_NOT_FOLLOW

    def _body(self, row: _Stored) -> Flaw | None:
        if not _is_canonical(row.body):
            return Flaw.NOT_CANONICAL
        clear = parse(row.body)
        if clear.kind is EntryKind.RESTORED:
            self._at = max(clear.epoch, self._at)  # a restore goes on in an epoch of its own, and says so
        known = clear.epoch == self._at and clear.epoch <= self.epoch
        return None if clear.seq == row.seq and known else Flaw.MISPLACED


def _is_canonical(body: bytes) -> bool:
    """Whether `body` is its own RFC 8785 form."""
    try:
        # The quick way never says yes wrongly; where it does not say yes, the standard's own way is asked.
        return (
            msgspec.json.encode(_quick.decode(body), order="sorted") == body or rfc8785.dumps(json.loads(body)) == body
        )
    except (ValueError, RecursionError):
        return False


def _plain_float(digits: str) -> float:
    """A number that Python and ECMAScript write alike; NaN, which encodes as null, for all others."""
    value = float(digits)
    return value if repr(value) == digits and not digits.endswith(".0") and "e" not in digits else math.nan


_quick = msgspec.json.Decoder(float_hook=_plain_float)


def _rows(db: sqlite3.Connection, after: int, until: int) -> Iterator[_Stored]:
    """The rows after number `after`, by number; those that stand beyond `until` come too where rows are missing."""
    db.text_factory = bytes
    found = db.execute(
        "SELECT seq, body, sealed_sha256, prev, hash FROM entry WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, max(until - after, 1)),
    )
    return (_Stored(*row) for row in found)
