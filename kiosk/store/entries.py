"""A row of the logbook as it is read again, and what rows can be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec

from kiosk.core.entry import EntryKind
from kiosk.core.faults import LogbookBroken
from kiosk.core.model import Direction, Group, Outcome, Quality, TemperatureSource
from kiosk.core.reasons import Reason


class Finding(NamedTuple):
    """One check's answer, in the order of the body; `detail` is there only where it is about a country's rule."""

    check: str
    outcome: Outcome
    reason: Reason
    detail: str = ""


class Temperature(msgspec.Struct, frozen=True, omit_defaults=True):
    """The measurement of a row, in °C."""

    forehead_c: float
    object_c: float
    spread_c: float
    samples: int
    model: str
    source: TemperatureSource
    at: datetime
    ambient_c: float | None = None
    quality: Quality | None = None
    distance_cm: float | None = None
    raw_c: tuple[float, ...] = ()


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """The clear fields of one row. Empty where the body leaves a field out."""

    kiosk: str
    epoch: int
    seq: int
    kind: EntryKind
    happened: datetime
    recorded: datetime
    mono_ms: int
    boot: str
    clock: str
    lane: str = ""
    visit: str = ""
    refers: str = ""
    with_visit: str = ""
    direction: Direction | None = None
    group: Group | None = None
    outcome: Outcome | None = None
    reasons: tuple[Reason, ...] = ()
    findings: tuple[Finding, ...] = ()
    temperature: Temperature | None = None
    temperature_before: tuple[Temperature, ...] = ()
    volunteer: str = ""
    format: str = ""
    issuer: str = ""
    source: str = ""
    detail: str = ""
    rules: str = ""
    person_tag: str = ""
    code_tag: str = ""
    rows: tuple[int, ...] = ()
    seals: dict[str, str] = {}


_decoder = msgspec.json.Decoder(Entry)


def parse(body: str | bytes) -> Entry:
    """The entry that a stored body tells of. Raises LogbookBroken."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(error) from error


def unreadable(error: Exception) -> LogbookBroken:
    """What is said of a body that cannot be read."""
    return LogbookBroken(f"a row of the logbook is not what was written: {error}; run kiosk log verify")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which rows are asked for; what is left out does not restrict. Times are those at which things happened."""

    since: datetime | None = None
    until: datetime | None = None  # not included
    lane: str | None = None
    kind: EntryKind | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None
    volunteer: str | None = None
    direction: Direction | None = None
    format: str | None = None
    person_tags: tuple[str, ...] | None = None  # of the days asked for, from `Logbook.tags`
    min_c: float | None = None
    max_c: float | None = None
