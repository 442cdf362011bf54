"""Keys of SMART Health Card issuers: a directory's snapshot, or the key set that an issuer publishes.

`{"issuerInfo": [{"issuer": {"iss"}, "keys": [JWK, ...], "crls"?}, ...], "time"?}` as the VCI directory publishes it;
`{"keys": [JWK, ...], "iss"?}` as RFC 7517 §5 has it. A set without `iss` does not say whose it is: its keys count for
whatever issuer they sign as. Source: SMART Health Cards Framework 1.4, "Determining keys associated with an issuer".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from kiosk.core.codecs import Rejected, cwt, jwk, malformed, plain, strict_json
from kiosk.core.trust import Signer, Trust, card_revocations, merge

SCHEME = "smart_health_card"
_FIRST_LOOK = re.compile(rb'\A(?:\xef\xbb\xbf)?\s*\{.*"(issuerInfo|keys)"\s*:\s*\[', re.DOTALL)


def recognises(data: bytes) -> bool:
    """A JSON object with one of the two lists, and not one of ours."""
    return b'"kiosk_' not in data[:200] and _FIRST_LOOK.match(data) is not None


def parse(data: bytes, name: str) -> Trust:
    """The signers. A key whose id is not its thumbprint is left out. Raises Rejected(MALFORMED)."""
    tree = strict_json.decode(data)
    if not isinstance(tree, dict):
        raise malformed("not a set of keys")
    signers: list[Signer] = []
    notes: list[str] = []
    for number, (issuer, key) in enumerate(_keys(tree), start=1):
        try:
            found = _signer(issuer, key)
        except Rejected as error:
            notes.append(f"{name}: key {number} ({plain.words(issuer, 60)}): left out: {error.detail}")
        else:
            if found not in signers[-8:]:
                signers.append(found)
    if not signers and not notes:
        raise malformed("no key in it")
    stated = tree.get("time")
    as_of = cwt.instant(stated) if isinstance(stated, str) else None
    keys = Trust(signers=tuple(signers), as_of=as_of, notes=tuple(notes))
    return merge([keys, *map(card_revocations.taken_back, _withdrawals(tree))])


def _withdrawals(tree: dict[str, Any]) -> Iterator[Any]:
    """The lists of withdrawn cards that a snapshot holds beside the keys."""
    entries = tree.get("issuerInfo")
    for entry in entries if isinstance(entries, list) else []:
        listed = entry.get("crls") if isinstance(entry, dict) else None
        yield from (crl for crl in listed if crl) if isinstance(listed, list) else ()


def _keys(tree: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(issuer, key) for every key; the issuer is empty where the list does not say it."""
    match tree:
        case {"issuerInfo": list(entries)}:
            for entry in entries:
                match entry:
                    case {"issuer": {"iss": str(issuer)}, "keys": list(keys)}:
                        yield from ((issuer, key) for key in keys)
                    case _:
                        yield "?", None
        case {"keys": list(keys)}:
            issuer = tree.get("iss", "")
            yield from ((issuer if isinstance(issuer, str) else "?", key) for key in keys)


def _signer(issuer: str, key: Any) -> Signer:
    public = jwk.public_key(key)
    if not isinstance(public, EllipticCurvePublicKey):
        raise malformed("a key of another type than P-256")
    if key.get("use", "sig") != "sig" or key.get("alg", "ES256") != "ES256":
        raise malformed("a key for something else than ES256 signatures")
    if key.get("kid") != jwk.thumbprint(key):
        raise malformed("the key id is not the key's thumbprint")
    return Signer(SCHEME, key["kid"].encode(), public, plain.words(issuer))
