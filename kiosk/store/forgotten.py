"""Which sealed fields may be missing: those of forgotten days and erased rows. All others have to be what they were."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from kiosk.core import entry
from kiosk.core.entry import NOTHING_SEALED, SealClass

_SEALS = re.compile(rb',"seals":(\{[^}]*\})')
_CLASSES = tuple(each.value for each in SealClass)


def without_seals(body: bytes) -> bytes:
    """`body` as it was when its fields were sealed: the digests of the seals came into it afterwards."""
    return _SEALS.sub(b"", body, count=1)  # inside a text of JSON the quotes would have backslashes


def digests(body: bytes) -> dict[str, str]:
    """The digest of each class of sealed fields, in hex; empty in rows older than that."""
    found = _SEALS.search(body)
    return msgspec.json.decode(found[1], type=dict[str, str]) if found else {}


@dataclass(slots=True)
class Forgotten:
    """What the rows of a logbook say was forgotten."""

    before: dict[str, str] = field(default_factory=lambda: dict.fromkeys(_CLASSES, ""))  # class -> ISO date
    erased: frozenset[int] = frozenset()
    count: int = 0  # rows so far that lost sealed fields
    held_from: int = 1  # the lowest row of a day of which something may still be there

    @classmethod
    def of(cls, db: sqlite3.Connection) -> Forgotten:
        """What the logbook behind `db` says."""
        found = cls()
        for (detail,) in db.execute("SELECT json_extract(body, '$.detail') FROM entry WHERE kind = 'purged'"):
            day, *classes = (detail or "").split()
            for name in classes or _CLASSES:
                found.before[name] = max(found.before.get(name, ""), day)
        erased = db.execute(
            "SELECT value FROM entry, json_each(json_extract(body, '$.rows')) WHERE kind = 'erased'"
        ).fetchall()
        found.erased = frozenset(seq for (seq,) in erased)
        floor = min(found.before.values())
        if floor:
            lowest = db.execute(
                "SELECT min(seq) FROM entry INDEXED BY entry_recorded WHERE recorded >= ?", (floor,)
            ).fetchone()[0]
            found.held_from = 2**62 if lowest is None else lowest
        return found

    def check(
        self, db: sqlite3.Connection, first: int, last: int, had_seals: int | None = None
    ) -> tuple[int, bool] | None:
        """The first row from `first` to `last` whose seals are wrong, and whether they are others than were written.

        False means that they are gone and no row says why. Adds to `count` the rows that rightly lost some;
        `had_seals` is how many rows were written with seals, where that is known already.
        """
        db.text_factory = bytes
        sha256 = hashlib.sha256
        sealed = list(_sealed(db, first, last))
        suspects = [seq for seq, whole, digest in sealed if sha256(whole).digest() != digest]
        held, partly = len(sealed), len(suspects)
        all_there = had_seals == held and not partly
        if had_seals is None or (last >= self.held_from and not all_there):
            bare = _bare(db, first, last)
            had_seals = len(bare) + held
            suspects = sorted((*suspects, *(seq for seq in bare if seq >= self.held_from)))
        for seq in suspects:
            wrong = self._look_closer(db, seq)
            if wrong is not None:
                return seq, wrong
        self.count += had_seals - held + partly
        return None

    def _look_closer(self, db: sqlite3.Connection, seq: int) -> bool | None:
        sql = "SELECT body, sealed_sha256, recorded FROM entry WHERE seq = ?"
        body, digest, recorded = db.execute(sql, (seq,)).fetchone()
        seals = db.execute("SELECT class, nonce, blob FROM sealed WHERE seq = ?", (seq,)).fetchall()
        named = [(name.decode("utf-8", "replace"), nonce, blob) for name, nonce, blob in seals]
        return self._wrong(seq, body, digest, recorded.decode()[:10], named)

    def _wrong(
        self, seq: int, body: bytes, digest: bytes, day: str, seals: list[tuple[str, bytes, bytes]]
    ) -> bool | None:
        """True where the seals of a row are others, False where they are lost, None where they are right."""
        if any(name not in _CLASSES for name, _, _ in seals):
            return True
        blobs = [(SealClass(name), nonce, blob) for name, nonce, blob in seals]
        if entry.sealed_digest(blobs) == digest:
            return None
        told = digests(body)
        if not told:  # a row from before each class had its digest: all of it, or nothing
            gone = seq in self.erased or all(day < before for before in self.before.values())
            return True if seals else None if gone else False
        if any(told.get(blob[0]) != entry.sealed_digest([blob]).hex() for blob in blobs):
            return True
        missing = told.keys() - {name for name, _, _ in seals}
        return None if seq in self.erased or all(day < self.before.get(name, "") for name in missing) else False


def _sealed(db: sqlite3.Connection, first: int, last: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, what `entry.sealed_digest` hashes, and digest of each row that has seals."""
    rows = db.execute(
        "SELECT sealed.seq, class, nonce, blob, sealed_sha256 FROM sealed CROSS JOIN entry ON entry.seq = sealed.seq"
        " WHERE sealed.seq BETWEEN ? AND ? ORDER BY sealed.seq, class",
        (first, last),
    )
    lengths = _Lengths()
    before, whole, told = 0, b"", b""
    for seq, name, nonce, blob, digest in rows:
        if seq != before:
            if before:
                yield before, whole, told
            before, whole, told = seq, b"", digest
        whole += b"%b%b%b%b%b%b" % (lengths[len(name)], name, lengths[len(nonce)], nonce, lengths[len(blob)], blob)
    if before:
        yield before, whole, told


class _Lengths(dict[int, bytes]):
    """Lengths as they are hashed: four bytes, big-endian; there are few different ones."""

    def __missing__(self, length: int) -> bytes:
        return self.setdefault(length, length.to_bytes(4, "big"))


def _bare(db: sqlite3.Connection, first: int, last: int) -> list[int]:
    """The rows that were written with seals and have none."""
    sql = (
        "SELECT seq FROM entry WHERE seq BETWEEN ?1 AND ?2 AND sealed_sha256 <> ?3"
        " AND seq NOT IN (SELECT seq FROM sealed WHERE seq BETWEEN ?1 AND ?2)"
    )
    return [seq for (seq,) in db.execute(sql, (first, last, NOTHING_SEALED))]
