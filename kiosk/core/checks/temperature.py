"""The temperature check: under the threshold passes, near it is measured again, implausibly low never passes."""

from __future__ import annotations

from datetime import datetime

from kiosk.core.model import ConditionKind, Evidence, Finding, Outcome, Remedy, TemperatureSource, Want
from kiosk.core.reasons import Reason
from kiosk.core.rules import Rules

CONDITIONS = (
    (ConditionKind.THERMOMETER_DOWN, Reason.THERMOMETER_DOWN),
    (ConditionKind.AMBIENT_OUT_OF_RANGE, Reason.AMBIENT_OUT_OF_RANGE),
    (ConditionKind.CALIBRATION_DUE, Reason.CALIBRATION_DUE),
)


def check(evidence: Evidence, rules: Rules, now: datetime) -> Finding | Want:
    """Screening, not diagnosis; a contact thermometer's value counts whatever the sensor's state."""
    measured = evidence.measurement
    if measured is None or measured.source is TemperatureSource.SENSOR:
        for condition, reason in CONDITIONS:
            if condition in evidence.conditions and evidence.remedy(condition, now) is not Remedy.ACCEPT:
                return _decided(evidence.remedy(condition, now), reason)
    if measured is None:
        return Want.TEMPERATURE
    if measured.forehead_c < rules.temperature.plausible_c:
        return Finding(rules.temperature.implausible, Reason.IMPLAUSIBLY_LOW)
    if measured.forehead_c >= rules.temperature.threshold_c:
        return Finding(rules.temperature.febrile, Reason.FEBRILE)
    return Finding(Outcome.PASS, Reason.NORMAL)


def _decided(remedy: Remedy | None, reason: Reason) -> Finding | Want:
    if remedy is Remedy.CONTACT:
        return Want.CONTACT_TEMPERATURE
    if remedy is Remedy.WAIVE:
        return Finding(Outcome.PASS, Reason.TEMPERATURE_WAIVED)
    return Finding(Outcome.CHECK, reason)
