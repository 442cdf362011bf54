"""SMART Health Cards made with a throw-away key: for tests of the format and for the public suite's bare payloads."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from kiosk.core.codecs import jwk
from kiosk.core.trust import Trust
from kiosk.core.trust.parse import parse

ISSUER = "https://issuer.example/cards"
NBF = 1_795_000_000  # 2026-11-18


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def es256(key: ec.EllipticCurvePrivateKey, covered: bytes) -> bytes:
    """r and s, 32 bytes each."""
    r, s = decode_dss_signature(key.sign(covered, ec.ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def jwk_of(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    x, y = (b64(n.to_bytes(32, "big")) for n in (numbers.x, numbers.y))
    bare = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    return {**bare, "use": "sig", "alg": "ES256", "kid": jwk.thumbprint(bare)}


class Issuer:
    """One issuer of cards."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.jwk = jwk_of(self.key)

    def trust(self, iss: str | None = ISSUER) -> Trust:
        tree = {"keys": [self.jwk], **({"iss": iss} if iss else {})}
        return parse(json.dumps(tree).encode(), "jwks.json")

    def token(self, payload: object, key: ec.EllipticCurvePrivateKey | None = None, **header: object) -> str:
        """The JWS over `payload`, which may be bytes already compressed; `header` changes members, None removes."""
        data = payload if isinstance(payload, bytes) else deflate(json.dumps(payload).encode())
        members = {"zip": "DEF", "alg": "ES256", "kid": self.jwk["kid"], **header}
        stated = {name: value for name, value in members.items() if value is not None}
        covered = f"{b64(json.dumps(stated).encode())}.{b64(data)}"
        return f"{covered}.{b64(es256(key or self.key, covered.encode()))}"

    def card(self, payload: object | None = None, **header: object) -> str:
        return qr(self.token(card() if payload is None else payload, **header))


def deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(9, wbits=-15)
    return stream.compress(data) + stream.flush()


def digits(token: str) -> str:
    return "".join(f"{ord(character) - 45:02}" for character in token)


def qr(token: str) -> str:
    return "shc:/" + digits(token)


def parts(token: str, count: int) -> list[str]:
    size = -(-len(token) // count)
    chunks = [token[at : at + size] for at in range(0, len(token), size)]
    return [f"shc:/{index}/{len(chunks)}/{digits(chunk)}" for index, chunk in enumerate(chunks, start=1)]


def card(*resources: dict[str, Any], rid: str | None = None, **claims: object) -> dict[str, Any]:
    """A payload: a patient and `resources`, one vaccination where none is given."""
    patient = {"resourceType": "Patient", "name": [{"family": "Muster", "given": ["Anna", "B."]}],
               "birthDate": "1980-02-29"}  # fmt: skip
    entries = [{"fullUrl": f"resource:{n}", "resource": r} for n, r in enumerate((patient, *(resources or (dose(),))))]
    vc: dict[str, Any] = {
        "type": ["https://smarthealth.cards#health-card", "https://smarthealth.cards#immunization"],
        "credentialSubject": {
            "fhirVersion": "4.0.1",
            "fhirBundle": {"resourceType": "Bundle", "type": "collection", "entry": entries},
        },
    }
    if rid:
        vc["rid"] = rid
    return {"iss": ISSUER, "nbf": NBF, "vc": vc, **claims}


def dose(on: str = "2021-01-01", status: str = "completed", code: str = "207") -> dict[str, Any]:
    return {"resourceType": "Immunization", "status": status, "occurrenceDateTime": on,
            "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": code}]},
            "patient": {"reference": "resource:0"}}  # fmt: skip


def result(code: str = "260415000", at: str = "2026-11-20T09:00:00+08:00", kind: str = "94500-6") -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "effectiveDateTime": at,
            "code": {"coding": [{"system": "http://loinc.org", "code": kind}]},
            "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": code}]}}  # fmt: skip
