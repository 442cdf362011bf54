"""A migration that is cut off at any statement leaves the old shape or the new one, and the next start goes on."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from kiosk.core.entry import Draft
from kiosk.core.faults import StoreUnreadable
from kiosk.store import migrations
from kiosk.store.desk import DeskReader
from kiosk.store.logbook import Logbook
from kiosk.store.migrations.desk import migrations as desk
from kiosk.store.migrations.logbook import migrations as logbook
from kiosk.store.reader import Filter, Reader
from kiosk.store.verify import check

SETS = {"logbook": logbook, "desk": desk}
CASES = [(name, step.name) for name, each in SETS.items() for step in each._migrations]


def shape(path: Path) -> tuple[tuple[str, ...], ...]:
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute(
            "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE '%sqlite_%' ORDER BY type, name"
        )
        return tuple(tuple(map(str, row)) for row in rows)


def made(path: Path, steps: Migrations, stop: str | None) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        steps.apply(Database(db), stop_before=stop)
    return path


def cut_off(path: Path, steps: Migrations, at: int) -> bool:
    """Migrates in a child that dies at statement number `at`; whether it came to its end before."""
    child = os.fork()
    if child == 0:
        left = [at]

        def told(_: str) -> None:
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)

        db = sqlite3.connect(path, isolation_level=None)
        db.set_trace_callback(told)
        migrations.apply(db, steps)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize(("name", "step"), CASES, ids=[f"{name} {step}" for name, step in CASES])
def test_a_migration_from_every_earlier_shape_cut_off_at_every_statement_is_old_or_new(
    tmp_path: Path, name: str, step: str
) -> None:
    steps = SETS[name]
    names = [each.name for each in steps._migrations]
    known = {shape(made(tmp_path / f"to-{stop}.db", steps, stop)) for stop in [*names, None]}
    start = made(tmp_path / "start.db", steps, step)
    newest = shape(tmp_path / "to-None.db")
    at, whole = 0, False
    while not whole:
        torn = tmp_path / "torn.db"
        for ending in ("", "-wal", "-shm"):
            torn.with_name(torn.name + ending).unlink(missing_ok=True)
        shutil.copy(start, torn)
        whole = cut_off(torn, steps, at)
        assert shape(torn) in known, at
        if at % 5 == 0 or whole:
            with closing(sqlite3.connect(torn, isolation_level=None)) as db:
                migrations.apply(db, steps)
            assert shape(torn) == newest
        at += 1
    assert at > 3


def test_rows_of_the_first_shape_are_found_and_hold_after_the_migration(
    opened: Callable[[], Logbook], visit: Callable[..., Draft], path: Path
) -> None:
    book = opened()
    for number in range(3):
        book.append(visit(f"v{number}"))
    book.close()
    old = path.with_name("old.db")
    made(old, logbook, "m003_heads")
    with closing(sqlite3.connect(old, isolation_level=None)) as db:
        db.execute("ATTACH ? AS new", (str(path),))
        for table, columns in {
            "entry": "seq, body, sealed_sha256, prev, hash",
            "sealed": "seq, class, nonce, blob",
            "meta": "name, value",
        }.items():
            db.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM new.{table}")
    for ending in ("", ".head"):
        path.with_name(path.name + ending).unlink()
    old.rename(path)
    *_, before = check(path)
    assert (before.rows, before.heads, before.broken) == (3, 0, None)
    book = opened()
    book.append(visit("v3"))
    book.close()
    *_, after = check(path)
    assert (after.rows, after.heads, after.broken) == (4, 1, None)


@pytest.mark.parametrize("step", [each.name for each in logbook._migrations])
def test_a_file_that_no_owner_has_brought_up_to_date_is_called_that_and_not_broken(tmp_path: Path, step: str) -> None:
    old = made(tmp_path / "logbook.db", logbook, step)
    with pytest.raises(StoreUnreadable, match="start it once") as refused:
        Reader.open(old).page(Filter(lane="main"))
    assert refused.value.code == "other_version"


def test_a_desk_that_no_owner_has_brought_up_to_date_is_called_that(tmp_path: Path) -> None:
    made(tmp_path / "desk.db", desk, "m003_roster")
    assert DeskReader.open(tmp_path / "desk.db").state() == "other_version"
