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
from kiosk.settings import Places
from kiosk.store import lists

ISSUER = "Simulated community"
OPAQUE = "https://health.example.gov.cn/jkm/qrcode?token=simulated"


@dataclass(frozen=True, slots=True)
class SimulatedStreet:
    """Where the deck lies, and the folder with the public halves of the throw-away keys."""

    deck: Path
    trust: Path


def make(at: Places, now: datetime) -> SimulatedStreet:
    """Mints the codes, and writes deck and trust lists into the simulation folder."""
    mint = Mint.fresh(now)
    street = SimulatedStreet(at.simulation / "deck.json", at.simulation / "trust")
    mint.publish(street.trust)
    dump_deck(Deck(people=_people(mint), start=now.timestamp() + 1, seed=int(now.timestamp())), street.deck)
    return street


def _people(mint: Mint) -> tuple[Person, ...]:
    return (
        Person(name="王小明", text=mint.local_pass("王小明")),
        Person(name="Anna Muster", text=mint.dcc("Muster", "Anna")),
        Person(name="李娜", text=mint.local_pass("李娜", days=(-30, -2)), note=Note.EXPIRED),
        Person(name="张伟", text=mint.local_pass("张伟")),
        Person(name="Eve Fälscher", text=mint.dcc("Fälscher", "Eve", forged=True), note=Note.FORGED),
        Person(name="陈静", text=mint.local_pass("陈静"), forehead_c=38.4, note=Note.FEVERISH),
        Person(name="刘洋", text=OPAQUE, note=Note.ONLINE),
        Person(name="赵奶奶", note=Note.NO_CODE),
        Person(name="杨帆", text=mint.local_pass("杨帆", group=Group.DELIVERIES)),
        Person(name="Tom Weit", text=mint.dcc("Weit", "Tom"), note=Note.UNREADABLE),
        Person(name="黄丽", text=mint.local_pass("黄丽"), companions=(Companion(name="黄小宝", forehead_c=36.8),)),
    )


@dataclass(frozen=True, slots=True)
class Mint:
    """Throw-away keys, and codes signed with them."""

    pass_key: Ed25519PrivateKey
    dcc_key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    now: datetime

    @classmethod
    def fresh(cls, now: datetime) -> Mint:
        """New keys; the certificate is a document signer's that nobody trusts who was not given it."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, ISSUER)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2))
            .not_valid_after(now + timedelta(days=30))
            .sign(key, hashes.SHA256())
        )
        return cls(Ed25519PrivateKey.generate(), key, certificate, now)

    def publish(self, folder: Path) -> None:
        """Writes the trust lists that believe these codes."""
        folder.mkdir(parents=True, exist_ok=True)
        public = self.pass_key.public_key()
        signer = Signer("local_pass", cose.key_id(public), public, ISSUER)
        lists.write_whole(folder / "passes.json", own_keys.dump([signer]), mode=0o640)
        lists.write_whole(folder / "dsc.pem", self.certificate.public_bytes(Encoding.PEM), mode=0o640)

    def local_pass(
        self, name: str, days: tuple[int, int] = (-1, 30), group: Group = Group.RESIDENTS, person: str = ""
    ) -> str:
        """A pass of the compound's own, valid for `days` around now, with a test nine hours old."""
        return local_pass.issue(
            self.pass_key,
            issuer=ISSUER,
            credential_id=os.urandom(8),
            name=name,
            person=person,
            group=group,
            valid_from=self.now + timedelta(days=days[0]),
            valid_until=self.now + timedelta(days=days[1]),
            tested_at=self.now - timedelta(hours=9),
        )

    def dcc(self, surname: str, forename: str, *, forged: bool = False) -> str:
        """An EU certificate of a test twenty hours ago."""
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
            kid=sha256(self.certificate.public_bytes(Encoding.DER)).digest()[:8],
        )
