"""A DID document: the keys that an issuer of passes names in its own words.  Source: W3C DID Core 1.0 §5; did:web.

Only keys that the document lists for assertions may sign, and only as that very issuer.
"""

from __future__ import annotations

from typing import Any

from kiosk.core.codecs import Rejected, jwk, malformed, plain, strict_json
from kiosk.core.trust import Signer, Trust

SCHEME = "nz_pass"
MEMBER = "verificationMethod"


def recognises(data: bytes) -> bool:
    """A JSON object with that member and an id of that kind."""
    begins = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
    return begins and f'"{MEMBER}"'.encode() in data and b'"did:' in data


def parse(data: bytes, name: str) -> Trust:
    """The document's signers, by the part of their id behind the `#`. Raises Rejected(MALFORMED)."""
    match strict_json.decode(data):
        case {"id": str(did), "verificationMethod": list(methods), **others} if did.startswith("did:"):
            pass
        case _:
            raise malformed("not a DID document")
    stated = others.get("assertionMethod")
    assertions = stated if isinstance(stated, list) else []
    embedded = [method for method in assertions if isinstance(method, dict)]
    signers, notes = [], []
    for number, method in enumerate([*methods, *embedded], start=1):
        try:
            signers.append(_signer(did, method, method in embedded or method.get("id") in assertions))
        except (Rejected, AttributeError) as error:
            notes.append(f"{name}: key {number}: left out: {plain.words(str(error), 160)}")
    return Trust(signers=tuple(signers), notes=tuple(notes))


def _signer(did: str, method: Any, asserts: bool) -> Signer:
    match method:
        case {"id": str(key_id), "controller": str(controller), "publicKeyJwk": key} if controller == did:
            owner, _, fragment = key_id.partition("#")
        case _:
            raise malformed("id, controller and publicKeyJwk are needed")
    if owner not in ("", did) or not fragment:
        raise malformed("the key is another's")
    if not asserts:
        raise malformed("the key is not for assertions")
    return Signer(SCHEME, fragment.encode(), jwk.public_key(key), plain.words(did))
