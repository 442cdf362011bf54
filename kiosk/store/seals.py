"""The personal fields of rows: sealed when written, shown again by number, deleted by day."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

import msgspec

from kiosk.core import entry
from kiosk.core.codecs.plain import words
from kiosk.core.entry import Draft, SealClass, Stamp
from kiosk.core.faults import KeyMissing, LogbookBroken
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
    body = entry.body(
        _cleaned(draft),
        stamp,
        person_tag=draft.person and keys.tag(day, draft.person),
        code_tag=draft.code_key and keys.tag(day, draft.code_key),
    )
    sealed: list[Blob] = []
    for seal_class, fields in draft.sealed:
        shown = {clean(name, MAX_CLEAR): clean(value, MAX_SEALED) for name, value in fields}
        plain = msgspec.json.encode({name: value for name, value in shown.items() if value})
        padded = plain.ljust(-(-len(plain) // _PAD) * _PAD)
        sealed.append((seal_class, *keys.seal(day, seal_class, padded, _belongs(body, seal_class))))
    return body, sealed


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


def count_before(db: sqlite3.Connection, before: date) -> int:
    """How many rows recorded before the UTC day `before` have sealed fields."""
    sql = "SELECT count(DISTINCT seq) FROM sealed JOIN entry USING (seq) WHERE recorded < ?"
    count: int = db.execute(sql, (before.isoformat(),)).fetchone()[0]
    return count


def delete_before(db: sqlite3.Connection, before: date) -> None:
    """Deletes the seals of those rows, a few at a time, so that nobody at the gate waits. Raises sqlite3.Error."""
    while True:
        deleted = db.execute(
            "DELETE FROM sealed WHERE seq IN"
            " (SELECT DISTINCT seq FROM sealed JOIN entry USING (seq) WHERE recorded < ? LIMIT ?)",
            (before.isoformat(), _BATCH),
        ).rowcount
        if not deleted:
            return


def clean(text: str, limit: int) -> str:
    """`text` without what cannot be shown, at most `limit` characters."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    return words(text, limit)


def _belongs(body: bytes, seal_class: SealClass) -> bytes:
    return seal_class.value.encode() + b"\0" + body


def _cleaned(draft: Draft) -> Draft:
    """`draft` with its texts made fit to be stored."""
    names = ("lane", "visit", "refers", "with_visit", "volunteer", "format", "issuer", "source", "detail", "rules")
    texts = {name: clean(getattr(draft, name), MAX_CLEAR) for name in names}
    changed = {name: text for name, text in texts.items() if text != getattr(draft, name)}
    return replace(draft, **changed) if changed else draft  # type: ignore[arg-type]
