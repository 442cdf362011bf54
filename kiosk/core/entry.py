"""A row of the logbook, before it is stored: its canonical body, its seal and its place in the chain.

Layout: `hash = SHA-256(prev ‖ body ‖ sealed_sha256)`, where `body` is the RFC 8785 form of the clear
fields and `sealed_sha256` covers the encrypted personal fields, so that both stay provable after the
personal fields were deleted.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import rfc8785

from kiosk.core.model import Direction, Finding, Group, Measurement, Outcome
from kiosk.core.reasons import Reason

GENESIS = bytes(32)
NOTHING_SEALED = bytes(32)


class EntryKind(StrEnum):
    """What a row of the logbook tells of."""

    START = "start"  # the gate came up
    VISIT = "visit"  # a verdict was shown
    INCOMPLETE = "incomplete"  # somebody left half-way
    OVERRIDE = "override"  # a volunteer decided a visit
    EXPLAIN = "explain"  # the reason of an override, or a note
    UNDO = "undo"  # an override taken back
    MEDICAL_EXIT = "medical_exit"
    VEHICLE = "vehicle"
    DROP_OFF = "drop_off"  # a rider handed something over and did not enter
    EVACUATION = "evacuation"  # begun or ended
    CONDITION = "condition"  # opened or closed
    DECISION = "decision"  # a volunteer's timed decision about a condition
    CROWD = "crowd"  # crowd mode begun or ended
    DIRECTION = "direction"  # a lane was turned round
    LOOKED = "looked"  # somebody read sealed fields
    PURGED = "purged"  # days were forgotten
    STOP = "stop"  # the gate went down in good order
    CLOCK = "clock"  # the clock jumped, or its state changed
    TIME_CONFIRMED = "time_confirmed"  # a manager vouched for the time
    HAND_OVER = "hand_over"  # the next volunteer took over the desk
    DISPUTE = "dispute"  # a neutral note about a quarrel, which a second volunteer witnessed
    INSIDE_RESET = "inside_reset"  # from here on nobody counts as inside
    SHEETS = "sheets"  # paper sheets were numbered and printed
    BACKUP = "backup"  # a backup was written and read again
    RESTORED = "restored"  # the log goes on from a backup, in a new epoch
    EXPORTED = "exported"  # rows left the kiosk as a file with names
    ERASED = "erased"  # the personal fields of some rows were forgotten because somebody asked


class SealClass(StrEnum):
    """The classes of personal fields; each has its own key for each day, and its own retention."""

    IDENTITY = "identity"  # name, document, phone, room, credential id
    NOTE = "note"  # free text


@dataclass(frozen=True, slots=True)
class Draft:
    """What the core wants written down. The store adds number, chain, seal, boot, clock and kiosk."""

    kind: EntryKind
    happened: datetime
    lane: str = ""
    visit: str = ""
    refers: str = ""  # the visit that an override, undo or explanation is about
    with_visit: str = ""  # the visit of the person they came with ("and these with me")
    direction: Direction | None = None
    group: Group | None = None
    outcome: Outcome | None = None
    reasons: tuple[Reason, ...] = ()
    findings: tuple[Finding, ...] = ()
    measurement: Measurement | None = None
    measured_before: tuple[Measurement, ...] = ()
    volunteer: str = ""
    format: str = ""
    issuer: str = ""
    source: str = ""
    detail: str = ""  # a word of a closed list: "on", "off", a condition, a remedy; never free text
    rules: str = ""  # version of the rules that decided
    person: str = field(default="", repr=False)  # becomes person_tag
    rows: tuple[int, ...] = ()  # the rows that an ERASED one is about
    code_key: str = field(default="", repr=False)  # becomes code_tag, by which a replay is found
    sealed: tuple[tuple[SealClass, tuple[tuple[str, str], ...]], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the store knows about the moment of writing."""

    kiosk: str
    epoch: int
    seq: int
    recorded: datetime
    monotonic_ns: int
    boot: str
    clock: str  # "trusted", "degraded" or "untrusted"


def iso(moment: datetime) -> str:
    """UTC with milliseconds and a Z: `2026-11-21T07:30:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def body(
    draft: Draft,
    stamp: Stamp,
    *,
    person_tag: str = "",
    code_tag: str = "",
    seals: Mapping[SealClass, bytes] | None = None,
) -> bytes:
    """The canonical bytes of the clear fields; empty fields are left out.

    `seals` has the digest of each class of sealed fields: with it a row stays provable when one class is forgotten
    and another is not.
    """
    fields: dict[str, Any] = {
        "v": 1,
        "kiosk": stamp.kiosk,
        "epoch": stamp.epoch,
        "seq": stamp.seq,
        "kind": draft.kind.value,
        "happened": iso(draft.happened),
        "recorded": iso(stamp.recorded),
        "mono_ms": stamp.monotonic_ns // 1_000_000,
        "boot": stamp.boot,
        "clock": stamp.clock,
        "lane": draft.lane,
        "visit": draft.visit,
        "refers": draft.refers,
        "with_visit": draft.with_visit,
        "direction": draft.direction and draft.direction.value,
        "group": draft.group and draft.group.value,
        "outcome": draft.outcome and draft.outcome.value,
        "reasons": [reason.value for reason in draft.reasons],
        "findings": [_finding(finding) for finding in draft.findings],
        "temperature": draft.measurement and _temperature(draft.measurement),
        "temperature_before": [_temperature(measurement) for measurement in draft.measured_before],
        "volunteer": draft.volunteer,
        "format": draft.format,
        "issuer": draft.issuer,
        "source": draft.source,
        "detail": draft.detail,
        "rules": draft.rules,
        "person_tag": person_tag,
        "code_tag": code_tag,
        "rows": list(draft.rows),
        "seals": {seal_class.value: digest.hex() for seal_class, digest in (seals or {}).items()},
    }
    return rfc8785.dumps({name: value for name, value in fields.items() if value not in (None, "", [], {})})


def _finding(finding: Finding) -> list[str]:
    """Three words, and the id of the country's rule as a fourth where the finding is about one."""
    return [finding.check, finding.outcome.value, finding.reason.value, *([finding.detail] if finding.detail else [])]


def _temperature(measurement: Measurement) -> dict[str, object]:
    values: dict[str, object] = {
        "forehead_c": round(measurement.forehead_c, 2),
        "object_c": round(measurement.object_c, 2),
        "ambient_c": None if measurement.ambient_c is None else round(measurement.ambient_c, 2),
        "spread_c": round(measurement.spread_c, 2),
        "samples": measurement.samples,
        "model": measurement.model,
        "source": measurement.source.value,
        "at": iso(measurement.at),
        "quality": measurement.quality and measurement.quality.value,
        "distance_cm": measurement.distance_cm,
        "raw_c": list(measurement.raw_c) or None,
    }
    return {name: value for name, value in values.items() if value is not None}


def sealed_digest(blobs: Sequence[tuple[SealClass, bytes, bytes]]) -> bytes:
    """SHA-256 over (class, nonce, ciphertext) in the order of the classes; zeros where nothing is sealed."""
    if not blobs:
        return NOTHING_SEALED
    digest = hashlib.sha256()
    for seal_class, nonce, blob in sorted(blobs):
        for part in (seal_class.value.encode(), nonce, blob):
            digest.update(len(part).to_bytes(4, "big") + part)
    return digest.digest()


def chain(prev: bytes, body_bytes: bytes, sealed_sha256: bytes) -> bytes:
    """The hash of an entry: SHA-256 over the previous entry's hash, the body and the seal's digest."""
    return hashlib.sha256(prev + body_bytes + sealed_sha256).digest()


@dataclass(frozen=True, slots=True)
class Head:
    """What the chain had come to at a row. `before` is the row of the signed head before this one, 0 at the first."""

    kiosk: str
    epoch: int
    number: int
    before: int
    seq: int
    at: datetime
    hash: bytes

    def statement(self) -> bytes:
        """The bytes that the gate's key signs."""
        fields: dict[str, Any] = {
            "kiosk": self.kiosk,
            "epoch": self.epoch,
            "number": self.number,
            "before": self.before,
            "seq": self.seq,
            "at": iso(self.at),
            "hash": self.hash.hex(),
        }
        return b"checkpoint-kiosk head\0" + rfc8785.dumps(fields)


def code(hash_: bytes) -> str:
    """The first 40 bits of a row's hash as people read them to each other: `ABCD-2EFG`."""
    letters = base64.b32encode(hash_[:5]).decode()
    return f"{letters[:4]}-{letters[4:]}"
