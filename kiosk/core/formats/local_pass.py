"""The pass that a compound issues itself: a signed card for a resident, a visitor or a rider.

`CKP1:` + base45(COSE_Sign1(CWT)), Ed25519; docs/formats.md lists the claims. Source: RFC 8392, RFC 9052, RFC 9285.
"""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core import model
from kiosk.core.codecs import cwt, malformed, plain
from kiosk.core.model import Credential, Group, Holder, Kind
from kiosk.core.trust import Trust

NAME = "local_pass"
KIND = Kind.PASS
PREFIXES = ("CKP1:",)

PERSON_NAME, GROUP, TESTED_AT = -70001, -70002, -70003  # private claims, below -65536 (RFC 8392 §9.1)


def decode(text: str, trust: Trust) -> Credential:
    """The pass in `text`, its signature verified with a pass key of `trust`.

    Raises Rejected: MALFORMED, UNSUPPORTED, UNKNOWN_ISSUER or BAD_SIGNATURE.
    """
    claims, signer = cwt.unseal(text, PREFIXES[0], NAME, trust)
    token, group = claims.get(cwt.TOKEN_ID), claims.get(GROUP)
    person = plain.words(claims.get(cwt.SUBJECT))
    until = cwt.moment(claims.get(cwt.EXPIRES))
    if not isinstance(token, bytes) or until is None or group not in [g.value for g in Group]:
        raise malformed("pass: a claim is missing")
    tested_at = cwt.moment(claims.get(TESTED_AT))
    return Credential(
        format=NAME,
        kind=KIND,
        issuer=signer.issuer,
        credential_id=token.hex(),
        holder=Holder(name=plain.words(claims.get(PERSON_NAME)) or None, person=person or None),
        valid_from=cwt.moment(claims.get(cwt.NOT_BEFORE)),
        valid_until=until,
        tests=(model.Test(model.TestResult.NEGATIVE, tested_at),) if tested_at else (),
        signer_valid_from=signer.valid_from,
        signer_valid_until=signer.valid_until,
        group=Group(group),
        claims={str(number): value for number, value in claims.items() if not isinstance(value, bytes)},
    )


def issue(
    key: Ed25519PrivateKey,
    *,
    issuer: str,
    credential_id: bytes,
    name: str,
    valid_from: datetime,
    valid_until: datetime,
    person: str = "",
    group: Group = Group.RESIDENTS,
    tested_at: datetime | None = None,
) -> str:
    """A pass as the text of its QR code.

    `credential_id` is fresh randomness of the caller's, 8 bytes; `person` the roster's id, if there is one;
    `tested_at` when a negative test was sampled. Times are aware UTC and kept to the second.
    """
    claims: dict[int | str, object] = {
        cwt.ISSUER: issuer,
        cwt.EXPIRES: int(valid_until.timestamp()),
        cwt.NOT_BEFORE: int(valid_from.timestamp()),
        cwt.TOKEN_ID: credential_id,
        PERSON_NAME: plain.words(name),
        GROUP: group.value,
    }
    if person:
        claims[cwt.SUBJECT] = person
    if tested_at:
        claims[TESTED_AT] = int(tested_at.timestamp())
    return cwt.seal(PREFIXES[0], claims, key)
