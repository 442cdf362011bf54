"""Codes of the world's formats, made with throw-away keys, each with the trust that knows its signer.

issuer = abroad.NzPass();  issuer.code(givenName="Jack");  issuer.trust
"""

from __future__ import annotations

import json
import zipfile
from base64 import b32encode, b64encode
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.core.codecs import cbor, cose, jsonld
from kiosk.core.codecs.jsonld_terms import COWIN, CREDENTIALS, SECURITY
from kiosk.core.trust import Signer, Trust
from kiosk.core.trust.parse import parse
from tests.support.cards import b64, es256, jwk_of

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
DID = "did:web:issuer.example"


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def der(public: Any) -> bytes:
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class NzPass:
    """One issuer of NZ passes and its DID document."""

    def __init__(self) -> None:
        self.key = key()
        self.trust = parse(json.dumps(self.document()).encode(), "did.json")

    def document(self, **changed: object) -> dict[str, Any]:
        method = {"id": f"{DID}#key-1", "controller": DID, "type": "JsonWebKey2020", "publicKeyJwk": jwk_of(self.key)}
        method["publicKeyJwk"] = {m: method["publicKeyJwk"][m] for m in ("kty", "crv", "x", "y")}
        return {"@context": "https://w3.org/ns/did/v1", "id": DID, "verificationMethod": [method],
                "assertionMethod": [f"{DID}#key-1"], **changed}  # fmt: skip

    def claims(self, **changed: object) -> dict[Any, Any]:
        vc = {
            "@context": ["https://www.w3.org/2018/credentials/v1", "https://example/contexts/v1"],
            "version": "1.0.0",
            "type": ["VerifiableCredential", "PublicCovidPass"],
            "credentialSubject": {"givenName": "Anna", "familyName": "Muster", "dob": "1980-02-29"},
        }
        return {1: DID, 4: int(UNTIL.timestamp()), 5: int(SINCE.timestamp()), 7: bytes(range(16)),
                "vc": {**vc, **changed}}  # fmt: skip

    def code(self, claims: Any = None, kid: bytes = b"key-1", signed_by: Any = None) -> str:
        payload = cbor.encode(self.claims() if claims is None else claims)
        return "NZCP:/1/" + b32encode(cose.sign1(payload, signed_by or self.key, kid)).decode().rstrip("=")


def certificate(
    subject: str, public: Any, issuer: str, signer: ec.EllipticCurvePrivateKey, *, authority: bool = False
) -> bytes:
    def name(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common),
                          x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "UT")])  # fmt: skip

    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(SINCE)
        .not_valid_after(UNTIL)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    return builder.sign(signer, SHA256()).public_bytes(Encoding.DER)


class Seals:
    """A country that issues VDS-NC: its authority, and a signer below it."""

    def __init__(self) -> None:
        self.authority_key, self.key = key(), key()
        self.authority = certificate(
            "CSCA", self.authority_key.public_key(), "CSCA", self.authority_key, authority=True
        )
        self.signer = certificate("DSC", self.key.public_key(), "CSCA", self.authority_key)
        self.trust = parse(self.authority, "csca.der")

    def message(self, **changed: object) -> dict[str, Any]:
        dose = {"dvc": "2021-03-03", "seq": 1, "ctr": "UTO", "adm": "Clinic"}
        return {"uvci": "U1", "pid": {"n": "Muster  Anna", "dob": "1980-02-29", "i": "X123"},
                "ve": [{"des": "XM68M6", "nam": "Comirnaty", "dis": "RA01.0", "vd": [dose]}], **changed}  # fmt: skip

    def code(
        self, message: Any = None, certificate: bytes | None = None, kind: str = "icao.vacc", **signature: object
    ) -> str:
        data = {"hdr": {"t": kind, "v": 1, "is": "UTO"}, "msg": self.message() if message is None else message}
        made = b64(es256(self.key, rfc8785.dumps(data)))
        seal = {"alg": "ES256", "sigvl": made, "cer": b64(certificate or self.signer), **signature}
        return json.dumps({"data": data, "sig": seal}, ensure_ascii=False)


class Ramzor:
    """The issuer of Green Passes."""

    def __init__(self) -> None:
        self.key = key()
        self.trust = parse(der(self.key.public_key()), "ramzor.der")

    def code(self, **changed: object) -> str:
        claims = {"id": "01/IL/1#A", "et": 3, "ct": 6, "g": "Moshe", "f": "Cohen", "idl": "", "idp": "0098",
                  "b": "1990-02-07", "a": "2026-02-15", "e": "2026-12-14 00:00:00",
                  "d1": {"d": "2021-02-08", "vb": "BNT162b2"}, "d2": {"d": "2021-01-17", "vv": "Pfizer"}}  # fmt: skip
        covered = json.dumps({**claims, **changed}, ensure_ascii=False)
        signature = self.key.sign(covered.encode(), ec.ECDSA(SHA256()))
        return f"{b64encode(signature).decode()}#{covered}"


class Posters:
    """The issuer of NHS posters."""

    def __init__(self) -> None:
        self.key = key()
        self.trust = Trust(signers=(Signer("nhs_poster", b"3", self.key.public_key(), "GB"),))

    def code(self, claims: Any = None, version: str = "1", **header: object) -> str:
        stated = {"alg": "ES256", "typ": "JWT", "kid": "3", **header}
        place = {"id": "4WT59M5Y", "opn": "South Gate", "pc": "AB1"} if claims is None else claims
        covered = f"{b64(json.dumps(stated).encode())}.{b64(json.dumps(place).encode())}"
        return f"UKC19TRACING:{version}:{covered}.{b64(es256(self.key, covered.encode()))}"


class Divoc:
    """An issuer of DIVOC credentials."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.trust = Trust(signers=(Signer("divoc", b"did:issuer", self.key.public_key(), "IN"),))

    def body(self, **changed: object) -> dict[str, Any]:
        event = {"id": "https://issuer.example/vaccine/1", "type": ["Vaccination"], "certificateId": "1",
                 "batch": "B7", "vaccine": "COVISHIELD", "manufacturer": "Institute", "dose": 1, "totalDoses": 2,
                 "date": "2021-03-03T04:28:43.134Z", "effectiveStart": "2021-03-03", "effectiveUntil": "2021-03-03",
                 "verifier": {"name": "V"}, "facility": {"name": "F", "address": {"city": "C"}}}  # fmt: skip
        return {"@context": [CREDENTIALS, COWIN], "type": ["VerifiableCredential", "ProofOfVaccinationCredential"],
                "credentialSubject": {"type": "Person", "id": "did:Passport:P1", "name": "Anna Muster", "age": "41"},
                "issuer": "https://issuer.example/", "issuanceDate": "2026-03-03T04:28:46.012Z",
                "evidence": [event], "nonTransferable": "true", **changed}  # fmt: skip

    def signed(self, body: dict[str, Any] | None = None, more: Any = None, **options: object) -> dict[str, Any]:
        document = self.body() if body is None else body
        proof = {"type": "RsaSignature2018", "created": "2026-03-03T04:28:46Z", "verificationMethod": "did:issuer",
                 "proofPurpose": "assertionMethod", **options}  # fmt: skip
        head = b64(b'{"alg":"PS256","b64":false,"crit":["b64"]}')
        parts = (jsonld.canonical({"@context": SECURITY, **proof}, {}), jsonld.canonical(document, more or {}))
        covered = head.encode() + b"." + b"".join(sha256(part.encode()).digest() for part in parts)
        pss = padding.PSS(padding.MGF1(SHA256()), 32)
        return {**document, "proof": {**proof, "jws": f"{head}..{b64(self.key.sign(covered, pss, SHA256()))}"}}

    def code(self, document: Any = None) -> str:
        return zipped(json.dumps(self.signed() if document is None else document).encode())


def zipped(content: bytes, name: str = "certificate.json") -> str:
    """The one file in an archive, as the text of a code."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return "B64:" + b64encode(archive.getvalue()).decode()


def tracer(**changed: object) -> str:
    place = {"gln": "7000000243950", "ver": "c19:1", "typ": "entry", "opn": "South Gate", "adr": "Unit 1\nRoad 5"}
    return "NZCOVIDTRACER:" + b64encode(json.dumps({**place, **changed}).encode()).decode()


def varint(value: int) -> bytes:
    out = bytearray()
    while True:
        out.append(value & 0x7F | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def protobuf(*fields: tuple[int, int | str | bytes]) -> bytes:
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def crowd(name: str = "Party", address: str = "Home", begins: int = 0, ends: int = 0) -> bytes:
    where = protobuf(
        (1, 1), (2, name), (3, address), *([(4, begins)] if begins else []), *([(5, ends)] if ends else [])
    )
    return protobuf((1, 1), (2, where), (3, protobuf((1, 1), (2, b"k" * 96), (3, b"s" * 16))), (4, b"\x08\x01"))


def corona_warn_app(**place: Any) -> str:
    return "https://e.coronawarn.app?v=1#" + b64(crowd(**place))


def notify_me(version: int = 3, **place: Any) -> str:
    if version == 3:
        return "https://qr.notify-me.ch?v=3#" + b64(crowd(**place))
    if version == 2:
        content = protobuf((1, "Office"), (2, "Zurich"), (3, "5"), (4, 1), (5, b"n" * 32), (6, 1_795_000_000_000))
        return "https://qr.notify-me.ch/?v=2#" + b64(protobuf((1, 2), (2, content), (3, b"k" * 96)))
    content = protobuf((1, 1), (2, b"k" * 32), (3, "Office"), (4, "Zurich"), (5, "5"), (6, 0), (7, b"n" * 32))
    return "https://qr.notify-me.ch/#" + b64(protobuf((1, 1), (2, content), (3, b"s" * 64)))
