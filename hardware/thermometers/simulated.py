"""A thermometer made of numbers: an empty gate, or the people of a simulated street.

It obeys the contract of the real ones, and fails on command in each way that they can.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from hardware.thermometers import SensorCode
from kiosk.core.faults import SensorFault
from kiosk.core.model import Reading

ROOM_C = 22.0
FOREHEAD_C = 34.5  # the skin of somebody healthy in such a room
STEPS_BACK_S, STAYS_S = 0.4, 2.0
NOISE_C = (0.0, 0.02, -0.04, 0.06, -0.02, 0.0, 0.04, -0.06, 0.02)  # what a real one scatters, over and over

Scene = Callable[[float], tuple[float, float]]  # UNIX time in seconds → object °C, ambient °C


def empty_gate(_unix_s: float) -> tuple[float, float]:
    """Nobody there: the wall opposite is as warm as the room."""
    return ROOM_C, ROOM_C


class WhoeverShowsACode:
    """Real codes, and nobody to measure: whoever holds one up is given a healthy forehead, for a moment."""

    def __init__(self) -> None:
        self._came_s = float("-inf")

    def somebody_came(self, unix_s: float) -> None:
        """A code was held up that was not there before."""
        self._came_s = unix_s

    def __call__(self, unix_s: float) -> tuple[float, float]:
        """The forehead, once whoever stood there before has stepped back."""
        there = STEPS_BACK_S <= unix_s - self._came_s < STEPS_BACK_S + STAYS_S
        return (FOREHEAD_C if there else ROOM_C), ROOM_C


class Simulated:
    """Reads `scene` at the time of `now`, with a slight noise that is the same in every run."""

    name = "simulated"

    def __init__(self, scene: Scene = empty_gate, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._scene = scene
        self._now = now
        self._count = count()
        self._code: SensorCode | None = None
        self._held: tuple[float, float] | None = None

    def read(self) -> Reading:
        """One reading. Raises SensorFault as `fail_with` ordered."""
        if self._code is not None:
            raise SensorFault(self._code, f"thermometer simulated fails as it was told: {self._code}")
        at = self._now()
        object_c, ambient_c = self._held or self._scene(at.timestamp())
        noise_c = NOISE_C[next(self._count) % len(NOISE_C)]
        return Reading(object_c=object_c + noise_c, ambient_c=ambient_c, at=at)

    def somebody_came(self) -> None:
        """A new code is held up before the camera: a scene that goes by it is told."""
        if isinstance(self._scene, WhoeverShowsACode):
            self._scene.somebody_came(self._now().timestamp())

    def hold(self, object_c: float, ambient_c: float = ROOM_C) -> None:
        """From now on somebody, or something, of this temperature stands there."""
        self._held = (object_c, ambient_c)

    def fail_with(self, code: SensorCode | str) -> None:
        """From now on every reading fails in this way."""
        self._code = SensorCode(code)

    def recover(self) -> None:
        """In order again."""
        self._code = None

    def close(self) -> None:
        """Lets go; later reads say ABSENT. May be called twice."""
        self._code = SensorCode.ABSENT


def open_device(arg: str) -> Simulated:
    """`simulated` measures whoever shows a code; `simulated:PATH` the people of a street's deck."""
    if not arg:
        return Simulated(WhoeverShowsACode())
    from hardware.simulation import load_street  # noqa: PLC0415  it brings pictures and codes along

    return Simulated(load_street(Path(arg)).temperature_at)
