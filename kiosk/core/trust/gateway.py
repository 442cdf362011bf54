"""Signers as the gateway of the EU and those that copy it give them: a list of certificates with their countries.

`[{"kid", "country", "certificateType": "DSC", "rawData": "base64 DER", ...}, ...]`, or the same under
`"certificates"`. Source: EU Digital COVID Certificate Gateway, REST interface, `/trustList`.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import replace
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm

from kiosk.core.codecs import Rejected, malformed, plain, strict_json
from kiosk.core.trust import Signer, Trust, certificates

MEMBER = b'"rawData"'


def recognises(data: bytes) -> bool:
    """JSON whose entries have that member."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{") and MEMBER in data


def parse(data: bytes, name: str) -> Trust:
    """The signers of health certificates; authorities and upload certificates are left out. Raises Rejected."""
    tree = strict_json.decode(data)
    entries = tree.get("certificates") if isinstance(tree, dict) else tree
    if not isinstance(entries, list):
        raise malformed("not a list of certificates")
    signers, notes = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            signers.append(_signer(entry))
        except (Rejected, ValueError, TypeError, UnsupportedAlgorithm) as error:
            notes.append(f"{name}: entry {number}: left out: {plain.words(str(error), 160)}")
    return Trust(signers=tuple(signers), notes=tuple(notes))


def _signer(entry: Any) -> Signer:
    match entry:
        case {"kid": str(kid), "rawData": str(raw), "certificateType": "DSC"}:
            pass
        case {"kid": str(kid), "rawData": str(raw)} if "certificateType" not in entry:
            pass
        case {"certificateType": str(other)}:
            raise malformed(f"a {other} certificate signs no health certificates")
        case _:
            raise malformed("kid and rawData are needed")
    try:
        block, key_id = b64decode(raw, validate=True), b64decode(kid, validate=True)
    except binascii.Error:
        raise malformed("not base64") from None
    signer = certificates.signer(block, key_id)
    return replace(signer, issuer=plain.words(entry.get("country")) or signer.issuer)
