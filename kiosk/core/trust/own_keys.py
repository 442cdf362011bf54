"""The public halves of keys that passes and venue posters of ours are signed with.

`{"kiosk_keys": 1, "keys": [{"scheme", "kid", "issuer", "key", "valid_from"?, "valid_until"?}, ...]}`: scheme is the
name of a format of ours, kid and key (32 bytes, RFC 8032) are base64, times ISO 8601.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.core.codecs import Rejected, cose, cwt, malformed, plain, strict_json
from kiosk.core.entry import iso
from kiosk.core.trust import Signer, Trust

SCHEMES = ("local_pass", "venue", "community_code")


def recognises(data: bytes) -> bool:
    """The name of its first member."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and b'"kiosk_keys"' in data[:200]


def parse(data: bytes, name: str) -> Trust:
    """The signers of the list. Raises Rejected(MALFORMED) when it is not such an object."""
    match strict_json.decode(data):
        case {"kiosk_keys": 1, "keys": list(entries)}:
            pass
        case _:
            raise malformed("not a list of keys of version 1")
    signers, notes = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            signers.append(_signer(entry))
        except (Rejected, ValueError) as error:
            notes.append(f"{name}: entry {number}: left out: {plain.words(str(error), 160)}")
    return Trust(signers=tuple(signers), notes=tuple(notes))


def dump(signers: Iterable[Signer]) -> bytes:
    """The list of `signers`, which are Ed25519 keys of ours, as `parse` reads it."""
    tree = {"kiosk_keys": 1, "keys": [_entry(signer) for signer in signers]}
    return json.dumps(tree, indent=1, ensure_ascii=False).encode() + b"\n"


def _entry(signer: Signer) -> dict[str, str]:
    kid = b64encode(signer.kid).decode()
    entry = {"scheme": signer.scheme, "kid": kid, "issuer": signer.issuer, "key": _raw(signer)}
    times = {"valid_from": signer.valid_from, "valid_until": signer.valid_until}
    return entry | {name: iso(moment) for name, moment in times.items() if moment}


def _signer(entry: Any) -> Signer:
    match entry:
        case {"scheme": str(scheme), "kid": str(kid), "issuer": str(issuer), "key": str(raw)} if scheme in SCHEMES:
            key = Ed25519PublicKey.from_public_bytes(b64decode(raw, validate=True))
        case _:
            raise malformed("scheme, kid, issuer and key are needed, scheme one of " + ", ".join(SCHEMES))
    if cose.key_id(key) != b64decode(kid, validate=True):
        raise malformed("the kid is not this key's")
    since, until = (cwt.instant(entry[name]) if name in entry else None for name in ("valid_from", "valid_until"))
    return Signer(scheme, cose.key_id(key), key, plain.words(issuer), valid_from=since, valid_until=until)


def _raw(signer: Signer) -> str:
    if not isinstance(signer.key, Ed25519PublicKey):
        raise TypeError("a key of ours is an Ed25519 key")
    return b64encode(signer.key.public_bytes_raw()).decode()
