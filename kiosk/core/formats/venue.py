"""Our own check-in code of a place, printed on a poster and signed, so that nobody can hang up another's.

`CKV1:` + base45(COSE_Sign1(CWT)), Ed25519; docs/formats.md lists the claims. Source: RFC 8392, RFC 9052, RFC 9285.
"""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.codecs import cwt, malformed, plain
from kiosk.core.model import Kind, VenueCode
from kiosk.core.trust import Trust
from kiosk.core.validity import earliest, latest

NAME = "venue"
KIND = Kind.VENUE
PREFIXES = ("CKV1:",)

PLACE_NAME = -70101  # private claim, below -65536 (RFC 8392 §9.1)


def decode(text: str, trust: Trust) -> VenueCode:
    """The venue code in `text`, its signature verified with a venue key of `trust`. It ends with its key.

    Raises Rejected: MALFORMED, UNSUPPORTED, UNKNOWN_ISSUER or BAD_SIGNATURE.
    """
    claims, signer = cwt.unseal(text, PREFIXES[0], NAME, trust)
    venue_id = plain.words(claims.get(cwt.SUBJECT))
    if not venue_id:
        raise malformed("venue: no id")
    return VenueCode(
        format=NAME,
        issuer=signer.issuer,
        venue_id=venue_id,
        name=plain.words(claims.get(PLACE_NAME)),
        valid_from=latest(cwt.moment(claims.get(cwt.NOT_BEFORE)), signer.valid_from),
        valid_until=earliest(cwt.moment(claims.get(cwt.EXPIRES)), signer.valid_until),
        signed=True,
    )


def issue(
    key: Ed25519PrivateKey,
    *,
    issuer: str,
    venue_id: str,
    name: str,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> str:
    """A venue code as the text of its QR code. Without times it holds until its key is no longer trusted."""
    claims: dict[int | str, object] = {cwt.ISSUER: issuer, cwt.SUBJECT: venue_id, PLACE_NAME: plain.words(name)}
    if valid_from:
        claims[cwt.NOT_BEFORE] = int(valid_from.timestamp())
    if valid_until:
        claims[cwt.EXPIRES] = int(valid_until.timestamp())
    return cwt.seal(PREFIXES[0], claims, key)
