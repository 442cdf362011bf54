"""The words of the project as plain values: what a gate sees, decides and writes down.

All times are timezone-aware UTC. All temperatures are degrees Celsius. Everything here is frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from kiosk.core.marks import Colour, Flag
from kiosk.core.reasons import Reason
from kiosk.core.temperature import Measurement, Quality, Reading, TemperatureSource

__all__ = ["Measurement", "Quality", "Reading", "TemperatureSource"]  # words of temperature.py, offered here too


class Direction(StrEnum):
    """Which way a lane leads."""

    IN = "in"
    OUT = "out"


class Group(StrEnum):
    """Whose policy of the rules applies to a visit."""

    RESIDENTS = "residents"
    VISITORS = "visitors"
    DELIVERIES = "deliveries"


class Outcome(StrEnum):
    """What a verdict comes to: green, amber, red. Ordered: the worst wins."""

    PASS = "pass"
    CHECK = "check"
    DENY = "deny"

    @property
    def severity(self) -> int:
        """0 for PASS, 1 for CHECK, 2 for DENY."""
        return _SEVERITY[self]


_SEVERITY = {Outcome.PASS: 0, Outcome.CHECK: 1, Outcome.DENY: 2}


# --- What was held up ------------------------------------------------------------------------------


class Source(StrEnum):
    """Where a Scan came from."""

    CAMERA = "camera"
    HAND = "hand"
    KEYBOARD = "keyboard"


@dataclass(frozen=True, slots=True)
class Scan:
    """One text of one QR code. The text is hostile, personal, and never stored or printed."""

    text: str = field(repr=False)
    at: datetime
    source: Source
    lane: str


class Kind(StrEnum):
    """What sort of code a text is."""

    HEALTH = "health"
    VENUE = "venue"
    PASS = "pass"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Holder:
    """The person a credential is about, as far as the signature covers it."""

    name: str | None = None
    birth_date: str | None = None  # ISO 8601, possibly only a year or a month
    document: str | None = None
    person: str | None = None  # the roster's id, in passes that we issue


class TestResult(StrEnum):
    """What a laboratory found."""

    NEGATIVE = "negative"
    POSITIVE = "positive"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Test:
    """One test as a credential or the roster states it."""

    result: TestResult
    sampled_at: datetime
    method: str = ""  # "nucleic_acid", "antigen" or empty


@dataclass(frozen=True, slots=True)
class Vaccination:
    """One vaccination as a credential states it."""

    doses: int
    of: int
    on: date | None
    product: str = ""


@dataclass(frozen=True, slots=True)
class Recovery:
    """One recovery as a credential states it."""

    first_positive: date | None
    valid_from: date | None
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Credential:
    """A statement about a holder whose signature was verified. Times are not judged here."""

    format: str
    kind: Kind
    issuer: str
    credential_id: str | None
    holder: Holder
    valid_from: datetime | None
    valid_until: datetime | None
    tests: tuple[Test, ...] = ()
    vaccinations: tuple[Vaccination, ...] = ()
    recoveries: tuple[Recovery, ...] = ()
    signer_valid_from: datetime | None = None
    signer_valid_until: datetime | None = None
    kid: bytes = b""  # of the signer, as its trust list has it, where country rules ask for it
    group: Group | None = None  # of passes that we issue
    household: tuple[Holder, ...] = ()  # the others whom such a pass is for
    issuer_listed: bool = True  # False: only the code itself says who issued it, and the list does not
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)  # the signed payload, for country rules
    digests: tuple[bytes, ...] = field(default=(), repr=False)  # SHA-256s by which a revocation list may name it
    issued: datetime | None = None  # where a revocation ends with the cards of its day
    colour: Colour | None = None  # of health codes that have one, signed or said by their online service


@dataclass(frozen=True, slots=True)
class VenueCode:
    """A place's check-in code. `issuer` is empty where the format is not signed."""

    format: str
    issuer: str
    venue_id: str
    name: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    signed: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    flagged: tuple[Flag, ...] = ()  # by the lists that were there when it was read


@dataclass(frozen=True, slots=True)
class OnlineCode:
    """An opaque token or link that only an online service understands."""

    format: str
    kind: Kind
    service: str  # the name of the pattern that recognised it
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One of several codes that make a credential only together; kiosk/core/parts.py puts them together."""

    format: str
    kind: Kind
    index: int  # from 1
    count: int
    text: str = field(repr=False)  # what this part brings: hostile and personal, like that of a Scan


@dataclass(frozen=True, slots=True)
class Refusal:
    """A text that is not a credential to believe, and why."""

    format: str
    kind: Kind
    reason: Reason


Read = Credential | VenueCode | OnlineCode | Part | Refusal


def is_of_a_place(read: Read) -> bool:
    """Whether a code is about a place and not about a person, be it genuine or not."""
    return isinstance(read, VenueCode) or (isinstance(read, OnlineCode | Refusal) and read.kind is Kind.VENUE)


@dataclass(frozen=True, slots=True)
class Presented:
    """What one Scan turned out to be, with the identity that replay and the roster go by.

    `key` is an HMAC in hex over (format, issuer, credential id, else holder id), else over the text.
    """

    read: Read
    key: str
    at: datetime
    source: Source
    about: str = ""  # the document that the online service named for it, as an HMAC in hex


# --- Evidence and verdict ------------------------------------------------------------------------------

MOST_BEFORE = 8  # earlier measurements that a visit keeps


class Attested(StrEnum):
    """What a volunteer vouches for."""

    SEEN_GREEN = "seen_green"
    SEEN_YELLOW = "seen_yellow"
    SEEN_RED = "seen_red"
    BY_ROSTER = "by_roster"
    BY_NAME = "by_name"
    WITH_HOLDER = "with_holder"


@dataclass(frozen=True, slots=True)
class Attestation:
    """One thing a volunteer saw, and who it was that saw it."""

    what: Attested
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HostWord:
    """That the household somebody visits expects them, and which volunteer asked it."""

    household: str = field(repr=False)  # building and room
    by: str
    at: datetime


class Certainty(StrEnum):
    """How sure the roster is that it knows somebody."""

    CERTAIN = "certain"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class RosterMatch:
    """What the roster knows about the person of a visit."""

    person: str
    certainty: Certainty
    name: str
    room: str = ""
    group: Group = Group.RESIDENTS
    tested_at: datetime | None = None


class ConditionKind(StrEnum):
    """A fault that concerns everybody, and needs one decision instead of thirty ambers."""

    THERMOMETER_DOWN = "thermometer_down"
    AMBIENT_OUT_OF_RANGE = "ambient_out_of_range"
    CALIBRATION_DUE = "calibration_due"
    TRUST_STALE = "trust_stale"
    CLOCK_IN_DOUBT = "clock_in_doubt"
    RESOLVER_DOWN = "resolver_down"
    CAMERA_DOWN = "camera_down"
    CASE_OPENED = "case_opened"  # the kiosk's own case; nobody at the gate is judged by it


class Remedy(StrEnum):
    """What a volunteer may decide about a condition, for a time."""

    CONTACT = "contact"  # a contact thermometer's value is entered
    WAIVE = "waive"  # the check is left out, and the log says so
    ACCEPT = "accept"  # go on as if in order, and the log says so


@dataclass(frozen=True, slots=True)
class Decision:
    """One timed decision of a volunteer about a condition."""

    condition: ConditionKind
    remedy: Remedy
    by: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one visit has brought so far."""

    direction: Direction
    codes: tuple[Presented, ...] = ()
    measurement: Measurement | None = None
    measured_before: tuple[Measurement, ...] = ()  # what that one took the place of, oldest first
    attestations: tuple[Attestation, ...] = ()
    host: HostWord | None = None
    roster: RosterMatch | None = None
    group: Group | None = None  # chosen by the volunteer; otherwise follows from roster and pass
    passed_before: datetime | None = None  # when the same identity last passed this way
    online_since: datetime | None = None  # when the resolver was asked about an online code
    conditions: frozenset[ConditionKind] = frozenset()
    decisions: tuple[Decision, ...] = ()

    def measured(self, measurement: Measurement | None) -> Evidence:
        """The evidence with another measurement, or with none; the one before is kept."""
        before = (self.measurement,) if self.measurement is not None else ()
        return replace(self, measurement=measurement, measured_before=(*self.measured_before, *before)[-MOST_BEFORE:])

    def remedy(self, condition: ConditionKind, now: datetime) -> Remedy | None:
        """What was decided about `condition`, while the decision holds."""
        held = [d.remedy for d in self.decisions if d.condition is condition and d.at <= now < d.until]
        return held[-1] if held else None


class Want(StrEnum):
    """What is missing before a verdict; each becomes a prompt."""

    CODE = "code"
    TEMPERATURE = "temperature"
    CONTACT_TEMPERATURE = "contact_temperature"
    VENUE = "venue"
    ATTESTATION = "attestation"
    ONLINE_ANSWER = "online_answer"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check of the rules answered; `detail` is the id of the country's rule that it is about."""

    outcome: Outcome
    reason: Reason
    check: str = ""
    detail: str = ""
    said: Mapping[str, str] = field(default_factory=dict, compare=False)  # that rule's description by language


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a visit and every check's finding, in the order of the rules."""

    outcome: Outcome
    findings: tuple[Finding, ...]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons of the findings that made the outcome what it is; empty for PASS."""
        if self.outcome is Outcome.PASS:
            return ()
        return tuple(f.reason for f in self.findings if f.outcome is self.outcome)


@dataclass(frozen=True, slots=True)
class Wanting:
    """No verdict yet: what is missing, and the findings so far."""

    wants: tuple[Want, ...]
    findings: tuple[Finding, ...] = ()
