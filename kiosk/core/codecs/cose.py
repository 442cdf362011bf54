"""COSE_Sign1: a payload, its signature, and who says to have made it.  Source: RFC 9052 §4.2, RFC 9053 §2.

Read by hand, because codes in the wild come untagged, tagged and tagged twice, with key id and algorithm in
either header; written strictly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cbor2 import CBORTag
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.core.codecs import Rejected, cbor, malformed
from kiosk.core.reasons import Reason
from kiosk.core.trust import PublicKey, Signer

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

ALGORITHM, CRITICAL, KID = 1, 2, 4  # header labels, RFC 9052 §3.1
SIGN1_TAG, CWT_TAG = 18, 61
SHORT = 64  # bytes of a header worth remembering: what a stranger sends does not fill the memory
COORDINATE = 32  # bytes of r and of s in ES256
_ES256 = ec.ECDSA(SHA256())
_PSS = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)


class Algorithm(IntEnum):
    """The signatures that we know. Source: RFC 9053 §2.1-2, RFC 8230 §2."""

    ES256 = -7
    EDDSA = -8
    PS256 = -37


@dataclass(frozen=True, slots=True)
class Message:
    """A COSE_Sign1 before anybody believed it. `protected` and `payload` are what the signature covers."""

    protected: bytes
    algorithm: Algorithm
    kid: bytes
    payload: bytes
    signature: bytes


def parse(data: bytes) -> Message:
    """The message in `data`, untagged, tagged, or tagged as CWT and Sign1.

    Key id and algorithm count from the protected header, and from the other only where that one has none.
    Raises Rejected: MALFORMED, or UNSUPPORTED for an algorithm or a critical header that we do not know.
    """
    item = cbor.decode(data, tags=frozenset({SIGN1_TAG, CWT_TAG}))
    for _ in range(2):
        if isinstance(item, CBORTag):
            item = item.value
    match item:
        case [bytes(protected), dict(unprotected), bytes(payload), bytes(signature)]:
            header = _header(protected) if len(protected) <= SHORT else _header.__wrapped__(protected)
        case _:
            raise malformed("COSE: not a Sign1 with its payload")
    kid = header.get(KID, unprotected.get(KID))
    if not isinstance(kid, bytes):
        raise malformed("COSE: no key id")
    return Message(protected, _algorithm(header.get(ALGORITHM, unprotected.get(ALGORITHM))), kid, payload, signature)


def signers(message: Message, candidates: Iterable[Signer], aad: bytes = b"") -> tuple[Signer, ...]:
    """Those of `candidates` whose key made the signature; at least one.

    Several may share a key id, so each is tried. Raises Rejected: UNKNOWN_ISSUER when there is no candidate,
    BAD_SIGNATURE when none made it.
    """
    known = tuple(candidates)
    if not known:
        raise Rejected(Reason.UNKNOWN_ISSUER)
    covered = _covered(message.protected, message.payload, aad)
    made_it = tuple(s for s in known if made(s.key, message.algorithm, message.signature, covered))
    if not made_it:
        raise Rejected(Reason.BAD_SIGNATURE)
    return made_it


def sign1(payload: bytes, key: PrivateKey, kid: bytes, aad: bytes = b"") -> bytes:
    """A tagged COSE_Sign1 over `payload`, key id and algorithm protected.

    ES256 for a P-256 key, PS256 for RSA, EdDSA for Ed25519; `aad` says what the signature is meant for.
    """
    match key:
        case ec.EllipticCurvePrivateKey():
            algorithm = Algorithm.ES256
        case rsa.RSAPrivateKey():
            algorithm = Algorithm.PS256
        case _:
            algorithm = Algorithm.EDDSA
    protected = cbor.encode({ALGORITHM: int(algorithm), KID: kid})
    signature = _sign(key, _covered(protected, payload, aad))
    return cbor.encode(CBORTag(SIGN1_TAG, [protected, {}, payload, signature]))


def key_id(key: PublicKey) -> bytes:
    """The id of a key of ours: the first 8 bytes of SHA-256 over its DER SubjectPublicKeyInfo."""
    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()[:8]


@lru_cache(maxsize=64)  # one issuer writes the same header into all its codes
def _header(protected: bytes) -> Mapping[Any, Any]:
    header = cbor.decode(protected) if protected else {}
    if not isinstance(header, dict):
        raise malformed("COSE: the protected header is no map")
    if CRITICAL in header:
        raise Rejected(Reason.UNSUPPORTED, "COSE: a critical header")
    return header


def _covered(protected: bytes, payload: bytes, aad: bytes) -> bytes:
    """The Sig_structure (RFC 9052 §4.4)."""
    return cbor.encode(["Signature1", protected, aad, payload])


def _algorithm(stated: object) -> Algorithm:
    if isinstance(stated, int):
        with suppress(ValueError):
            return Algorithm(stated)
    raise Rejected(Reason.UNSUPPORTED, "COSE: an algorithm that no format of ours allows")


def _sign(key: PrivateKey, covered: bytes) -> bytes:
    match key:
        case ec.EllipticCurvePrivateKey():
            r, s = decode_dss_signature(key.sign(covered, ec.ECDSA(SHA256())))
            return r.to_bytes(COORDINATE, "big") + s.to_bytes(COORDINATE, "big")
        case rsa.RSAPrivateKey():
            return key.sign(covered, _PSS, SHA256())
        case _:
            return key.sign(covered)


def made(key: PublicKey, algorithm: Algorithm, signature: bytes, covered: bytes) -> bool:
    """Whether `key` made `signature`. An algorithm goes with one type of key only, and ES256 with one curve."""
    try:
        match algorithm, key:
            case Algorithm.ES256, ec.EllipticCurvePublicKey(curve=ec.SECP256R1()) if len(signature) == 2 * COORDINATE:
                r, s = (int.from_bytes(half, "big") for half in (signature[:COORDINATE], signature[COORDINATE:]))
                key.verify(encode_dss_signature(r, s), covered, _ES256)
            case Algorithm.PS256, rsa.RSAPublicKey():
                key.verify(signature, covered, _PSS, SHA256())
            case Algorithm.EDDSA, ed25519.Ed25519PublicKey():
                key.verify(signature, covered)
            case _:
                return False
    except InvalidSignature:
        return False
    return True
