"""A thermometer made of numbers: an empty gate, somebody who walks up, or the people of a simulated street.

It obeys the contract of the real ones, and fails on command in each way that they can. Nothing is wired.

    simulated                                         whoever shows a code is measured, healthy
    simulated:DECK                                    the people of a deck file
    simulated:forehead=38.2,ambient=-5,rain=yes       somebody walks up every few seconds
    simulated:fault=bad_pec,after=10,during=5         and in between it fails in that way
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from math import inf, sin
from pathlib import Path

from hardware import arguments, flag, number
from hardware.thermometers import SensorCode
from kiosk.core.faults import SensorFault
from kiosk.core.model import Reading

ROOM_C = 22.0
GAIN = 0.16  # of the heat-balance model, turned round: what skin belongs to a forehead in this air
RAIN_K = 2.5  # what a wet forehead reads too little, at most
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


@dataclass(frozen=True, slots=True, kw_only=True)
class WalksUp:
    """Somebody comes closer, stands still, leaves; over and over. Temperatures in °C, times in seconds."""

    forehead_c: float = 36.5
    ambient_c: float = ROOM_C
    rain: bool = False  # a wet forehead is colder, and never twice the same
    away_s: float = 3.0
    walks_s: float = 1.2
    stands_s: float = 3.0

    def __call__(self, unix_s: float) -> tuple[float, float]:
        """Object and ambient at that time."""
        wall_c = self.ambient_c + 0.3
        near = self._nearness(unix_s)
        skin_c = (self.forehead_c + GAIN * self.ambient_c) / (1 + GAIN)
        if self.rain:
            skin_c -= RAIN_K * (0.6 + 0.4 * sin(9 * unix_s))
        return wall_c + near * near * (skin_c - wall_c), self.ambient_c  # the spot that a forehead fills is an area

    def _nearness(self, unix_s: float) -> float:
        into = unix_s % (self.away_s + 2 * self.walks_s + self.stands_s) - self.away_s
        if into < 0:
            return 0.0
        if into < self.walks_s:
            return into / self.walks_s
        return max(0.0, min(1.0, 1 - (into - self.walks_s - self.stands_s) / self.walks_s))


@dataclass(frozen=True, slots=True)
class Failing:
    """A fault that comes `after_s` seconds of readings and lasts `during_s`."""

    code: SensorCode
    after_s: float = 0.0
    during_s: float = inf


class Simulated:
    """Reads `scene` at the time of `now`, with a slight noise that is the same in every run."""

    name = "simulated"

    def __init__(
        self,
        scene: Scene = empty_gate,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        failing: Failing | None = None,
        noise: float = 1.0,
    ) -> None:
        self._scene = scene
        self._now = now
        self._failing, self._noise = failing, noise
        self._began_s: float | None = None
        self._count = count()
        self._code: SensorCode | None = None
        self._held: tuple[float, float] | None = None

    def read(self) -> Reading:
        """One reading. Raises SensorFault as `fail_with` ordered."""
        at = self._now()
        code = self._code or self._due(at.timestamp())
        if code is not None:
            raise SensorFault(code, f"thermometer simulated fails as it was told: {code}")
        object_c, ambient_c = self._held or self._scene(at.timestamp())
        noise_c = self._noise * NOISE_C[next(self._count) % len(NOISE_C)]
        return Reading(object_c=object_c + noise_c, ambient_c=ambient_c, at=at)

    def _due(self, unix_s: float) -> SensorCode | None:
        """The fault that was ordered for this time."""
        self._began_s = unix_s if self._began_s is None else self._began_s
        failing, since_s = self._failing, unix_s - self._began_s
        if failing is not None and failing.after_s <= since_s < failing.after_s + failing.during_s:
            return failing.code
        return None

    def about(self) -> Mapping[str, str]:
        """That it is none."""
        return {"id": "simulated", "checking": "none"}

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


def fault(text: str) -> SensorCode:
    """a code such as nack"""
    if text not in tuple(SensorCode):
        raise ValueError(f"must be one of {', '.join(SensorCode)}")
    return SensorCode(text)


def open_device(arg: str) -> Simulated:
    """`simulated` measures whoever shows a code; `simulated:PATH` the people of a street's deck; keys as above."""
    if not arg:
        return Simulated(WhoeverShowsACode())
    if "=" in arg and not Path(arg).exists():
        return _told(arg)
    from hardware.simulation import load_street  # noqa: PLC0415  it brings pictures and codes along

    return Simulated(load_street(Path(arg)).temperature_at)


def _told(arg: str) -> Simulated:
    celsius, seconds = number(-50, 60), number(0, 86400)
    given = arguments(
        arg,
        forehead=celsius,
        ambient=celsius,
        rain=flag,
        noise=number(0, 100),
        fault=fault,
        after=seconds,
        during=seconds,
    )
    walks_up = {"forehead", "ambient", "rain"} & set(given)
    scene = WalksUp(
        forehead_c=given.get("forehead", 36.5), ambient_c=given.get("ambient", ROOM_C), rain=given.get("rain", False)
    )
    failing = Failing(given["fault"], given.get("after", 0.0), given.get("during", inf)) if "fault" in given else None
    return Simulated(scene if walks_up else WhoeverShowsACode(), failing=failing, noise=given.get("noise", 1.0))
