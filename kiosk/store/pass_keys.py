"""The keys that passes and venue posters are signed with: made on first use, readable by their owner alone.

They lie in a folder of their own, which every function here takes first, beside the public list by which other
kiosks believe them, and the list of passes that were taken back.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
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
from kiosk.core.entry import iso
from kiosk.core.faults import SettingsError
from kiosk.core.formats import local_pass
from kiosk.core.trust import Signer, own_keys
from kiosk.core.trust.parse import parse
from kiosk.store import durable

PUBLIC = "public.json"  # the public halves of the keys
EARLY = timedelta(days=1)  # before a key signs it is believed already: clocks may differ


@dataclass(frozen=True, slots=True)
class PassKey:
    """One signing key and the name under which it issues."""

    key: Ed25519PrivateKey
    signer: Signer


def open_key(folder: Path, scheme: str, issuer: str, now: datetime | None = None) -> PassKey:
    """The key of `scheme` (one of own_keys.SCHEMES) that signs at `now`, made for `issuer` when there is none yet.

    A key once made keeps its issuer. Raises SettingsError, with file and reason.
    """
    with _alone(folder):
        _take_over(folder, scheme, now or datetime.now(UTC))
        path = folder / f"{scheme}.pem"
        key = _read(path) if path.exists() else _make(path)
        known = _published(folder)
        signer = _find(known, scheme, key)
        if signer is None:
            signer = Signer(scheme, cose.key_id(key.public_key()), key.public_key(), issuer)
            _publish(folder, [*known, signer])
        return PassKey(key, signer)


def rotate(folder: Path, scheme: str, issuer: str, begins: datetime, ends: datetime, now: datetime) -> Signer:
    """Makes the key that signs from `begins` on, and ends the one that signs until then at `ends`.

    Both are in the public list from now on; other kiosks learn the new one by importing that list. Said again before
    `begins`, it changes the times of the key that waits. Raises SettingsError, with file and reason.
    """
    before = open_key(folder, scheme, issuer, now).signer
    with _alone(folder):
        path = _next(folder, scheme)
        key = _read(path) if path.exists() else _make(path)
        kid = cose.key_id(key.public_key())
        after = Signer(scheme, kid, key.public_key(), before.issuer, valid_from=begins - EARLY)
        others = [s for s in _published(folder) if (s.scheme, s.kid) not in ((scheme, kid), (scheme, before.kid))]
        _publish(folder, [*others, replace(before, valid_until=ends), after])
        _take_over(folder, scheme, now)
        return after


def deny(folder: Path, kiosk: str, ids: Iterable[str], now: datetime, *, lift: bool = False) -> Path:
    """Takes passes back by their ids, or gives them back; the list is in force here at once, and others import it.

    Raises SettingsError, with file and reason.
    """
    with _alone(folder):
        path = folder / f"denied-{kiosk}.json"
        before = _denied(path)
        named = {f"{local_pass.NAME}:{each}" for each in ids}
        after = sorted(before - named if lift else before | named)
        tree = {"kiosk_deny": 1, "as_of": iso(now), "denied": after}
        _write(path, json.dumps(tree, indent=1).encode() + b"\n", 0o644)
        return path


def denied(folder: Path) -> frozenset[str]:
    """The ids of the passes that were taken back here. Raises SettingsError, with file and reason."""
    named = frozenset[str]().union(*(_denied(path) for path in folder.glob("denied-*.json")))
    return frozenset(each.removeprefix(f"{local_pass.NAME}:") for each in named)


def published(folder: Path) -> tuple[Signer, ...]:
    """The public halves of the keys, those that wait or ended included. Raises SettingsError, with file and reason."""
    return _published(folder)


def _take_over(folder: Path, scheme: str, now: datetime) -> None:
    """Lets the key that waits sign, once its time has come; the one before it is needed no more."""
    path = _next(folder, scheme)
    signer = _find(_published(folder), scheme, _read(path)) if path.exists() else None
    if signer is not None and (signer.valid_from is None or now >= signer.valid_from + EARLY):
        path.replace(folder / f"{scheme}.pem")


def _next(folder: Path, scheme: str) -> Path:
    return folder / f"{scheme}-next.pem"


def _find(known: Iterable[Signer], scheme: str, key: Ed25519PrivateKey) -> Signer | None:
    kid = cose.key_id(key.public_key())
    return next((s for s in known if (s.scheme, s.kid) == (scheme, kid)), None)


def _publish(folder: Path, signers: Iterable[Signer]) -> None:
    _write(folder / PUBLIC, own_keys.dump(signers), 0o644)


def _make(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(path, pem, 0o600)
    return key


def _write(path: Path, data: bytes, mode: int) -> None:
    """Writes a file whole. What root writes belongs to the pages, whose the folder is, and which sign too."""
    try:
        durable.write(path, data, mode)
        path.chmod(mode)
        durable.give(path, path.parent)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written ({error.strerror}); check the folder and the disk") from error


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


def _published(folder: Path) -> tuple[Signer, ...]:
    path = folder / PUBLIC
    return parse(_content(path), path.name).signers if path.exists() else ()


def _denied(path: Path) -> frozenset[str]:
    return parse(_content(path), path.name).denied if path.exists() else frozenset()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One maker of keys at a time: two that start together would sign with a key that one of them lost."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be written ({error.strerror}); check its permissions") from error
    try:
        durable.give(folder / ".lock", folder)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
