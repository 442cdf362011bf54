"""The keys that passes and venue posters are signed with: made on first use, readable by their owner alone."""

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
from kiosk.services import lists
from kiosk.settings import Places

EARLY = timedelta(days=1)  # before a key signs it is believed already: clocks may differ


@dataclass(frozen=True, slots=True)
class PassKey:
    """One signing key and the name under which it issues."""

    key: Ed25519PrivateKey
    signer: Signer


def open_key(at: Places, scheme: str, issuer: str, now: datetime | None = None) -> PassKey:
    """The key of `scheme` (one of own_keys.SCHEMES) that signs at `now`, made for `issuer` when there is none yet.

    A key once made keeps its issuer. Raises SettingsError, with file and reason.
    """
    with _alone(at.pass_keys):
        _take_over(at, scheme, now or datetime.now(UTC))
        path = at.pass_keys / f"{scheme}.pem"
        key = _read(path) if path.exists() else _make(path)
        known = _published(at)
        signer = _find(known, scheme, key)
        if signer is None:
            signer = Signer(scheme, cose.key_id(key.public_key()), key.public_key(), issuer)
            _publish(at, [*known, signer])
        return PassKey(key, signer)


def rotate(at: Places, scheme: str, issuer: str, begins: datetime, ends: datetime, now: datetime) -> Signer:
    """Makes the key that signs from `begins` on, and ends the one that signs until then at `ends`.

    Both are in the public list from now on; other kiosks learn the new one by importing that list. Said again before
    `begins`, it changes the times of the key that waits. Raises SettingsError, with file and reason.
    """
    before = open_key(at, scheme, issuer, now).signer
    with _alone(at.pass_keys):
        path = _next(at, scheme)
        key = _read(path) if path.exists() else _make(path)
        kid = cose.key_id(key.public_key())
        after = Signer(scheme, kid, key.public_key(), before.issuer, valid_from=begins - EARLY)
        others = [s for s in _published(at) if (s.scheme, s.kid) not in ((scheme, kid), (scheme, before.kid))]
        _publish(at, [*others, replace(before, valid_until=ends), after])
        _take_over(at, scheme, now)
        return after


def deny(at: Places, kiosk: str, ids: Iterable[str], now: datetime, *, lift: bool = False) -> Path:
    """Takes passes back by their ids, or gives them back; the list is in force here at once, and others import it.

    Raises SettingsError, with file and reason.
    """
    with _alone(at.pass_keys):
        path = at.pass_keys / f"denied-{kiosk}.json"
        before = lists.load([path]).denied if path.exists() else frozenset()
        named = {f"{local_pass.NAME}:{each}" for each in ids}
        after = sorted(before - named if lift else before | named)
        tree = {"kiosk_deny": 1, "as_of": iso(now), "denied": after}
        lists.write_whole(path, json.dumps(tree, indent=1).encode() + b"\n", mode=0o644)
        return path


def _take_over(at: Places, scheme: str, now: datetime) -> None:
    """Lets the key that waits sign, once its time has come; the one before it is needed no more."""
    path = _next(at, scheme)
    signer = _find(_published(at), scheme, _read(path)) if path.exists() else None
    if signer is not None and (signer.valid_from is None or now >= signer.valid_from + EARLY):
        path.replace(at.pass_keys / f"{scheme}.pem")


def _next(at: Places, scheme: str) -> Path:
    return at.pass_keys / f"{scheme}-next.pem"


def _find(known: Iterable[Signer], scheme: str, key: Ed25519PrivateKey) -> Signer | None:
    kid = cose.key_id(key.public_key())
    return next((s for s in known if (s.scheme, s.kid) == (scheme, kid)), None)


def _publish(at: Places, signers: Iterable[Signer]) -> None:
    lists.write_whole(lists.public_list(at), own_keys.dump(signers), mode=0o644)


def _make(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    lists.write_whole(path, pem, mode=0o600)
    _give_to_owner_of_folder(path)
    return key


def _give_to_owner_of_folder(path: Path) -> None:
    """What root makes belongs to whom the folder belongs to: the pages' process, which signs too."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)


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
        _give_to_owner_of_folder(folder / ".lock")
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
