"""The report of one day: the same numbers for page, JSON, CSV and paper, all from `kiosk/core/reports.py`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from statistics import median
from typing import Protocol

from kiosk.core import reports
from kiosk.core.entry import EntryKind, iso
from kiosk.core.model import Outcome
from kiosk.core.reasons import Reason
from kiosk.core.reports import Remarks, Settled, Tally
from kiosk.core.view import Counts

HOUR = timedelta(hours=1)
NOTED = timedelta(minutes=1)  # a gate that was away for less is not worth a line
HALF_WAY = "incomplete"
OUTCOMES = ("passed", "checked", "denied", HALF_WAY)  # what the lines of hours and lanes tell apart
UNTRUSTED = "untrusted"  # a row's clock when nobody vouched for the time
WAITS_S = (15, 30, 60, 120, 300)  # where the groups of waiting times end; the last has no end


class Temperature(Protocol):
    """What the report needs of a measurement."""

    @property
    def forehead_c(self) -> float: ...  # noqa: D102


class Row(reports.Row, Protocol):
    """What the report needs of a row."""

    @property
    def boot(self) -> str: ...  # noqa: D102
    @property
    def clock(self) -> str: ...  # noqa: D102
    @property
    def lane(self) -> str: ...  # noqa: D102
    @property
    def detail(self) -> str: ...  # noqa: D102
    @property
    def reasons(self) -> Sequence[Reason]: ...  # noqa: D102
    @property
    def temperature(self) -> Temperature | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Line:
    """How many visits of one hour, or one lane, came to what."""

    label: str
    passed: int = 0
    checked: int = 0
    denied: int = 0
    incomplete: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.passed + self.checked + self.denied + self.incomplete


@dataclass(frozen=True, slots=True)
class Gap:
    """The gate was away: "stopped" in good order, "restarted" after a fault, "power" after a boot, "off" until now.

    "clock": it worked, but nobody vouched for its time.
    """

    since: datetime
    until: datetime
    why: str
    paper: int = 0  # visits of that time, typed from paper


@dataclass(frozen=True, slots=True)
class Temperatures:
    """Foreheads of the day in °C, estimates; None where nobody was measured."""

    measured: int = 0
    febrile: int = 0
    lowest: float | None = None
    median: float | None = None
    highest: float | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    """How long people waited for the volunteer: from a verdict that was no pass to the decision that stands."""

    decided: int = 0
    median_s: float | None = None
    longest_s: float | None = None
    groups: tuple[int, ...] = (0,) * (len(WAITS_S) + 1)  # by WAITS_S


@dataclass(frozen=True, slots=True)
class DayReport:
    """One day of one gate, from local midnight to midnight; or another stretch of time, whose `day` is its last."""

    kiosk: str
    day: date
    since: datetime
    until: datetime
    counts: Counts
    remarks: Remarks
    vehicles: int
    evacuations: int
    hours: tuple[Line, ...]
    lanes: tuple[Line, ...]
    reasons: tuple[tuple[str, int], ...]  # of visits that did not pass by themselves, the most frequent first
    temperatures: Temperatures
    missing: tuple[Gap, ...]
    foreheads: tuple[tuple[float, int], ...] = ()  # how many were measured in each tenth of a degree, by its start
    waits: Waits = Waits()
    doubts: tuple[Gap, ...] = ()  # the clock was in doubt: what happened then may have happened at another time


def span(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The day in UTC; 23 or 25 hours where the clocks change."""
    first, last = (datetime.combine(each, time.min, zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    return first, last


def report(rows: Iterable[Row], day: date, zone: tzinfo, kiosk: str, now: datetime) -> DayReport:
    """The report of `day` from `rows`: those of the day, the ones next to them, and all others of and about its visits.

    They come as they were written.
    """
    since, until = span(day, zone)
    return stretch(rows, (since, until), day, zone, kiosk, now)


def stretch(
    rows: Iterable[Row], within: tuple[datetime, datetime], day: date, zone: tzinfo, kiosk: str, now: datetime
) -> DayReport:
    """The same of another stretch of time, called by the day on which it ends."""
    since, until = within
    every = list(rows)
    tally, base = Tally(within), {}
    for row in every:
        mark = reports.mark(row)
        tally.add(mark)
        if row.kind in reports.COUNTED:
            base[mark.visit] = row
    visits = [(visit, base[visit.base.visit]) for visit in tally.visits()]
    of_the_day = [row for row in every if since <= row.happened < until]
    return DayReport(
        kiosk=kiosk,
        day=day,
        since=since,
        until=until,
        counts=tally.counts(),
        remarks=tally.remarks(),
        vehicles=sum(row.kind is EntryKind.VEHICLE for row in of_the_day),
        evacuations=sum(row.kind is EntryKind.EVACUATION and row.detail == "on" for row in of_the_day),
        hours=_hours(visits, since, until, zone),
        lanes=_lines([(row.lane, visit) for visit, row in visits], sorted({row.lane for _, row in visits})),
        reasons=tuple(_reasons(visits)),
        temperatures=_temperatures(visits),
        missing=tuple(_missing(every, visits, since, min(until, now))),
        foreheads=_foreheads(visits),
        waits=_waits(visits),
        doubts=tuple(_doubts(of_the_day, min(until, now))),
    )


def _hours(visits: Sequence[tuple[Settled, Row]], since: datetime, until: datetime, zone: tzinfo) -> tuple[Line, ...]:
    count = -(-(until - since) // HOUR)
    labels = [f"{(since + number * HOUR).astimezone(zone):%H:%M}" for number in range(count)]
    if len(set(labels)) < count:  # an hour that came twice: told apart by its offset
        labels = [f"{(since + number * HOUR).astimezone(zone):%H:%M %z}" for number in range(count)]
    pairs = [(labels[(visit.begun - since) // HOUR], visit) for visit, _ in visits]
    return _lines(pairs, labels)


def _lines(pairs: Sequence[tuple[str, Settled]], labels: Sequence[str]) -> tuple[Line, ...]:
    counts: dict[str, Counter[str]] = {label: Counter() for label in labels}
    for label, visit in pairs:
        name = _name(visit)
        if name:
            counts[label][name] += 1
    return tuple(Line(label, **counts[label]) for label in labels)


def _name(visit: Settled) -> str:
    """The count among passed, checked, denied and incomplete that a visit adds to; empty for every other."""
    names = visit.counted_as
    return names[0] if names and names[0] in Line.__dataclass_fields__ else ""


def _reasons(visits: Sequence[tuple[Settled, Row]]) -> list[tuple[str, int]]:
    found = Counter(reason.value for _, row in visits if row.kind is EntryKind.VISIT for reason in row.reasons)
    return sorted(found.items(), key=lambda each: (-each[1], each[0]))


def _temperatures(visits: Sequence[tuple[Settled, Row]]) -> Temperatures:
    shown = [row.temperature.forehead_c for _, row in visits if row.temperature is not None]
    febrile = sum(Reason.FEBRILE in row.reasons for _, row in visits)
    if not shown:
        return Temperatures(febrile=febrile)
    return Temperatures(len(shown), febrile, min(shown), round(median(shown), 2), max(shown))


def _foreheads(visits: Sequence[tuple[Settled, Row]]) -> tuple[tuple[float, int], ...]:
    """By whole tenths, rounded down: 37.29 °C is below a threshold of 37.3, and stays so in a chart."""
    found = Counter(
        math.floor(row.temperature.forehead_c * 10 + 1e-6) / 10 for _, row in visits if row.temperature is not None
    )
    return tuple(sorted(found.items()))


def _waits(visits: Sequence[tuple[Settled, Row]]) -> Waits:
    took = sorted(
        (visit.decisions[-1].happened - visit.base.happened).total_seconds()
        for visit, _ in visits
        if visit.decisions and visit.base.kind is EntryKind.VISIT and visit.base.outcome is not Outcome.PASS
    )
    if not took:
        return Waits()
    groups = Counter(sum(seconds >= end for end in WAITS_S) for seconds in took)
    counts = tuple(groups[number] for number in range(len(WAITS_S) + 1))
    return Waits(len(took), round(median(took), 1), round(took[-1], 1), counts)


def _doubts(rows: Sequence[Row], until: datetime) -> Iterator[Gap]:
    """From the first row of a doubtful clock to the next of another one, in the order of writing."""
    since: datetime | None = None
    for row in rows:
        if row.clock == UNTRUSTED:
            since = since or row.recorded
        elif since is not None:
            yield Gap(since, max(since, row.recorded), "clock")
            since = None
    if since is not None:
        yield Gap(since, max(since, until), "clock")


def _missing(
    rows: Sequence[Row], visits: Sequence[tuple[Settled, Row]], since: datetime, until: datetime
) -> Iterator[Gap]:
    """When the gate was away, as far as the rows show; a power cut is told by the boot that followed."""
    before: Row | None = None
    ends: list[tuple[datetime, datetime, str]] = []
    for row in rows:
        if row.kind is EntryKind.START and before is not None:
            why = "stopped" if before.kind is EntryKind.STOP else "restarted" if before.boot == row.boot else "power"
            ends.append((before.recorded, row.recorded, why))
        before = row
    if before is not None and before.kind is EntryKind.STOP:
        ends.append((before.recorded, until, "off"))
    for left, back, why in ends:
        first, last = max(left, since), min(back, until)
        if last - first >= NOTED:
            typed = sum(visit.remarked_as["paper"] and first <= visit.begun < last for visit, _ in visits)
            yield Gap(first, last, why, typed)


def cells(report: DayReport) -> list[tuple[str, str, object]]:
    """The report as rows of a table: section, name, value. Times are UTC."""
    table: list[tuple[str, str, object]] = [
        ("day", "kiosk", report.kiosk),
        ("day", "day", report.day.isoformat()),
        ("day", "since", iso(report.since)),
        ("day", "until", iso(report.until)),
    ]
    table += [("counts", name, getattr(report.counts, name)) for name in Counts.__struct_fields__]
    table += [("remarks", name, value) for name, value in asdict(report.remarks).items()]
    table += [("remarks", "vehicles", report.vehicles), ("remarks", "evacuations", report.evacuations)]
    for section, lines in (("hour", report.hours), ("lane", report.lanes)):
        for line in lines:
            values = {"passed": line.passed, "checked": line.checked, "denied": line.denied, HALF_WAY: line.incomplete}
            table += [(section, f"{line.label} {name}", value) for name, value in values.items()]
    table += [("reason", name, value) for name, value in report.reasons]
    table += [("temperature", name, value) for name, value in asdict(report.temperatures).items()]
    waits = report.waits
    table += [("waiting", "decided", waits.decided), ("waiting", "median_s", waits.median_s)]
    table += [("waiting", "longest_s", waits.longest_s)]
    table += [
        ("missing", f"{iso(gap.since)} {iso(gap.until)}", f"{gap.why} paper={gap.paper}")
        for gap in (*report.missing, *report.doubts)
    ]
    return table


@dataclass(frozen=True, slots=True)
class Total:
    """Several days as one: what was counted in each adds up."""

    counts: Counts
    hours: tuple[Line, ...]  # by the clock, whatever the day
    reasons: tuple[tuple[str, int], ...]
    foreheads: tuple[tuple[float, int], ...]
    febrile: int
    waits: tuple[int, ...]  # by WAITS_S


def total(reports: Iterable[DayReport]) -> Total:
    """The sums of `reports`."""
    counts: Counter[str] = Counter()
    hours: dict[str, Counter[str]] = {f"{hour:02}:00": Counter() for hour in range(24)}
    reasons: Counter[str] = Counter()
    foreheads: Counter[float] = Counter()
    waits, febrile = [0] * (len(WAITS_S) + 1), 0
    for each in reports:
        counts.update({name: getattr(each.counts, name) for name in Counts.__struct_fields__})
        for line in each.hours:
            hours.setdefault(line.label[:5], Counter()).update({name: getattr(line, name) for name in OUTCOMES})
        reasons.update(dict(each.reasons))
        foreheads.update(dict(each.foreheads))
        febrile += each.temperatures.febrile
        waits = [before + more for before, more in zip(waits, each.waits.groups, strict=True)]
    return Total(
        counts=Counts(**counts),
        hours=tuple(Line(label, **found) for label, found in hours.items()),
        reasons=tuple(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
        foreheads=tuple(sorted(foreheads.items())),
        febrile=febrile,
        waits=tuple(waits),
    )
