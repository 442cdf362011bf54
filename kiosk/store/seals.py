"""The personal fields of rows: sealed when written, shown again by number, deleted by day."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

import msgspec

from kiosk.core import entry
from kiosk.core.codecs.plain import words
from kiosk.core.entry import Draft, SealClass, Stamp
from kiosk.core.faults import KeyMissing, LogbookBroken
from kiosk.store.forgotten import without_seals
from kiosk.store.keys import Keyring

MAX_CLEAR = 200  # characters of a clear field
MAX_SEALED = 2000  # characters of a sealed one
_PAD = 128  # bytes: sealed fields come in steps of so many, so that a blob's length tells little
_BATCH = 500  # rows forgotten in one transaction

Blob = tuple[SealClass, bytes, bytes]  # class, nonce, ciphertext


def prepare(draft: Draft, stamp: Stamp, keys: Keyring) -> tuple[bytes, list[Blob]]:
    """The canonical body of a row, and its seals, each bound to that body.

    Text of strangers loses control characters and is cut at a length. Raises OSError where a key cannot be
    made, ValueError where a number is none.
    """
    day = stamp.recorded.astimezone(UTC).date()
    draft = _cleaned(draft)
    person_tag = draft.person and keys.tag(day, draft.person)
    code_tag = draft.code_key and keys.tag(day, draft.code_key)
    body = entry.body(draft, stamp, person_tag=person_tag, code_tag=code_tag)
    sealed: list[Blob] = []
    for seal_class, fields in draft.sealed:
        shown = {clean(name, MAX_CLEAR): clean(value, MAX_SEALED) for name, value in fields}
        plain = msgspec.json.encode({name: value for name, value in shown.items() if value})
        padded = plain.ljust(-(-len(plain) // _PAD) * _PAD)
        sealed.append((seal_class, *keys.seal(day, seal_class, padded, _belongs(body, seal_class))))
    if not sealed:
        return body, sealed
    digests = {each[0]: entry.sealed_digest([each]) for each in sealed}
    return entry.body(draft, stamp, person_tag=person_tag, code_tag=code_tag, seals=digests), sealed


def reveal(db: sqlite3.Connection, keys: Keyring, seqs: Iterable[int]) -> dict[int, dict[str, str]]:
    """The personal fields of the rows that exist among `seqs`. Raises LogbookBroken."""
    shown: dict[int, dict[str, str]] = {}
    for seq in seqs:
        row = db.execute("SELECT body, recorded FROM entry WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            continue
        body, day = row[0].encode(), datetime.fromisoformat(row[1]).date()
        shown[seq] = {}
        for name, nonce, blob in db.execute("SELECT class, nonce, blob FROM sealed WHERE seq = ?", (seq,)):
            seal_class = SealClass(name)
            try:
                plain = keys.open_sealed(day, seal_class, nonce, blob, _belongs(body, seal_class))
            except KeyMissing:
                continue
            except LogbookBroken as error:
                raise LogbookBroken(f"row {seq}: {error}") from error
            shown[seq] |= msgspec.json.decode(plain, type=dict[str, str])
    return shown


def count_before(db: sqlite3.Connection, before: date, classes: Iterable[str] = tuple(SealClass)) -> int:
    """How many rows recorded before the UTC day `before` have sealed fields of one of `classes`."""
    sql = f"SELECT count(DISTINCT seq) FROM sealed JOIN entry USING (seq) WHERE {_OLD}"  # noqa: S608 - words of ours
    count: int = db.execute(sql, (before.isoformat(), _list(classes), _all(classes))).fetchone()[0]
    return count


def delete_before(
    db: sqlite3.Connection, before: date, classes: Iterable[str], enough: Callable[[], bool] = lambda: False
) -> bool:
    """Deletes the seals of those rows, a few at a time until it is `enough`; whether all are gone.

    Raises sqlite3.Error.
    """
    chosen = f"SELECT DISTINCT seq FROM sealed JOIN entry USING (seq) WHERE {_OLD} LIMIT ?"  # noqa: S608 - the same
    values = before.isoformat(), _list(classes), _all(classes)
    delete = f"DELETE FROM sealed WHERE class IN (SELECT value FROM json_each(?)) AND seq IN ({chosen})"  # noqa: S608
    while db.execute(delete, (values[1], *values, _BATCH)).rowcount:
        if enough():
            return False
    return True


def held_by(db: sqlite3.Connection, seqs: Iterable[int]) -> list[int]:
    """Those of the rows that have sealed fields, in their order."""
    sql = "SELECT DISTINCT seq FROM sealed WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"
    return [seq for (seq,) in db.execute(sql, (msgspec.json.encode(list(seqs)).decode(),))]


def delete_rows(db: sqlite3.Connection, seqs: Iterable[int]) -> None:
    """Deletes all seals of the rows. Raises sqlite3.Error."""
    sql = "DELETE FROM sealed WHERE seq IN (SELECT value FROM json_each(?))"
    db.execute(sql, (msgspec.json.encode(list(seqs)).decode(),))


# A row from before each class had its digest stays provable only as a whole: its seals go together.
_OLD = "recorded < ? AND class IN (SELECT value FROM json_each(?)) AND (? OR json_extract(body, '$.seals') IS NOT NULL)"


def _list(classes: Iterable[str]) -> str:
    return msgspec.json.encode(sorted(classes)).decode()


def _all(classes: Iterable[str]) -> bool:
    return set(classes) >= set(SealClass)


def clean(text: str, limit: int) -> str:
    """`text` without what cannot be shown, at most `limit` characters."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    return words(text, limit)


def _belongs(body: bytes, seal_class: SealClass) -> bytes:
    return seal_class.value.encode() + b"\0" + without_seals(body)


def _cleaned(draft: Draft) -> Draft:
    """`draft` with its texts made fit to be stored."""
    names = ("lane", "visit", "refers", "with_visit", "volunteer", "format", "issuer", "source", "detail", "rules")
    texts = {name: clean(getattr(draft, name), MAX_CLEAR) for name in names}
    changed = {name: text for name, text in texts.items() if text != getattr(draft, name)}
    return replace(draft, **changed) if changed else draft  # type: ignore[arg-type]
