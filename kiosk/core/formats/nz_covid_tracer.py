"""The venue posters of New Zealand (NZCOVIDTRACER): a place as JSON in base 64. Not signed.

Source: New Zealand Ministry of Health, "NZ COVID Tracer QR code specification" 2020, §4.
"""

from __future__ import annotations

from kiosk.core.codecs import malformed, plain, strict_json
from kiosk.core.model import Kind, VenueCode
from kiosk.core.trust import Trust

NAME = "nz_covid_tracer"
KIND = Kind.VENUE
PREFIXES = ("NZCOVIDTRACER:",)


def decode(text: str, trust: Trust) -> VenueCode:  # noqa: ARG001 - nothing in it is signed
    """The place on the poster. Raises Rejected(MALFORMED)."""
    encoded = text.removeprefix(PREFIXES[0]).strip()
    claims = strict_json.decode(plain.base64url(encoded.replace("+", "-").replace("/", "_")))
    if not isinstance(claims, dict) or not plain.words(claims.get("ver")).startswith("c19:"):
        raise malformed("NZ tracer: not a poster")
    if claims.get("typ") != "entry" or not plain.words(claims.get("gln")):
        raise malformed("NZ tracer: no place")
    address = plain.words(claims.get("adr"))
    return VenueCode(
        format=NAME,
        issuer="",
        venue_id=plain.words(claims["gln"]),
        name=plain.words(claims.get("opn")),
        facts={"address": address} if address else {},
    )
