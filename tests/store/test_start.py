"""How long a start takes hangs on the newest rows and on the day, not on how many rows there are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.services.book import Book
from kiosk.settings import places
from kiosk.store import owning
from tests.bench.logbook import generate
from tests.support.clocks import HandClock

STEP = 100  # instructions of SQLite's machine


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One for every hundred instructions that SQLite works through, whichever connection asks."""
    seen: list[int] = []

    def counted(connect: object) -> object:
        def connecting(*arguments: object) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*arguments)  # type: ignore[operator]
            connection.set_progress_handler(lambda: seen.append(1), STEP)  # type: ignore[arg-type,func-returns-value]
            return connection

        return connecting

    for name in ("connect", "_try"):
        monkeypatch.setattr(owning, name, counted(getattr(owning, name)))
    return seen


def start(folder: Path, rows: int, ticks: list[int]) -> int:
    """What it costs to come up with so many rows, count the day, and append."""
    made = generate(folder, rows)
    at = places(folder / "state")
    at.logbook.parent.mkdir(parents=True)
    made.rename(at.logbook)
    clock = HandClock()
    clock.wall = clock.wall.replace(year=2030)
    with closing(Book(at, "gate-1", clock)):  # the first time it is brought up to date
        pass
    ticks.clear()
    with closing(Book(at, "gate-1", clock)) as book:
        book.started("r1")
        book.counts(ZoneInfo("Asia/Shanghai"))
        return len(ticks)


def test_ten_times_the_rows_do_not_make_a_start_longer(tmp_path: Path, ticks: list[int]) -> None:
    few, many = (start(tmp_path / str(rows), rows, ticks) for rows in (500, 5_000))
    assert few > 0
    assert many <= few * 1.2
