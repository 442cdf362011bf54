"""The links of the chain, a stretch of rows at a time: whether each row follows from the one before it.

This is what takes long in verifying a logbook, so nothing here is done row by row that can be done for many at once.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path

import msgspec
import rfc8785

from kiosk.core.entry import NOTHING_SEALED
from kiosk.store import owning
from kiosk.store.forgotten import Forgotten
from kiosk.store.gaps import Gaps

_AT_ONCE = 256  # rows: few enough to stay in the processor's cache, which is half of the speed
_HASH = 32  # bytes
_SQL = "SELECT prev || body || sealed_sha256, hash FROM entry WHERE seq BETWEEN ? AND ? ORDER BY seq"

Span = tuple[int, int]  # lowest and highest row number


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows that follow from each other, have the numbers that they say, are of one epoch, and have their seals."""

    prev: bytes  # hash of the row before the first
    head: bytes  # hash of the last
    epoch: int
    forgotten: int  # rows that rightly lost sealed fields


class Links:
    """Looks at stretches of the logbook at `path`, of which `gone` may be missing; in any process."""

    def __init__(self, path: Path, gone: Forgotten, *, canonical: bool = False) -> None:
        self._path, self._gone, self._canonical = path, gone, canonical
        self._gaps = Gaps(path)

    def __call__(self, span: Span) -> Stretch | None:
        """The rows of `span`, in one short look; None where one of them needs a closer one.

        Raises what `owning.reading` raises, sqlite3.DatabaseError.
        """
        first, last = span
        self._gaps.wait()
        with owning.reading(self._path) as db:
            db.text_factory = bytes
            found = db.execute(_SQL, span)
            seq, bare, epoch = first, 0, b""
            head = start = b""
            while rows := found.fetchmany(_AT_ONCE):
                wholes, hashes = zip(*rows, strict=True)
                if not epoch:
                    head = start = wholes[0][:_HASH]
                    epoch = _epoch(wholes[0])
                if not _follow(head, wholes, hashes, seq, epoch):
                    return None
                if self._canonical and not all(is_canonical(whole[_HASH:-_HASH]) for whole in wholes):
                    return None
                seq, head = seq + len(rows), hashes[-1]
                bare += [whole[-_HASH:] for whole in wholes].count(NOTHING_SEALED)
            if seq != last + 1 or not epoch:
                return None
            gone = replace(self._gone, count=0)
            if gone.check(db, first, last, last + 1 - first - bare) is not None:
                return None
            return Stretch(start, head, int(epoch[len(_EPOCH) : -1]), gone.count)


_EPOCH = b'"epoch":'


def _epoch(whole: bytes) -> bytes:
    """What a row says of its epoch, as it stands in the body; empty where it says nothing."""
    start = whole.find(_EPOCH)
    end = whole.find(b",", start)
    told = whole[start : end + 1]
    return told if start > 0 and told[len(_EPOCH) : -1].isdigit() else b""


def _follow(head: bytes, wholes: Sequence[bytes], hashes: Sequence[bytes], seq: int, epoch: bytes) -> bool:
    """Whether rows follow from `head` and from each other, and are those from number `seq` on in that epoch."""
    sha256 = hashlib.sha256
    numbers = [b'"seq":%d,' % number for number in range(seq, seq + len(wholes))]
    return (
        [sha256(whole).digest() for whole in wholes] == [*hashes]
        and [whole[:_HASH] for whole in wholes] == [head, *hashes[:-1]]
        and min(map(bytes.rfind, wholes, numbers)) > 0  # it stands near the end
        and min(map(bytes.find, wholes, repeat(epoch))) > 0
    )


def is_canonical(body: bytes) -> bool:
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
