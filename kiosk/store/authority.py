"""The kiosk's own certificate authority: one key that may vouch for this kiosk's names and for nothing else.

Browsers that were given its certificate once (`kiosk.crt`) trust the pages. The authority is constrained to the names
and addresses that it was made for (RFC 5280 §4.2.1.10), so that a stolen one is of no use anywhere else.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kiosk.core.faults import SettingsError
from kiosk.store import durable

AUTHORITY_YEARS, SERVER_DAYS = 10, 397  # browsers refuse a server's certificate that is good for longer
RENEW_BEFORE = timedelta(days=60)
_BACK = timedelta(days=2)  # a clock that runs behind elsewhere
_SECRET, _OPEN = 0o600, 0o644
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Certified:
    """What the server's certificate says."""

    names: tuple[str, ...]  # host names and addresses
    until: datetime
    fingerprint: str  # SHA-256 of the authority's certificate, as browsers show it


class Authority:
    """The files of one kiosk's authority, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        """The authority in `folder`, which need not be there yet."""
        self._folder = folder
        self.certificate = folder / "kiosk.crt"
        self.chain = folder / "server.pem"
        self.key = folder / "server.key"
        self._authority_key = folder / "authority.key"

    @property
    def there(self) -> bool:
        """Whether it was made."""
        return self.chain.exists() and self.key.exists()

    def make(self, names: Sequence[str], place: str, now: datetime) -> Certified:
        """A new authority for `names` (host names and IP addresses) and a certificate of the server by it.

        Raises SettingsError for a name that is none, OSError.
        """
        general = tuple(map(_general_name, names))
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{place} kiosk authority"[:64])])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BACK)
            .not_valid_after(now + timedelta(days=365 * AUTHORITY_YEARS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.NameConstraints(tuple(map(_subtree, general)), None), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        durable.write(self._authority_key, _pem(key), _SECRET)
        durable.write(self.certificate, certificate.public_bytes(Encoding.PEM), _OPEN)
        return self._certify(general, key, certificate, now)

    def renew(self, now: datetime) -> Certified:
        """Another certificate of the server for the same names. Raises SettingsError where there is no authority."""
        try:
            key = load_pem_private_key(self._authority_key.read_bytes(), None)
            certificate = x509.load_pem_x509_certificate(self.certificate.read_bytes())
            permitted = certificate.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
        except (OSError, ValueError, x509.ExtensionNotFound) as error:
            raise SettingsError(
                f"{self._folder}: no authority that can be used ({error}); say kiosk tls init"
            ) from error
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return self._certify(tuple(map(_name_of, permitted or ())), key, certificate, now)

    def shown(self) -> Certified:
        """What the server's certificate says now. Raises SettingsError where there is none."""
        try:
            certificate = x509.load_pem_x509_certificates(self.chain.read_bytes())[0]
            authority = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        except (OSError, ValueError, IndexError) as error:
            raise SettingsError(
                f"{self._folder}: no certificate that can be read ({error}); say kiosk tls init"
            ) from error
        return _certified(certificate, authority)

    def due(self, now: datetime) -> bool:
        """Whether the server's certificate ends so soon that it should be renewed."""
        return self.there and self.shown().until - now < RENEW_BEFORE

    def _certify(
        self,
        general: tuple[x509.GeneralName, ...],
        authority_key: ec.EllipticCurvePrivateKey,
        authority: x509.Certificate,
        now: datetime,
    ) -> Certified:
        key = ec.generate_private_key(ec.SECP256R1())
        until = min(now + timedelta(days=SERVER_DAYS) - _BACK, authority.not_valid_after_utc)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(authority.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BACK)
            .not_valid_after(until)
            .add_extension(x509.SubjectAlternativeName(general), critical=True)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .sign(authority_key, hashes.SHA256())
        )
        durable.write(self.key, _pem(key), _SECRET)
        pem = certificate.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM)
        durable.write(self.chain, pem, _OPEN)
        return _certified(certificate, authority)


def _certified(certificate: x509.Certificate, authority: x509.Certificate) -> Certified:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    fingerprint = authority.fingerprint(hashes.SHA256()).hex(":").upper()
    return Certified(tuple(str(name.value) for name in names), certificate.not_valid_after_utc, fingerprint)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        if not _NAME.fullmatch(name.lower()):
            raise SettingsError(f"{name!r} is neither a host name nor an IP address") from None
        return x509.DNSName(name.lower())


def _subtree(name: x509.GeneralName) -> x509.GeneralName:
    """The name as a constraint: an address becomes the network that holds it alone."""
    if isinstance(name, x509.IPAddress):
        return x509.IPAddress(ipaddress.ip_network(str(name.value)))
    return name


def _name_of(subtree: x509.GeneralName) -> x509.GeneralName:
    if isinstance(subtree, x509.IPAddress):
        return x509.IPAddress(ipaddress.ip_interface(str(subtree.value)).ip)
    return subtree


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
