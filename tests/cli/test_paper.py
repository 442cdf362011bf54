"""`kiosk paper`: sheets with numbers, and what was written on them."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.cli.paper import command
from kiosk.core.entry import EntryKind
from kiosk.core.faults import KioskError
from kiosk.services.book import Book
from kiosk.services.clock import SystemClock
from kiosk.settings import Places, places
from kiosk.store.reader import Filter, Reader

HEADER = "sheet,line,date,time,name,room,temperature,outcome,volunteer\n"


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def at(tmp_path: Path) -> Places:
    """A kiosk that ran once and is stopped."""
    at = places(tmp_path / "state")
    with closing(Book(at, "kiosk-1", SystemClock())):
        return at


def run(at: Places, *arguments: str) -> Result:
    action, *more = arguments
    return CliRunner().invoke(command, [action, "--state", str(at.state), *more])


def typed(tmp_path: Path, lines: str) -> str:
    (tmp_path / "typed.csv").write_text(HEADER + lines, "utf-8")
    return str(tmp_path / "typed.csv")


def row(line: int, name: str = "王小明") -> str:
    happened = datetime.now(UTC) + timedelta(hours=8) - timedelta(hours=3)
    return f"1,{line},{happened:%Y-%m-%d,%H:%M},{name},3-2-501,36.5,pass,li\n"


def test_sheets_are_printed_with_numbers_that_go_on(at: Places, tmp_path: Path) -> None:
    out = tmp_path / "sheets.pdf"
    assert run(at, "sheets", "--count", "3", "--out", str(out)).stderr == "Sheets 1 to 3\n"
    assert out.read_bytes().startswith(b"%PDF")
    assert run(at, "sheets", "--count", "2", "--out", str(out)).stderr == "Sheets 4 to 5\n"


def test_twenty_lines_are_entered_and_entering_them_again_changes_nothing(at: Places, tmp_path: Path) -> None:
    run(at, "sheets", "--count", "1", "--out", str(tmp_path / "s.pdf"))
    file = typed(tmp_path, "".join(row(line) for line in range(1, 21)))
    first = run(at, "enter", file, "--by", "chen")
    assert (first.exit_code, first.stdout) == (0, "20 lines entered, 0 left alone\n")
    again = run(at, "enter", file, "--by", "chen")
    assert (again.exit_code, again.stdout) == (1, "0 lines entered, 20 left alone\n")
    assert again.stderr.splitlines()[4].endswith("sheet 1 line 5: this line was entered already")
    assert len(list(Reader(at.logbook).rows(Filter(kind=EntryKind.VISIT)))) == 20


def test_a_file_with_a_slip_enters_nothing_and_names_every_one(at: Places, tmp_path: Path) -> None:
    file = typed(tmp_path, row(1) + row(2, "").replace("3-2-501", "") + row(3).replace("36.5", "warm"))
    result = run(at, "enter", file)
    assert isinstance(result.exception, KioskError)
    assert [line.partition("typed.csv:")[2] for line in result.stderr.splitlines()] == [
        "3 sheet 1 line 2 name: neither name nor room",
        "4 sheet 1 line 3 temperature: no temperature between 30 and 45 °C",
    ]
    assert list(Reader(at.logbook).rows(Filter(kind=EntryKind.VISIT))) == []


def test_a_sheet_that_was_never_printed_is_named(at: Places, tmp_path: Path) -> None:
    result = run(at, "enter", typed(tmp_path, row(1)))
    assert result.exit_code == 1
    assert "never printed a sheet of that number" in result.stderr


def test_files_that_are_none_are_one_line(at: Places, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes("表号".encode("gb18030"))
    for file in (str(tmp_path / "x.csv"), str(tmp_path / "missing.csv"), typed(tmp_path, "")):
        assert isinstance(run(at, "enter", file).exception, KioskError)
