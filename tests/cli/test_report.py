"""`kiosk report`: the same day as JSON, CSV and PDF, equal to the log's own counts; who is inside."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from kiosk.cli.report import command
from kiosk.core import daily
from kiosk.core.entry import Draft, EntryKind
from kiosk.core.faults import KioskError
from kiosk.core.model import Outcome
from kiosk.printing.paper import CJK_FONT
from kiosk.settings import Places, places
from kiosk.store.daily import day_report
from kiosk.store.records import Records
from tests.support.written_logbook import MORNING, draft, write

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def at(tmp_path: Path) -> Places:
    at = places(tmp_path / "state")
    later = MORNING + timedelta(hours=9)
    decided = Draft(EntryKind.OVERRIDE, later, visit="visit-2", refers="visit-2", outcome=Outcome.PASS)
    stop, start = (Draft(kind, later + timedelta(hours=h)) for kind, h in ((EntryKind.STOP, 0), (EntryKind.START, 1)))
    write(at, [*(draft(number) for number in range(30)), decided, stop, start])
    return at


def run(at: Places, *arguments: str) -> Result:
    action, *more = arguments
    return CliRunner().invoke(command, [action, "--state", str(at.state), *more])


def test_json_and_csv_tell_the_same_and_it_is_what_the_log_counts(at: Places) -> None:
    told = json.loads(run(at, "day", "2026-11-21").stdout)
    table = run(at, "day", "2026-11-21", "--format", "csv").stdout.removeprefix("\ufeff")
    cells = {(section, name): value for section, name, value in csv.reader(io.StringIO(table))}
    counts = Records(at.logbook).counts(*daily.span(DAY, ZONE))
    for name in ("passed", "checked", "denied", "incomplete", "entered", "left"):
        assert told["counts"][name] == int(cells["counts", name]) == getattr(counts, name)
    assert told["remarks"]["overridden"] == int(cells["remarks", "overridden"]) == 1
    assert told["missing"][0]["why"] == "stopped"


def test_an_empty_day_is_a_report_of_nothing(at: Places) -> None:
    told = json.loads(run(at, "day", "2026-10-01").stdout)
    assert set(told["counts"].values()) == {0}
    assert told["missing"] == []


@pytest.mark.skipif(not CJK_FONT.is_file(), reason="the Chinese font is not installed")
@pytest.mark.parametrize("language", ["C.UTF-8", "zh_CN.UTF-8"])
def test_the_report_is_printed_in_either_language(
    at: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    out = tmp_path / "r.pdf"
    assert run(at, "day", "2026-11-21", "--format", "pdf", "--out", str(out)).exit_code == 0
    assert out.read_bytes().startswith(b"%PDF")


def test_days_in_which_the_gate_was_off_all_the_time_are_missing_whole(tmp_path: Path) -> None:
    at = places(tmp_path / "s")
    write(at, [draft(0), Draft(EntryKind.STOP, MORNING), Draft(EntryKind.START, MORNING + timedelta(days=6))])
    day = MORNING.astimezone(ZONE).date() + timedelta(days=3)
    made = day_report(Records(at.logbook), day, ZONE, "k1", datetime(2027, 1, 1, tzinfo=UTC))
    (gap,) = made.missing
    assert (gap.since, gap.until, gap.why) == (*daily.span(day, ZONE), "stopped")


def test_a_dispute_noted_days_later_is_counted_on_the_visits_day(tmp_path: Path) -> None:
    at = places(tmp_path / "s")
    late = MORNING + timedelta(days=5)
    write(at, [draft(0), draft(1, happened=late), Draft(EntryKind.DISPUTE, late, visit="visit-0", refers="visit-0")])
    made = day_report(Records(at.logbook), MORNING.astimezone(ZONE).date(), ZONE, "k1", late)
    assert made.remarks.disputed == 1


def test_wrong_uses_are_named(at: Places, tmp_path: Path) -> None:
    assert run(at, "day", "yesterday").exit_code == 2
    assert isinstance(run(at, "day", "2026-11-21", "--out", str(tmp_path / "no" / "x")).exception, KioskError)
    assert isinstance(run(places(tmp_path / "none"), "day", "2026-11-21").exception, KioskError)


def test_who_is_inside_is_told_without_names_and_can_be_reset(tmp_path: Path) -> None:
    at = places(tmp_path / "s")
    now = datetime.now(UTC)
    write(at, [draft(number, happened=now - timedelta(minutes=5)) for number in (1, 4)])
    told = run(at, "inside")
    assert told.stdout.startswith("certain 0, likely 2, unknown 0\n"), told.output
    assert "王" not in told.output
    assert json.loads(run(at, "inside", "--jsonl").stdout)["likely"] == 2
    assert run(at, "reset-inside", "--reason", "counted by hand", "--by", "wang").exit_code == 0
    assert run(at, "inside").stdout == "certain 0, likely 0, unknown 0\n"
