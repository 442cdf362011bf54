"""The protocols that devices satisfy. A driver is any class with these methods; see `hardware/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from kiosk.core.exposure import Exposure, Limits
from kiosk.core.model import Reading

Picture = NDArray[np.uint8]  # (height, width) grey or (height, width, 3) BGR


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture and the monotonic time, in seconds, at which it was complete."""

    picture: Picture
    taken_s: float
    label: str = ""  # the file it came from, where there is one


class Camera(Protocol):
    """Gives frames; the newest wins, never a backlog."""

    def frame(self, timeout_s: float) -> Frame | None:
        """The newest frame not yet given, waiting up to `timeout_s`; None when none came.

        Raises CameraFault when the camera is gone; EOFError after the last picture of a finite source.
        """

    def close(self) -> None:
        """Lets go of the device; may be called twice."""


@runtime_checkable
class Sensor(Protocol):
    """What a camera with a sensor offers besides: its noise never stands still, its exposure may be steered."""

    remark: str  # one line where it gives something else than was asked of it

    def limits(self) -> Limits | None:
        """What it can be set to; None where it cannot: then it steers itself."""

    def exposure(self) -> Exposure:
        """How it is set; meaningless where there are no limits."""

    def expose(self, exposure: Exposure) -> bool:
        """Asks for this setting, some frames from now; False where the camera refuses, which then steers itself."""


class Scanner(Protocol):
    """Finds the texts of the QR codes in a picture."""

    def texts(self, picture: Picture) -> tuple[str, ...]:
        """Every text found, best first; empty when there is none."""


Corners = tuple[tuple[float, float], ...]  # four (x, y) in pixels, clockwise from the code's own top left


@dataclass(frozen=True, slots=True)
class Sighting:
    """One code in a picture: its text, None where it was seen but not read, and where it is.

    `modules`: how many it has a side, where that could be told.
    """

    text: str | None
    corners: Corners
    modules: int | None = field(default=None, compare=False)


class Pointer(Scanner, Protocol):
    """A scanner that also tells where the codes are."""

    def sightings(self, picture: Picture) -> tuple[Sighting, ...]:
        """Every code seen, read or not, the one to be served first at the front. Counts as a look, as `texts` does."""


class Thermometer(Protocol):
    """Gives raw readings."""

    name: str

    def read(self) -> Reading:
        """One reading, in °C, stamped with the driver's clock. Raises SensorFault."""

    def about(self) -> Mapping[str, str]:
        """What it found out about the part: `id`, `checking`, `emissivity`, ...; asks the part nothing."""

    def close(self) -> None:
        """Lets go of the bus; may be called twice."""


@dataclass(frozen=True, slots=True)
class Front:
    """What is in front of a thermometer: somebody or nobody, and how far away where the sensor tells."""

    somebody: bool
    distance_cm: float | None = None


class Presence(Protocol):
    """Tells who stands in front of the thermometer, better than the temperature alone."""

    def look(self) -> Front | None:
        """What is there at this moment; None where no sensor is fitted. Raises SensorFault. Never waits."""

    def close(self) -> None:
        """Lets go of the lines; may be called twice."""


class Tamper(Protocol):
    """Tells when the kiosk's case is opened."""

    def opened(self) -> bool:
        """Whether it is open, or was since the last call. Raises LampFault when the line is gone."""

    def close(self) -> None:
        """Lets go of the line; may be called twice."""


class LampPattern(StrEnum):
    """What the lamp can say. They differ by rhythm as well as by colour."""

    OFF = "off"
    READY = "ready"
    MEASURING = "measuring"
    ATTEND = "attend"  # the volunteer is wanted, no verdict yet
    PASS = "pass"
    CHECK = "check"
    DENY = "deny"
    MANUAL = "manual"  # let through by hand without a row; never green
    EVACUATE = "evacuate"
    OUT_OF_ORDER = "out_of_order"


class Lamp(Protocol):
    """Shows one pattern until the next one."""

    def show(self, pattern: LampPattern) -> None:
        """Shows `pattern` at once, in the background. Raises LampFault."""

    def turned(self, urgency: int, quiet: bool) -> None:
        """The gate finished a turn: told at each, so that a lamp whose gate hangs can go dark.

        The volunteer has been wanted in vain for so long (0 to 3), which the buzzer follows; `quiet` keeps it still
        except for an evacuation. Raises LampFault when a line failed since the last call.
        """

    def close(self) -> None:
        """Goes dark and lets go of the lines; may be called twice."""


class Phrase(StrEnum):
    """What the voice can say: what to do next, never why."""

    SHOW_CODE = "show_code"
    COME_CLOSER = "come_closer"
    HOLD_STILL = "hold_still"
    SHOW_VENUE = "show_venue"
    SHOW_PHONE = "show_phone"
    NEXT_PERSON = "next_person"
    PASS = "pass"
    SEE_VOLUNTEER = "see_volunteer"
    STOP = "stop"
    OUT_OF_ORDER = "out_of_order"
    EVACUATE = "evacuate"
    VOLUNTEER = "volunteer"  # nobody has come yet


class Voice(Protocol):
    """Says one phrase; a newer one replaces it. Never blocks."""

    def say(self, phrase: Phrase, language: str, loudness: float = 1.0) -> None:
        """Starts saying `phrase` in `language` (`zh_Hans_CN` or `en`), `loudness` 0 to 1. Raises VoiceFault."""

    def close(self) -> None:
        """Falls silent; may be called twice."""


class Button(StrEnum):
    """The physical buttons of a lane."""

    PASS = "pass"
    DENY = "deny"
    AGAIN = "again"
    CALL = "call"
    EVACUATE = "evacuate"


class Buttons(Protocol):
    """Tells when a button was pressed."""

    def listen(self, pressed: Callable[[Button], None]) -> None:
        """Calls `pressed` once for each debounced press, from a thread of the driver's."""

    def stuck(self) -> tuple[Button, ...]:
        """The buttons that have been down for longer than any finger. Raises LampFault when a line is gone."""

    def close(self) -> None:
        """Lets go of the lines; may be called twice."""


class HandScanner(Protocol):
    """Tells of every code that somebody reads by hand. It may come and go."""

    def listen(self, scanned: Callable[[str], None], became: Callable[[str, str], None]) -> None:
        """From a thread of the driver's: `scanned` once for each text, `became` with a state's code and one line."""

    def close(self) -> None:
        """Lets go of the device; may be called twice."""


class Clock(Protocol):
    """The shell's clock; the core only ever sees its values."""

    def now(self) -> datetime:
        """The wall clock, timezone-aware UTC."""

    def monotonic_s(self) -> float:
        """Seconds that never go back."""
