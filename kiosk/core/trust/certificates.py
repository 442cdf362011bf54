"""Signers as certificates or public keys, PEM or DER.  Source: RFC 5280, RFC 7468, HCERT 1.0.5 §3.3.4."""

from __future__ import annotations

import binascii
import re
import warnings
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.utils import CryptographyDeprecationWarning

from kiosk.core.codecs import Rejected, cms, cose, der, malformed, plain
from kiosk.core.trust import Signer, Trust

SCHEME = "eu_dcc"  # what a certificate without another word may sign
_PEM = re.compile(rb"-----BEGIN (CERTIFICATE|PUBLIC KEY)-----([A-Za-z0-9+/=\s]+?)-----END \1-----")
_KID = re.compile(r"kid[-_=]?([A-Za-z0-9]{1,64})\.[a-z]+$")
_USAGE = re.compile(r"1\.3\.6\.1\.4\.1\.(?:0\.)?1847\.2021\.1\.([123])")  # some issuers write a stray 0
_USAGES = {"1": "test", "2": "vaccination", "3": "recovery"}
_P256 = ("nhs_poster", "ramzor")  # what else such a key can sign: formats whose codes name no certificate
_RSA = ("divoc", "ramzor")
_SEAL = "vds_nc"  # a code that brings its signer's certificate, which is known by its fingerprint


def recognises(data: bytes) -> bool:
    """PEM armour anywhere, or the look of DER: a sequence as long as it says (base64 may begin with the same byte)."""
    if b"-----BEGIN " in data:
        return b"-----BEGIN CMS" not in data and b"-----BEGIN PKCS7" not in data
    return _is_der(data) and not cms.is_signed(data)


def _is_der(data: bytes) -> bool:
    return data[:1] == b"\x30" and len(data) > 1 and (data[1] > 0x80 or len(data) == data[1] + 2)


def parse(data: bytes, name: str) -> Trust:
    """Every certificate and public key in `data`, once for each format that it may sign.

    A certificate that names EU purposes signs those alone; an authority's vouches for those that it signed. One that
    says nothing counts for whatever its type of key can sign, until somebody says at the import what it is for.
    Raises Rejected(MALFORMED) where there is none, and where a file was damaged on its way: then all of it is in doubt.
    """
    blocks = [data] if _is_der(data) else _armoured(data)
    if not blocks:
        raise malformed("no certificate and no public key in it")
    listed = collect((f"{name}: entry {number}", None, block) for number, block in enumerate(blocks, start=1))
    return replace(listed, signers=tuple(each for s in listed.signers for each in _possible(s, name)))


def _armoured(data: bytes) -> list[bytes]:
    blocks = []
    for number, (_, body) in enumerate(_PEM.findall(data), start=1):
        try:
            blocks.append(b64decode(body))
        except binascii.Error:
            raise malformed(f"entry {number} is not base64; get the file again from its publisher") from None
    return blocks


def _possible(signer: Signer, name: str) -> Iterator[Signer]:
    """The signer, and what else it may be. Its file's name may tell how codes name it (`...kid3.pem`)."""
    yield signer
    if signer.usages or signer.authority:
        return
    named = _KID.search(name)
    kid = named[1].encode() if named else b""
    match signer.key:
        case EllipticCurvePublicKey(curve=SECP256R1()):
            yield from (replace(signer, scheme=scheme, kid=kid) for scheme in _P256)
            if signer.valid_until is not None:
                yield replace(signer, scheme=_SEAL)
        case RSAPublicKey():
            yield from (replace(signer, scheme=scheme, kid=kid) for scheme in _RSA)


def collect(entries: Iterable[tuple[str, bytes | None, bytes]]) -> Trust:
    """The signers of (name, key id or None, DER) entries; those that cannot be used become notes."""
    signers, notes = [], []
    for name, kid, block in entries:
        try:
            signers.append(signer(block, kid))
        except (ValueError, TypeError, UnsupportedAlgorithm, Rejected) as error:
            notes.append(f"{name}: left out: {plain.words(str(error), 160)}")
    return Trust(signers=tuple(signers), notes=tuple(notes))


def signer(block: bytes, kid: bytes | None = None) -> Signer:
    """The signer in one DER certificate or public key.

    Without a `kid` it is the first 8 bytes of SHA-256 over the certificate, or over the public key where that
    is all there is. What it may sign comes from the extended key usage; a certificate that names none of the
    three purposes may sign all. A certificate with some other extension that strict readers refuse still
    counts: its key, times and purposes are read without it, and that the list names it is what is trusted.
    Raises ValueError, TypeError, UnsupportedAlgorithm or Rejected.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # odd serial numbers do not matter here
        try:
            certificate = x509.load_der_x509_certificate(block)
        except (ValueError, x509.InvalidVersion):
            return _bare(block, kid)
        key = certificate.public_key()
        if not isinstance(key, EllipticCurvePublicKey | RSAPublicKey):
            raise malformed("a type of key that no certificate of a known format has")
        countries = certificate.subject.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)
        found = (_USAGE.fullmatch(oid) for oid in der.extended_key_usages(certificate.tbs_certificate_bytes))
        return Signer(
            scheme=SCHEME,
            kid=kid or sha256(block).digest()[:8],
            key=key,
            issuer=plain.words(countries[0].value) if countries else "",
            usages=frozenset(_USAGES[match[1]] for match in found if match),
            valid_from=certificate.not_valid_before_utc,
            valid_until=certificate.not_valid_after_utc,
            authority=certificate.subject.public_bytes() if _may_sign_certificates(certificate) else b"",
        )


def _may_sign_certificates(certificate: x509.Certificate) -> bool:
    """Whether it says so (RFC 5280 §4.2.1.9); one whose extensions cannot be read does not."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False


def _bare(block: bytes, kid: bytes | None) -> Signer:
    try:
        key = load_der_public_key(block)
    except ValueError:
        raise malformed("neither a certificate nor a public key") from None
    if not isinstance(key, EllipticCurvePublicKey | RSAPublicKey):
        raise malformed("a public key of our own belongs into a list made by `kiosk pass keys`")
    return Signer(SCHEME, kid or cose.key_id(key), key, issuer="")
