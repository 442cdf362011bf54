"""A list together with what was said of it at its import: what its keys are for, whose they are, who signed it.

`{"kiosk_list": 1, "for"?: format, "issuer"?: name, "as_of"?: "ISO 8601", "signed_by"?: base64, "list": base64}`: `list`
is the file as it came, `signed_by` the certificates or keys that vouch for it and for whatever takes its place.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.core.codecs import cwt, malformed, plain, strict_json
from kiosk.core.entry import iso
from kiosk.core.trust import PublicKey, Trust
from kiosk.core.trust import parse as lists

_FIRST = b'{"kiosk_list":'
CARDS = "smart_health_card"  # whose keys count for whatever issuer they sign as, where a list names none


@dataclass(frozen=True, slots=True)
class Imported:
    """The file as it came, and what was said of it."""

    data: bytes
    purpose: str = ""  # the one format that its keys may sign; empty: whatever the list says
    issuer: str = ""  # whose keys they are, where the list does not say it
    as_of: datetime | None = None  # when it was signed
    signed_by: bytes = b""  # PEM or DER


def recognises(data: bytes) -> bool:
    """The name of its first member."""
    return data.startswith(_FIRST)


def parse(data: bytes, name: str) -> Trust:
    """The list with what was said of it. Raises Rejected(MALFORMED) or SettingsError."""
    return trust(unpack(data), name)


def trust(said: Imported, name: str) -> Trust:
    """What the list comes to. Raises Rejected(MALFORMED) where what was said does not fit it, or SettingsError."""
    if recognises(said.data):
        raise malformed("a list that was imported twice")
    found = lists.parse(said.data, name)
    signers = found.signers
    if said.purpose:
        signers = tuple(s for s in signers if s.scheme == said.purpose)
        if not signers:
            raise malformed(f"no key in it can sign {said.purpose}")
    if said.issuer:
        if signers and all(s.issuer for s in signers):
            raise malformed("it says itself whose keys these are; leave --issuer away")
        signers = tuple(s if s.issuer else replace(s, issuer=said.issuer) for s in signers)
    return replace(found, signers=signers, as_of=found.as_of or said.as_of)


def pack(said: Imported) -> bytes:
    """The file that `parse` reads; the list as it came where nothing was said of it."""
    if not (said.purpose or said.issuer or said.as_of or said.signed_by):
        return said.data
    tree: dict[str, Any] = {"kiosk_list": 1}
    tree |= {"for": said.purpose} if said.purpose else {}
    tree |= {"issuer": said.issuer} if said.issuer else {}
    tree |= {"as_of": iso(said.as_of)} if said.as_of else {}
    tree |= {"signed_by": b64encode(said.signed_by).decode()} if said.signed_by else {}
    return json.dumps({**tree, "list": b64encode(said.data).decode()}, ensure_ascii=False).encode()


def unpack(data: bytes) -> Imported:
    """What `pack` wrote; anything else as a list of which nothing was said. Raises Rejected(MALFORMED)."""
    if not recognises(data):
        return Imported(data)
    tree = strict_json.decode(data)
    try:
        held, signed_by = (b64decode(tree.get(member, ""), validate=True) for member in ("list", "signed_by"))
    except (binascii.Error, TypeError, ValueError):
        raise malformed("not base64") from None
    stated = {member: tree.get(member, "") for member in ("for", "issuer", "as_of")}
    if tree["kiosk_list"] != 1 or not held or not all(isinstance(value, str) for value in stated.values()):
        raise malformed("not an imported list of version 1")
    as_of = cwt.instant(stated["as_of"]) if stated["as_of"] else None
    return Imported(held, stated["for"], plain.words(stated["issuer"]), as_of, signed_by)


def open_purposes(found: Trust) -> tuple[str, ...]:
    """The formats that keys of a list may sign of which it does not say which they are for; empty where it does."""
    schemes: dict[bytes, set[str]] = {}
    for signer in found.signers:
        schemes.setdefault(_raw(signer.key), set()).add(signer.scheme)
    return tuple(sorted(set().union(*(each for each in schemes.values() if len(each) > 1))))


def of_no_issuer(found: Trust) -> bool:
    """Whether it has keys that count for whatever issuer they sign as."""
    return any(s.scheme == CARDS and not s.issuer for s in found.signers)


def _raw(key: PublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
