"""Public keys as JSON, and the one name that a key can have.  Source: RFC 7517, RFC 7518 §6.2-3, RFC 7638 §3."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from kiosk.core.codecs import malformed, plain


def public_key(jwk: Any) -> EllipticCurvePublicKey | RSAPublicKey:
    """The P-256 or RSA key in `jwk`.

    Raises Rejected(MALFORMED) for any other, for one that is not a point of its curve, and for one that holds its
    private half, which nobody may publish and we do not keep.
    """
    match jwk:
        case {"d": _}:
            raise malformed("JWK: a private key; ask its owner for the public half alone")
        case {"kty": "EC", "crv": "P-256", "x": str(x), "y": str(y)}:
            numbers: EllipticCurvePublicNumbers | RSAPublicNumbers
            numbers = EllipticCurvePublicNumbers(_number(x), _number(y), SECP256R1())
        case {"kty": "RSA", "n": str(n), "e": str(e)}:
            numbers = RSAPublicNumbers(_number(e), _number(n))
        case _:
            raise malformed("JWK: neither a P-256 nor an RSA key")
    try:
        return numbers.public_key()
    except ValueError:
        raise malformed("JWK: numbers that make no key") from None


def thumbprint(jwk: dict[str, Any]) -> str:
    """SHA-256 over the members that a P-256 key needs, in base64url."""
    members = f'{{"crv":"{jwk["crv"]}","kty":"EC","x":"{jwk["x"]}","y":"{jwk["y"]}"}}'
    return urlsafe_b64encode(sha256(members.encode()).digest()).rstrip(b"=").decode()


def _number(text: str) -> int:
    return int.from_bytes(plain.base64url(text), "big")
