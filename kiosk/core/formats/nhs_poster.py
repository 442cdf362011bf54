"""The venue posters of England and Wales (UKC19TRACING): a place in a JWT, signed with ES256.

Source: NHS COVID-19 app, "Venue QR codes" (UKC19TRACING:<version>:<JWT>); later versions hold the same.
"""

from __future__ import annotations

import re

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from kiosk.core.codecs import Rejected, jws, malformed, plain, strict_json
from kiosk.core.model import Kind, VenueCode
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust

NAME = "nhs_poster"
KIND = Kind.VENUE
PREFIXES = ("UKC19TRACING:",)

_VERSIONED = re.compile(r"UKC19TRACING:[1-9][0-9]{0,3}:(.+)")
_FACTS = {"adr": "address", "pc": "postcode", "vt": "type"}


def decode(text: str, trust: Trust) -> VenueCode:
    """The place on the poster, its signature verified with a key of `trust`, of that id where the list tells one.

    Raises Rejected: MALFORMED, UNSUPPORTED, UNKNOWN_ISSUER or BAD_SIGNATURE.
    """
    match = _VERSIONED.fullmatch(text)
    if match is None:
        raise malformed("NHS: no version")
    stated = jws.parse(match[1])
    if stated.algorithm != "ES256":
        raise Rejected(Reason.UNSUPPORTED, "NHS: signed otherwise than with ES256")
    known = (s for s in trust.named(NAME, stated.kid.encode()) if isinstance(s.key, EllipticCurvePublicKey))
    payload, signer = jws.verify(match[1], known)
    claims = strict_json.decode(payload)
    if not isinstance(claims, dict) or not plain.words(claims.get("id")):
        raise malformed("NHS: no place")
    facts = {name: plain.words(claims.get(member)) for member, name in _FACTS.items()}
    return VenueCode(
        format=NAME,
        issuer=signer.issuer or "GB",
        venue_id=plain.words(claims["id"]),
        name=plain.words(claims.get("opn")),
        signed=True,
        facts={name: value for name, value in facts.items() if value},
    )
