"""How long a camera exposes and how much it amplifies, so that a phone's screen is neither burnt nor black: pure.

What counts is the place of the code where there is one, else the whole frame. A shade is about the 2.2th root of the
light, so shades tell how many stops (doublings of the light) are missing. Half of what is missing is made good at a
time, then some frames are waited for, because a camera obeys late: that never swings, whatever gain a driver's
numbers stand for (tests/core/test_exposure.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log2

GAMMA = 2.2
WHITE_OF_A_CODE = 190.0  # shades: of its light modules; far from burnt, and far above the 40 below which nothing reads
MIDDLE_OF_A_SCENE = 110.0
BURNT_SHARE = 0.2  # of the frame; more of it is worth a darker picture
BURNT_WHITE = 248.0  # nothing tells how much too bright this is
DEAD_BAND = 0.3  # stops that are left alone
AT_ONCE = 0.5  # of the missing stops
MOST_AT_ONCE = 1.0  # stops
BURNT_STEP = -1.0
WAITS = 4  # frames until a camera shows what was asked of it
LOSES_CODE_S = 2.0  # after so long without one the whole frame counts again

USUAL_US = 10_000  # longer, and a phone in somebody's hand smears
LONGEST_US = 33_000  # where gain alone does not do


@dataclass(frozen=True, slots=True)
class Exposure:
    """One setting of a sensor: microseconds, and gain from 0 (none) to 1 (all that the driver has)."""

    time_us: int
    gain: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What a sensor can be set to; `gain_stops` is how many doublings its whole gain is thought to be."""

    shortest_us: int
    longest_us: int
    gain_stops: float = 4.0  # 0 where it has none to set


@dataclass(frozen=True, slots=True)
class Light:
    """What one frame showed: shades of its code's white, else of the middle of the frame."""

    shade: float
    burnt: float  # the share of points at 250 and above
    of_a_code: bool


@dataclass(frozen=True, slots=True)
class Steering:
    """Where the steering is: stops above the darkest setting, frames still to be waited for."""

    stops: float
    waits: int = 0
    code_s: float = float("-inf")  # when a code was last measured


def steer(steering: Steering, light: Light, limits: Limits, now_s: float) -> Steering:
    """The next frame's measurement. A change of `stops` is what `exposure_of` then asks of the camera."""
    if light.of_a_code:
        steering = replace(steering, code_s=now_s)
    elif now_s - steering.code_s < LOSES_CODE_S:
        return steering
    if steering.waits > 0:
        return replace(steering, waits=steering.waits - 1)
    missing = _missing(light)
    if abs(missing) < DEAD_BAND:
        return steering
    step = missing if missing == BURNT_STEP else AT_ONCE * missing
    step = max(-MOST_AT_ONCE, min(MOST_AT_ONCE, step))
    stops = max(0.0, min(_most(limits), steering.stops + step))
    return steering if stops == steering.stops else replace(steering, stops=stops, waits=WAITS)


def _missing(light: Light) -> float:
    """Stops; negative where there is too much light."""
    if light.shade >= BURNT_WHITE or (not light.of_a_code and light.burnt > BURNT_SHARE):
        return BURNT_STEP
    aim = WHITE_OF_A_CODE if light.of_a_code else MIDDLE_OF_A_SCENE
    return GAMMA * log2(aim / max(2.0, light.shade))


def exposure_of(steering: Steering, limits: Limits) -> Exposure:
    """Time first, as far as no hand smears; then gain; then more time."""
    usual_us = max(limits.shortest_us, min(limits.longest_us, USUAL_US))
    longest_us = max(usual_us, min(limits.longest_us, LONGEST_US))
    by_time = log2(usual_us / limits.shortest_us)
    if steering.stops <= by_time:
        return Exposure(round(limits.shortest_us * 2**steering.stops), 0.0)
    left = steering.stops - by_time
    if left <= limits.gain_stops:
        return Exposure(usual_us, left / limits.gain_stops)
    return Exposure(min(longest_us, round(usual_us * 2 ** (left - limits.gain_stops))), 1.0 if limits.gain_stops else 0)


def stops_of(exposure: Exposure, limits: Limits) -> float:
    """Where the steering begins for a camera that is set so."""
    stops = log2(max(1, exposure.time_us) / limits.shortest_us) + exposure.gain * limits.gain_stops
    return max(0.0, min(_most(limits), stops))


def _most(limits: Limits) -> float:
    longest_us = max(limits.shortest_us, min(limits.longest_us, LONGEST_US))
    return log2(longest_us / limits.shortest_us) + limits.gain_stops
