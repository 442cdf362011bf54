"""A health or venue code that a community signs itself, as a link: phones open a page, the kiosk verifies offline.

Built like the open city codes (DB11/T 1917.2-2021 §5, DB4201/T 655-2022 §6: guide link and standard fields, extension
field, security field); the standards leave bytes and keys to each city, so those here are ours, and docs/formats.md has
them all. What is behind the `#` is never sent to the link's host.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core import model
from kiosk.core.codecs import Rejected, cbor, cose, cwt, malformed, plain
from kiosk.core.marks import Colour
from kiosk.core.model import Credential, Group, Holder, Kind, Refusal, VenueCode
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer, Trust
from kiosk.core.validity import earliest, latest

NAME = "community_code"
KIND = Kind.HEALTH
PREFIXES: tuple[str, ...] = ()

SYSTEM = "CKC1"  # the code system
PERSON, PLACE = "PERS", "SITE"  # the code's attribute, four characters
LARGEST_EXTENSION = 200  # bytes, as in DB11/T 1917.2
LONGEST_LINK = 120  # characters
LONGEST_MINUTES = 60 * 24 * 366 * 10
MARK = f"#{SYSTEM}."
_TEXT = re.compile(
    r"(?P<covered>(?P<link>[^#]*)#CKC1\.(?P<attribute>PERS|SITE)\.(?P<serial>[0-9A-Za-z_-]{1,64})"
    r"\.(?P<extension>[\w-]{2,267})"
    r"\.(?P<made>[1-9][0-9]{0,10})\.(?P<minutes>0|[1-9][0-9]{0,6})\.(?P<kid>[\w-]{11}))\.(?P<signature>[\w-]{86})",
    re.ASCII,
)
_LINK = re.compile(r"https://[A-Za-z0-9.-]{1,80}(:[0-9]{1,5})?(/[A-Za-z0-9._~/%?=&-]*)?", re.ASCII)
NAMED, SUBJECT, COLOUR, GROUP, TESTED_AT = 1, 2, 3, 4, 5  # members of the extension
_COLOURS = {1: Colour.GREEN, 2: Colour.YELLOW, 3: Colour.RED}


@dataclass(frozen=True, slots=True)
class Issuing:
    """What stands in every code of one issue: where the link leads, when it is made, and for how long it holds."""

    link: str
    serial: str
    made: datetime
    holds: timedelta | None = None  # None: for ever, for places only


def sniff(text: str, trust: Trust) -> bool:  # noqa: ARG001 - a look needs no keys
    """A link whose fragment begins with our code system."""
    return MARK in text and text.startswith("https://")


def decode(text: str, trust: Trust) -> Credential | VenueCode | Refusal:
    """The code in `text`, its signature verified with a key of `trust`.

    Raises Rejected: MALFORMED, UNKNOWN_ISSUER or BAD_SIGNATURE; of a place's code these are a Refusal about a place.
    """
    fields = _TEXT.fullmatch(text)
    if fields is None or not _is_link(fields["link"]):
        raise malformed("community code: not its fields in their order")
    try:
        signer = _signer(fields, trust)
        return _of_place(fields, signer) if fields["attribute"] == PLACE else _of_person(fields, signer)
    except Rejected as refusal:
        if fields["attribute"] == PLACE:
            return Refusal(NAME, Kind.VENUE, refusal.reason)
        raise


def issue_person(
    key: Ed25519PrivateKey,
    issuing: Issuing,
    *,
    name: str,
    colour: Colour,
    person: str = "",
    group: Group | None = None,
    tested_at: datetime | None = None,
) -> str:
    """A person's health code as the text of its QR code. Raises ValueError for what does not fit."""
    said: dict[int | str, object] = {NAMED: plain.words(name), COLOUR: _number_of(colour)}
    if person:
        said[SUBJECT] = person
    if group:
        said[GROUP] = group.value
    if tested_at:
        said[TESTED_AT] = int(tested_at.timestamp())
    if issuing.holds is None:
        raise ValueError("a person's code ends")
    return _issue(key, issuing, PERSON, said)


def issue_place(key: Ed25519PrivateKey, issuing: Issuing, *, venue_id: str, name: str) -> str:
    """A place's code as the text of its QR code. Raises ValueError for what does not fit."""
    return _issue(key, issuing, PLACE, {NAMED: plain.words(name), SUBJECT: venue_id})


def _of_person(fields: re.Match[str], signer: Signer) -> Credential:
    said = _extension(fields)
    colour, group, tested_at = said.get(COLOUR), said.get(GROUP), cwt.moment(said.get(TESTED_AT))
    if type(colour) is not int or colour not in _COLOURS or (group is not None and group not in list(Group)):
        raise malformed("community code: a colour or a group that is none")
    made, until = _times(fields)
    if until is None:
        raise malformed("community code: a person's code without an end")
    return Credential(
        format=NAME,
        kind=Kind.HEALTH,
        issuer=signer.issuer,
        credential_id=fields["serial"],
        holder=Holder(name=plain.words(said.get(NAMED)) or None, person=plain.words(said.get(SUBJECT)) or None),
        valid_from=made,
        valid_until=until,
        tests=(model.Test(model.TestResult.NEGATIVE, tested_at),) if tested_at else (),
        signer_valid_from=signer.valid_from,
        signer_valid_until=signer.valid_until,
        group=Group(group) if group else None,
        issued=made,
        colour=_COLOURS[colour],
    )


def _of_place(fields: re.Match[str], signer: Signer) -> VenueCode:
    said = _extension(fields)
    venue_id = plain.words(said.get(SUBJECT))
    if not venue_id:
        raise malformed("community code: a place without an id")
    made, until = _times(fields)
    return VenueCode(
        format=NAME,
        issuer=signer.issuer,
        venue_id=venue_id,
        name=plain.words(said.get(NAMED)),
        valid_from=latest(made, signer.valid_from),
        valid_until=earliest(until, signer.valid_until),
        signed=True,
    )


def _signer(fields: re.Match[str], trust: Trust) -> Signer:
    candidates = trust.find(NAME, _bytes(fields["kid"]))
    if not candidates:
        raise Rejected(Reason.UNKNOWN_ISSUER)
    signature, covered = _bytes(fields["signature"]), fields["covered"].encode()
    for signer in candidates:
        if cose.made(signer.key, cose.Algorithm.EDDSA, signature, covered):
            return signer
    raise Rejected(Reason.BAD_SIGNATURE)


def _extension(fields: re.Match[str]) -> dict[Any, Any]:
    data = _bytes(fields["extension"])
    said = cbor.decode(data)
    if len(data) > LARGEST_EXTENSION or not isinstance(said, dict):
        raise malformed("community code: an extension that is too long or no map")
    return said


def _times(fields: re.Match[str]) -> tuple[datetime, datetime | None]:
    made, minutes = cwt.moment(int(fields["made"])), int(fields["minutes"])
    if made is None or minutes > LONGEST_MINUTES:
        raise malformed("community code: a time that is none")
    return made, made + timedelta(minutes=minutes) if minutes else None


def _bytes(text: str) -> bytes:
    """The bytes of a field, which has exactly one spelling: no other code may look different and be the same."""
    data = plain.base64url(text)
    if _text(data) != text:
        raise malformed("base64url: bits left over")
    return data


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _is_link(link: str) -> bool:
    return len(link) <= LONGEST_LINK and _LINK.fullmatch(link) is not None


def _number_of(colour: Colour) -> int:
    return next(number for number, known in _COLOURS.items() if known is colour)


def _issue(key: Ed25519PrivateKey, issuing: Issuing, attribute: str, said: dict[int | str, object]) -> str:
    extension = cbor.encode(said)
    minutes = _minutes(issuing)
    if not _is_link(issuing.link):
        raise ValueError(f"the link must begin with https:// and have at most {LONGEST_LINK} plain characters")
    if len(extension) > LARGEST_EXTENSION:
        raise ValueError("the names are too long for the code")
    if issuing.holds is not None and not 1 <= minutes <= LONGEST_MINUTES:
        raise ValueError("the code must hold for a minute at least and ten years at most")
    text = sealed(key, issuing, attribute, extension)
    if _TEXT.fullmatch(text) is None:
        raise ValueError("the serial must be up to 64 letters, digits, - and _")
    return text


def sealed(key: Ed25519PrivateKey, issuing: Issuing, attribute: str, extension: bytes) -> str:
    """The signed text around any extension, of which nothing is checked."""
    made, kid = int(issuing.made.astimezone(UTC).timestamp()), _text(cose.key_id(key.public_key()))
    standard = f"{issuing.link}{MARK}{attribute}.{issuing.serial}"
    covered = f"{standard}.{_text(extension)}.{made}.{_minutes(issuing)}.{kid}"
    return f"{covered}.{_text(key.sign(covered.encode()))}"


def _minutes(issuing: Issuing) -> int:
    return int(issuing.holds.total_seconds() // 60) if issuing.holds else 0
