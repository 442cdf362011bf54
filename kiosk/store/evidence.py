"""What signed heads show of a logbook: that rows were written anew, that the end is missing, that it is an old copy."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.store.flaws import Broken, Flaw
from kiosk.store.heads import Kept, SignedHead


@dataclass(frozen=True, slots=True)
class Asked:
    """What `check` holds the logbook against besides itself."""

    kept: Sequence[Kept] = ()
    key: bytes | None = None  # the gate's public key, from elsewhere
    canonical: bool = False  # whether every body is written anew to compare its form


class Evidence:
    """The heads in the file, the one beside it, and those that somebody kept, held against the rows."""

    def __init__(self, inside: list[SignedHead], beside: SignedHead | None, asked: Asked, epoch: int) -> None:
        self._inside = inside
        self._key = asked.key
        kept = list(asked.kept)
        if beside is not None and beside.head.epoch == epoch:
            kept.append(Kept(beside.head.seq, beside.head.hash, beside))
        self._kept = kept
        self._epoch = epoch
        self._next = 0
        self.held = 0
        self.newest: SignedHead | None = None

    def take(self, db: sqlite3.Connection, after: int, until: int) -> Broken | None:
        """What the heads of the rows after `after` up to `until`, which follow from each other, say against them."""
        while self._next < len(self._inside) and self._inside[self._next].head.seq <= until:
            signed = self._inside[self._next]
            broken = self._numbered(signed) or self._says(db, signed)
            if broken is not None:
                return broken
            self._next += 1
            self.held, self.newest = self.held + 1, signed
        for kept in self._kept:
            if kept.seq is not None and after < kept.seq <= until and not _fits(db, kept):
                return self._otherwise(kept)
        return None

    def end(self, db: sqlite3.Connection, last: int) -> Broken | None:
        """What they say against the end, when the last row was looked at. Signatures are checked last of all."""
        if self._next < len(self._inside):
            signed = self._inside[self._next]
            return Broken(last + 1, Flaw.CUT_OFF if self._genuine(signed) else Flaw.HEAD_FORGED, signed.head.seq)
        for kept in self._kept:
            if kept.seq is not None and kept.seq > last:
                return Broken(last + 1, Flaw.ROLLED_BACK, kept.seq)
            if kept.seq is None and not _anywhere(db, kept.start):
                return Broken(last + 1, Flaw.NO_SUCH_CODE)
        for signed in _ends(self._inside):  # each covers all heads before it: the rows that it signs carry their hashes
            if not self._genuine(signed):
                return Broken(signed.head.seq, Flaw.HEAD_FORGED)
        return None

    def _numbered(self, signed: SignedHead) -> Broken | None:
        expected = (self.newest.head.number + 1, self.newest.head.seq) if self.newest else (1, 0)
        if (signed.head.number, signed.head.before) == expected:
            return None
        return Broken(signed.head.seq, Flaw.HEAD_MISSING if self._genuine(signed) else Flaw.HEAD_FORGED)

    def _says(self, db: sqlite3.Connection, signed: SignedHead) -> Broken | None:
        if _fits(db, Kept(signed.head.seq, signed.head.hash)):
            return None
        if not self._genuine(signed):
            return Broken(signed.head.seq, Flaw.HEAD_FORGED)
        return Broken((self.newest.head.seq if self.newest else 0) + 1, Flaw.REWRITTEN, signed.head.seq)

    def _otherwise(self, kept: Kept) -> Broken:
        """The rows say otherwise: the gate itself went on from an older copy, or somebody wrote them anew."""
        assert kept.seq is not None
        known = [signed.head.seq for signed in self._inside if signed.head.seq < kept.seq]
        since = max(known, default=0) + 1
        later = [signed for signed in self._inside if signed.head.seq >= kept.seq and self._genuine(signed)]
        return Broken(since, Flaw.ROLLED_BACK if later else Flaw.REWRITTEN, kept.seq)

    def _genuine(self, signed: SignedHead) -> bool:
        """Whether the gate signed it, as far as its key is known; the key of an epoch before a restore was another."""
        if self._key is not None and signed.head.epoch == self._epoch and signed.key != self._key:
            return False
        return signed.genuine()


def _ends(signed: list[SignedHead]) -> list[SignedHead]:
    """The last head of each epoch."""
    return list({each.head.epoch: each for each in signed}.values())


def _fits(db: sqlite3.Connection, kept: Kept) -> bool:
    row = db.execute("SELECT hash FROM entry WHERE seq = ?", (kept.seq,)).fetchone()
    return bool(row) and row[0].startswith(kept.start)


def _anywhere(db: sqlite3.Connection, start: bytes) -> bool:
    sql = "SELECT 1 FROM entry WHERE substr(hash, 1, ?) = ? LIMIT 1"
    return db.execute(sql, (len(start), start)).fetchone() is not None
