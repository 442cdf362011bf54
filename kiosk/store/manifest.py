"""The signed manifest beside an exported file: what it holds, made by whom, and that nobody changed it since.

`kiosk log verify FILE` checks it on any machine; with the gate's public key it also shows whose it is.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.faults import LogbookBroken
from kiosk.store import heads
from kiosk.store.heads import SignedHead

SUFFIX = ".manifest.json"
_PART = 1 << 20


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds. `seqs` are the first and the last row, `expires` the day by which it has to be gone."""

    form: str
    rows: int
    seqs: tuple[int, int]
    columns: tuple[str, ...]
    filter: dict[str, str]
    names: bool
    bytes: int
    sha256: str
    expires: date | None = None
    by: str = ""
    made: datetime | None = None


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest, the head of the log when it was made, the public key's id, and the signature over all of it."""

    manifest: Manifest
    head: msgspec.Raw
    key_id: str
    key: str
    signature: str


class Digest:
    """A file that is being written, hashed on its way."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._sha256 = hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes) -> int:
        """Writes all of `data`."""
        self._sha256.update(data)
        self.bytes += len(data)
        self._out.write(data)
        return len(data)

    @property
    def sha256(self) -> str:
        """Of what was written so far, in hex."""
        return self._sha256.hexdigest()


def parse(data: bytes) -> Manifest:
    """The manifest in `data`. Raises LogbookBroken."""
    try:
        return msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise LogbookBroken(f"not a manifest: {error}") from error


def sign(manifest: Manifest, head: SignedHead, key: Ed25519PrivateKey) -> bytes:
    """The manifest's file: JSON, signed."""
    public = heads.public_bytes(key.public_key())
    told = msgspec.Raw(heads.dump(head))
    signed = Signed(
        manifest=manifest,
        head=told,
        key_id=heads.key_id(public),
        key=base64.b64encode(public).decode(),
        signature=base64.b64encode(key.sign(_statement(manifest, told))).decode(),
    )
    return msgspec.json.format(msgspec.json.encode(signed))


def _statement(manifest: Manifest, head: msgspec.Raw) -> bytes:
    fields = {"manifest": msgspec.to_builtins(manifest), "head": msgspec.json.decode(head)}
    return b"checkpoint-kiosk export\0" + rfc8785.dumps(fields)


def beside(path: Path) -> Path:
    """Where the manifest of the file at `path` lies."""
    return path.with_name(path.name + SUFFIX)


def check(path: Path, key: bytes | None = None) -> tuple[Manifest, SignedHead]:
    """The manifest of the file at `path`, which holds; `key`: the gate's public key, from elsewhere.

    Raises LogbookBroken with what is wrong, OSError.
    """
    data = beside(path).read_bytes()
    try:
        signed = msgspec.json.decode(data, type=Signed)
        public = base64.b64decode(signed.key)
        signature = base64.b64decode(signed.signature)
    except (msgspec.DecodeError, ValueError) as error:
        raise LogbookBroken(f"{beside(path)}: not a manifest: {error}") from error
    if not heads.signed_by(public, signature, _statement(signed.manifest, signed.head)):
        raise LogbookBroken(f"{beside(path)}: the manifest was changed after it was signed")
    head = heads.load(bytes(signed.head), str(beside(path)))
    if key is not None and (public != key or head.key != key):
        raise LogbookBroken(f"{beside(path)}: signed by another key ({heads.key_id(public)}) than the one given")
    size, digest = _measure(path)
    if size < signed.manifest.bytes:
        raise LogbookBroken(f"{path}: its end is missing: {size} bytes instead of {signed.manifest.bytes}")
    if (size, digest) != (signed.manifest.bytes, signed.manifest.sha256):
        raise LogbookBroken(f"{path}: the file was changed after it was exported")
    return signed.manifest, head


def _measure(path: Path) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_PART):
            size += len(part)
            digest.update(part)
    return size, digest.hexdigest()
