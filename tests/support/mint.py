"""Throw-away keys and freshly minted codes for everybody's tests.

    street = mint.street()                    # one key of each scheme, and the Trust that knows them
    street.dcc(name="Anna Muster")            # texts of QR codes, valid from an hour before mint.NOW
    street.pass_("王小明", person="R1")
    street.venue("south-gate")
    street.dcc(expired=True), mint.forged(street.dcc())

Keys differ in every run; nothing but the facts given may be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.codecs import base45, cbor, cose, inflate
from kiosk.core.formats import community_code, eu_dcc, local_pass, online_code, venue
from kiosk.core.marks import Colour
from kiosk.core.model import Group
from kiosk.core.trust import Signer, Trust

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KID = b"mint-dsc"  # of the DCC key
LINK = "https://c.example.org/h"  # where codes of a community lead
ONLINE_CODE = "https://health.example.gov.cn/jkm/qrcode?t=8f3a"  # an opaque code that the shipped patterns know


@dataclass(frozen=True)
class Street:
    """The keys of everybody who issues codes here, and the trust list that knows them."""

    dcc_key: ec.EllipticCurvePrivateKey
    pass_key: Ed25519PrivateKey
    venue_key: Ed25519PrivateKey
    code_key: Ed25519PrivateKey
    trust: Trust

    def dcc(
        self,
        *,
        name: str = "Anna Muster",
        born: str = "1980-02-29",
        sampled_at: datetime = NOW - 5 * HOUR,
        positive: bool = False,
        valid_from: datetime = NOW - HOUR,
        valid_until: datetime = NOW + DAY,
        expired: bool = False,
        key: cose.PrivateKey | None = None,
        kid: bytes = KID,
        **changed: object,
    ) -> str:
        """An EU test certificate; `changed` replaces members of its payload (`v=[...]`, `t=None`)."""
        certificate = {**payload(name, born, sampled_at, positive), **changed}
        return eu_dcc.encode(
            {member: value for member, value in certificate.items() if value is not None},
            issuer="XX",
            valid_from=valid_from,
            valid_until=NOW - timedelta(minutes=1) if expired else valid_until,
            key=key or self.dcc_key,
            kid=kid,
        )

    def pass_(
        self,
        name: str = "王小明",
        *,
        person: str = "R1",
        group: Group = Group.RESIDENTS,
        valid_from: datetime = NOW - HOUR,
        valid_until: datetime = NOW + DAY,
        tested_at: datetime | None = None,
        credential_id: bytes = b"\x01\x02\x03\x04\x05\x06\x07\x08",
    ) -> str:
        """A pass of our own."""
        return local_pass.issue(
            self.pass_key,
            issuer="Compound",
            credential_id=credential_id,
            name=name,
            person=person,
            group=group,
            valid_from=valid_from,
            valid_until=valid_until,
            tested_at=tested_at,
        )

    def venue(self, venue_id: str = "south-gate", name: str = "南门", valid_until: datetime | None = None) -> str:
        """A venue code of our own."""
        return venue.issue(self.venue_key, issuer="Compound", venue_id=venue_id, name=name, valid_until=valid_until)

    def community_code(
        self,
        name: str = "王小明",
        *,
        colour: Colour = Colour.GREEN,
        person: str = "R1",
        group: Group | None = None,
        tested_at: datetime | None = NOW - 5 * HOUR,
        made: datetime = NOW - HOUR,
        holds: timedelta = DAY,
        serial: str = "0a1b2c3d4e5f6071",
    ) -> str:
        """A health code of our own, a link."""
        return community_code.issue_person(
            self.code_key, community_code.Issuing(LINK, serial, made, holds),
            name=name, colour=colour, person=person, group=group, tested_at=tested_at,
        )  # fmt: skip

    def place_code(self, venue_id: str = "south-gate", name: str = "南门", *, made: datetime = NOW - HOUR,
                   holds: timedelta | None = None) -> str:  # fmt: skip
        """A venue code of our own, a link."""
        issuing = community_code.Issuing(LINK, "4e5f60710a1b2c3d", made, holds)
        return community_code.issue_place(self.code_key, issuing, venue_id=venue_id, name=name)

    def denying(self, *credentials: str) -> Trust:
        """The trust list with these `format:id` denied."""
        return replace(self.trust, denied=frozenset(credentials))


def street() -> Street:
    """New keys, and the Trust that knows them and the shipped online services."""
    dcc_key = ec.generate_private_key(ec.SECP256R1())
    pass_key, venue_key, code_key = (Ed25519PrivateKey.generate() for _ in range(3))
    signers = (
        Signer("eu_dcc", KID, dcc_key.public_key(), "XX"),
        Signer("local_pass", cose.key_id(pass_key.public_key()), pass_key.public_key(), "Compound"),
        Signer("venue", cose.key_id(venue_key.public_key()), venue_key.public_key(), "Compound"),
        Signer("community_code", cose.key_id(code_key.public_key()), code_key.public_key(), "Compound"),
    )
    return Street(dcc_key, pass_key, venue_key, code_key, Trust(signers=signers, services=online_code.services(())))


def rsa_key() -> rsa.RSAPrivateKey:
    """A key for PS256."""
    return rsa.generate_private_key(65537, 2048)


def payload(name: str, born: str, sampled_at: datetime, positive: bool) -> dict[str, Any]:
    """The payload of a certificate with one nucleic acid test."""
    given, _, family = name.rpartition(" ")
    return {
        "ver": "1.3.0",
        "nam": {"gn": given, "fn": family, "fnt": family.upper(), "gnt": given.upper()},
        "dob": born,
        "t": [
            {
                "tg": "840539006",
                "tt": "LP6464-4",
                "sc": sampled_at.isoformat(),
                "tr": "260373001" if positive else "260415000",
                "tc": "Test centre",
                "co": "XX",
                "is": "Ministry",
                "ci": "URN:UVCI:01:XX:MINT1#A",
            }
        ],
    }


def hc1(message: bytes) -> str:
    """A COSE message as the text of a DCC."""
    return "HC1:" + base45.encode(inflate.deflate(message))


def message_of(text: str) -> list[Any]:
    """[protected, unprotected, payload, signature] of a DCC or a token of ours, to be taken apart."""
    data = base45.decode(text.partition(":")[2])
    message = inflate.inflate(data) if text.startswith("HC1:") else data
    parts: list[Any] = cbor.decode(message, tags=frozenset({18})).value
    return parts


def forged(text: str) -> str:
    """The same code with another holder's name, under the signature that it had."""
    protected, unprotected, signed, signature = message_of(text)
    changed = signed.replace(b"Anna", b"Anne").replace("王小明".encode(), "王小朋".encode())
    message = cbor.encode([protected, unprotected, changed, signature])
    return hc1(message) if text.startswith("HC1:") else text[:5] + base45.encode(message)
