"""The keys that passes and venue posters are signed with: made on first use, readable by their owner alone."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from kiosk.core.codecs import cose
from kiosk.core.faults import SettingsError
from kiosk.core.trust import Signer, own_keys
from kiosk.services import lists
from kiosk.settings import Places


@dataclass(frozen=True, slots=True)
class PassKey:
    """One signing key and the name under which it issues."""

    key: Ed25519PrivateKey
    signer: Signer


def open_key(at: Places, scheme: str, issuer: str) -> PassKey:
    """The key of `scheme` ("local_pass" or "venue"), made for `issuer` when there is none yet.

    A key once made keeps its issuer. Raises SettingsError, with file and reason.
    """
    with _alone(at.pass_keys):
        path = at.pass_keys / f"{scheme}.pem"
        key = _read(path) if path.exists() else _make(path)
        known = _published(at)
        kid = cose.key_id(key.public_key())
        signer = next((s for s in known if (s.scheme, s.kid) == (scheme, kid)), None)
        if signer is None:
            signer = Signer(scheme, kid, key.public_key(), issuer)
            lists.write_whole(lists.public_list(at), own_keys.dump([*known, signer]), mode=0o644)
        return PassKey(key, signer)


def _make(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    lists.write_whole(path, pem, mode=0o600)
    return key


def _read(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); only its owner may issue passes") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"{path}: not a private key any more; restore it from a backup") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{path}: not an Ed25519 key; restore it from a backup")
    return key


def _published(at: Places) -> tuple[Signer, ...]:
    path = lists.public_list(at)
    return lists.load([path]).signers if path.exists() else ()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One maker of keys at a time: two that start together would sign with a key that one of them lost."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be written ({error.strerror}); check its permissions") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
