"""Signed heads: what the chain had come to at a row, said with the gate's key, in the file and once beside it.

A chain alone cannot tell that it was written anew, or that its end is missing; a head that somebody kept can.
The newest one also lies in a small file beside the database, so that an older copy of the database shows.
"""

from __future__ import annotations

import base64
import re
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kiosk.core.entry import Head, code, iso
from kiosk.core.faults import LogbookBroken, SettingsError
from kiosk.store import durable

EVERY_ROWS = 256
EVERY = timedelta(minutes=15)
_CODE = re.compile(r"(?:(\d+)[: ])?([A-Z2-7]{4})-?([A-Z2-7]{4})")


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head, the public key that signed it (32 bytes), and its signature."""

    head: Head
    key: bytes
    signature: bytes

    def genuine(self) -> bool:
        """Whether `key` signed it."""
        return signed_by(self.key, self.signature, self.head.statement())


@dataclass(frozen=True, slots=True)
class Kept:
    """A head that somebody kept outside the database: a signed one, or a code with or without the row's number."""

    seq: int | None
    start: bytes  # of the row's hash: all of it, or the first five bytes
    signed: SignedHead | None = None


class _File(msgspec.Struct, frozen=True, kw_only=True):
    """A signed head as JSON."""

    kiosk: str
    epoch: int
    number: int
    before: int
    seq: int
    at: datetime
    hash: str
    key: str
    signature: str


def sign(key: Ed25519PrivateKey, head: Head) -> SignedHead:
    """`head`, signed."""
    return SignedHead(head, public_bytes(key.public_key()), key.sign(head.statement()))


def signed_by(key: bytes, signature: bytes, statement: bytes) -> bool:
    """Whether `signature` of `statement` was made with the private half of `key`."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, statement)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_bytes(key: Ed25519PublicKey) -> bytes:
    """The 32 bytes of a public key."""
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def pem(key: bytes) -> bytes:
    """A public key as other programs read it."""
    public = Ed25519PublicKey.from_public_bytes(key)
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def from_pem(data: bytes, name: str) -> bytes:
    """The 32 bytes of the public key in `data`. Raises SettingsError."""
    try:
        key = serialization.load_pem_public_key(data)
    except ValueError as error:
        raise SettingsError(f"{name}: not a public key; make one with kiosk log key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(f"{name}: not an Ed25519 key; make one with kiosk log key")
    return public_bytes(key)


def key_id(key: bytes) -> str:
    """The first 64 bits of a public key, in hex: enough to tell the keys of kiosks apart."""
    return key[:8].hex()


# --- In the database


def store(db: sqlite3.Connection, signed: SignedHead) -> None:
    """Writes a head into the transaction that is open."""
    head = signed.head
    db.execute(
        "INSERT INTO head (number, seq, before, at, hash, key, signature) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (head.number, head.seq, head.before, iso(head.at), head.hash, signed.key, signed.signature),
    )


def newest(db: sqlite3.Connection) -> SignedHead | None:
    """The head of the highest number; None where there is none."""
    found = all_of(db, last=1)
    return found[-1] if found else None


def all_of(db: sqlite3.Connection, last: int = -1) -> list[SignedHead]:
    """Every head of a database, or the `last` ones, by their numbers; none where it is older than heads are."""
    if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'head'").fetchone():
        return []
    kiosk = db.execute("SELECT value FROM meta WHERE name = 'kiosk'").fetchone()
    epochs = _epochs(db)
    name = kiosk[0] if kiosk else ""
    sql = "SELECT number, before, seq, at, hash, key, signature FROM head ORDER BY number DESC LIMIT ?"
    rows = db.execute(sql, (last,)).fetchall()[::-1]
    return [
        SignedHead(Head(name, _epoch(epochs, seq), number, before, seq, datetime.fromisoformat(at), hash_), *signed)
        for number, before, seq, at, hash_, *signed in rows
    ]


def _epochs(db: sqlite3.Connection) -> list[tuple[int, int]]:
    """First row and number of each epoch: one, and one more for each restore."""
    rows = db.execute(
        "SELECT seq, json_extract(body, '$.epoch') FROM entry WHERE kind = 'restored' OR seq = 1 ORDER BY seq"
    )
    return [(seq, epoch) for seq, epoch in rows]


def _epoch(epochs: list[tuple[int, int]], seq: int) -> int:
    return next((epoch for first, epoch in reversed(epochs) if first <= seq), 0)


class Signing:
    """When the logbook at `path` is signed next, and the signing of it."""

    def __init__(self, path: Path, key: Ed25519PrivateKey) -> None:
        self._path, self._key = path, key
        self._number, self._row = 0, 0
        self._at: datetime | None = None
        self.code = ""  # row and short code of the newest head

    def renew(self, db: sqlite3.Connection) -> None:
        """Reads the newest head again, after another connection was made."""
        signed = newest(db)
        self._number, self._row = (signed.head.number, signed.head.seq) if signed else (0, 0)
        self._at = signed.head.at if signed else None
        self.code = short(signed) if signed else ""

    def waits(self, seq: int) -> bool:
        """Whether rows up to `seq` are not all signed."""
        return seq > self._row

    def is_due(self, seq: int, now: datetime) -> bool:
        """Whether row `seq`, which is being written, gets a head: every so many rows, and after so long."""
        return seq - self._row >= EVERY_ROWS or (self._at is not None and abs(now - self._at) >= EVERY)

    def is_late(self, seq: int, now: datetime) -> bool:
        """Whether rows up to `seq` have waited for long."""
        return self.waits(seq) and (self._at is None or abs(now - self._at) >= EVERY)

    def sign(self, db: sqlite3.Connection, kiosk: str, epoch: int, seq: int, hash_: bytes, now: datetime) -> SignedHead:
        """A head of row `seq`, written into the transaction that is open; after its commit, `keep` it."""
        signed = sign(self._key, Head(kiosk, epoch, self._number + 1, self._row, seq, now, hash_))
        store(db, signed)
        return signed

    def keep(self, signed: SignedHead) -> None:
        """Notes it as the newest, and writes its copy beside the file, which may fail and be written next time."""
        self._number, self._row, self._at = signed.head.number, signed.head.seq, signed.head.at
        self.code = short(signed)
        with suppress(OSError):
            keep(self._path, signed)


# --- As people and files have it


def short(signed: SignedHead) -> str:
    """Row and short code, as people note them: `48210:ABCD-2EFG`."""
    return f"{signed.head.seq}:{code(signed.head.hash)}"


def dump(signed: SignedHead) -> bytes:
    """A signed head as one JSON object."""
    head = signed.head
    return msgspec.json.format(
        msgspec.json.encode(
            _File(
                kiosk=head.kiosk,
                epoch=head.epoch,
                number=head.number,
                before=head.before,
                seq=head.seq,
                at=head.at,
                hash=head.hash.hex(),
                key=base64.b64encode(signed.key).decode(),
                signature=base64.b64encode(signed.signature).decode(),
            )
        )
    )


def load(data: bytes, name: str) -> SignedHead:
    """The signed head in `data`, its signature checked with the key that it names. Raises LogbookBroken."""
    try:
        told = msgspec.json.decode(data, type=_File)
        head = Head(told.kiosk, told.epoch, told.number, told.before, told.seq, told.at, bytes.fromhex(told.hash))
        signed = SignedHead(head, base64.b64decode(told.key), base64.b64decode(told.signature))
    except (msgspec.DecodeError, ValueError) as error:
        raise LogbookBroken(f"{name}: not a signed head: {error}") from error
    if not signed.genuine():
        raise LogbookBroken(f"{name}: this head was changed after it was signed")
    return signed


def beside(path: Path) -> Path:
    """Where the newest head of the logbook at `path` is kept besides."""
    return path.with_name(path.name + ".head")


def keep(path: Path, signed: SignedHead) -> None:
    """Writes the newest head beside the logbook at `path`. Raises OSError, after which the one before is there."""
    durable.write(beside(path), dump(signed), 0o640)


def kept(path: Path) -> SignedHead | None:
    """The head beside the logbook at `path`; None where there is none that can be read."""
    try:
        return load(beside(path).read_bytes(), str(beside(path)))
    except (OSError, LogbookBroken):
        return None


def given(text: str) -> Kept:
    """What somebody kept: a file's path, or a code as `ABCD-2EFG` or `1234:ABCD-2EFG`. Raises SettingsError."""
    found = _CODE.fullmatch(text.strip().upper())
    if found:
        number, first, second = found.groups()
        return Kept(int(number) if number else None, base64.b32decode(first + second))
    try:
        signed = load(Path(text).read_bytes(), text)
    except OSError as error:
        raise SettingsError(f"{text}: neither a code such as ABCD-2EFG nor a file of a signed head") from error
    return Kept(signed.head.seq, signed.head.hash, signed)
