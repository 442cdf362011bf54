"""After a write that failed: nothing comes back that was refused, forgetting goes on, a bad row holds nobody up."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.faults import LogbookUnwritable, RowRefused
from kiosk.core.model import Measurement, TemperatureSource
from kiosk.store import owning, seals
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.reader import Filter, Reader
from kiosk.store.verify import check
from tests.store.conftest import Turned

Opened = Callable[[], Logbook]
Drafted = Callable[..., Draft]


class FailingCommit:
    """A connection whose next commit is done, and then reported as failed: the rows lie in the write-ahead log."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def execute(self, sql: str, *values: Any) -> Any:
        done = self._db.execute(sql, *values)
        if sql == "COMMIT":
            raise sqlite3.OperationalError("disk I/O error")
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


def kinds(path: Path) -> list[str]:
    return [row.kind for row in sorted(Reader.open(path).rows(Filter()), key=lambda row: row.seq)]


def test_a_row_whose_commit_failed_is_taken_back_at_once_so_that_a_kill_cannot_bring_it_back(
    opened: Opened, visit: Drafted, path: Path
) -> None:
    child = os.fork()
    if child == 0:
        book = opened()
        book.append(visit("v1"))
        book._hold.db = FailingCommit(book._hold.db)  # type: ignore[assignment]
        try:
            book.append(visit("v2"))
        except LogbookUnwritable:
            os._exit(9)  # killed before anything else is written
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    book = opened()
    assert [row.visit for row in Reader.open(path).rows(Filter())] == ["v1"]
    assert book.append(visit("v3")).seq == 2
    book.close()


def test_a_row_that_can_never_be_written_is_refused_and_the_next_one_is_not(logbook: Logbook, visit: Drafted) -> None:
    no_number = Measurement(float("nan"), 36.5, None, 0.0, 1, "contact", visit().happened, TemperatureSource.CONTACT)
    with pytest.raises(RowRefused, match="of kind visit"):
        logbook.append(visit("v1", measurement=no_number))
    assert not logbook.broken
    assert logbook.append(visit("v2")).seq == 1


def test_a_file_that_is_damaged_while_it_is_open_is_known_as_broken(opened: Opened, visit: Drafted, path: Path) -> None:
    book = opened()
    for number in range(100):
        book.append(visit(f"v{number}"))
    book.close()
    book = opened()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)
    book._db.execute("PRAGMA shrink_memory")
    with pytest.raises(LogbookUnwritable):
        book.append(visit("after"))
    assert book.broken
    book.close()


def test_errors_that_pass_do_not_make_a_file_broken(logbook: Logbook, visit: Drafted) -> None:
    logbook._db.execute("PRAGMA query_only = ON")
    with pytest.raises(LogbookUnwritable):
        logbook.append(visit())
    logbook._db.execute("PRAGMA query_only = OFF")
    assert not logbook.broken
    assert logbook.append(visit()).seq == 1


# --- Forgetting goes on


@pytest.fixture
def two_days(logbook: Logbook, visit: Drafted, clock: Turned) -> Logbook:
    """A row of yesterday and one of today."""
    logbook.append(visit("yesterday"))
    clock.on(days=1)
    logbook.append(visit("today"))
    return logbook


def held(book: Logbook) -> list[int]:
    return seals.held_by(book._db, range(1, 100))


def refusing(kind: EntryKind, instead: Callable[[Draft], object]) -> Callable[[Draft], object]:
    def append(draft: Draft) -> object:
        if draft.kind is kind:
            raise LogbookUnwritable("disk full")
        return instead(draft)

    return append


def test_a_purge_whose_row_failed_writes_that_row_by_itself_when_it_can(
    two_days: Logbook, clock: Turned, path: Path, keys: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = clock().date()
    with monkeypatch.context() as broken:
        broken.setattr(two_days, "append", refusing(EntryKind.PURGED, two_days.append))
        with pytest.raises(LogbookUnwritable):
            two_days.purge(today, by="li")
    assert not keys.holds(today)
    two_days.finish_forgetting()
    (row,) = [row for row in Reader.open(path).rows(Filter()) if row.kind is EntryKind.PURGED]
    assert (row.detail, row.volunteer) == (today.isoformat(), "li")
    assert held(two_days) == [2]
    two_days.finish_forgetting()
    assert kinds(path).count("purged") == 1


@pytest.mark.parametrize("step", ["forget", "append", "delete_before", "empty_log"])
def test_a_purge_that_was_cut_short_anywhere_is_finished_by_the_next_owner_with_one_row(
    opened: Opened, visit: Drafted, clock: Turned, path: Path, keys: Keyring, step: str
) -> None:
    book = opened()
    book.append(visit("yesterday"))
    clock.on(days=1)
    today = clock().date()
    child = os.fork()
    if child == 0:

        def killed(*_: object, **__: object) -> None:
            os._exit(9)

        where = {"forget": keys, "append": book, "delete_before": seals, "empty_log": owning}[step]
        setattr(where, step, killed)
        book.purge(today, by="li")
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    book.close()
    again = opened()
    again.finish_forgetting()
    assert (kinds(path).count("purged"), held(again), keys.holds(today)) == (1, [], False)
    again.close()
    *_, verified = check(path)
    assert verified.broken is None


def test_an_erasure_that_was_cut_short_is_finished_by_the_next_owner(
    opened: Opened, visit: Drafted, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = opened()
    book.append(visit())

    def failing(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(seals, "delete_rows", failing)
        with pytest.raises(LogbookUnwritable, match="not all of it is"):
            book.erase([1], reason="asked for it")
        assert 1 in held(book)
        book.close()
    again = opened()
    again.finish_forgetting()
    assert 1 not in held(again)
    again.close()
    *_, verified = check(path)
    assert verified.broken is None


def test_where_nothing_can_be_written_nothing_is_forgotten(two_days: Logbook, clock: Turned, keys: Keyring) -> None:
    two_days._db.execute("PRAGMA query_only = ON")
    with pytest.raises(LogbookUnwritable):
        two_days.purge(clock().date())
    assert keys.holds(clock().date())
    two_days._db.execute("PRAGMA query_only = OFF")
    two_days.finish_forgetting()
    assert held(two_days) == [1, 2]


def test_a_purge_of_one_class_that_was_cut_short_forgets_that_class_alone(
    two_days: Logbook, visit: Drafted, clock: Turned, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = ((SealClass.IDENTITY, (("name", "Li"),)), (SealClass.NOTE, (("note", "n"),)))
    two_days.append(visit("both", sealed=both))
    clock.on(days=1)
    with monkeypatch.context() as broken:
        broken.setattr(two_days, "append", refusing(EntryKind.PURGED, two_days.append))
        with pytest.raises(LogbookUnwritable):
            two_days.purge(clock().date(), classes=[SealClass.NOTE])
    two_days.finish_forgetting()
    assert two_days.reveal([3]) == {3: {"name": "Li"}}
