"""DIVOC vaccination credentials (India and others): a ZIP with JSON-LD, signed over its canonical statements.

Source: DIVOC, "Verifying a certificate"; W3C Verifiable Credentials Data Model 1.1; LD signatures with RsaSignature2018
and PS256 (RFC 7797, salt 32). Several members share one term (`vaccine`, `batch` and `manufacturer`; `dose` and
`totalDoses`; `date` and `effectiveUntil`), so that exchanging their values leaves the signature whole. Hence every fact
is taken from the set of signed values, in a way that does not ask which member a value stood in.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

from kiosk.core.codecs import Rejected, cose, cwt, inflate, jsonld, malformed, plain, strict_json
from kiosk.core.codecs.jsonld_terms import SECURITY
from kiosk.core.model import Credential, Holder, Kind, Vaccination
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer, Trust

NAME = "divoc"
KIND = Kind.HEALTH
PREFIXES = ("B64:", "PK\x03\x04")  # an archive in base 64, or itself, a byte a character as scanners give it

MEMBER = "certificate.json"
PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # others ask for as much memory as they like
HEADER = {"alg": "PS256", "b64": False, "crit": ["b64"]}
_CRED, _SCHEMA = "https://www.w3.org/2018/credentials#", "https://schema.org/"
_VACCINES = {"covishield", "covaxin", "sputnik v", "sputnik light", "corbevax", "covovax", "zycov-d", "zycovd",
             "moderna", "spikevax", "comirnaty", "pfizer", "astrazeneca", "vaxzevria", "janssen", "sinopharm",
             "covilo", "coronavac", "sinovac"}  # fmt: skip


def decode(text: str, trust: Trust) -> Credential:
    """The credential in `text`, its signature verified with a key of `trust`.

    Raises Rejected: MALFORMED, UNSUPPORTED, UNKNOWN_ISSUER or BAD_SIGNATURE.
    """
    document = strict_json.decode(_member(text))
    if not isinstance(document, dict) or not isinstance(proof := document.pop("proof", None), dict):
        raise malformed("DIVOC: no signed credential")
    detached = proof.pop("jws", None)
    if not isinstance(detached, str):
        raise malformed("DIVOC: no signature")
    head, signature = _detached(detached)
    known = _candidates(proof, trust)
    covered = jsonld.canonical(document, trust.contexts)
    options = jsonld.canonical({**proof, "@context": SECURITY}, {})
    signed = head.encode() + b"." + sha256(options.encode()).digest() + sha256(covered.encode()).digest()
    signer = next((s for s in known if cose.made(s.key, cose.Algorithm.PS256, signature, signed)), None)
    if signer is None:
        raise Rejected(Reason.BAD_SIGNATURE)
    return _credential(jsonld.statements(covered), signer)


def _member(text: str) -> bytes:
    """The one file in the archive, at most 64 KiB."""
    try:
        encoded = text.startswith(PREFIXES[0])
        data = b64decode(text.removeprefix(PREFIXES[0]), validate=True) if encoded else text.encode("latin-1")
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if archive.namelist() != [MEMBER]:
                raise malformed("DIVOC: not the one file")
            if archive.infolist()[0].compress_type not in PACKED:
                raise malformed("DIVOC: packed otherwise")
            with archive.open(MEMBER) as file:
                content = file.read(inflate.LIMIT + 1)
    except (ValueError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        raise malformed("DIVOC: not an archive") from None
    if len(content) > inflate.LIMIT:
        raise malformed("DIVOC: larger than any credential may be")
    return content


def _detached(text: str) -> tuple[str, bytes]:
    """The header as it was signed and the signature of a JWS without its payload (RFC 7797)."""
    head, _, rest = text.partition(".")
    empty, _, made = rest.partition(".")
    if empty or strict_json.decode(plain.base64url(head)) != HEADER:
        raise Rejected(Reason.UNSUPPORTED, "DIVOC: signed otherwise than with a detached PS256")
    return head, plain.base64url(made)


def _candidates(proof: Mapping[str, Any], trust: Trust) -> tuple[Signer, ...]:
    """The keys that may have signed: those listed under the name that the proof gives, or under none."""
    method = proof.get("verificationMethod")
    known = trust.named(NAME, method.encode("utf-8", "replace") if isinstance(method, str) else b"")
    if not known:
        raise Rejected(Reason.UNKNOWN_ISSUER)
    return known


def _credential(said: jsonld.Statements, signer: Signer) -> Credential:
    (root,) = _one(said.subjects(jsonld.TYPE, f"{_CRED}VerifiableCredential"))
    (subject,) = _one(said.objects(root, f"{_CRED}credentialSubject"))
    events = said.objects(root, f"{_CRED}evidence")
    names = said.objects(subject, f"{_SCHEMA}name")
    born = said.objects(subject, f"{_SCHEMA}birthDate")
    issuer = next(iter(said.objects(root, f"{_CRED}issuer")), "")
    return Credential(
        format=NAME,
        kind=KIND,
        issuer=signer.issuer or plain.words(issuer),
        credential_id=next((plain.words(e) for e in events if not e.startswith("_:")), None),
        holder=Holder(
            name=plain.words(names[0]) if len(names) == 1 else None,
            birth_date=plain.words(born[0]) if len(born) == 1 else None,
            document=None if subject.startswith("_:") else plain.words(subject.rpartition(":")[2]) or None,
        ),
        valid_from=_moment(said.objects(root, f"{_CRED}issuanceDate")),
        valid_until=_moment(said.objects(root, f"{_CRED}expirationDate")),
        vaccinations=tuple(_vaccinations(said, events)),
        signer_valid_from=signer.valid_from,
        signer_valid_until=signer.valid_until,
        claims={"statements": json.dumps([[*place, *objects] for place, objects in sorted(said.by_subject.items())])},
        issued=_moment(said.objects(root, f"{_CRED}issuanceDate")),
        issuer_listed=bool(signer.issuer),
    )


def _one(found: tuple[str, ...]) -> tuple[str]:
    if len(found) != 1:
        raise malformed("DIVOC: not one credential about one person")
    return (found[0],)


def _moment(found: tuple[str, ...]) -> datetime | None:
    return cwt.instant(found[0]) if len(found) == 1 else None


def _vaccinations(said: jsonld.Statements, events: tuple[str, ...]) -> Iterator[Vaccination]:
    """Each event as its set of values tells it: the smaller number is the dose, a value with a time is the day."""
    for event in events:
        numbers = sorted(int(n) for n in said.objects(event, f"{_SCHEMA}doseValue") if n.isascii() and n.isdigit())
        doses, of = (numbers[0], numbers[-1]) if numbers and len(numbers) <= 2 and numbers[-1] < 100 else (0, 0)
        dates = said.objects(event, f"{_SCHEMA}date")
        timed = [value for value in dates if "T" in value] or list(dates)
        products = [v for v in said.objects(event, f"{_SCHEMA}id") if v.strip().lower() in _VACCINES]
        yield Vaccination(doses, of, _day(timed), plain.words(products[0]) if len(products) == 1 else "")


def _day(values: list[str]) -> date | None:
    """The one day of several values, the earliest where they differ; None where none is a day."""
    days = []
    for value in values:
        try:
            days.append(date.fromisoformat(value[:10]))
        except ValueError:
            return None
    return min(days, default=None)
