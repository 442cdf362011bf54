"""The report of a day: one definition, every visit on the day it happened, the missing time with its cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kiosk.core import daily
from kiosk.core.daily import Gap
from kiosk.core.entry import EntryKind
from kiosk.core.model import Direction, Outcome
from kiosk.core.reasons import Reason

DAY, ZONE = date(2026, 11, 21), ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 11, 20, 16, tzinfo=UTC)
_numbers = count()


@dataclass(frozen=True)
class Measured:
    forehead_c: float


@dataclass(frozen=True)
class Row:
    kind: EntryKind
    happened: datetime
    recorded: datetime
    visit: str = ""
    refers: str = ""
    direction: Direction | None = Direction.IN
    outcome: Outcome | None = None
    source: str = ""
    boot: str = "b1"
    clock: str = "trusted"
    lane: str = "main"
    detail: str = ""
    reasons: tuple[Reason, ...] = ()
    temperature: Measured | None = None
    seals: Mapping[str, str] = field(default_factory=dict)


def row(kind: EntryKind, hours: float, **more: Any) -> Row:
    happened = MIDNIGHT + timedelta(hours=hours)
    return Row(kind, happened, more.pop("recorded", happened), **more)


def visit(hours: float, outcome: Outcome = Outcome.PASS, **more: Any) -> Row:
    return row(EntryKind.VISIT, hours, outcome=outcome, **{"visit": f"v{next(_numbers)}"} | more)


def report(*rows: Row, day: date = DAY, now: float = 48) -> daily.DayReport:
    return daily.report(rows, day, ZONE, "k1", MIDNIGHT + timedelta(hours=now))


def test_visits_count_on_the_local_day_they_happened() -> None:
    made = report(visit(-0.01), visit(0), visit(23.99), visit(24))
    assert (made.counts.passed, made.counts.entered) == (2, 2)
    assert (made.hours[0].passed, made.hours[23].passed) == (1, 1)


def test_what_is_typed_later_counts_in_its_hour_and_is_remarked() -> None:
    made = report(visit(8, source="paper", recorded=MIDNIGHT + timedelta(hours=30)))
    assert (made.hours[8].passed, made.remarks.paper, made.remarks.retroactive) == (1, 1, 1)


def test_a_decision_after_midnight_belongs_to_the_visit_before_it() -> None:
    late = visit(23.99, Outcome.CHECK, visit="late", reasons=(Reason.FEBRILE,))
    decided = row(EntryKind.OVERRIDE, 24.01, visit="late", refers="late", outcome=Outcome.PASS)
    made = report(late, decided)
    assert (made.counts.passed, made.counts.checked, made.remarks.overridden) == (1, 0, 1)
    assert report(late, decided, day=DAY + timedelta(days=1)).counts.passed == 0


def test_a_visit_measured_again_after_midnight_counts_once_on_the_day_it_began_with_its_newest_verdict() -> None:
    rows = (visit(23.99, Outcome.CHECK, visit="late"), visit(24.01, visit="late", reasons=()))
    before, after = report(*rows), report(*rows, day=DAY + timedelta(days=1), now=72)
    assert (before.counts.passed, before.counts.checked, before.hours[23].passed) == (1, 0, 1)
    assert after.counts == daily.Counts()
    assert not any(line.total for line in (*after.hours, *after.lanes))


def test_lanes_reasons_and_temperatures_are_told() -> None:
    made = report(
        visit(8, temperature=Measured(36.4)),
        visit(8, Outcome.CHECK, lane="north", reasons=(Reason.FEBRILE,), temperature=Measured(37.8)),
        visit(9, Outcome.DENY, lane="north", reasons=(Reason.EXPIRED,), temperature=Measured(36.6)),
        visit(9, Outcome.DENY, lane="north", reasons=(Reason.EXPIRED,)),
        row(EntryKind.INCOMPLETE, 10, visit="gone", reasons=(Reason.INCOMPLETE,)),
    )
    assert [(line.label, line.total) for line in made.lanes] == [("main", 2), ("north", 3)]
    assert made.reasons == (("expired", 2), ("febrile", 1))
    found = made.temperatures
    assert (found.measured, found.febrile, found.lowest, found.median, found.highest) == (3, 1, 36.4, 36.6, 37.8)


def test_medical_exits_vehicles_and_evacuations_are_told_apart() -> None:
    made = report(
        row(EntryKind.MEDICAL_EXIT, 8, visit="m", direction=Direction.OUT, outcome=Outcome.PASS),
        row(EntryKind.VEHICLE, 9, visit="a"),
        row(EntryKind.EVACUATION, 10, detail="on"),
        row(EntryKind.EVACUATION, 11, detail="off"),
    )
    assert (made.remarks.medical, made.vehicles, made.evacuations) == (1, 1, 1)
    assert (made.counts.left, made.counts.passed, sum(line.total for line in made.hours)) == (1, 0, 0)


def test_the_parts_add_up_to_the_whole() -> None:
    made = report(*(visit(hour / 10, list(Outcome)[hour % 3], lane=f"l{hour % 2}") for hour in range(240)))
    for name in ("passed", "checked", "denied", "incomplete"):
        whole = getattr(made.counts, name)
        assert sum(getattr(line, name) for line in made.hours) == whole
        assert sum(getattr(line, name) for line in made.lanes) == whole


# --- Missing time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "boot", "why"),
    [(EntryKind.STOP, "b1", "stopped"), (EntryKind.VISIT, "b1", "restarted"), (EntryKind.VISIT, "b2", "power")],
)
def test_the_time_without_the_kiosk_is_told_with_its_cause(before: EntryKind, boot: str, why: str) -> None:
    last = row(before, 8, visit="x", outcome=Outcome.PASS)
    made = report(last, row(EntryKind.START, 10, boot=boot))
    assert made.missing == (Gap(last.recorded, MIDNIGHT + timedelta(hours=10), why),)


def test_what_was_written_on_paper_meanwhile_explains_the_gap() -> None:
    typed = visit(9, source="paper", recorded=MIDNIGHT + timedelta(hours=11))
    made = report(row(EntryKind.STOP, 8), row(EntryKind.START, 10), typed)
    assert [gap.paper for gap in made.missing] == [1]


def test_a_gap_is_cut_at_midnight_and_lasts_until_now_where_it_is_open() -> None:
    first, last = MIDNIGHT, MIDNIGHT + timedelta(hours=24)
    assert report(row(EntryKind.STOP, -5), row(EntryKind.START, 30)).missing == (Gap(first, last, "stopped"),)
    now = MIDNIGHT + timedelta(hours=9)
    assert report(row(EntryKind.STOP, 8), now=9).missing == (Gap(MIDNIGHT + timedelta(hours=8), now, "off"),)


def test_a_moment_away_is_not_worth_a_line() -> None:
    assert report(visit(8), row(EntryKind.START, 8.01)).missing == ()


# --- Days on which the clocks change ----------------------------------------------------------------------


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)])
def test_no_visit_is_lost_or_counted_twice_when_the_clocks_change(day: date, hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    since, until = daily.span(day, zone)
    assert (until - since) == timedelta(hours=hours)
    start = since - timedelta(hours=3)
    rows = [
        Row(EntryKind.VISIT, at, at, visit=f"v{number}", outcome=Outcome.PASS)
        for number in range((hours + 6) * 4)
        for at in [start + timedelta(minutes=15 * number)]
    ]
    made = [daily.report(rows, day + timedelta(days=step), zone, "k1", until) for step in (-1, 0, 1)]
    assert [line.passed for line in made[1].hours] == [4] * hours
    assert len({line.label for line in made[1].hours}) == hours
    assert sum(each.counts.passed for each in made) == len(rows)


def test_a_zone_that_moves_by_half_an_hour_keeps_every_visit() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    for day in (date(2026, 4, 5), date(2026, 10, 4)):
        since, until = daily.span(day, zone)
        rows = []
        at = since
        while at < until:
            rows.append(Row(EntryKind.VISIT, at, at, visit=at.isoformat(), outcome=Outcome.PASS))
            at += timedelta(minutes=10)
        made = daily.report(rows, day, zone, "k1", until)
        assert sum(line.passed for line in made.hours) == len(rows) == made.counts.passed


def test_the_table_holds_every_number_of_the_report() -> None:
    made = report(visit(8, temperature=Measured(36.5)), row(EntryKind.STOP, 9), row(EntryKind.START, 10))
    table = daily.cells(made)
    values = {(section, name): value for section, name, value in table}
    assert len(values) == len(table)
    assert values["counts", "passed"] == 1
    assert values["hour", "08:00 passed"] == 1
    assert values["temperature", "median"] == 36.5
    assert values["missing", "2026-11-21T01:00:00.000Z 2026-11-21T02:00:00.000Z"] == "stopped paper=0"
    assert made.since.tzinfo in (UTC, UTC)


def test_foreheads_are_counted_in_tenths_so_that_the_threshold_divides_them() -> None:
    made = report(*(visit(8, temperature=Measured(celsius)) for celsius in (37.29, 37.3, 37.38, 36.4)))
    assert made.foreheads == ((36.4, 1), (37.2, 1), (37.3, 2))


def test_waiting_is_from_the_verdict_to_the_decision_that_stands() -> None:
    waited = visit(8, Outcome.CHECK, visit="w")
    decided = row(EntryKind.OVERRIDE, 8 + 40 / 3600, visit="w", refers="w", outcome=Outcome.PASS)
    taken_back = row(EntryKind.UNDO, 8 + 41 / 3600, visit="w", refers="w")
    again = row(EntryKind.OVERRIDE, 8 + 90 / 3600, visit="w", refers="w", outcome=Outcome.DENY)
    assert report(waited, decided).waits == daily.Waits(1, 40.0, 40.0, (0, 0, 1, 0, 0, 0))
    assert report(waited, decided, taken_back).waits == daily.Waits()
    assert report(waited, decided, taken_back, again).waits.median_s == 90.0


def test_the_time_in_which_the_clock_was_in_doubt_is_named() -> None:
    made = report(visit(7), visit(8, clock="untrusted"), visit(9, clock="untrusted"), visit(10), now=20)
    assert made.doubts == (Gap(MIDNIGHT + timedelta(hours=8), MIDNIGHT + timedelta(hours=10), "clock"),)
    still = report(visit(8, clock="untrusted"), now=20).doubts
    assert still == (Gap(MIDNIGHT + timedelta(hours=8), MIDNIGHT + timedelta(hours=20), "clock"),)


def test_any_stretch_of_time_is_counted_like_a_day() -> None:
    rows = [visit(8), visit(20), visit(30)]
    within = (MIDNIGHT + timedelta(hours=9), MIDNIGHT + timedelta(hours=33))
    made = daily.stretch(rows, within, DAY, ZONE, "k1", within[1])
    assert (made.counts.passed, len(made.hours), made.hours[0].label) == (2, 24, "09:00")


def test_a_rider_who_only_handed_over_is_in_the_counts_and_in_no_line() -> None:
    made = report(visit(8), row(EntryKind.DROP_OFF, 8, visit="r", outcome=Outcome.PASS))
    assert made.counts.dropped_off == 1
    assert [line.total for line in made.lanes] == [1]
