"""ICAO Visible Digital Seal for non-constrained environments: JSON that carries its signer's certificate.

The certificate counts when it is itself on a list, or when an authority of a list signed it. Source: ICAO Technical
Report "VDS-NC" 1.2 §3-5; RFC 8785; RFC 5280.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import rfc8785

from kiosk.core import model
from kiosk.core.codecs import Rejected, chain, cose, cwt, malformed, plain, strict_json
from kiosk.core.model import Credential, Holder, Kind, Vaccination
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer, Trust

NAME = "vds_nc"
KIND = Kind.HEALTH
PREFIXES: tuple[str, ...] = ()

TYPES = ("icao.test", "icao.vacc")
_RESULTS = {"negative": model.TestResult.NEGATIVE, "not detected": model.TestResult.NEGATIVE,
            "positive": model.TestResult.POSITIVE, "detected": model.TestResult.POSITIVE}  # fmt: skip


def sniff(text: str, _trust: Trust) -> bool:
    """JSON that names one of the two types of seal."""
    return text.startswith("{") and any(f'"{name}"' in text for name in TYPES)


def decode(text: str, trust: Trust) -> Credential:
    """The seal in `text`, its signature verified, and its certificate traced to one of `trust`.

    Raises Rejected: MALFORMED, UNSUPPORTED, UNKNOWN_ISSUER or BAD_SIGNATURE.
    """
    match strict_json.decode(text):
        case {
            "data": {"hdr": {"t": str(kind), "v": 1, **header}, "msg": dict(message)} as data,
            "sig": {"alg": str(algorithm), "cer": str(certificate), "sigvl": str(signature)},
        } if kind in TYPES:
            pass
        case _:
            raise malformed("VDS-NC: not a seal of version 1")
    if algorithm != "ES256":
        raise Rejected(Reason.UNSUPPORTED, "VDS-NC: signed otherwise than with ES256")
    signer = chain.signer(plain.base64url(certificate), NAME, trust)
    try:
        covered = rfc8785.dumps(data)
    except (rfc8785.CanonicalizationError, ValueError):
        raise malformed("VDS-NC: numbers that have no canonical form") from None
    if not cose.made(signer.key, cose.Algorithm.ES256, plain.base64url(signature), covered):
        raise Rejected(Reason.BAD_SIGNATURE)
    return _credential(data, message, plain.words(header.get("is")), signer)


def _credential(data: Mapping[str, Any], message: Mapping[str, Any], state: str, signer: Signer) -> Credential:
    person = message.get("pid")
    person = person if isinstance(person, dict) else {}
    number = next((plain.words(person.get(name)) for name in ("i", "dn") if plain.words(person.get(name))), "")
    return Credential(
        format=NAME,
        kind=KIND,
        issuer=signer.issuer or state,
        credential_id=plain.words(message.get("uvci")) or plain.words(message.get("utci")) or None,
        holder=Holder(
            name=plain.words(person.get("n")) or None,
            birth_date=plain.words(person.get("dob")) or None,
            document=number or None,
        ),
        valid_from=None,
        valid_until=None,
        tests=tuple(_tests(message)),
        vaccinations=tuple(_vaccinations(message)),
        signer_valid_from=signer.valid_from,
        signer_valid_until=signer.valid_until,
        claims=data,
        issuer_listed=bool(signer.issuer),
    )


def _tests(message: Mapping[str, Any]) -> Iterator[model.Test]:
    """The test of a seal; none where the time of its sample cannot be told."""
    match message:
        case {"dat": {"sc": str(sampled)}, "tr": {"r": str(result), **more}}:
            try:
                at = cwt.instant(sampled)
            except Rejected:
                return
            kind = plain.words(more.get("tc")).lower()
            method = "nucleic_acid" if "pcr" in kind or "molecular" in kind else "antigen" if "antigen" in kind else ""
            yield model.Test(_RESULTS.get(result.lower(), model.TestResult.UNKNOWN), at, method)


def _vaccinations(message: Mapping[str, Any]) -> Iterator[Vaccination]:
    events = message.get("ve")
    for event in events if isinstance(events, list) else []:
        match event:
            case {"vd": list(doses)}:
                product = plain.words(event.get("nam")) or plain.words(event.get("des"))
                for number, dose in enumerate((d for d in doses if isinstance(d, dict)), start=1):
                    yield Vaccination(_sequence(dose.get("seq"), number), 0, cwt.day(dose.get("dvc")), product)


def _sequence(stated: object, otherwise: int) -> int:
    text = str(stated) if isinstance(stated, str | int) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else otherwise
