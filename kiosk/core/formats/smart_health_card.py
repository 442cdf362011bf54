"""SMART Health Card (shc:/): FHIR resources in a compressed JWS, as digits in one QR code or several.

Source: SMART Health Cards Framework 1.4 ("Health Cards are Encoded as Compact Serialization JWS", "Encoding QRs",
"Revocation"); RFC 7515; HL7 FHIR R4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from kiosk.core import model
from kiosk.core.codecs import Rejected, cwt, inflate, jws, malformed, plain, strict_json
from kiosk.core.model import Credential, Holder, Kind, Part, Vaccination
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer, Trust

NAME = "smart_health_card"
KIND = Kind.HEALTH
PREFIXES = ("shc:/",)

MAX_PARTS = 99
MAX_PART = 1191  # characters of the JWS in one of several codes; each is two digits
BOM = b"\xef\xbb\xbf"
OFFSET = 45  # a pair of digits is a character's number less that of "-"
CARD_TYPE = "https://smarthealth.cards#health-card"
LAST_YEAR = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
_JWS = re.compile(r"eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")
_PART = re.compile(r"([1-9][0-9]?)/([1-9][0-9]?)/([0-9]*)")
_DETECTED, _NOT_DETECTED = {"260373001", "10828004", "52101004"}, {"260415000", "260385009", "2667000"}  # SNOMED CT
_ANTIGEN = {"94558-4", "97097-0", "95209-3", "96119-3"}  # LOINC; other tests are left without a method
_NUCLEIC_ACID = {"94500-6", "94309-2", "94559-2", "94845-5", "95406-5", "94759-8", "94533-7", "94534-5"}


def sniff(text: str, _trust: Trust) -> bool:
    """A JWS as a card is stored in a file."""
    return _JWS.fullmatch(text) is not None


def decode(text: str, trust: Trust) -> Credential | Part:
    """The card in `text`, its signature verified with a key of `trust` that belongs to its issuer; or one part of it.

    Raises Rejected: MALFORMED, UNSUPPORTED, UNKNOWN_ISSUER or BAD_SIGNATURE.
    """
    token = text
    if text.startswith(PREFIXES[0]):
        body = text.removeprefix(PREFIXES[0])
        part = _part(body) if "/" in body else None
        if part is not None and part.count > 1:
            return part
        token = _characters(body if part is None else part.text.removeprefix(PREFIXES[0]))
    stated = jws.parse(token)
    if stated.algorithm != "ES256" or stated.header.get("zip") != "DEF":
        raise Rejected(Reason.UNSUPPORTED, "SHC: signed or compressed otherwise")
    known = trust.find(NAME, stated.kid.encode())
    payload, _ = jws.verify(token, known)
    content = inflate.inflate(payload, raw=True)
    if content.startswith(BOM):
        raise malformed("SHC: a byte order mark, which RFC 8259 §8.1 forbids to send")
    claims = strict_json.decode(content)
    if not isinstance(claims, dict) or not isinstance(issuer := claims.get("iss"), str):
        raise malformed("SHC: no issuer")
    signer = next((s for s in known if s.issuer in ("", issuer)), None)
    if signer is None:  # the key is known, but as another issuer's
        raise Rejected(Reason.UNKNOWN_ISSUER)
    return _credential(claims, stated.kid, issuer, signer)


def _part(body: str) -> Part:
    """The part that `body` says to be; `shc:/1/1/` is a whole card."""
    match = _PART.fullmatch(body)
    if match is None:
        raise malformed("SHC: not digits")
    index, count, digits = int(match[1]), int(match[2]), match[3]
    if index > count or count > MAX_PARTS:
        raise malformed("SHC: a part beyond the last")
    if len(digits) % 2 or (count > 1 and len(digits) > 2 * MAX_PART):
        raise malformed("SHC: a part of a length that none has")
    return Part(NAME, KIND, index, count, (PREFIXES[0] if index == 1 else "") + digits)


def _characters(digits: str) -> str:
    if len(digits) % 2 or not digits.isascii() or not digits.isdigit():
        raise malformed("SHC: not pairs of digits")
    pairs = (int(digits[at : at + 2]) for at in range(0, len(digits), 2))
    return "".join(chr(pair + OFFSET) for pair in pairs)


def _credential(claims: Mapping[str, Any], kid: str, issuer: str, signer: Signer) -> Credential:
    vc = claims.get("vc")
    subject = vc.get("credentialSubject") if isinstance(vc, dict) else None
    bundle = subject.get("fhirBundle") if isinstance(subject, dict) else None
    if not isinstance(vc, dict) or not isinstance(bundle, dict) or CARD_TYPE not in _list(vc.get("type")):
        raise malformed("SHC: no health card in it")
    _require_values(bundle)
    since = cwt.moment(claims.get("nbf"))
    if since is None:
        raise malformed("SHC: no time of issue")
    resources = [e["resource"] for e in _dicts(bundle.get("entry")) if isinstance(e.get("resource"), dict)]
    rid = plain.words(vc.get("rid"))
    return Credential(
        format=NAME,
        kind=KIND,
        issuer=plain.words(issuer),
        credential_id=f"{kid}/{rid}" if rid else None,
        holder=_holder(_of_type(resources, "Patient")),
        valid_from=since,
        valid_until=_until(claims.get("exp")),
        tests=tuple(t for t in map(_test, _of_type(resources, "Observation")) if t),
        vaccinations=tuple(_vaccinations(_of_type(resources, "Immunization"))),
        signer_valid_from=signer.valid_from,
        signer_valid_until=signer.valid_until,
        claims=claims,
        issuer_listed=bool(signer.issuer),
        issued=since,
    )


def _until(value: object) -> datetime | None:
    """The end; None where there is none, and for one beyond the year 9999 (some issuers write milliseconds)."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value > LAST_YEAR:
        return None
    return cwt.moment(value)


def _require_values(node: object) -> None:
    """FHIR knows no empty object, list or text (R4 §2.6.2): what has one was not made by its rules."""
    if node in ({}, [], ""):
        raise malformed("SHC: an empty element")
    for member in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _require_values(member)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> list[dict[str, Any]]:
    return [member for member in _list(value) if isinstance(member, dict)]


def _of_type(resources: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [resource for resource in resources if resource.get("resourceType") == name]


def _codes(concept: object) -> list[str]:
    """The codes of a CodeableConcept."""
    return [plain.words(c.get("code")) for c in _dicts(concept.get("coding"))] if isinstance(concept, dict) else []


def _holder(patients: list[dict[str, Any]]) -> Holder:
    if len(patients) != 1:
        raise malformed("SHC: not one patient")
    name = next(iter(_dicts(patients[0].get("name"))), {})
    given = " ".join(plain.words(part) for part in _list(name.get("given")))
    full = plain.words(f"{given} {plain.words(name.get('family'))}") or plain.words(name.get("text"))
    return Holder(name=full or None, birth_date=plain.words(patients[0].get("birthDate")) or None)


def _test(resource: Mapping[str, Any]) -> model.Test | None:
    """None where the time cannot be told, or the result is not final."""
    if resource.get("status") not in ("final", "amended", "corrected"):
        return None
    try:
        sampled = cwt.instant(plain.words(resource.get("effectiveDateTime")))
    except Rejected:
        return None
    found = {*_codes(resource.get("valueCodeableConcept"))}
    result = model.TestResult.UNKNOWN
    if found & _DETECTED:
        result = model.TestResult.POSITIVE
    elif found & _NOT_DETECTED:
        result = model.TestResult.NEGATIVE
    kinds = {*_codes(resource.get("code"))}
    method = "antigen" if kinds & _ANTIGEN else "nucleic_acid" if kinds & _NUCLEIC_ACID else ""
    return model.Test(result, sampled, method)


def _vaccinations(resources: list[dict[str, Any]]) -> Iterator[Vaccination]:
    """Those that were given, in the order of their days; a card does not say how many there should be."""
    given = [r for r in resources if r.get("status") == "completed"]
    given.sort(key=lambda r: plain.words(r.get("occurrenceDateTime")))
    for number, resource in enumerate(given, start=1):
        product = next(iter(_codes(resource.get("vaccineCode"))), "")
        yield Vaccination(number, 0, cwt.day(resource.get("occurrenceDateTime")), product)
