"""The recovery key: what opens a backup on a new card, and loses its power over old ones day by day.

It is a seed for each day, every one the hash of the one before. The kiosk knows only the public keys of the
days to come; it seals each secret to the last day on which it may be read. Whoever holds the seed of a day opens
what may be read on that day or later, and nothing that ended before: there is no way back through a hash.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.core.faults import KeyMissing, LogbookBroken, SettingsError

DAYS = 3660  # ten years of public keys: 117 kB
_KEY = 32  # bytes: X25519, RFC 7748 §5
_NONCE = bytes(12)  # each sealing key is used once
_FORM = "kiosk-recovery-1"


@dataclass(frozen=True, slots=True)
class RecoveryKey:
    """The seed of one day. Kept away from the kiosk, and carried on to the present now and then."""

    id: str
    day: date
    seed: bytes

    @classmethod
    def new(cls, today: date, random: Callable[[int], bytes] = os.urandom) -> RecoveryKey:
        """A key that begins on `today` (UTC)."""
        return cls(random(4).hex(), today, random(_KEY))

    @classmethod
    def parse(cls, text: str, name: str) -> RecoveryKey:
        """The key in `text`, where `name` is what an error calls it. Raises SettingsError."""
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        try:
            form, key_id, day, seed, check = "".join(lines).split(":")
            found = cls(key_id, date.fromisoformat(day), base64.b32decode(seed.replace("-", "").upper() + "===="))
        except (ValueError, binascii.Error) as error:
            raise SettingsError(f"{name}: not a recovery key; it is one line that begins with {_FORM}") from error
        if form != _FORM or len(found.seed) != _KEY or check.lower() != found._check:
            raise SettingsError(f"{name}: a recovery key with a slip of the pen; compare it with the original")
        return found

    @property
    def text(self) -> str:
        """One line to be kept in a safe; letters and digits only, with a check against slips of the pen."""
        seed = base64.b32encode(self.seed).decode().rstrip("=").lower()
        groups = "-".join(seed[at : at + 4] for at in range(0, len(seed), 4))
        return f"{_FORM}:{self.id}:{self.day.isoformat()}:{groups}:{self._check}"

    @property
    def _check(self) -> str:
        return hashlib.sha256(f"{self.id} {self.day}".encode() + self.seed).hexdigest()[:6]

    def on(self, day: date) -> RecoveryKey:
        """The key of a later day; what ended before it stays closed to it for ever. Raises KeyMissing."""
        if day < self.day:
            raise KeyMissing(f"this recovery key was carried on to {self.day}; what ended before is gone for ever")
        seed = self.seed
        for _ in range((day - self.day).days):
            seed = hmac.digest(seed, b"checkpoint-kiosk recovery: the next day", "sha256")
        return RecoveryKey(self.id, day, seed)

    @property
    def _private(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(
            hmac.digest(self.seed, b"checkpoint-kiosk recovery: this day", "sha256")
        )

    def public(self, days: int = DAYS) -> RecoveryPublic:
        """What the kiosk may know: the public keys of so many days."""
        key, keys = self, []
        for number in range(days):
            key = key if number == 0 else key.on(key.day + timedelta(days=1))
            keys.append(key._private.public_key().public_bytes_raw())
        return RecoveryPublic(id=self.id, begins=self.day, keys=b"".join(keys))

    def open(self, box: Box, about: bytes) -> bytes:
        """What was sealed until `box.last`. Raises KeyMissing when that day is over for this key, LogbookBroken."""
        private = self.on(box.last)._private
        shared = private.exchange(X25519PublicKey.from_public_bytes(box.sender))
        try:
            return _cipher(shared, box.sender, private.public_key().public_bytes_raw()).decrypt(_NONCE, box.blob, about)
        except InvalidTag as error:
            raise LogbookBroken("the backup was damaged, or sealed for another recovery key") from error


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that the recovery key opens until the end of the UTC day `last`."""

    last: date
    sender: bytes
    blob: bytes


class RecoveryPublic(msgspec.Struct, frozen=True, kw_only=True):
    """The half of a recovery key that stays on the kiosk: it seals and cannot open."""

    id: str
    begins: date
    keys: bytes

    @classmethod
    def load(cls, path: Path) -> RecoveryPublic:
        """The one at `path`. Raises SettingsError where there is none, or it is damaged."""
        try:
            found = msgspec.json.decode(path.read_bytes(), type=cls)
        except FileNotFoundError as error:
            raise SettingsError("there is no recovery key yet; say kiosk backup --new-recovery-key") from error
        except (OSError, msgspec.DecodeError, msgspec.ValidationError) as error:
            raise SettingsError(f"{path}: cannot be used ({error}); say kiosk backup --new-recovery-key") from error
        if not found.keys or len(found.keys) % _KEY:
            raise SettingsError(f"{path}: damaged; say kiosk backup --new-recovery-key")
        return found

    def seal(self, secret: bytes, last: date, about: bytes) -> Box:
        """Hides `secret` from everybody, and from the recovery key itself once `last` is over.

        Raises SettingsError where `last` lies beyond the days of this key.
        """
        number = max(0, (last - self.begins).days)
        key = self.keys[number * _KEY : (number + 1) * _KEY]
        if not key:
            raise SettingsError(f"the recovery key of {self.begins} has run out; say kiosk backup --new-recovery-key")
        sender = X25519PrivateKey.generate()
        public = sender.public_key().public_bytes_raw()
        cipher = _cipher(sender.exchange(X25519PublicKey.from_public_bytes(key)), public, key)
        last = self.begins + timedelta(days=number)
        return Box(last=last, sender=public, blob=cipher.encrypt(_NONCE, secret, about))


def _cipher(shared: bytes, sender: bytes, receiver: bytes) -> ChaCha20Poly1305:
    derived = HKDF(SHA256(), _KEY, salt=sender + receiver, info=b"checkpoint-kiosk recovery").derive(shared)
    return ChaCha20Poly1305(derived)
