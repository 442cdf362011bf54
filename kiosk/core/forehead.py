"""One forehead in front of the thermometer: raw readings become a measurement, or none.

A measurement belongs to one stay in front of the sensor and to one visit; who steps in next is measured
anew. Nothing here smooths: the median of readings that agree is taken, readings that scatter are refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median

from kiosk.core.model import Measurement, Reading
from kiosk.core.rules import TemperatureRules

GONE_AFTER = 2  # readings in a row without a forehead end a stay; one alone is a wave of the hand


@dataclass(frozen=True, slots=True)
class Forehead:
    """What the thermometer sees just now."""

    stay: int = 0  # number of the stay in front of the sensor; grows with every new one
    present: bool = False
    misses: int = 0
    window: tuple[Reading, ...] = ()
    measurement: Measurement | None = None

    def progress(self, rules: TemperatureRules) -> float:
        """How much of a measurement is there, 0..1."""
        return 1.0 if self.measurement else min(1.0, len(self.window) / rules.samples)


def follow(forehead: Forehead, readings: tuple[Reading, ...], rules: TemperatureRules) -> Forehead:
    """The forehead after these readings, oldest first."""
    for reading in readings:
        forehead = _with(forehead, reading, rules)
    return forehead


def again(forehead: Forehead) -> Forehead:
    """Forgets the measurement, so that the next readings of this stay make a new one."""
    return replace(forehead, window=(), measurement=None)


def _with(forehead: Forehead, reading: Reading, rules: TemperatureRules) -> Forehead:
    if reading.object_c < rules.presence_c:
        if not forehead.present:
            return forehead
        if forehead.misses + 1 < GONE_AFTER:
            return replace(forehead, misses=forehead.misses + 1)
        return Forehead(stay=forehead.stay)
    if not forehead.present:
        forehead = Forehead(stay=forehead.stay + 1, present=True)
    window = (*forehead.window, reading)[-rules.samples :]
    return replace(forehead, misses=0, window=window, measurement=forehead.measurement or _reduced(window, rules))


def _reduced(window: tuple[Reading, ...], rules: TemperatureRules) -> Measurement | None:
    if len(window) < rules.samples:
        return None
    objects = [reading.object_c for reading in window]
    spread = max(objects) - min(objects)
    if spread > rules.spread_c:
        return None
    object_c, ambient_c = median(objects), median(reading.ambient_c for reading in window)
    return Measurement(
        forehead_c=round(estimate(object_c, ambient_c, rules), 2),
        object_c=object_c,
        ambient_c=ambient_c,
        spread_c=spread,
        samples=len(window),
        model=f"{rules.model}({rules.model_gain:g},{rules.model_offset_c:g})",
        at=window[-1].at,
    )


def estimate(object_c: float, ambient_c: float, rules: TemperatureRules) -> float:
    """The forehead model `heat_balance`: what the skin lost to the air, given back.

    The skin is as much cooler than the body as it is warmer than the air, times a constant gain; strictly
    growing with the object's temperature, so it never pulls a reading towards normal. It is an estimate
    for screening; raw values are logged beside it, and a fever is confirmed with a contact thermometer.
    """
    return object_c + rules.model_gain * (object_c - ambient_c) + rules.model_offset_c
