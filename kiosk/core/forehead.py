"""One forehead in front of the thermometer: raw readings become a measurement, or none.

A measurement is a procedure: somebody steps up, so many readings are taken, they have to agree and to have settled,
and their median counts. It belongs to one stay in front of the sensor and to one visit; who steps in next is measured
anew. Nothing here smooths, and nothing pulls a value anywhere: readings that scatter or still climb are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import mean, median

from kiosk.core.model import Measurement, Quality, Reading
from kiosk.core.rules import TemperatureRules

GONE_AFTER = 2  # readings in a row without a forehead end a stay; one alone is a wave of the hand
LOOKED_AWAY = timedelta(seconds=2)  # after so long without a reading it may be somebody else
UNKNOWN_WALL = 3  # times the step, over the air, before the wall behind has been seen
LONGEST_STAY = timedelta(minutes=2)  # what stands there for longer is a thing
FALLS, RISES = (
    0.3,
    0.02,
)  # of the way, with each reading: how the wall behind is followed; heat coming up may be somebody


@dataclass(frozen=True, slots=True)
class Forehead:
    """What the thermometer sees just now."""

    stay: int = 0  # number of the stay in front of the sensor; grows with every new one
    present: bool = False
    misses: int = 0
    window: tuple[Reading, ...] = ()
    measurement: Measurement | None = None
    background_c: float | None = None  # what the sensor sees when nobody is there; None: not yet known
    since: datetime | None = None  # when this stay began
    looked_at: datetime | None = None

    def progress(self, rules: TemperatureRules) -> float:
        """How much of a measurement is there, 0..1."""
        return 1.0 if self.measurement else min(1.0, len(self.window) / rules.samples)


def follow(forehead: Forehead, readings: tuple[Reading, ...], rules: TemperatureRules) -> Forehead:
    """The forehead after these readings, oldest first."""
    for reading in readings:
        forehead = _with(_unbroken(forehead, reading), reading, rules)
    return forehead


def again(forehead: Forehead) -> Forehead:
    """Forgets the measurement, so that the next readings of this stay make a new one."""
    return replace(forehead, window=(), measurement=None)


def _unbroken(forehead: Forehead, reading: Reading) -> Forehead:
    """Ends the stay where the thermometer looked away, so that no two people share a measurement."""
    before = forehead.looked_at
    if before is not None and abs(reading.at - before) > LOOKED_AWAY:
        forehead = _nobody(forehead)
    return replace(forehead, looked_at=reading.at)


def _with(forehead: Forehead, reading: Reading, rules: TemperatureRules) -> Forehead:
    if reading.awake_s is not None and reading.awake_s < rules.warm_up_s:
        return forehead
    if not _somebody(forehead, reading, rules):
        if forehead.present and forehead.misses + 1 < GONE_AFTER:
            return replace(forehead, misses=forehead.misses + 1)
        return _background(_nobody(forehead) if forehead.present else forehead, reading.object_c)
    if not forehead.present:
        forehead = replace(forehead, stay=forehead.stay + 1, present=True, since=reading.at)
    if forehead.since is not None and reading.at - forehead.since > LONGEST_STAY:
        return replace(_nobody(forehead), background_c=reading.object_c)
    window = (*forehead.window, reading)[-rules.samples :]
    return replace(forehead, misses=0, window=window, measurement=forehead.measurement or _reduced(window, rules))


def _somebody(forehead: Forehead, reading: Reading, rules: TemperatureRules) -> bool:
    """Whether this is a reading of somebody: near enough where a sensor tells, else a step up from what was there."""
    if reading.distance_cm is not None:
        return reading.distance_cm <= rules.reach_cm
    if reading.somebody is False:
        return False
    step_c = rules.step_c / 2 if forehead.present else rules.step_c
    background_c = forehead.background_c
    if background_c is None:
        background_c, step_c = reading.ambient_c, UNKNOWN_WALL * step_c
    return reading.object_c >= rules.presence_c and reading.object_c - background_c >= step_c


def _nobody(forehead: Forehead) -> Forehead:
    return Forehead(stay=forehead.stay, background_c=forehead.background_c, looked_at=forehead.looked_at)


def _background(forehead: Forehead, object_c: float) -> Forehead:
    """The wall behind, followed slowly upwards (who walks up is no wall) and quickly downwards."""
    before = forehead.background_c
    if before is None:
        return replace(forehead, background_c=object_c)
    share = FALLS if object_c < before else RISES
    return replace(forehead, background_c=before + share * (object_c - before))


def _reduced(window: tuple[Reading, ...], rules: TemperatureRules) -> Measurement | None:
    """The measurement of a full window whose readings agree and no longer climb or fall; else None."""
    if len(window) < rules.samples:
        return None
    objects = [reading.object_c for reading in window]
    spread, half = max(objects) - min(objects), len(objects) // 2
    drift = abs(mean(objects[-half:]) - mean(objects[:half]))
    if spread > rules.spread_c or drift > rules.drift_c:
        return None
    object_c, ambient_c = median(objects), median(reading.ambient_c for reading in window)
    distances = [reading.distance_cm for reading in window if reading.distance_cm is not None]
    distance_cm = median(distances) if len(distances) == len(window) else None
    doubtful = spread > rules.spread_c / 2 or drift > rules.drift_c / 2
    return Measurement(
        forehead_c=round(estimate(object_c, ambient_c, rules, distance_cm), 2),
        object_c=object_c,
        ambient_c=ambient_c,
        spread_c=spread,
        samples=len(window),
        model=_named(rules),
        at=window[-1].at,
        quality=Quality.FAIR if doubtful else Quality.GOOD,
        distance_cm=distance_cm,
        raw_c=tuple(round(value, 2) for value in objects),
    )


# --- Models: skin and air become an estimate of the forehead ------------------------------------------------
# Each grows strictly with the object's temperature, so that none ever pulls a reading towards normal. They are
# estimates for screening: raw values are logged beside them, and a fever is confirmed with a contact thermometer.
# docs/thermometers.md says where they hold.


def _heat_balance(object_c: float, ambient_c: float, rules: TemperatureRules) -> float:
    """The skin is as much cooler than the body as it is warmer than the air, times a constant gain."""
    return object_c + rules.model_gain * (object_c - ambient_c)


def _surface(object_c: float, _ambient_c: float, _rules: TemperatureRules) -> float:
    """The skin as it is."""
    return object_c


MODELS: Mapping[str, tuple[int, Callable[[float, float, TemperatureRules], float]]] = {
    "heat_balance": (1, _heat_balance),
    "surface": (1, _surface),
}


def estimate(object_c: float, ambient_c: float, rules: TemperatureRules, distance_cm: float | None = None) -> float:
    """The forehead by the model of the rules, °C; with a distance, what the way through the air took is given back."""
    _version, model = MODELS[rules.model]
    far_cm = 0.0 if distance_cm is None else max(0.0, distance_cm - rules.model_at_cm)
    return model(object_c, ambient_c, rules) + rules.model_c_per_cm * far_cm + rules.model_offset_c


def _named(rules: TemperatureRules) -> str:
    """The model, its version and its coefficients, as the log keeps them."""
    version, _model = MODELS[rules.model]
    distance = f",{rules.model_c_per_cm:g}/cm" if rules.model_c_per_cm else ""
    return f"{rules.model}/{version}({rules.model_gain:g},{rules.model_offset_c:g}{distance})"
