"""The people of the simulated street, with freshly signed codes: for `kiosk run` where no camera is there.

Their keys are thrown away with the process; only their public halves are trusted, and only by that run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from hardware.simulation import Companion, Deck, Note, Person, dump_deck
from kiosk.core.codecs import cose
from kiosk.core.formats import eu_dcc, local_pass
from kiosk.core.model import Group
from kiosk.core.trust import Signer, own_keys
from kiosk.services import lists
from kiosk.settings import Places

ISSUER = "Simulated community"
OPAQUE = "https://health.example.gov.cn/jkm/qrcode?token=simulated"


@dataclass(frozen=True, slots=True)
class SimulatedStreet:
    """Where the deck lies, and the folder with the public halves of the throw-away keys."""

    deck: Path
    trust: Path


def make(at: Places, now: datetime) -> SimulatedStreet:
    """Mints the codes, and writes deck and trust lists into the simulation folder."""
    pass_key, dcc_key = Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
    certificate = _self_signed(dcc_key, now)
    mint = _Mint(pass_key, dcc_key, sha256(certificate.public_bytes(Encoding.DER)).digest()[:8], now)
    street = SimulatedStreet(at.simulation / "deck.json", at.simulation / "trust")
    street.trust.mkdir(parents=True, exist_ok=True)
    signer = Signer("local_pass", cose.key_id(pass_key.public_key()), pass_key.public_key(), ISSUER)
    lists.write_whole(street.trust / "passes.json", own_keys.dump([signer]), mode=0o640)
    lists.write_whole(street.trust / "dsc.pem", certificate.public_bytes(Encoding.PEM), mode=0o640)
    dump_deck(Deck(people=mint.people(), start=now.timestamp() + 1, seed=int(now.timestamp())), street.deck)
    return street


def _self_signed(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """A document signer certificate that nobody but this run trusts."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, ISSUER)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )


@dataclass(frozen=True, slots=True)
class _Mint:
    pass_key: Ed25519PrivateKey
    dcc_key: ec.EllipticCurvePrivateKey
    dcc_kid: bytes
    now: datetime

    def people(self) -> tuple[Person, ...]:
        return (
            Person(name="王小明", text=self._pass("王小明")),
            Person(name="Anna Muster", text=self._dcc("Muster", "Anna")),
            Person(name="李娜", text=self._pass("李娜", days=(-30, -2)), note=Note.EXPIRED),
            Person(name="张伟", text=self._pass("张伟")),
            Person(name="Eve Fälscher", text=self._dcc("Fälscher", "Eve", forged=True), note=Note.FORGED),
            Person(name="陈静", text=self._pass("陈静"), forehead_c=38.4, note=Note.FEVERISH),
            Person(name="刘洋", text=OPAQUE, note=Note.ONLINE),
            Person(name="赵奶奶", note=Note.NO_CODE),
            Person(name="杨帆", text=self._pass("杨帆", group=Group.DELIVERIES)),
            Person(name="Tom Weit", text=self._dcc("Weit", "Tom"), note=Note.UNREADABLE),
            Person(name="黄丽", text=self._pass("黄丽"), companions=(Companion(name="黄小宝", forehead_c=36.8),)),
        )

    def _pass(self, name: str, days: tuple[int, int] = (-1, 30), group: Group = Group.RESIDENTS) -> str:
        return local_pass.issue(
            self.pass_key,
            issuer=ISSUER,
            credential_id=os.urandom(8),
            name=name,
            group=group,
            valid_from=self.now + timedelta(days=days[0]),
            valid_until=self.now + timedelta(days=days[1]),
            tested_at=self.now - timedelta(hours=9),
        )

    def _dcc(self, surname: str, forename: str, *, forged: bool = False) -> str:
        certificate = {
            "ver": "1.3.0",
            "nam": {"fn": surname, "gn": forename, "fnt": surname.upper(), "gnt": forename.upper()},
            "dob": "1980-05-17",
            "t": [
                {
                    "tg": "840539006",
                    "tt": "LP6464-4",
                    "sc": (self.now - timedelta(hours=20)).isoformat(timespec="seconds"),
                    "tr": "260415000",
                    "tc": "Simulated test centre",
                    "co": "DE",
                    "is": ISSUER,
                    "ci": f"URN:UVCI:01:XX:{os.urandom(8).hex().upper()}",
                }
            ],
        }
        return eu_dcc.encode(
            certificate,
            issuer="XX",
            valid_from=self.now - timedelta(days=1),
            valid_until=self.now + timedelta(days=2),
            key=ec.generate_private_key(ec.SECP256R1()) if forged else self.dcc_key,
            kid=self.dcc_kid,
        )
