"""The Israeli Green Pass (תו ירוק): a signature in base 64, `#`, and the JSON that it covers.

Source: Israel Ministry of Health, "Ramzor" QR specification. The code names no key: every key of the scheme is tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from kiosk.core.codecs import Rejected, cwt, malformed, plain, strict_json
from kiosk.core.model import Credential, Holder, Kind, Vaccination
from kiosk.core.reasons import Reason
from kiosk.core.trust import PublicKey, Signer, Trust

NAME = "ramzor"
KIND = Kind.HEALTH
PREFIXES: tuple[str, ...] = ()

_LOOK = re.compile(r"[A-Za-z0-9+/]{60,700}={0,2}#\{")
_DOSE = re.compile(r"d[1-9]")


def sniff(text: str, _trust: Trust) -> bool:
    """A signature and an object."""
    return _LOOK.match(text) is not None


def decode(text: str, trust: Trust) -> Credential:
    """The pass in `text`, its signature verified with a key of `trust`.

    Raises Rejected: MALFORMED, UNKNOWN_ISSUER or BAD_SIGNATURE.
    """
    encoded, _, covered = text.partition("#")
    signature = plain.base64url(encoded.replace("+", "-").replace("/", "_"))
    claims = strict_json.decode(covered)
    if not isinstance(claims, dict) or not plain.words(claims.get("id")):
        raise malformed("Ramzor: not a pass")
    known = trust.keys(NAME)
    if not known:
        raise Rejected(Reason.UNKNOWN_ISSUER)
    signer = next((s for s in known if _made(s.key, signature, covered.encode())), None)
    if signer is None:
        raise Rejected(Reason.BAD_SIGNATURE)
    return _credential(claims, signer)


def _made(key: PublicKey, signature: bytes, covered: bytes) -> bool:
    try:
        match key:
            case ec.EllipticCurvePublicKey(curve=ec.SECP256R1()):
                key.verify(signature, covered, ec.ECDSA(SHA256()))
            case rsa.RSAPublicKey():
                key.verify(signature, covered, padding.PKCS1v15(), SHA256())
            case _:
                return False
    except InvalidSignature:
        return False
    return True


def _credential(claims: Mapping[str, Any], signer: Signer) -> Credential:
    given, family = (plain.words(claims.get(a)) or plain.words(claims.get(b)) for a, b in (("g", "gl"), ("f", "fl")))
    return Credential(
        format=NAME,
        kind=KIND,
        issuer=signer.issuer or "IL",
        credential_id=plain.words(claims.get("id")),
        holder=Holder(
            name=f"{given} {family}".strip() or None,
            birth_date=plain.words(claims.get("b")) or None,
            document=plain.words(claims.get("idp")) or plain.words(claims.get("idl")) or None,
        ),
        valid_from=_moment(claims.get("a")),
        valid_until=_end(claims.get("e")),
        vaccinations=tuple(_vaccinations(claims)),
        signer_valid_from=signer.valid_from,
        signer_valid_until=signer.valid_until,
        claims=claims,
    )


def _moment(value: object) -> datetime | None:
    text = plain.words(value)
    return cwt.instant(text) if text else None


def _end(value: object) -> datetime | None:
    """The end; a day without a time ends with its last second."""
    moment = _moment(value)
    whole_day = moment is not None and len(plain.words(value)) == len("2021-08-14")
    return moment + timedelta(days=1, seconds=-1) if moment is not None and whole_day else moment


def _vaccinations(claims: Mapping[str, Any]) -> Iterator[Vaccination]:
    """The doses in the order of their days: passes name the latest first."""
    doses = [dose for name, dose in claims.items() if _DOSE.fullmatch(name) and isinstance(dose, dict)]
    doses.sort(key=lambda dose: plain.words(dose.get("d")))
    for number, dose in enumerate(doses, start=1):
        product = plain.words(dose.get("vb")) or plain.words(dose.get("vv"))
        yield Vaccination(number, 0, cwt.day(dose.get("d")), product)
