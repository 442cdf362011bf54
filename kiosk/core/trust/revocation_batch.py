"""A batch of EU certificates that were taken back, by hash.

`{"country", "expires", "kid", "hashType": "SIGNATURE" | "UCI" | "COUNTRYCODEUCI", "entries": [{"hash": "base64"}]}`:
the first 16 bytes of a SHA-256, or 8 in short lists, which leave a doubt. Source: EU gateway, revocation, JSON schema.
"""

from __future__ import annotations

import binascii
from base64 import b64decode

from kiosk.core.codecs import malformed, strict_json
from kiosk.core.revoked import hashes
from kiosk.core.trust import Trust

FORMAT = "eu_dcc"
WHOLE, PREFIX = 16, 8  # bytes


def recognises(data: bytes) -> bool:
    """JSON with the kind of its hashes."""
    return data.lstrip()[:1] == b"{" and b'"hashType"' in data


def parse(data: bytes, name: str) -> Trust:  # noqa: ARG001 - every kind of list is told its name
    """The batch. Every entry counts or none: a hole would let somebody in. Raises Rejected(MALFORMED)."""
    match strict_json.decode(data):
        case {"hashType": "SIGNATURE" | "UCI" | "COUNTRYCODEUCI", "entries": list(entries)}:
            pass
        case _:
            raise malformed("not a batch of hashes of a known type")
    digests = [_hash(number, entry) for number, entry in enumerate(entries, start=1)]
    whole = [digest for digest in digests if len(digest) >= WHOLE]
    short = [digest for digest in digests if len(digest) < WHOLE]
    lists = (hashes(FORMAT, whole, whole=True), hashes(FORMAT, short, whole=False))
    return Trust(revoked=tuple(known for known in lists if len(known)))


def _hash(number: int, entry: object) -> bytes:
    try:
        digest = b64decode(entry["hash"], validate=True) if isinstance(entry, dict) else b""
    except (binascii.Error, KeyError, TypeError, ValueError):
        digest = b""
    if not PREFIX <= len(digest) <= 32:
        raise malformed(f"entry {number} is not a hash")
    return digest
