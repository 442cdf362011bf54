"""The records as charts: by hour and day, outcomes, reasons, temperatures, waiting. Every number is a day report's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import render_template, request
from markupsafe import Markup

from kiosk.core import rules
from kiosk.core.daily import OUTCOMES, WAITS_S, DayReport, Total, total
from kiosk.core.faults import LogbookBroken, SettingsError, StoreUnreadable
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.printing.daily_report import number_words
from kiosk.store.desk import Role
from web.access import requires
from web.parts import parts
from web.records import drawing
from web.records.blueprint import blueprint
from web.records.counted import counted, days_until
from web.records.drawing import Mark, Series

SPANS = (1, 7, 14, 31)  # days
WITHIN_S = 0.12  # so long a page waits for days that are not counted yet
_FILLS = {"passed": "pass", "checked": "check", "denied": "deny", "incomplete": "open"}
_MOST_REASONS = 8
_COLDEST, _HOTTEST = 35.0, 39.0  # °C; what lies beyond is in the first and the last column


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, what it is called, and the same as a table. `key`: fills and their words."""

    name: str
    title: str
    picture: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    key: tuple[tuple[str, str], ...] = ()


@blueprint.get("/charts")
@requires(Role.MANAGER)
def charts() -> tuple[str, int]:
    """The charts of some days; while days are still being counted, of those that are."""
    asked = request.args.get("days", type=int)
    span = asked if asked in SPANS else 7
    last = day_of(request.args.get("until", ""), counted().today())
    wanted = days_until(last, span)
    lanes = [each.name for each in parts().settings.lane]
    lane = request.args.get("lane", "")
    lane = lane if lane in lanes else ""
    try:
        known = (counted().of_lane(lane) if lane else counted()).reports(wanted, WITHIN_S)
    except (StoreUnreadable, LogbookBroken) as error:
        return render_template("records/unable.html", trouble=str(error)), 503
    made = [known[day] for day in wanted if day in known]
    page = render_template(
        "records/charts.html",
        charts=pictures(made, threshold()) if made else (),
        total=total(made),
        span=span,
        lane=lane,
        lanes=lanes,
        spans=SPANS,
        last=last,
        first=wanted[0],
        today=counted().today(),
        missing=len(wanted) - len(made),
        gaps=[gap for each in made for gap in (*each.missing, *each.doubts)][-20:],
    )
    return page, 200


def day_of(text: str, otherwise: date) -> date:
    """The day of an address; `otherwise` where it names none that can be."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return min(max(day, date(2000, 1, 1)), otherwise + timedelta(days=1))


def threshold() -> float:
    """From which forehead temperature somebody is febrile here, °C."""
    path = parts().places.rules
    try:
        return float(rules.parse(path.read_bytes(), str(path)).temperature.threshold_c)
    except (OSError, SettingsError):  # none, or one that the gate refuses too: it goes by the default
        return float(rules.Rules().temperature.threshold_c)


def pictures(reports: Sequence[DayReport], threshold_c: float) -> tuple[Chart, ...]:
    """The charts of those days."""
    sums = total(reports)
    drawn: tuple[Callable[[], Chart], ...] = (
        lambda: _by_hour(sums),
        lambda: _by_day(reports),
        lambda: _outcomes(sums),
        lambda: _reasons(sums),
        lambda: _temperatures(sums, threshold_c),
        lambda: _waits(sums),
    )
    return tuple(draw() for draw in drawn)


def _key() -> tuple[tuple[str, str], ...]:
    named = number_words()
    return tuple((_FILLS[name], named[name]) for name in OUTCOMES)


def _stacked(name: str, title: str, lines: Sequence[tuple[str, str, dict[str, int]]], first: str) -> Chart:
    """Columns of the four outcomes; a line is its label, the label under its column, and its numbers."""
    series = [Series(_FILLS[each], [numbers[each] for *_, numbers in lines]) for each in OUTCOMES]
    sums = [sum(numbers.values()) for *_, numbers in lines]
    most = max(range(len(lines)), key=sums.__getitem__) if any(sums) else None
    told = _("No visits.") if most is None else _("Most at %(label)s: %(most)d.", label=lines[most][0], most=sums[most])
    named = number_words()
    return Chart(
        name,
        title,
        drawing.columns(name, title, told, [shown for _, shown, _ in lines], series),
        (first, *(named[each] for each in OUTCOMES), _("Together")),
        tuple((label, *(numbers[each] for each in OUTCOMES), sum(numbers.values())) for label, _, numbers in lines),
        _key(),
    )


def _by_hour(sums: Total) -> Chart:
    lines = [
        (line.label, line.label[:2] if at % 3 == 0 else "", {name: getattr(line, name) for name in OUTCOMES})
        for at, line in enumerate(sums.hours)
    ]
    return _stacked("hours", _("Visits by the hour"), lines, _("Hour"))


def _by_day(reports: Sequence[DayReport]) -> Chart:
    every = max(1, -(-len(reports) // 7))
    lines = [
        (
            each.day.isoformat(),
            f"{each.day:%m-%d}" if at % every == 0 else "",
            {name: getattr(each.counts, name) for name in OUTCOMES},
        )
        for at, each in enumerate(reports)
    ]
    return _stacked("days", _("Visits by day"), lines, _("Day"))


def _outcomes(sums: Total) -> Chart:
    named = number_words()
    lines = [(named[name], _FILLS[name], getattr(sums.counts, name)) for name in OUTCOMES]
    whole = sum(number for *_, number in lines)
    told = _("%(passed)d of %(whole)d passed.", passed=sums.counts.passed, whole=whole)
    title = _("What visits came to")
    rows = tuple((label, number) for label, _fill, number in lines)
    return Chart("outcomes", title, drawing.bars("outcomes", title, told, lines), (_("Outcome"), _("Visits")), rows)


def _reasons(sums: Total) -> Chart:
    lines = [(words.reason(name), "plain", number) for name, number in sums.reasons[:_MOST_REASONS]]
    told = _("Most often: %(reason)s.", reason=lines[0][0]) if lines else _("Everybody passed at once.")
    title = _("Why people did not pass at once")
    rows = tuple((words.reason(name), number) for name, number in sums.reasons)
    return Chart("reasons", title, drawing.bars("reasons", title, told, lines), (_("Reason"), _("Visits")), rows)


def _temperatures(sums: Total, threshold_c: float) -> Chart:
    tenths = range(round(_COLDEST * 10), round(_HOTTEST * 10) + 1)
    found = dict.fromkeys(tenths, 0)
    for celsius, number in sums.foreheads:
        found[min(max(round(celsius * 10), tenths[0]), tenths[-1])] += number
    line = round(threshold_c * 10)
    over = sum(number for celsius, number in sums.foreheads if round(celsius * 10) >= line)
    below = Series("pass", [number if tenth < line else 0 for tenth, number in found.items()])
    above = Series("deny", [number if tenth >= line else 0 for tenth, number in found.items()])
    labels = [f"{tenth // 10}" if tenth % 10 == 0 else "" for tenth in tenths]
    title = _("Foreheads in °C (estimates)")
    said = f"{threshold_c:.1f} °C"
    whole = sum(found.values())
    told = _("%(over)d of %(whole)d at %(threshold)s or above.", over=over, whole=whole, threshold=said)
    mark = Mark(min(max(line - tenths[0], 0), len(tenths)), said)
    rows = tuple((f"{celsius:.1f}", number) for celsius, number in sums.foreheads)
    key = (("pass", _("below the threshold")), ("deny", _("at the threshold or above")))
    picture = drawing.columns("foreheads", title, told, labels, [below, above], mark)
    return Chart("foreheads", title, picture, (_("From °C"), _("Visits")), rows, key)


def _waits(sums: Total) -> Chart:
    ends = [_seconds(end) for end in WAITS_S]
    labels = [f"< {end}" for end in ends] + [f"≥ {ends[-1]}"]
    title = _("Waiting for the volunteer's decision")
    whole = sum(sums.waits)
    quick = sum(sums.waits[:3])
    told = _("%(quick)d of %(whole)d within a minute.", quick=quick, whole=whole)
    picture = drawing.columns("waits", title, told, labels, [Series("plain", sums.waits)])
    rows = tuple(zip(labels, sums.waits, strict=True))
    return Chart("waits", title, picture, (_("Waited"), _("Visits")), rows)


def _seconds(seconds: int) -> str:
    return _("%(count)d s", count=seconds) if seconds < 60 else _("%(count)d min", count=seconds // 60)
