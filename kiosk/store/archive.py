"""The file of a backup: a clear head that says what it is, then files in encrypted chunks, each in its place.

Layout: `KIOSKBACKUP1\\n`, the head's length in four bytes, the head as JSON, then chunks of 64 KiB, each
ChaCha20-Poly1305 with its number and whether it is the last one as nonce, after the STREAM construction
(Hoang, Reyhanitabar, Rogaway, Vizár 2015). The key of the chunks is bound to the head. Inside: for each file
its name and size in one line of JSON, then its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.core.faults import LogbookBroken
from kiosk.store.recovery import Box

MAGIC = b"KIOSKBACKUP1\n"
CHUNK = 64 * 1024  # bytes of plain text in a chunk
_TAG = 16
_LARGEST_HEAD = 4 * 1024 * 1024


class Capsule(msgspec.Struct, frozen=True, kw_only=True):
    """The key of one day and class of sealed fields, readable as long as those may be."""

    day: date
    name: str
    box: Box


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself to everybody."""

    kiosk: str
    epoch: int
    seq: int
    hash: str  # of the last row, in hex
    made: datetime
    recovery: str  # the id of the recovery key that opens it
    key: Box  # of the chunks
    capsules: tuple[Capsule, ...] = ()


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One file inside."""

    name: str
    size: int


def file_key_about(kiosk: str, epoch: int, made: datetime) -> bytes:
    """What the key of the chunks is bound to."""
    return f"{kiosk} {epoch} {made.isoformat()}".encode()


@dataclass(slots=True)
class Writer:
    """Writes files into an archive, one after the other; `digest` covers all plain bytes."""

    out: BinaryIO
    cipher: ChaCha20Poly1305
    number: int = 0
    pending: bytearray = field(default_factory=bytearray)
    digest: sha256 = field(default_factory=sha256)  # type: ignore[valid-type]

    @classmethod
    def begin(cls, out: BinaryIO, head: Head, key: bytes) -> Writer:
        """Writes the head."""
        encoded = msgspec.json.encode(head)
        out.write(MAGIC + len(encoded).to_bytes(4, "big") + encoded)
        return cls(out, _chunks(key, encoded))

    def member(self, name: str, size: int, parts: Iterator[bytes]) -> None:
        """One file of exactly `size` bytes. Raises ValueError where `parts` are more or fewer."""
        self._put(msgspec.json.encode(Member(name=name, size=size)) + b"\n")
        for part in parts:
            size -= len(part)
            self._put(part)
        if size:
            raise ValueError(f"{name}: changed while it was read")

    def _put(self, data: bytes) -> None:
        self.digest.update(data)  # type: ignore[attr-defined]
        self.pending += data
        while len(self.pending) > CHUNK:
            self._chunk(bytes(self.pending[:CHUNK]), last=False)
            del self.pending[:CHUNK]

    def _chunk(self, plain: bytes, *, last: bool) -> None:
        self.out.write(self.cipher.encrypt(_nonce(self.number, last), plain, None))
        self.number += 1

    def end(self) -> bytes:
        """Writes the last chunk; the digest of everything."""
        self._chunk(bytes(self.pending), last=True)
        return bytes(self.digest.digest())  # type: ignore[attr-defined]


def read_head(source: BinaryIO) -> tuple[Head, bytes]:
    """The head at the beginning of `source`, decoded and as it stands. Raises LogbookBroken."""
    begin = source.read(len(MAGIC) + 4)
    size = int.from_bytes(begin[-4:], "big")
    if begin[: len(MAGIC)] != MAGIC or len(begin) != len(MAGIC) + 4 or size > _LARGEST_HEAD:
        raise LogbookBroken("not a backup of a kiosk")
    encoded = source.read(size)
    try:
        return msgspec.json.decode(encoded, type=Head), encoded
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LogbookBroken("the backup's head is damaged") from error


def plain_parts(source: BinaryIO, key: bytes, encoded_head: bytes) -> Iterator[bytes]:
    """The plain bytes of the chunks behind the head, in order. Raises LogbookBroken at the first that is not whole."""
    cipher, number = _chunks(key, encoded_head), 0
    chunk = source.read(CHUNK + _TAG)
    while chunk:
        following = source.read(CHUNK + _TAG)
        try:
            yield cipher.decrypt(_nonce(number, not following), chunk, None)
        except InvalidTag as error:
            raise LogbookBroken(f"the backup is damaged or cut short in its chunk {number}") from error
        chunk, number = following, number + 1
    if number == 0:
        raise LogbookBroken("the backup is cut short")


def members(parts: Iterator[bytes]) -> Iterator[tuple[Member, Iterator[bytes]]]:
    """Each file inside with its bytes, which have to be read before the next one. Raises LogbookBroken."""
    flow = _Flow(parts)
    while (line := flow.line()) is not None:
        try:
            member = msgspec.json.decode(line, type=Member)
        except msgspec.DecodeError as error:
            raise LogbookBroken("the backup's list of files is damaged") from error
        yield member, flow.take(member.size)


class _Flow:
    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._held = parts, b""

    def line(self) -> bytes | None:
        while b"\n" not in self._held:
            more = next(self._parts, None)
            if more is None:
                if self._held:
                    raise LogbookBroken("the backup is cut short")
                return None
            self._held += more
        line, _, self._held = self._held.partition(b"\n")
        return line

    def take(self, size: int) -> Iterator[bytes]:
        while size:
            if not self._held:
                self._held = next(self._parts, b"")
                if not self._held:
                    raise LogbookBroken("the backup is cut short")
            part, self._held = self._held[:size], self._held[size:]
            size -= len(part)
            yield part


def _chunks(key: bytes, encoded_head: bytes) -> ChaCha20Poly1305:
    info = b"checkpoint-kiosk backup" + sha256(encoded_head).digest()
    return ChaCha20Poly1305(HKDF(SHA256(), 32, salt=None, info=info).derive(key))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
