"""A JSON object from key id to certificates, as the gateways of the EU's countries publish their signers.

`{"base64 key id": ["base64 DER certificate or public key", ...], ...}`; one string instead of a list, and a key
id in 16 hexadecimal digits, are understood too.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator

from kiosk.core.codecs import malformed, plain, strict_json
from kiosk.core.trust import Trust, certificates

# Other lists of JSON are objects too, and each has one of these members; base64 holds no quotes.
_OTHERS = re.compile(
    rb'"(kiosk_\w+|keys|issuerInfo|rids|hashType|verificationMethod|certificates|rawData|cms|@context)"\s*:'
)
_HEX = re.compile(r"[0-9a-f]{16}")


def recognises(data: bytes) -> bool:
    """A JSON object that is none of the other lists."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" and _OTHERS.search(data) is None


def parse(data: bytes, name: str) -> Trust:
    """The signers of the list. Raises Rejected(MALFORMED) when it is not such an object."""
    tree = strict_json.decode(data)
    if not isinstance(tree, dict) or not tree:
        raise malformed("no entry in it")
    if not all(isinstance(value, str | list) for value in tree.values()):
        raise malformed("not a list of key ids and certificates")
    return certificates.collect(_entries(tree, name))


def _entries(tree: dict[str, object], name: str) -> Iterator[tuple[str, bytes | None, bytes]]:
    """An entry that is not even base64 is passed on empty, and becomes a note like every other that cannot be used."""
    for number, (kid, listed) in enumerate(tree.items(), start=1):
        for text in listed if isinstance(listed, list) else [listed]:
            where = f"{name}: entry {number} ({plain.words(kid, 24)})"
            yield where, _kid(kid), _bytes(text) if _kid(kid) else b""


def _kid(text: str) -> bytes:
    return bytes.fromhex(text) if _HEX.fullmatch(text) else _bytes(text)


def _bytes(text: object) -> bytes:
    try:
        return b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        return b""
