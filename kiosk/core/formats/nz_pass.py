"""New Zealand COVID Pass (NZCP:/1/): a CWT in base 32 whose key a did:web document names.

Source: New Zealand Ministry of Health, NZCP specification 1, §3-6; RFC 8392; W3C DID Core.
"""

from __future__ import annotations

import binascii
from base64 import b32decode
from collections.abc import Mapping
from typing import Any

from kiosk.core.codecs import Rejected, cbor, cose, cwt, malformed, plain
from kiosk.core.model import Credential, Holder, Kind
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer, Trust

NAME = "nz_pass"
KIND = Kind.HEALTH
PREFIXES = ("NZCP:/1/",)

TYPES = {"VerifiableCredential", "PublicCovidPass"}
FIRST_CONTEXT = "https://www.w3.org/2018/credentials/v1"


def decode(text: str, trust: Trust) -> Credential:
    """The pass in `text`, its signature verified with a key that its issuer's own document names.

    Raises Rejected: MALFORMED, UNSUPPORTED, UNKNOWN_ISSUER or BAD_SIGNATURE.
    """
    message = cose.parse(_base32(text.removeprefix(PREFIXES[0])))
    if message.algorithm is not cose.Algorithm.ES256:
        raise Rejected(Reason.UNSUPPORTED, "NZCP: signed otherwise than with ES256")
    claims = cbor.decode(message.payload)
    if not isinstance(claims, dict):
        raise malformed("NZCP: the claims are no map")
    issuer = claims.get(cwt.ISSUER)
    known = (s for s in trust.find(NAME, message.kid) if s.issuer == issuer)
    return _credential(claims, cose.signers(message, known)[0])


def _base32(text: str) -> bytes:
    try:
        return b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        raise malformed("NZCP: not base 32") from None


def _credential(claims: Mapping[Any, Any], signer: Signer) -> Credential:
    vc = claims.get("vc")
    subject = vc.get("credentialSubject") if isinstance(vc, dict) else None
    since, until = cwt.moment(claims.get(cwt.NOT_BEFORE)), cwt.moment(claims.get(cwt.EXPIRES))
    token = claims.get(cwt.TOKEN_ID)
    if not isinstance(vc, dict) or not isinstance(subject, dict) or since is None or until is None:
        raise malformed("NZCP: a claim is missing")
    if not {plain.words(t) for t in _list(vc.get("type"))} >= TYPES or _list(vc.get("@context"))[:1] != [FIRST_CONTEXT]:
        raise malformed("NZCP: not a public COVID pass")
    if not isinstance(token, bytes) or len(token) != 16:
        raise malformed("NZCP: no id")
    given, family = plain.words(subject.get("givenName")), plain.words(subject.get("familyName"))
    born = plain.words(subject.get("dob"))
    if not given or not born:
        raise malformed("NZCP: it names nobody")
    return Credential(
        format=NAME,
        kind=KIND,
        issuer=signer.issuer,
        credential_id=_urn(token.hex()),
        holder=Holder(name=f"{given} {family}".strip(), birth_date=born),
        valid_from=since,
        valid_until=until,
        signer_valid_from=signer.valid_from,
        signer_valid_until=signer.valid_until,
        claims={str(name): value for name, value in claims.items() if not isinstance(value, bytes)},
        issued=since,
    )


def _urn(digits: str) -> str:
    """A UUID as the specification writes the id of a pass (RFC 4122 §3)."""
    return "urn:uuid:" + "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
