"""Whoever reads the log for long, as a backup does, keeps no gate from coming up and no turn from going on."""

from __future__ import annotations

import itertools
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.store import owning, seals
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.reader import Filter, Reader
from kiosk.store.verify import check
from tests.store.conftest import Turned

Opened = Callable[[], Logbook]
Drafted = Callable[..., Draft]


@contextmanager
def long_look(path: Path) -> Iterator[None]:
    """A reader that holds one moment of the file, as the copy of a backup does."""
    with owning.reading(path) as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM entry").fetchone()
        yield


def log_of(path: Path) -> bytes:
    return path.with_name("logbook.db-wal").read_bytes()


def cipher_of(book: Logbook, seq: int) -> bytes:
    blob: bytes = book._db.execute("SELECT blob FROM sealed WHERE seq = ?", (seq,)).fetchone()[0]
    return blob


def tries_of(book: Logbook) -> list[str]:
    """What the owner asks of SQLite about waiting and checkpoints from now on."""
    asked: list[str] = []
    book._db.set_trace_callback(lambda sql: asked.append(sql) if "busy_timeout" in sql or "wal_ch" in sql else None)
    return asked


def test_a_purge_beside_a_long_look_waits_a_moment_and_leaves_no_byte_once_that_look_has_ended(
    logbook: Logbook, visit: Drafted, clock: Turned, path: Path
) -> None:
    logbook.append(visit())
    secret = cipher_of(logbook, 1)
    clock.on(days=2)
    asked = tries_of(logbook)
    with long_look(path):
        assert logbook.purge(clock().date()) == 1
        assert asked == ["PRAGMA busy_timeout = 50", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA busy_timeout = 5000"]
        assert (logbook.reveal([1]), seals.held_by(logbook._db, [1])) == ({1: {}}, [])
        assert (logbook.forgets, logbook.unfinished) == (False, True)
        assert secret in log_of(path)
        logbook.finish_forgetting()
        assert logbook.unfinished
    logbook.finish_forgetting()
    assert not logbook.unfinished
    assert log_of(path) == b""
    assert secret not in path.read_bytes()


def test_what_was_erased_beside_a_long_look_leaves_the_log_also_after_a_kill(
    opened: Opened, visit: Drafted, path: Path
) -> None:
    looked, erased = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        book = opened()
        book.append(visit())
        os.write(looked[1], cipher_of(book, 1))
        os.read(erased[0], 1)
        book.erase([1])
        os._exit(9)
    secret = os.read(looked[0], 10_000)
    with long_look(path):
        os.write(erased[1], b"e")
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        book = opened()
        book.finish_forgetting()
        assert (book.unfinished, secret in log_of(path)) == (True, True)
    book.finish_forgetting()
    assert not book.unfinished
    assert secret not in log_of(path) + path.read_bytes()
    book.close()


def test_an_owner_comes_up_beside_a_long_look_once_its_log_is_written_again_and_synced(
    opened: Opened, visit: Drafted, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = opened()
    book.append(visit("v1"))
    synced: list[str] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    with long_look(path):
        book._hold.db.close()  # as after a failed commit: the log stays as it is
        left = log_of(path)
        with monkeypatch.context() as watched:
            watched.setattr(os, "fsync", noted)
            book._hold.db = owning.connect(path)
        assert synced == ["logbook.db-wal", path.parent.name]
        assert log_of(path) == left
        assert book.append(visit("v2")).seq == 2
    assert [row.visit for row in Reader.open(path).rows(Filter())] == ["v1", "v2"]
    book.close()
    *_, verified = check(path)
    assert (verified.rows, verified.broken) == (2, None)


def test_a_log_that_can_neither_be_emptied_nor_written_again_is_not_written_to(
    logbook: Logbook, visit: Drafted, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: int) -> None:
        raise OSError(5, "Input/output error")

    logbook.append(visit())
    monkeypatch.setattr(owning, "_EMPTIED_WITHIN_S", 0.0)
    with long_look(path), monkeypatch.context() as broken:
        broken.setattr(os, "fsync", failing)
        with pytest.raises(sqlite3.OperationalError, match="wal cannot be brought to the disk"):
            owning.connect(path)


# --- Many rows


@pytest.fixture
def hurried(
    path: Path, keys: Keyring, clock: Turned, visit: Drafted, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Logbook]:
    """Six rows of one day, and a disk that takes a second for every two that are deleted."""
    monkeypatch.setattr(seals, "_BATCH", 2)
    seconds = itertools.count()
    book = Logbook.open(
        path,
        keys,
        kiosk="gate-1",
        boot="b1",
        clock_state=lambda: "trusted",
        now=clock,
        monotonic_ns=lambda: next(seconds) * 1_000_000_000,
    )
    note = (SealClass.NOTE, (("note", "n"),))
    for number in range(6):
        name = (SealClass.IDENTITY, (("name", f"v{number}"),))
        book.append(visit(f"v{number}", sealed=(name, note)))
    clock.on(days=2)
    yield book
    book.close()


def test_many_rows_are_deleted_in_slices_and_nobody_can_read_them_from_the_first_on(
    hurried: Logbook, visit: Drafted, clock: Turned, path: Path
) -> None:
    assert hurried.purge(clock().date()) == 6
    left = []
    while hurried.forgets:
        left.append(len(seals.held_by(hurried._db, range(1, 7))))
        assert set().union(*hurried.reveal(range(1, 7)).values()) == set()
        hurried.append(visit(f"between-{len(left)}"))
        hurried.finish_forgetting()
    assert left == [4, 2, 0]
    assert not hurried.unfinished
    assert len(list(Reader.open(path).rows(Filter(kind=EntryKind.PURGED)))) == 1
    *_, verified = check(path)
    assert (verified.broken, verified.forgotten) == (None, 6)


def test_another_purge_in_the_meantime_is_remembered_too_and_the_same_one_is_no_second(
    hurried: Logbook, clock: Turned, path: Path
) -> None:
    today = clock().date()
    hurried.purge(today, classes=[SealClass.IDENTITY])
    hurried.purge(today, classes=[SealClass.IDENTITY])
    assert hurried.forgets
    hurried.purge(today, classes=[SealClass.NOTE])
    assert hurried.reveal([6]) == {6: {}}
    while hurried.forgets:
        hurried.finish_forgetting()
    assert seals.held_by(hurried._db, range(1, 7)) == []
    told = [row.detail for row in Reader.open(path).rows(Filter(kind=EntryKind.PURGED))]
    assert sorted(told) == [f"{today} identity", f"{today} note"]
