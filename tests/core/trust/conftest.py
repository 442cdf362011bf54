"""Throw-away certificates, good and odd."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
TEST, VACCINATION = "1.3.6.1.4.1.1847.2021.1.1", "1.3.6.1.4.1.1847.2021.1.2"


@pytest.fixture(scope="session")
def certificate() -> Callable[..., bytes]:
    """Makes a self-signed DER certificate; `raw` adds extensions (OID -> bytes) without looking at them."""
    key = ec.generate_private_key(ec.SECP256R1())

    def make(*usages: str, country: str | None = "AT", raw: dict[str, bytes] | None = None) -> bytes:
        names = [x509.NameAttribute(x509.NameOID.COMMON_NAME, "DSC")]
        if country:
            names.append(x509.NameAttribute(x509.NameOID.COUNTRY_NAME, country))
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(names))
            .issuer_name(x509.Name(names))
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(SINCE)
            .not_valid_after(SINCE + timedelta(days=365))
        )
        for oid, value in (raw or {}).items():
            extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)
            builder = builder.add_extension(extension, critical=False)
        if usages:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in usages]), critical=False
            )
        return builder.sign(key, SHA256()).public_bytes(Encoding.DER)

    return make
