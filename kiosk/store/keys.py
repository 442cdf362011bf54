"""The keys of the logbook: made on first use, one small file each, and deleted to make personal fields unreadable.

The folder holds `root.key`, which wraps everything else, and `days/DATE.CLASS.key`, one for each UTC day and
class. It lies outside the database and its backups: see docs/security.md.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from kiosk.core.entry import SealClass
from kiosk.core.faults import KeyMissing, LogbookBroken
from kiosk.store import durable

KEY_BYTES = 32
NONCE_BYTES = 12  # RFC 8439 §2.3
KEY_ID_BYTES = 4  # says which key sealed a blob, so that a forgotten key is told from a forged blob
TAG = "tag"  # the class of the keys behind person_tag and code_tag
TAG_HEX = 32  # characters of a tag: 128 bits
_MODE = 0o600
_DAMAGED = ".damaged"


class Keyring:
    """Seals, tags and forgets. Safe to use from several threads."""

    def __init__(self, folder: Path, root: bytes, random: Callable[[int], bytes]) -> None:
        self._days = folder / "days"
        self._root = ChaCha20Poly1305(root)
        self._secret = root
        self._random = random
        self._keys: dict[tuple[date, str], bytes] = {}
        self._ciphers: dict[tuple[date, str], tuple[bytes, ChaCha20Poly1305]] = {}
        self._settled: set[tuple[date, str]] = set()  # certain to be on the disk
        self._guard = threading.RLock()

    @classmethod
    def open(cls, folder: Path, random: Callable[[int], bytes] = os.urandom, *, mend: bool = False) -> Keyring:
        """The keyring in `folder`, made on first use. `random` gives that many unpredictable bytes.

        Raises OSError where the folder cannot be read or written, LogbookBroken where the root key is damaged. With
        `mend` that one is set aside and a new one made: what was sealed is lost either way, and people come in.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        for each in (folder, folder / "days"):
            each.mkdir(mode=0o700, exist_ok=True)
        root = folder / "root.key"
        if not root.exists():
            durable.write(root, random(KEY_BYTES), _MODE)
            durable.settle(folder)
        key = root.read_bytes()
        if len(key) != KEY_BYTES and mend:
            root.rename(root.with_name(root.name + _DAMAGED))
            key = random(KEY_BYTES)
            durable.write(root, key, _MODE)
        if len(key) != KEY_BYTES:
            raise LogbookBroken(f"{root}: {len(key)} bytes instead of {KEY_BYTES}; restore it from its own backup")
        return cls(folder, key, random)

    def seal(self, day: date, seal_class: SealClass, plaintext: bytes, aad: bytes) -> tuple[bytes, bytes]:
        """The nonce and the blob that hide `plaintext`; `aad` is what they belong to. Raises OSError."""
        key_id, cipher = self._cipher(day, seal_class, make=True)
        nonce = self._random(NONCE_BYTES)
        return nonce, key_id + cipher.encrypt(nonce, plaintext, aad)

    def open_sealed(self, day: date, seal_class: SealClass, nonce: bytes, blob: bytes, aad: bytes) -> bytes:
        """What `seal` hid. Raises KeyMissing after `forget`, LogbookBroken where nonce, blob or `aad` were changed."""
        key_id, cipher = self._cipher(day, seal_class, make=False)
        if blob[:KEY_ID_BYTES] != key_id:
            raise KeyMissing(f"the key that sealed this {seal_class} of {day} was deleted; it is gone for ever")
        try:
            return cipher.decrypt(nonce, blob[KEY_ID_BYTES:], aad)
        except InvalidTag as error:
            raise LogbookBroken(f"a sealed {seal_class} of {day} is not what was written") from error

    def tag(self, day: date, value: str) -> str:
        """The pseudonym of `value` on `day`: 32 hex characters, different every day. Raises OSError."""
        return _pseudonym(self._key(day, TAG, make=True), value)

    def find_tag(self, day: date, value: str) -> str | None:
        """The pseudonym that `value` had on `day`; None where that day has no key, never made or forgotten."""
        try:
            return _pseudonym(self._key(day, TAG, make=False), value)
        except KeyMissing:
            return None

    @property
    def identity_secret(self) -> bytes:
        """32 bytes that never change, for the keys of `kiosk.core.identity`."""
        return self._derive(b"identity")

    @property
    def head_key(self) -> Ed25519PrivateKey:
        """The key that signs the head of the log; another one than signs passes."""
        return Ed25519PrivateKey.from_private_bytes(self._derive(b"log head"))

    def forget(self, before: date, classes: Iterable[str] = tuple(SealClass)) -> int:
        """Deletes the keys of every day before `before`; tags go with IDENTITY. How many keys that were.

        Raises OSError. The files are not overwritten first: on flash that reaches other cells.
        """
        gone = _with_tags(classes)
        with self._guard:
            doomed = self._doomed(before, classes)
            for path in doomed:
                path.unlink(missing_ok=True)
            durable.sync(self._days)
            for day, name in [each for each in self._keys if each[0] < before and each[1] in gone]:
                del self._keys[day, name]
                self._ciphers.pop((day, name), None)
                self._settled.discard((day, name))
        return len(doomed)

    def holds(self, before: date, classes: Iterable[str] = tuple(SealClass)) -> bool:
        """Whether there is a key that `forget` would delete."""
        return bool(self._doomed(before, classes))

    def held(self) -> list[tuple[date, str, bytes]]:
        """Day, class and key of everything that is not forgotten: for a backup, which seals them anew."""
        found = []
        for path in sorted(self._days.glob("*.key")):
            day, _, name = path.stem.partition(".")
            with suppress(FileNotFoundError, LogbookBroken):  # forgotten just now, or no use to anybody any more
                found.append((date.fromisoformat(day), name, self._load(path)))
        return found

    def adopt(self, day: date, name: str, key: bytes) -> None:
        """Takes over a key from a backup, wrapped by this keyring's own root. Raises OSError."""
        path = self._days / f"{day.isoformat()}.{name}.key"
        nonce = self._random(NONCE_BYTES)
        durable.write(path, nonce + self._root.encrypt(nonce, key, path.name.encode()), _MODE)

    def _doomed(self, before: date, classes: Iterable[str]) -> list[Path]:
        """Keys, and what is left of keys: such as were damaged, or not written to their end."""
        gone = _with_tags(classes)
        return [path for path in self._days.iterdir() if _is_before(path, before, gone)]

    def _derive(self, purpose: bytes) -> bytes:
        return hmac.digest(self._secret, b"checkpoint-kiosk " + purpose, "sha256")

    def _cipher(self, day: date, name: str, *, make: bool) -> tuple[bytes, ChaCha20Poly1305]:
        with self._guard:
            key = self._key(day, name, make=make)
            found = self._ciphers.get((day, name))
            if found is None:
                found = hashlib.sha256(key).digest()[:KEY_ID_BYTES], ChaCha20Poly1305(key)
                self._ciphers[day, name] = found
            return found

    def _key(self, day: date, name: str, *, make: bool) -> bytes:
        with self._guard:
            key = self._keys.get((day, name))
            if key is not None and (not make or (day, name) in self._settled):
                return key
            path = self._days / f"{day.isoformat()}.{name}.key"
            if key is None:
                key = self._load_or_replace(path, make=make) if path.exists() else self._make(path, make=make)
                self._keys[day, name] = key
            if make:  # whoever made it may have died before it was on the disk
                durable.settle(path)
                self._settled.add((day, name))
            return key

    def _load_or_replace(self, path: Path, *, make: bool) -> bytes:
        """A key that cannot be used any more must not keep anybody from being written down: it is set aside."""
        try:
            return self._load(path)
        except LogbookBroken:
            if not make:
                raise
            path.rename(path.with_name(path.name + _DAMAGED))
            return self._make(path, make=True)

    def damaged(self) -> list[Path]:
        """Keys that could not be used any more and were set aside: what they sealed cannot be read."""
        return [path for folder in (self._days, self._days.parent) for path in sorted(folder.glob(f"*{_DAMAGED}"))]

    def _load(self, path: Path) -> bytes:
        wrapped = path.read_bytes()
        try:
            return self._root.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], path.name.encode())
        except (InvalidTag, ValueError) as error:
            raise LogbookBroken(f"{path}: not a key wrapped by this root key; was one of them replaced?") from error

    def _make(self, path: Path, *, make: bool) -> bytes:
        if not make:
            raise KeyMissing(f"there is no key {path.name}: it was deleted, and what it sealed is gone for ever")
        key, nonce = self._random(KEY_BYTES), self._random(NONCE_BYTES)
        durable.write(path, nonce + self._root.encrypt(nonce, key, path.name.encode()), _MODE)
        return key


def _pseudonym(key: bytes, value: str) -> str:
    return hmac.digest(key, value.encode("utf-8", "surrogatepass"), "sha256").hex()[:TAG_HEX]


def _with_tags(classes: Iterable[str]) -> set[str]:
    gone = {str(each) for each in classes}
    return gone | {TAG} if SealClass.IDENTITY in gone else gone


def _is_before(path: Path, before: date, classes: set[str]) -> bool:
    day, name, _ = (*path.name.split(".", 2), "", "")[:3]
    with suppress(ValueError):
        return date.fromisoformat(day) < before and name in classes
    return False
