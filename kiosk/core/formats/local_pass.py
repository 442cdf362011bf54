"""The pass that a compound issues itself: a signed card for a resident, a visitor or a rider.

`CKP1:` + base45(COSE_Sign1(CWT)), Ed25519; docs/formats.md lists the claims. Source: RFC 8392, RFC 9052, RFC 9285.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core import model
from kiosk.core.codecs import cwt, malformed, plain
from kiosk.core.model import Credential, Group, Holder, Kind
from kiosk.core.trust import Trust

NAME = "local_pass"
KIND = Kind.PASS
PREFIXES = ("CKP1:",)

PERSON_NAME, GROUP, TESTED_AT, HOUSEHOLD = -70001, -70002, -70003, -70004  # private, below -65536 (RFC 8392 §9.1)
MOST_OTHERS = 9  # of a household beside the holder: more make a code that no small card shows


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
        household=tuple(_household(claims.get(HOUSEHOLD))),
        claims={str(number): value for number, value in claims.items() if not isinstance(value, bytes)},
    )


def _household(stated: object) -> Iterator[Holder]:
    """The others of the holder's household. Raises Rejected(MALFORMED) where they are not pairs of id and name."""
    if stated is None:
        return
    if not isinstance(stated, list) or len(stated) > MOST_OTHERS:
        raise malformed("pass: no household")
    for member in stated:
        match member:
            case [str(person), str(name)] if plain.words(name):
                yield Holder(name=plain.words(name), person=plain.words(person) or None)
            case _:
                raise malformed("pass: no household")


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
    household: Sequence[Holder] = (),
) -> str:
    """A pass as the text of its QR code.

    `credential_id` is fresh randomness of the caller's, 8 bytes; `person` the roster's id, if there is one;
    `tested_at` when a negative test was sampled; `household` the others whom this one code is for, at most
    MOST_OTHERS. Times are aware UTC and kept to the second.
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
    if household:
        claims[HOUSEHOLD] = [[other.person or "", plain.words(other.name)] for other in household]
    return cwt.seal(PREFIXES[0], claims, key)
