"""What programs send and get: the API's own words, so that the log may grow without breaking anybody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field

from kiosk.core.entry import EntryKind
from kiosk.core.model import Direction, Group, Outcome
from kiosk.core.reasons import Reason
from kiosk.core.view import Face

LARGEST = 2**53  # the largest whole number that every JSON reader has


class LaneState(BaseModel):
    """One lane at this moment."""

    lane: str
    direction: Direction
    face: Face
    waiting_level: int
    out_of_order: list[Reason]


class DeviceState(BaseModel):
    """One device in stable codes."""

    name: str
    driver: str
    ok: bool
    state: str
    since: datetime | None


class Counts(BaseModel):
    """Visits of today, as the pages show them."""

    passed: int
    checked: int
    denied: int
    incomplete: int
    entered: int
    left: int
    dropped_off: int


class State(BaseModel):
    """The gate at this moment, without anybody's name."""

    kiosk: str
    at: datetime
    rules: str
    lanes: list[LaneState]
    conditions: list[str]
    devices: list[DeviceState]
    counts: Counts
    evacuating_since: datetime | None
    crowd_until: datetime | None


class EntriesQuery(BaseModel):
    """Which rows of the logbook are asked for. Times are those at which things happened, with their zone."""

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    kind: EntryKind | None = None
    lane: Annotated[str | None, Field(max_length=64)] = None
    direction: Direction | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None
    before: Annotated[int | None, Field(ge=1, le=LARGEST, description="Only rows below this number.")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class Temperature(BaseModel):
    """The measurement of a row, in °C; an estimate of the named model."""

    forehead_c: float
    object_c: float
    ambient_c: float | None
    spread_c: float
    samples: int
    model: str
    source: str
    at: datetime


class Finding(BaseModel):
    """What one check answered."""

    check: str
    outcome: Outcome
    reason: Reason
    detail: str


class Entry(BaseModel):
    """One row of the logbook: its clear fields, without pseudonyms."""

    kiosk: str
    epoch: int
    seq: int
    kind: EntryKind
    happened: datetime
    recorded: datetime
    clock: str
    lane: str
    visit: str
    refers: str
    with_visit: str
    direction: Direction | None
    group: Group | None
    outcome: Outcome | None
    reasons: list[Reason]
    findings: list[Finding]
    temperature: Temperature | None
    volunteer: str
    format: str
    issuer: str
    source: str
    detail: str
    rules: str


class Entries(BaseModel):
    """A page of rows, newest first; `before` asks for the next one, and is empty after the last."""

    entries: list[Entry]
    before: int | None


class Head(BaseModel):
    """The newest signed head of the logbook: who keeps it can prove later that nothing before it was changed."""

    kiosk: str
    epoch: int
    number: int
    seq: int
    at: datetime
    hash: str
    code: str
    key: str
    signature: str


class Report(BaseModel):
    """The report of a local day; `report` is what `kiosk report day` prints."""

    day: date
    report: dict[str, Any]


class Inside(BaseModel):
    """How many are inside, by how sure it is that their exit would have been noticed.

    `since` is the last reset, `begins` the first moment that was counted; `long` of them have stayed unusually long.
    """

    certain: int
    likely: int
    unknown: int
    left_unseen: int
    since: datetime | None
    begins: datetime | None
    long: int


class RosterQuery(BaseModel):
    """Whether a roster is only looked through, or taken over."""

    apply: bool = False


class Problem(BaseModel):
    """A place in the file that is wrong. Lines count from 1, the header included."""

    line: int
    column: str
    reason: str


class RosterPreview(BaseModel):
    """What an import would do, or did. With any problem it does nothing."""

    new: int
    changed: int
    unchanged: int
    kept: int
    problems: list[Problem]
    applied: bool


class Trouble(BaseModel):
    """Why something was not done."""

    reason: str
    message: str
    detail: dict[str, Any] | None = None
