"""What the processes tell each other, beside the requests of `kiosk.core.requests`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from kiosk.core.hints import Hint
from kiosk.core.marks import Colour
from kiosk.core.model import Kind
from kiosk.core.view import GateView


class Follow(msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag="follow"):
    """A page wants every new state of the gate, and pictures if it shows them."""

    pictures: bool = False


class State(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="state"):
    """The gate at one moment."""

    view: GateView


class PictureTaken(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="picture"):
    """A small JPEG of what a lane's camera sees."""

    lane: str
    jpeg: bytes


GatePush = State | PictureTaken


class CameraState(StrEnum):
    """How the camera behind a scanner is doing."""

    OK = "ok"
    STARTING = "starting"
    UNPLUGGED = "unplugged"
    STALLED = "stalled"  # open, but no new frame
    ENDED = "ended"  # a finite source gave its last picture
    DARK = "dark"  # nothing bright is in view: night, lights off
    FROZEN = "frozen_picture"  # the same picture to the last bit
    COVERED = "covered"  # nothing has a shape any more
    BLURRED = "blurred"  # every edge has gone soft
    OTHER_SIZE = "other_size"  # it gives another size than was asked of it


class Looked(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="looked"):
    """The scanner finished a turn. Sent at least every 0.5 s, so that silence means it hangs."""

    camera: CameraState
    texts: tuple[str, ...] = ()
    taken_s: float = 0.0  # CLOCK_MONOTONIC when the frame was complete
    label: str = ""  # the file a still came from
    decode_ms: float = 0.0
    detail: str = ""  # one line for the health page
    hint: Hint | None = None  # what would help somebody whose code is seen but not read


class ShowPictures(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="show_pictures"):
    """The gate asks its scanner for so many pictures a second; 0 for none."""

    hz: float


ScannerPush = Looked | PictureTaken


class AskAbout(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="ask_about"):
    """The gate asks the resolver about one opaque code."""

    visit: str
    key: str
    service: str  # the name of the pattern that recognised it
    kind: Kind = Kind.HEALTH
    text: str


class Resolved(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="resolved"):
    """What the online service answered. `miss` says why there is nothing to believe; empty: it answered."""

    visit: str
    key: str
    miss: str = ""
    colour: Colour | None = None
    tested_at: datetime | None = None
    valid_until: datetime | None = None
    name: str = ""
    birth_date: str = ""
    document: str = ""
    venue_id: str = ""
    venue_name: str = ""
