"""JWS in its compact form, as several countries' codes use it.  Source: RFC 7515 §3.1, RFC 7518 §3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.registry import HeaderParameter

from kiosk.core.codecs import Rejected, malformed
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer

_KEY_TYPES: dict[str, Any] = {"ES256": ECKey, "PS256": RSAKey}
# Health cards compress their payload and say so in a header of their own; who reads one inflates it.
_REGISTRY = jws.JWSRegistry({"zip": HeaderParameter("how the payload is compressed", "str")}, list(_KEY_TYPES))


@dataclass(frozen=True, slots=True)
class Unverified:
    """What a JWS says of itself, before anybody believed it."""

    algorithm: str
    kid: str
    header: Mapping[str, Any] = field(default_factory=dict, compare=False)


def parse(text: str) -> Unverified:
    """The header's claims about the signature. Raises Rejected: MALFORMED, or UNSUPPORTED for its algorithm."""
    try:
        header = jws.extract_compact(text.encode()).headers()
    except (JoseError, ValueError):
        raise malformed("JWS: not compact") from None
    algorithm, kid = header.get("alg"), header.get("kid", "")
    if not isinstance(kid, str) or not isinstance(algorithm, str):
        raise malformed("JWS: a header that is no text")
    if algorithm not in _KEY_TYPES:
        raise Rejected(Reason.UNSUPPORTED, "JWS: an algorithm that no format of ours allows")
    return Unverified(algorithm, kid, header)


def verify(text: str, candidates: Iterable[Signer]) -> tuple[bytes, Signer]:
    """The payload of `text` and the signer that made it.

    The algorithm goes with one type of key only. Raises Rejected: MALFORMED, UNSUPPORTED, UNKNOWN_ISSUER when
    there is no candidate, BAD_SIGNATURE when none made it.
    """
    stated = parse(text)
    known = tuple(candidates)
    if not known:
        raise Rejected(Reason.UNKNOWN_ISSUER)
    for signer in known:
        pem = signer.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        try:
            key = _KEY_TYPES[stated.algorithm].import_key(pem)
            return jws.deserialize_compact(text, key, algorithms=[stated.algorithm], registry=_REGISTRY).payload, signer
        except (JoseError, ValueError, TypeError):
            continue
    raise Rejected(Reason.BAD_SIGNATURE)
