"""Whether a logbook is still what was written: numbers, chain, seals and canonical form, row by row.

Needs no key. What it cannot see is a missing end: compare number and hash of the head with a copy kept
elsewhere (docs/security.md).
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec
import rfc8785

from kiosk.core import entry
from kiosk.core.entry import EntryKind, SealClass
from kiosk.core.faults import LogbookBroken
from kiosk.store import owning
from kiosk.store.entries import parse

_PAGE = 1000


class Flaw(StrEnum):
    """What is wrong with a row."""

    MISSING_BEFORE = "missing_before"  # the row before it is not there
    DOES_NOT_FOLLOW = "does_not_follow"  # it names another row before it
    CHANGED = "changed"  # body, seal's digest or hash do not fit together
    NOT_CANONICAL = "not_canonical"
    MISPLACED = "misplaced"  # its body belongs to another number or epoch
    OTHER_SEALS = "other_seals"  # its sealed fields are not those that were written
    LOST_SEALS = "lost_seals"  # its sealed fields are gone though no row says that they were forgotten


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that is not what was written, and what is wrong with it."""

    seq: int
    flaw: Flaw


@dataclass(frozen=True, slots=True)
class Verified:
    """How far a logbook holds."""

    rows: int  # that hold
    forgotten: int  # of these, how many lost their personal fields to a recorded purge
    head: bytes  # hash of the last row that holds
    broken: Broken | None


@dataclass(frozen=True, slots=True)
class _Stored:
    seq: int
    body: bytes
    digest: bytes
    prev: bytes
    head: bytes
    seals: tuple[tuple[str, bytes, bytes], ...]


def check(path: Path) -> Iterator[Verified]:
    """How far the logbook at `path` holds, after every thousand rows and at the end, which comes last.

    Memory stays flat. Raises StoreUnreadable, LogbookBroken where the file is no database any more.
    """
    state = _State()
    try:
        with owning.reading(path) as db:
            state.epoch = db.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()[0]
            state.purged = _purged(db)
        while True:
            with owning.reading(path) as db:
                rows = _rows(db, state.rows)
            for row in rows:
                flaw = state.take(row)
                if flaw is not None:
                    yield Verified(state.rows, state.forgotten, state.head, Broken(row.seq, flaw))
                    return
            yield Verified(state.rows, state.forgotten, state.head, None)
            if len(rows) < _PAGE:
                return
    except (sqlite3.DatabaseError, TypeError) as error:
        raise LogbookBroken(f"{path}: not a logbook any more after row {state.rows}: {error}") from error


class _State:
    def __init__(self) -> None:
        self.rows = 0
        self.forgotten = 0
        self.head = entry.GENESIS
        self.epoch = 0  # of the file: that of its newest rows
        self._at = 0  # the epoch of the rows being looked at
        self.purged = ""  # ISO date: days before it were forgotten
        self._forgettable = False  # whether the row being looked at is of such a day

    def take(self, row: _Stored) -> Flaw | None:
        """What is wrong with the next row; None where nothing is."""
        flaw = self._chain(row) or self._body(row) or self._seals(row)
        if flaw is None:
            self.rows += 1
            self.head = row.head
        return flaw

    def _chain(self, row: _Stored) -> Flaw | None:
        if row.seq != self.rows + 1:
            return Flaw.MISSING_BEFORE
        if row.prev != self.head:
            return Flaw.DOES_NOT_FOLLOW
        return None if entry.chain(row.prev, row.body, row.digest) == row.head else Flaw.CHANGED

    def _body(self, row: _Stored) -> Flaw | None:
        if not _is_canonical(row.body):
            return Flaw.NOT_CANONICAL
        clear = parse(row.body)
        self._forgettable = clear.recorded.date().isoformat() < self.purged
        if clear.kind is EntryKind.RESTORED or self.rows == 0:
            self._at = max(clear.epoch, self._at)  # a restore goes on in an epoch of its own, and says so
        known = clear.epoch == self._at and clear.epoch <= self.epoch
        return None if clear.seq == row.seq and known else Flaw.MISPLACED

    def _seals(self, row: _Stored) -> Flaw | None:
        classes = {each.value for each in SealClass}
        if not all(name in classes for name, _, _ in row.seals):
            return Flaw.OTHER_SEALS
        if entry.sealed_digest([(SealClass(name), nonce, blob) for name, nonce, blob in row.seals]) == row.digest:
            return None
        if row.seals:
            return Flaw.OTHER_SEALS
        self.forgotten += self._forgettable
        return None if self._forgettable else Flaw.LOST_SEALS


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


def _purged(db: sqlite3.Connection) -> str:
    """The latest day up to which a row says that the log was forgotten."""
    found: str | None = db.execute(
        "SELECT max(json_extract(body, '$.detail')) FROM entry WHERE kind = ?", (EntryKind.PURGED,)
    ).fetchone()[0]
    return found or ""


def _rows(db: sqlite3.Connection, after: int) -> list[_Stored]:
    """The next rows by number, each with its seals."""
    db.text_factory = bytes
    found = db.execute(
        "SELECT seq, CAST(body AS BLOB), sealed_sha256, prev, hash FROM entry WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, _PAGE),
    ).fetchall()
    seals: dict[int, list[tuple[str, bytes, bytes]]] = {}
    if found:
        sql = "SELECT seq, class, nonce, blob FROM sealed WHERE seq BETWEEN ? AND ?"
        for seq, name, nonce, blob in db.execute(sql, (found[0][0], found[-1][0])):
            seals.setdefault(seq, []).append((name.decode("utf-8", "replace"), nonce, blob))
    return [
        _Stored(seq, body, digest, prev, head, tuple(seals.get(seq, ()))) for seq, body, digest, prev, head in found
    ]
