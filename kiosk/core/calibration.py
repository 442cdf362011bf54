"""Comparing a thermometer with a better one: bias, spread, limits of agreement, their picture, and how long it holds.

Source: J. M. Bland, D. G. Altman, "Statistical methods for assessing agreement between two methods of clinical
measurement", Lancet 1986; the limits of error are those of ISO 80601-2-56 (laboratory, ±0.3 °C).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from html import escape
from statistics import fmean, stdev

import msgspec

from kiosk.core.forehead import estimate
from kiosk.core.rules import TemperatureRules

ALLOWED_BIAS_C = 0.3
ALLOWED_LIMITS_C = 1.0  # from the bias to either limit of agreement; foreheads differ by about that much
LEAST_PAIRS = 6
LEAST_APART_C = 2.0  # between the two points of a blackbody


class Method(StrEnum):
    """What the thermometer is compared with."""

    CONTACT = "contact"  # people, each also measured with a contact thermometer
    BLACKBODY = "blackbody"  # a black body, or a stirred bath with a painted cup, at two temperatures


class Pair(msgspec.Struct, frozen=True):
    """One comparison: what the better instrument showed, and the kiosk's thermometer beside it, °C."""

    reference_c: float
    measured_c: float
    ambient_c: float


class Agreement(msgspec.Struct, frozen=True):
    """What the comparisons come to, °C. 95 of 100 differences lie between `lower_c` and `upper_c`."""

    bias_c: float  # measured less reference
    spread_c: float  # standard deviation of the differences
    lower_c: float
    upper_c: float
    slope: float  # of the difference over the temperature, °C per °C: 0 where both points are off alike


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One calibration as it is kept."""

    lane: str
    driver: str
    part: str  # the part's own identity: another part needs a calibration of its own
    method: Method
    reference: str  # the better instrument, in the technician's words
    by: str
    at: datetime
    pairs: tuple[Pair, ...]
    agreement: Agreement
    good: bool


class Flaw(StrEnum):
    """Why comparisons make no calibration."""

    TOO_FEW = "too_few"
    ONE_POINT = "one_point"


class Standing(StrEnum):
    """How a lane's thermometer stands."""

    HOLDS = "holds"
    NEVER = "never"  # nobody has compared it
    EXPIRED = "expired"
    FAILED = "failed"  # the last comparison was worse than allowed
    OTHER_PART = "other_part"


def compare(pairs: Sequence[Pair], method: Method) -> Agreement | Flaw:
    """What the comparisons come to, or why they do not suffice."""
    if len(pairs) < LEAST_PAIRS:
        return Flaw.TOO_FEW
    references = [pair.reference_c for pair in pairs]
    if method is Method.BLACKBODY and max(references) - min(references) < LEAST_APART_C:
        return Flaw.ONE_POINT
    differences = [pair.measured_c - pair.reference_c for pair in pairs]
    bias, spread = fmean(differences), stdev(differences)
    middle = fmean(references)
    weight = sum((reference - middle) ** 2 for reference in references)
    leaning = sum((r - middle) * (d - bias) for r, d in zip(references, differences, strict=True))
    return Agreement(bias, spread, bias - 1.96 * spread, bias + 1.96 * spread, leaning / weight if weight else 0.0)


def pair(reference_c: float, object_c: float, ambient_c: float, method: Method, rules: TemperatureRules) -> Pair:
    """One comparison with what the thermometer read: the surface itself, or the forehead that people are told."""
    measured_c = object_c if method is Method.BLACKBODY else estimate(object_c, ambient_c, rules)
    return Pair(reference_c, round(measured_c, 2), round(ambient_c, 2))


def conclude(
    pairs: Sequence[Pair], *, lane: str, driver: str, part: str, method: Method, reference: str, by: str, at: datetime
) -> Record | Flaw:
    """The comparisons as the record that is kept, good or not; or why they make none."""
    agreement = compare(pairs, method)
    if isinstance(agreement, Flaw):
        return agreement
    return Record(
        lane=lane, driver=driver, part=part, method=method, reference=reference, by=by, at=at, pairs=tuple(pairs),
        agreement=agreement, good=is_good(agreement),
    )  # fmt: skip


def offset(agreement: Agreement, rules: TemperatureRules) -> float:
    """What `temperature.model_offset_c` would have to be for no bias to be left, °C."""
    return rules.model_offset_c - agreement.bias_c


def is_good(agreement: Agreement) -> bool:
    """Whether a thermometer that agrees so may screen people."""
    return abs(agreement.bias_c) <= ALLOWED_BIAS_C and 1.96 * agreement.spread_c <= ALLOWED_LIMITS_C


def standing(record: Record | None, rules: TemperatureRules, now: datetime, part: str = "") -> Standing:
    """How a thermometer stands with that record; `part` is who answers now, where that is known."""
    if record is None:
        return Standing.NEVER
    if part and record.part and part != record.part:
        return Standing.OTHER_PART
    if not record.good:
        return Standing.FAILED
    until = expires(record, rules)
    # A record from the future says that a clock is or was wrong: it holds no longer than it would from now.
    if until is not None and not record.at - timedelta(days=1) <= now < until:
        return Standing.EXPIRED
    return Standing.HOLDS


def expires(record: Record, rules: TemperatureRules) -> datetime | None:
    """Until when it holds; None: for ever."""
    return record.at + timedelta(days=rules.calibration_days) if rules.calibration_days else None


def is_due(found: Standing, rules: TemperatureRules) -> bool:
    """Whether that is a condition for everybody."""
    return found not in (Standing.HOLDS, Standing.NEVER) or (found is Standing.NEVER and rules.calibration_required)


# --- The picture --------------------------------------------------------------------------------------------

WIDE, HIGH, LEFT, TOP, RIGHT, BOTTOM = 720, 420, 70, 50, 150, 60


def picture(pairs: Sequence[Pair], agreement: Agreement, says: Mapping[str, str]) -> str:
    """Difference over mean as SVG, with bias and limits as lines that differ by their dashes, not by colour alone.

    `says` has the words: `title`, `mean`, `difference`, `bias`, `upper`, `lower`.
    """
    points = [((pair.reference_c + pair.measured_c) / 2, pair.measured_c - pair.reference_c) for pair in pairs]
    lowest = min(*(y for _, y in points), agreement.lower_c, -0.5) - 0.1
    highest = max(*(y for _, y in points), agreement.upper_c, 0.5) + 0.1
    first, last = min(x for x, _ in points) - 0.3, max(x for x, _ in points) + 0.3

    def across(value: float) -> float:
        return LEFT + (value - first) / (last - first) * (WIDE - LEFT - RIGHT)

    def down(value: float) -> float:
        return TOP + (highest - value) / (highest - lowest) * (HIGH - TOP - BOTTOM)

    lines = [(0.0, "", "1", "#999")]
    named = [("bias", agreement.bias_c, ""), ("upper", agreement.upper_c, "8 5"), ("lower", agreement.lower_c, "8 5")]
    lines += [(value, dash, "2", "#000") for _, value, dash in named]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" role="img" font-family="sans-serif">',
        f"<title>{escape(says['title'])}</title>",
        f'<rect width="{WIDE}" height="{HIGH}" fill="#fff"/>',
        _text(WIDE / 2, 26, says["title"], anchor="middle", size=18),
        _text(WIDE / 2, HIGH - 14, says["mean"], anchor="middle"),
        f'<g transform="rotate(-90 18 {HIGH / 2})">{_text(18, HIGH / 2, says["difference"], anchor="middle")}</g>',
    ]
    for value, dash, width, colour in lines:
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        ends = f'x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{down(value):.1f}" y2="{down(value):.1f}"'
        parts.append(f'<line {ends} stroke="{colour}" stroke-width="{width}"{dashed}/>')
    parts += [
        _text(WIDE - RIGHT + 8, down(value) + 4, f"{says[key]} {value:+.2f}", anchor="start") for key, value, _ in named
    ]
    parts += [_text(LEFT - 6, down(tick) + 4, f"{tick:+.1f}", anchor="end") for tick in _ticks(lowest, highest, 0.5)]
    parts += [
        _text(across(tick), HIGH - BOTTOM + 18, f"{tick:.0f}", anchor="middle") for tick in _ticks(first, last, 1.0)
    ]
    parts += [f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="4" fill="#0b5" stroke="#000"/>' for x, y in points]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _text(x: float, y: float, words: str, *, anchor: str, size: int = 13) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{escape(words)}</text>'


def _ticks(low: float, high: float, step: float) -> list[float]:
    first = int(low // step) + 1
    return [number * step for number in range(first, int(high // step) + 1)][:20]
