"""EU Digital COVID Certificate (HC1:).  Source: eHealth Network, HCERT specification 1.0.5, §3-4; schema 1.3.0."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from cbor2 import CBORTag

from kiosk.core import model
from kiosk.core.codecs import Rejected, base45, cbor, cose, cwt, ddcc, inflate, malformed, plain
from kiosk.core.model import Credential, Holder, Kind, Recovery, Vaccination
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer, Trust

NAME = "eu_dcc"
KIND = Kind.HEALTH
PREFIXES = ("HC1:",)

HCERT, DCC_V1 = -260, 1  # the claim, and the key of the certificate in it (§3.3.6)
GROUPS = {"t": "test", "v": "vaccination", "r": "recovery"}  # the member, and the key usage it needs
_TAG = re.compile(rb"[\xc0\xc1]")  # the first byte of a date's tag; where none is, there is no tag to take away
_RESULTS = {"260415000": model.TestResult.NEGATIVE, "260373001": model.TestResult.POSITIVE}  # SNOMED CT
_METHODS = {"LP6464-4": "nucleic_acid", "LP217198-3": "antigen"}  # LOINC


def decode(text: str, trust: Trust) -> Credential:
    """The certificate in `text`, its signature verified with a key of `trust`.

    Raises Rejected: MALFORMED, UNSUPPORTED, UNKNOWN_ISSUER, BAD_SIGNATURE or WRONG_KEY_USAGE.
    Times are not judged here: `kiosk/core/validity.py` does, against the visit's own clock.
    """
    message = cose.parse(inflate.inflate(base45.decode(text.removeprefix(PREFIXES[0]))))
    made_it = cose.signers(message, trust.find(NAME, message.kid))
    claims = cbor.decode(message.payload, tags=cwt.DATE_TAGS)
    if (status := ddcc.statement(claims)) is not None:
        return ddcc.credential(NAME, claims, status, _allowed(made_it, frozenset({ddcc.USAGE})))
    certificate = _certificate(claims)
    needed = frozenset(usage for member, usage in GROUPS.items() if certificate.get(member))
    return _credential(claims, certificate, _allowed(made_it, needed), message)


def _allowed(made_it: tuple[Signer, ...], needed: frozenset[str]) -> Signer:
    """The first of the signers that may sign all of this. Raises Rejected(WRONG_KEY_USAGE)."""
    allowed = [s for s in made_it if not s.usages or needed <= s.usages]
    if not allowed:
        raise Rejected(Reason.WRONG_KEY_USAGE)
    return allowed[0]


def _digests(claims: Mapping[Any, Any], certificate: Mapping[str, Any], message: cose.Message) -> Iterator[bytes]:
    """The hashes by which the gateway's revocation lists name a certificate: UCI, COUNTRYCODEUCI and SIGNATURE.

    Of an ES256 signature only r counts: s can be changed by anybody. Source: EU gateway, revocation, §hash types.
    """
    country = plain.words(claims.get(cwt.ISSUER))
    for member in GROUPS:
        for entry in _entries(certificate, member):
            if uci := plain.words(entry.get("ci")):
                yield from (sha256(text.encode()).digest() for text in (uci, country + uci))
    fixed = message.signature[: cose.COORDINATE] if message.algorithm is cose.Algorithm.ES256 else message.signature
    yield sha256(fixed).digest()


def encode(
    certificate: Mapping[str, object],
    *,
    issuer: str,
    valid_from: datetime,
    valid_until: datetime,
    key: cose.PrivateKey,
    kid: bytes,
) -> str:
    """A certificate as the text of its QR code. For tests and for the simulated street: the key is the caller's."""
    claims = {
        cwt.ISSUER: issuer,
        cwt.EXPIRES: int(valid_until.timestamp()),
        cwt.ISSUED: int(valid_from.timestamp()),
        HCERT: {DCC_V1: dict(certificate)},
    }
    return PREFIXES[0] + base45.encode(inflate.deflate(cose.sign1(cbor.encode(claims), key, kid)))


def _certificate(claims: object) -> dict[str, Any]:
    """The certificate among the claims, which must state at least one test, vaccination or recovery."""
    claim = claims.get(HCERT) if isinstance(claims, dict) else None
    certificate = claim.get(DCC_V1) if isinstance(claim, dict) else None
    if not isinstance(certificate, dict) or not any(_entries(certificate, member) for member in GROUPS):
        raise malformed("DCC: no certificate in the token")
    return certificate


def _credential(
    claims: Mapping[Any, Any], certificate: dict[str, Any], signer: Signer, message: cose.Message
) -> Credential:
    """The facts that the signature covers. What an issuer wrote in no known form is left out, not guessed."""
    stated = [entry for member in GROUPS for entry in _entries(certificate, member)]
    starts = [t for t in (cwt.moment(claims.get(cwt.ISSUED)), cwt.moment(claims.get(cwt.NOT_BEFORE))) if t]
    return Credential(
        format=NAME,
        kind=KIND,
        issuer=signer.issuer or plain.words(claims.get(cwt.ISSUER)),
        credential_id=next((ci for ci in (plain.words(entry.get("ci")) for entry in stated) if ci), None),
        holder=_holder(certificate),
        valid_from=max(starts, default=None),
        valid_until=cwt.moment(claims.get(cwt.EXPIRES)),
        tests=tuple(t for t in map(_test, _entries(certificate, "t")) if t),
        vaccinations=tuple(map(_vaccination, _entries(certificate, "v"))),
        recoveries=tuple(map(_recovery, _entries(certificate, "r"))),
        signer_valid_from=signer.valid_from,
        signer_valid_until=signer.valid_until,
        kid=signer.kid,
        issuer_listed=bool(signer.issuer),
        claims=_without_tags(certificate) if _TAG.search(message.payload) else certificate,
        digests=tuple(_digests(claims, certificate, message)),
    )


def _entries(certificate: Mapping[str, Any], member: str) -> list[dict[str, Any]]:
    entries = certificate.get(member)
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def _holder(certificate: Mapping[str, Any]) -> Holder:
    names = certificate.get("nam")
    names = names if isinstance(names, dict) else {}
    given, family = (plain.words(names.get(a)) or plain.words(names.get(b)) for a, b in (("gn", "gnt"), ("fn", "fnt")))
    born = plain.words(certificate.get("dob"))[:10]  # some issuers append a time of day
    return Holder(name=f"{given} {family}".strip() or None, birth_date=born or None)


def _test(entry: Mapping[str, Any]) -> model.Test | None:
    """None where the time of the sample cannot be told: an undated test proves nothing."""
    try:
        sampled = cwt.moment(entry["sc"]) if isinstance(entry["sc"], CBORTag) else cwt.instant(entry["sc"])
    except (Rejected, KeyError, TypeError):
        return None
    if sampled is None:
        return None
    result = _RESULTS.get(plain.words(entry.get("tr")), model.TestResult.UNKNOWN)
    return model.Test(result, sampled, _METHODS.get(plain.words(entry.get("tt")), ""))


def _vaccination(entry: Mapping[str, Any]) -> Vaccination:
    doses, of = _count(entry.get("dn")), _count(entry.get("sd"))
    return Vaccination(doses, of, _day(entry.get("dt")), plain.words(entry.get("mp")))


def _recovery(entry: Mapping[str, Any]) -> Recovery:
    return Recovery(_day(entry.get("fr")), _day(entry.get("df")), _day(entry.get("du")))


def _count(value: object) -> int:
    """A number of doses; 0 where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 100 else 0


def _day(value: object) -> date | None:
    return cwt.day(value.value if isinstance(value, CBORTag) else value)


def _without_tags(value: Any) -> Any:
    """The payload as JSON would have it: tagged dates become what they hold."""
    match value:
        case CBORTag():
            return value.value
        case dict():
            return {key: _without_tags(member) for key, member in value.items()}
        case list():
            return [_without_tags(member) for member in value]
        case _:
            return value
