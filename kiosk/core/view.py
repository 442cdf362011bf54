"""What the pages are told about a gate: plain values, pushed over the gate's socket as JSON.

`ResidentView` is all that `/screen` may know: what to do next, never why. `DeskView` is the volunteer's.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from kiosk.core.hints import Hint
from kiosk.core.model import Direction, Group, Outcome
from kiosk.core.reasons import Reason


class Face(StrEnum):
    """The one thing that the resident's screen shows."""

    WELCOME = "welcome"  # hold up your code
    SHOW_CODE = "show_code"  # somebody stands here without one
    COME_CLOSER = "come_closer"  # forehead to the thermometer
    HOLD_STILL = "hold_still"  # being measured
    SHOW_VENUE = "show_venue"  # scan the venue code
    SHOW_PHONE = "show_phone"  # show your phone to the volunteer
    CHECKING = "checking"  # an online service is being asked
    NEXT_PERSON = "next_person"  # the next of a family
    PASS = "pass"
    SEE_VOLUNTEER = "see_volunteer"
    STOP = "stop"
    OUT_OF_ORDER = "out_of_order"
    EVACUATE = "evacuate"


class ResidentView(msgspec.Struct, frozen=True, kw_only=True):
    """What to do next."""

    lane: str
    face: Face
    direction: Direction
    initials: str = ""  # masked: "王**", "A. M."
    progress: float | None = None  # 0..1 of the measurement
    companions: int = 0  # how many of a family are still to come
    until: datetime | None = None  # when a result closes by itself
    hint: Hint | None = None  # what would help the camera to read their code; changes at most once a second


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    """One check's answer; `detail` is the id of the country's rule that it is about, `said` what that rule says."""

    check: str
    outcome: Outcome
    reason: Reason
    detail: str = ""
    said: dict[str, str] = {}  # by language


class VisitView(msgspec.Struct, frozen=True, kw_only=True):
    """One visit as the volunteer sees it."""

    visit: str
    started: datetime
    name: str = ""
    room: str = ""
    group: Group | None = None
    format: str = ""
    issuer: str = ""
    outcome: Outcome | None = None  # None while collecting
    findings: tuple[FindingView, ...] = ()
    wants: tuple[str, ...] = ()  # values of `Want`
    forehead_c: float | None = None
    overridden: Outcome | None = None
    overridden_by: str = ""
    explained: bool = False
    undo_until: datetime | None = None
    recorded: bool = True
    household: tuple[str, ...] = ()  # the others whom the pass is for; who of them came, the volunteer counts


class DeskView(msgspec.Struct, frozen=True, kw_only=True):
    """One lane as the volunteer sees it."""

    lane: str
    direction: Direction
    resident: ResidentView
    current: VisitView | None = None
    recent: tuple[VisitView, ...] = ()  # newest first
    out_of_order: tuple[Reason, ...] = ()
    called_since: datetime | None = None  # somebody pressed the call button and nobody has answered
    waiting_since: datetime | None = None  # since when somebody waits for the volunteer
    waiting_level: int = 0  # 0 nobody or only just, 1 too long, 2 far too long, 3 nobody seems to be here


class DecisionView(msgspec.Struct, frozen=True, kw_only=True):
    """A decision in force."""

    condition: str
    remedy: str
    by: str
    until: datetime


class ConditionView(msgspec.Struct, frozen=True, kw_only=True):
    """A fault that concerns everybody, as the desk's one banner."""

    condition: str
    since: datetime
    remedies: tuple[str, ...] = ()
    decision: DecisionView | None = None


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    """One device in words."""

    name: str  # "camera", "thermometer", "lamp", "voice", "buttons", "logbook", "scanner", "clock"
    driver: str
    ok: bool
    state: str  # a stable code: "ok", "unplugged", "stalled", ...
    detail: str = ""
    since: datetime | None = None
    lane: str = ""  # where it belongs to one
    reading: str = ""  # the last thing that it gave, in a few words
    errors: dict[str, int] = {}  # how often it failed since the start, by kind
    celsius: tuple[float, float] | None = None  # a thermometer's last reading: object, air
    facts: dict[str, str] = {}  # what it found out about the part: "id", "checking", "emissivity", ...


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Today so far."""

    passed: int = 0
    checked: int = 0
    denied: int = 0
    incomplete: int = 0
    entered: int = 0
    left: int = 0
    dropped_off: int = 0


class GateView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole gate at one moment; `turn` only grows."""

    turn: int
    at: datetime
    kiosk: str
    lanes: tuple[DeskView, ...]
    conditions: tuple[ConditionView, ...] = ()
    devices: tuple[DeviceView, ...] = ()
    counts: Counts = Counts()
    evacuating_since: datetime | None = None
    evacuating_by: str = ""
    crowd_until: datetime | None = None
    crowd_by: str = ""
    rules: str = ""
    head: str = ""  # row and short code of the newest signed head of the log: `48210:ABCD-2EFG`
    simulated: tuple[str, ...] = ()  # device kinds that are simulated
