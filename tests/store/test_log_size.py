"""The write-ahead log stays small whatever readers do, and whoever does not move costs little."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.core.entry import Draft
from kiosk.store import owning
from kiosk.store.logbook import Logbook

Drafted = Callable[..., Draft]


def test_no_row_waits_for_what_has_gathered_in_the_log(logbook: Logbook, visit: Drafted, path: Path) -> None:
    makes_a_row_wait = logbook._db.execute("PRAGMA wal_autocheckpoint").fetchone()[0]
    page_bytes = logbook._db.execute("PRAGMA page_size").fetchone()[0]
    logbook._db.execute("PRAGMA synchronous = OFF")
    for number in range(400):
        logbook.append(visit(f"v{number}"))
        assert path.with_name("logbook.db-wal").stat().st_size < makes_a_row_wait * page_bytes
        logbook.make_room()


@pytest.mark.parametrize("readers", [1, 3])
def test_readers_that_are_starved_in_the_middle_of_a_look_do_not_let_the_log_grow(
    logbook: Logbook, visit: Drafted, path: Path, readers: int
) -> None:
    logbook._db.execute("PRAGMA synchronous = OFF")  # this is about size, and a test has no minutes
    for number in range(50):
        logbook.append(visit(f"v{number}"))
    over, largest, looks = threading.Event(), 0, 0

    def starved() -> None:
        nonlocal looks
        while not over.is_set():  # one look after the other, without a gap
            with owning.reading(path) as db:
                db.execute("BEGIN")
                db.execute("SELECT count(*) FROM entry").fetchone()
                over.wait(0.1)
                looks += 1

    starving = [threading.Thread(target=starved) for _ in range(readers)]
    for thread in starving:
        thread.start()
    try:
        for number in range(800):
            logbook.append(visit(f"w{number}"))
            logbook.make_room()  # as the gate does after its lamps
            largest = max(largest, path.with_name("logbook.db-wal").stat().st_size)
    finally:
        over.set()
        for thread in starving:
            thread.join(30)
    assert looks > readers
    assert largest < 8 * 1024 * 1024


def test_a_reader_that_never_ends_its_look_costs_a_moment_now_and_then(
    logbook: Logbook, visit: Drafted, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[bool] = []
    anew = owning.begin_log_anew

    def noted(connection: sqlite3.Connection, within_s: float) -> bool:
        waits.append(anew(connection, 0.0))
        return waits[-1]

    monkeypatch.setattr(owning, "begin_log_anew", noted)
    monkeypatch.setattr("kiosk.store.holding.GROWN_BYTES", 500_000)
    logbook._db.execute("PRAGMA synchronous = OFF")
    logbook.append(visit("v"))
    with owning.reading(path) as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM entry").fetchone()
        rows = []
        for number in range(120):
            rows.append(logbook.append(visit(f"w{number}")))
            logbook.make_room()
    size = path.with_name("logbook.db-wal").stat().st_size
    assert 0 < len(waits) <= (size - 500_000) / (256 * 1024) + 1
    assert not any(waits)
    assert rows[-1].seq == 121
    for number in range(20):
        logbook.append(visit(f"x{number}"))
        logbook.make_room()
    assert path.with_name("logbook.db-wal").stat().st_size <= size  # gone: the log was begun anew
