"""Signed lists in CMS: whose they are, and what they hold once that is proven.  Source: RFC 5652 §5, RFC 5754.

Only what published lists use: DER, one signer with signed attributes and SHA-256, the content inside or given beside.
Everything else is refused. What the list holds counts for nobody before `unwrap` has answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from kiosk.core.codecs import Rejected, chain, der, malformed
from kiosk.core.reasons import Reason
from kiosk.core.trust import PublicKey, Signer, Trust

SCHEME = "list"  # what a certificate is asked for here: to sign lists
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2
_CONTENT_TYPE = bytes.fromhex("2a864886f70d010903")  # 1.2.840.113549.1.9.3
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")  # 1.2.840.113549.1.9.4
_SIGNING_TIME = bytes.fromhex("2a864886f70d010905")  # 1.2.840.113549.1.9.5
_DATA = bytes.fromhex("2a864886f70d010701")  # 1.2.840.113549.1.7.1
_TIMES = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}  # UTCTime, GeneralizedTime: RFC 5280 §4.1.2.5
_SHA256 = bytes.fromhex("608648016503040201")  # 2.16.840.1.101.3.4.2.1
_PSS = bytes.fromhex("2a864886f70d01010a")  # 1.2.840.113549.1.1.10
_INTEGER, _SEQUENCE, _SET, _OCTETS, _OID, _CONTEXT_0 = 0x02, der.SEQUENCE, 0x31, der.OCTET_STRING, der.OID, 0xA0


@dataclass(frozen=True, slots=True)
class Signed:
    """What a list holds, who signed it, and when, where that is told."""

    content: bytes
    signer: Signer
    at: datetime | None


def is_signed(data: bytes) -> bool:
    """Whether these bytes begin a SignedData: a sequence whose first member is its OID."""
    return data[:1] == b"\x30" and bytes((_OID, len(_SIGNED_DATA))) + _SIGNED_DATA in data[2:20]


def unwrap(data: bytes, anchors: Trust, beside: bytes | None = None) -> Signed:
    """What a signed list holds, its signer named by `anchors` for SCHEME, or made by an authority that it names.

    `beside` is the content of a signature that came without it.
    Raises Rejected: MALFORMED, UNSUPPORTED, UNKNOWN_ISSUER or BAD_SIGNATURE.
    """
    outer = _exactly(_only(data), _OID, _CONTEXT_0)
    if outer[0] != _SIGNED_DATA:
        raise malformed("CMS: not signed")
    parts = list(der.members(der.only(outer[1], _SEQUENCE)))
    tags = [tag for tag, _ in parts]
    if tags[:3] != [_INTEGER, _SET, _SEQUENCE] or tags[3:4] != [_CONTEXT_0] or tags[-1] != _SET:
        raise malformed("CMS: without its certificate or its signer")
    kind, content = _content(parts[2][1], beside)
    certificate, (attributes, algorithm, signature) = _signer(parts[3][1], parts[-1][1])
    signer = chain.signer(certificate, SCHEME, anchors)
    stated = _attributes(attributes)
    if stated.get(_CONTENT_TYPE) != der.encode(_OID, kind):
        raise Rejected(Reason.BAD_SIGNATURE, "CMS: signed as another kind of content")
    if stated.get(_MESSAGE_DIGEST) != der.encode(_OCTETS, sha256(content).digest()):
        raise Rejected(Reason.BAD_SIGNATURE, "CMS: the content was changed")
    if not _made(signer.key, algorithm, signature, der.encode(_SET, attributes)):
        raise Rejected(Reason.BAD_SIGNATURE)
    return Signed(content, signer, _time(stated.get(_SIGNING_TIME, b"")))


def _content(part: bytes, beside: bytes | None) -> tuple[bytes, bytes]:
    """The kind of the content, and the content."""
    if beside is not None:
        kind, *inner = [body for _, body in der.members(part)]
        if kind != _DATA or (inner and der.only(inner[0], _OCTETS) != beside):
            raise Rejected(Reason.BAD_SIGNATURE, "CMS: the content was changed")
        return kind, beside
    kind, inner_one = _exactly(part, _OID, _CONTEXT_0)
    return kind, der.only(inner_one, _OCTETS)


def _time(value: bytes) -> datetime | None:
    """A signing time (RFC 5652 §11.3); None where there is none that can be read."""
    tag, body = next(der.members(value), (0, b""))
    try:
        return datetime.strptime(body.decode("ascii"), _TIMES[tag]).replace(tzinfo=UTC)
    except (KeyError, ValueError):
        return None


def _signer(certificates: bytes, signers: bytes) -> tuple[bytes, tuple[bytes, bytes, bytes]]:
    """The signer's certificate; its attributes, algorithm and signature."""
    infos = list(der.members(signers))
    if len(infos) != 1:
        raise Rejected(Reason.UNSUPPORTED, "CMS: not one signer")
    parts = list(der.members(infos[0][1]))
    if [tag for tag, _ in parts[2:6]] != [_SEQUENCE, _CONTEXT_0, _SEQUENCE, _OCTETS]:
        raise Rejected(Reason.UNSUPPORTED, "CMS: no signed attributes")
    if next(der.members(parts[2][1]), None) != (_OID, _SHA256):
        raise Rejected(Reason.UNSUPPORTED, "CMS: another digest than SHA-256")
    (algorithm_tag, algorithm), *_ = der.members(parts[4][1])
    if algorithm_tag != _OID:
        raise malformed("CMS: no algorithm")
    for tag, body in der.members(certificates):
        block = der.encode(tag, body)
        if tag == _SEQUENCE and _is_meant(block, parts[1]):
            return block, (parts[3][1], algorithm, parts[5][1])
    raise malformed("CMS: its signer's certificate is not in it")


def _is_meant(block: bytes, named: tuple[int, bytes]) -> bool:
    """Whether a certificate is the one that a signer names, by issuer and number or by key."""
    try:
        certificate = x509.load_der_x509_certificate(block)
        if named[0] == _SEQUENCE:
            (_, issuer), (_, number) = der.members(named[1])
            same = certificate.issuer.public_bytes() == der.encode(_SEQUENCE, issuer)
            return same and certificate.serial_number == int.from_bytes(number, "big", signed=True)
        key = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except (ValueError, TypeError, x509.InvalidVersion, x509.ExtensionNotFound):
        return False
    return key.digest == named[1]


def _attributes(body: bytes) -> dict[bytes, bytes]:
    """Each attribute's one value, by its OID. Raises Rejected(MALFORMED) for one that comes twice."""
    found: dict[bytes, bytes] = {}
    for tag, attribute in der.members(body):
        oid, values = _exactly(attribute, _OID, _SET) if tag == _SEQUENCE else (b"", b"")
        if not oid or oid in found:
            raise malformed("CMS: an attribute that is none or comes twice")
        found[oid] = values
    return found


def _made(key: PublicKey, algorithm: bytes, signature: bytes, covered: bytes) -> bool:
    try:
        match key:
            case ec.EllipticCurvePublicKey():
                key.verify(signature, covered, ec.ECDSA(SHA256()))
            case rsa.RSAPublicKey() if algorithm == _PSS:
                key.verify(signature, covered, padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO), SHA256())
            case rsa.RSAPublicKey():
                key.verify(signature, covered, padding.PKCS1v15(), SHA256())
            case _:
                return False
    except InvalidSignature:
        return False
    return True


def _only(data: bytes) -> bytes:
    return der.only(data, _SEQUENCE)


def _exactly(data: bytes, *tags: int) -> list[bytes]:
    parts = list(der.members(data))
    if [tag for tag, _ in parts] != [*tags]:
        raise malformed("CMS: not what stands here")
    return [body for _, body in parts]
