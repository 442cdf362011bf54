"""The claims of a CBOR Web Token, and our own tokens as printable text.  Source: RFC 8392 §3.1, §4.

A token of ours is `PREFIX` + base45(COSE_Sign1(claims)), signed with Ed25519. The prefix enters the signature
(as external data), so that a pass never verifies as a venue code, not even when one key signed both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from cbor2 import CBORTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.codecs import Rejected, base45, cbor, cose, malformed
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer, Trust

ISSUER, SUBJECT, EXPIRES, NOT_BEFORE, ISSUED, TOKEN_ID = 1, 2, 4, 5, 6, 7
DATE_TAGS = frozenset({0, 1})  # RFC 8949 §3.4.1-2: text and number
_LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def moment(value: object) -> datetime | None:
    """The time of a claim as aware UTC, to the second; None where the claim is absent.

    RFC 8392 wants an untagged number; issuers in the wild also write floats and tagged dates.
    Raises Rejected(MALFORMED) for anything else and for years outside 1970 to 9999.
    """
    match value:
        case CBORTag(tag=0, value=str(text)):
            return instant(text)
        case CBORTag(tag=1, value=int() | float() as number):
            value = number
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LATEST:
        raise malformed("CWT: a time that is none")
    return datetime.fromtimestamp(math.floor(value), UTC)


def instant(text: str) -> datetime:
    """An ISO 8601 time or day as aware UTC; without a zone it counts as UTC, a day as its first moment.

    Raises Rejected(MALFORMED).
    """
    try:
        parsed = datetime.fromisoformat(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise malformed("a time that is none") from None


def day(value: object) -> date | None:
    """The whole day that a text of ISO 8601 begins with; None for a year or month alone, and for anything else."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def seal(prefix: str, claims: Mapping[int | str, object], key: Ed25519PrivateKey) -> str:
    """`claims` as a signed token of ours, printable in a QR code's alphanumeric mode."""
    message = cose.sign1(cbor.encode(dict(claims)), key, cose.key_id(key.public_key()), aad=prefix.encode())
    return prefix + base45.encode(message)


def unseal(text: str, prefix: str, scheme: str, trust: Trust) -> tuple[dict[int | str, Any], Signer]:
    """The claims of a token of ours and its signer, the signature verified with a key of `trust`.

    Raises Rejected: MALFORMED, UNSUPPORTED, UNKNOWN_ISSUER or BAD_SIGNATURE.
    """
    message = cose.parse(base45.decode(text.removeprefix(prefix)))
    if message.algorithm != cose.Algorithm.EDDSA:
        raise Rejected(Reason.UNSUPPORTED, "our own tokens are signed with Ed25519")
    signer = cose.signers(message, trust.find(scheme, message.kid), aad=prefix.encode())[0]
    claims = cbor.decode(message.payload)
    if not isinstance(claims, dict):
        raise malformed("CWT: the claims are no map")
    return claims, signer
