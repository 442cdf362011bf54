"""Numbered paper sheets: numbers that never repeat, and lines typed afterwards, each slip named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from kiosk.core import paper
from kiosk.core.entry import EntryKind, SealClass
from kiosk.core.model import Direction, Outcome
from kiosk.core.paper import Problem, Slip
from kiosk.core.requests import PaperLine

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
HEADER = "sheet,line,date,time,name,room,temperature,outcome,volunteer\n"
LINE = PaperLine(
    sheet=3, line=7, happened=NOW, outcome=Outcome.PASS, volunteer="li", name="王小明", room="3-2-501", celsius=36.5
)


def test_numbers_go_on_after_the_last_that_was_printed() -> None:
    sheets = EntryKind.SHEETS
    assert paper.last_number([]) == 0
    assert paper.last_number([(sheets, "1-20"), (sheets, "21-21")]) == 21


def test_after_a_restore_no_number_of_the_lost_card_is_given_again() -> None:
    rows = [(EntryKind.SHEETS, "1-20"), (EntryKind.RESTORED, "x 5 y"), (EntryKind.SHEETS, "1021-1030")]
    assert paper.last_number(rows[:2]) == 1020
    assert paper.last_number(rows) == 1030


def test_a_line_becomes_the_row_of_a_visit_with_its_own_time_and_source() -> None:
    row = paper.draft(LINE, "chen")
    assert (row.kind, row.happened, row.visit, row.source) == (EntryKind.VISIT, NOW, "paper-3-7", "paper")
    assert (row.volunteer, row.detail, row.outcome) == ("li", "sheet 3 line 7 typed by chen", Outcome.PASS)
    assert row.measurement is not None
    assert (row.measurement.forehead_c, row.measurement.source) == (36.5, "contact")
    assert row.sealed == ((SealClass.IDENTITY, (("name", "王小明"), ("room", "3-2-501"))),)
    assert paper.draft(msgspec.structs.replace(LINE, celsius=None, name="", room=""), "li").sealed == ()


@pytest.mark.parametrize(
    ("changes", "slip"),
    [
        ({}, None),
        ({"sheet": 21}, Slip.UNKNOWN_SHEET),
        ({"happened": NOW + timedelta(seconds=1)}, Slip.IN_FUTURE),
        ({"happened": NOW - timedelta(days=367)}, Slip.TOO_OLD),
    ],
)
def test_a_line_that_cannot_be_is_named(changes: dict[str, object], slip: Slip | None) -> None:
    assert paper.wrong_with(msgspec.structs.replace(LINE, **changes), 20, NOW) is slip


# --- The typed file ---------------------------------------------------------------------------------------


def test_a_typed_sheet_is_read_with_the_places_own_time() -> None:
    text = HEADER + "3,1,2026-11-21,15:30,王小明,3-2-501,36.5,pass,li\n,2,,15:31,,1-1,,deny,\n"
    (first, second), problems = paper.parse(text, SHANGHAI)
    assert problems == ()
    assert first == msgspec.structs.replace(LINE, line=1)
    assert (second.sheet, second.line, second.volunteer) == (3, 2, "li")
    assert (second.happened, second.celsius) == (NOW + timedelta(minutes=1), None)


def test_chinese_columns_and_words_are_understood() -> None:
    text = "\ufeff表号,行,日期,时间,姓名,房号,体温,结果,志愿者,方向\n1,1,2026/11/21,7：05,王小明,,36.5℃,放行,李,出\n"
    ((line,), problems) = paper.parse(text, SHANGHAI)
    assert problems == ()
    assert (line.outcome, line.direction, line.celsius) == (Outcome.PASS, Direction.OUT, 36.5)
    assert line.happened == datetime(2026, 11, 20, 23, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cells", "slip", "column"),
    [
        ("x,1,2026-11-21,7:30,w,1,36.5,pass,li", Slip.NOT_A_NUMBER, "sheet"),
        ("1,21,2026-11-21,7:30,w,1,36.5,pass,li", Slip.NOT_A_NUMBER, "line"),
        ("1,0,2026-11-21,7:30,w,1,36.5,pass,li", Slip.NOT_A_NUMBER, "line"),
        ("1,١,2026-11-21,7:30,w,1,36.5,pass,li", Slip.NOT_A_NUMBER, "line"),
        ("1,1,2026-11-31,7:30,w,1,36.5,pass,li", Slip.NOT_A_DAY, "date"),
        ("1,1,2026-11-21,25:30,w,1,36.5,pass,li", Slip.NOT_A_TIME, "time"),
        ("1,1,2026-11-21,7:30,w,1,365,pass,li", Slip.NOT_A_TEMPERATURE, "temperature"),
        ("1,1,2026-11-21,7:30,w,1,nan,pass,li", Slip.NOT_A_TEMPERATURE, "temperature"),
        ("1,1,2026-11-21,7:30,w,1,warm,pass,li", Slip.NOT_A_TEMPERATURE, "temperature"),
        ("1,1,2026-11-21,7:30,w,1,36.5,perhaps,li", Slip.NOT_AN_OUTCOME, "outcome"),
        ("1,1,2026-11-21,7:30,,,36.5,pass,li", Slip.NOBODY, "name"),
        ("1,1,2026-11-21,7:30,w,1,36.5,pass,", Slip.NO_VOLUNTEER, "volunteer"),
        (f"1,1,2026-11-21,7:30,{'w' * 101},1,36.5,pass,li", Slip.WRONG_LENGTH, "name"),
    ],
)
def test_each_slip_is_named_with_its_row_line_and_column(cells: str, slip: Slip, column: str) -> None:
    lines, problems = paper.parse(HEADER + cells + "\n", SHANGHAI)
    assert lines == ()
    assert [(each.slip, each.column, each.row) for each in problems] == [(slip, column, 2)]


def test_a_missing_column_is_named() -> None:
    assert paper.parse("sheet,line,date,time,name\n1,1,x,y,z\n", SHANGHAI)[1] == (
        Problem(Slip.NO_HEADER, 1, column="outcome"),
        Problem(Slip.NO_HEADER, 1, column="volunteer"),
    )


def test_the_same_line_twice_in_a_file_is_named() -> None:
    row = "1,1,2026-11-21,7:30,w,1,36.5,pass,li\n"
    _, problems = paper.parse(HEADER + row + row, SHANGHAI)
    assert problems == (Problem(Slip.DUPLICATE, 0, 1, 1),)


def test_hostile_files_are_refused_line_by_line_and_never_raise() -> None:
    for text in ("", "\x00", "sheet\n\x00\n", HEADER + '"', HEADER + ",,,,,,,,,,,,\n" * 3, HEADER + "1" * 5000):
        lines, _ = paper.parse(text, SHANGHAI)
        assert lines == ()


# --- Nights in which the clocks change --------------------------------------------------------------------


def test_an_hour_that_never_was_is_refused_and_one_that_came_twice_needs_its_offset() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert paper.local(spring, time(2, 30), BERLIN) is Slip.NO_SUCH_TIME
    assert paper.local(autumn, time(2, 30), BERLIN) is Slip.TWICE_THAT_DAY
    assert paper.moment("2026-10-25", "02:30+02:00", BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert paper.moment("2026-10-25", "02:30+01:00", BERLIN) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_every_other_minute_of_those_nights_comes_back_as_it_was_written() -> None:
    for day in (date(2026, 3, 29), date(2026, 10, 25)):
        for minute in range(24 * 60):
            at = time(minute // 60, minute % 60)
            found = paper.local(day, at, BERLIN)
            if isinstance(found, datetime):
                assert found.astimezone(BERLIN).replace(tzinfo=None) == datetime.combine(day, at)
            else:
                assert at.hour == 2
    assert replace(Problem(Slip.NOBODY), row=1).row == 1
