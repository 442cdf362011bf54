"""Readings of a thermometer and measurements of a forehead, as plain values; `model` offers them with the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Reading:
    """One raw answer of a thermometer: object and ambient, as the sensor gave them."""

    object_c: float
    ambient_c: float
    at: datetime
    distance_cm: float | None = None  # to whoever stands in front, where a sensor for it is fitted
    somebody: bool | None = None  # whether anybody stands in front, where a motion sensor is fitted
    awake_s: float | None = None  # for how long the part has been on again; None: longer than anybody watched


class TemperatureSource(StrEnum):
    """How a temperature was taken."""

    SENSOR = "sensor"
    CONTACT = "contact"


class Quality(StrEnum):
    """How well the readings of a measurement agreed."""

    GOOD = "good"
    FAIR = "fair"  # within the limits of the rules, but not within half of them


@dataclass(frozen=True, slots=True)
class Measurement:
    """Several readings of one forehead, reduced. `forehead_c` is an estimate of the named model."""

    forehead_c: float
    object_c: float
    ambient_c: float | None
    spread_c: float
    samples: int
    model: str
    at: datetime
    source: TemperatureSource = TemperatureSource.SENSOR
    quality: Quality | None = None  # of the sensor's
    distance_cm: float | None = None
    raw_c: tuple[float, ...] = ()  # the readings themselves, as the sensor gave them
