"""What `kiosk read` says of a code at a moment: one flat object with stable names."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from kiosk.core.entry import iso
from kiosk.core.model import Credential, Holder, OnlineCode, Part, Read, Refusal, VenueCode
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust
from kiosk.core.validity import validity


class Status(StrEnum):
    """What `kiosk read` says of a code at a moment."""

    VALID = "valid"
    INVALID = "invalid"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    UNTRUSTED = "untrusted"
    REVOKED = "revoked"
    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    ONLINE_REQUIRED = "online_required"


_STATUS = {
    Reason.VALID: Status.VALID,
    Reason.MALFORMED: Status.MALFORMED,
    Reason.UNSUPPORTED: Status.UNSUPPORTED,
    Reason.UNKNOWN_ISSUER: Status.UNTRUSTED,
    Reason.ISSUER_EXPIRED: Status.UNTRUSTED,
    Reason.BAD_SIGNATURE: Status.INVALID,
    Reason.WRONG_KEY_USAGE: Status.INVALID,
    Reason.REVOKED: Status.REVOKED,
    Reason.POSSIBLY_REVOKED: Status.UNTRUSTED,
    Reason.PART_OF_SEVERAL: Status.UNSUPPORTED,
    Reason.ONLINE_REQUIRED: Status.ONLINE_REQUIRED,
    Reason.EXPIRED: Status.EXPIRED,
    Reason.NOT_YET_VALID: Status.NOT_YET_VALID,
}


def summary(text: str, read: Read, trust: Trust, at: datetime) -> dict[str, Any]:
    """The object of `kiosk read` for `text`, which `read` was made of, at the moment `at` (aware UTC).

    Members: text_sha256, format, kind, status, reason, issuer, holder, valid_from, valid_until, facts. Times are
    ISO 8601 in UTC; what a code does not say is null, or missing from `holder` and `facts`.
    """
    reason = _reason(read, trust, at)
    timed = read if isinstance(read, Credential | VenueCode) else None
    return {
        "text_sha256": sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        "format": read.format,
        "kind": "venue" if isinstance(read, VenueCode) else read.kind.value,
        "status": _STATUS[reason].value,
        "reason": reason.value,
        "issuer": "" if isinstance(read, Refusal | Part) else read.issuer,
        "holder": _holder(read.holder) if isinstance(read, Credential) else {},
        "valid_from": _time(timed and timed.valid_from),
        "valid_until": _time(timed and timed.valid_until),
        "facts": _facts(read),
    }


def _reason(read: Read, trust: Trust, at: datetime) -> Reason:
    match read:
        case Refusal():
            return read.reason
        case OnlineCode():
            return Reason.ONLINE_REQUIRED
        case Part():
            return Reason.PART_OF_SEVERAL
        case Credential():
            return trust.standing(read) or validity(read, at)
        case VenueCode():
            return validity(read, at)


def _holder(holder: Holder) -> dict[str, str]:
    stated = {
        "name": holder.name,
        "birth_date": holder.birth_date,
        "document": holder.document,
        "person": holder.person,
    }
    return {name: value for name, value in stated.items() if value}


def _facts(read: Read) -> dict[str, Any]:
    match read:
        case Credential():
            facts: dict[str, Any] = {
                "credential_id": read.credential_id,
                "group": read.group and read.group.value,
                "household": [other.name for other in read.household],
                "colour": read.colour and read.colour.value,
                "tests": [
                    {"result": t.result.value, "sampled_at": iso(t.sampled_at), "method": t.method} for t in read.tests
                ],
                "vaccinations": [
                    {"doses": v.doses, "of": v.of, "on": _time(v.on), "product": v.product} for v in read.vaccinations
                ],
                "recoveries": [
                    {
                        "first_positive": _time(r.first_positive),
                        "valid_from": _time(r.valid_from),
                        "valid_until": _time(r.valid_until),
                    }
                    for r in read.recoveries
                ],
            }
        case VenueCode():
            flags = [{"since": _time(flag.since), "until": _time(flag.until)} for flag in read.flagged]
            facts = {
                "venue_id": read.venue_id,
                "name": read.name,
                "signed": read.signed,
                **read.facts,
                "flagged": flags,
            }
        case OnlineCode():
            facts = {"service": read.service}
        case Part():
            facts = {"part": read.index, "of": read.count}
        case _:
            facts = {}
    return {name: value for name, value in facts.items() if value not in (None, "", [])}


def _time(moment: Any) -> str | None:
    """A time in UTC or a plain day."""
    if moment is None:
        return None
    return iso(moment) if isinstance(moment, datetime) else moment.isoformat()
