"""What was acknowledged is there: after kill -9, after a full disk, under another user."""

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.core.entry import Draft
from kiosk.core.faults import LogbookUnwritable, StoreUnreadable
from kiosk.store import owning
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.reader import Filter, Reader
from kiosk.store.verify import check

Drafted = Callable[..., Draft]
ROOT = Path(__file__).parents[2]
OTHER = 12345  # a user and group that own nothing here
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")


def test_a_kill_at_any_instant_loses_no_acknowledged_row(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged: dict[int, str] = {}
    for _ in range(12):
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.support.appender", str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(chance.randrange(1, 40))]
        child.send_signal(signal.SIGKILL)
        said += child.stdout.readlines()
        child.stdout.close()
        child.wait()
        for line in (each for each in said if each.endswith("\n")):
            seq, head = line.split()
            assert int(seq) not in acknowledged
            acknowledged[int(seq)] = head
    with pytest.raises(StoreUnreadable) as refused:
        Reader.open(tmp_path / "logbook.db").page(Filter())
    assert refused.value.code == "recovering"
    owner = owning.Ownership(tmp_path / "logbook.db")
    owning.disconnect(owning.connect(tmp_path / "logbook.db"))
    owner.release()
    *_, verified = check(tmp_path / "logbook.db")
    assert verified.broken is None
    assert verified.rows >= max(acknowledged)
    with owning.reading(tmp_path / "logbook.db") as db:
        stored = {seq: head.hex() for seq, head in db.execute("SELECT seq, hash FROM entry")}
    assert acknowledged.items() <= stored.items()


def _fill(logbook: Logbook, visit: Drafted) -> None:
    """Appends until there is no room, or for 500 rows."""
    for number in range(500):
        logbook.append(visit(f"v{number}"))


def test_a_full_disk_is_named_and_rows_are_written_again_when_there_is_room(
    logbook: Logbook, visit: Drafted, path: Path
) -> None:
    logbook.append(visit("v1"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    room = path.with_name("logbook.db-wal").stat().st_size + 20_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(LogbookUnwritable, match=r"logbook\.db: a row could not be written"):
            _fill(logbook, visit)
        written = Reader.open(path).head()[0]
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))  # not even the room that a checkpoint gives back
        for _ in range(3):
            assert not logbook.probe()
            with pytest.raises(LogbookUnwritable):
                logbook.append(visit("lost"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert logbook.probe()
    assert logbook.append(visit("after")).seq == written + 1
    *_, verified = check(path)
    assert (verified.rows, verified.broken) == (written + 1, None)
    assert not [row for row in Reader.open(path).rows(Filter()) if row.visit == "lost"]


def test_a_database_at_its_size_limit_is_named_and_recovers(logbook: Logbook, visit: Drafted) -> None:
    pages = logbook._db.execute("PRAGMA page_count").fetchone()[0]
    logbook._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LogbookUnwritable, match="full"):
        _fill(logbook, visit)
    logbook._db.execute("PRAGMA max_page_count = 1000000")
    logbook.append(visit("after"))


def test_a_key_that_cannot_be_made_durable_stops_the_row(
    logbook: Logbook, visit: Drafted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(LogbookUnwritable, match="No space left"):
            logbook.append(visit())
    assert logbook.append(visit()).seq == 1


def test_a_connection_that_died_is_replaced(logbook: Logbook, visit: Drafted) -> None:
    logbook.append(visit("v1"))
    logbook._db.close()
    with pytest.raises(LogbookUnwritable):
        logbook.append(visit("v2"))
    assert logbook.append(visit("v3")).seq == 2


def test_a_reader_is_told_when_nothing_is_there(path: Path) -> None:
    with pytest.raises(StoreUnreadable) as refused:
        Reader.open(path).page(Filter())
    assert refused.value.code == "missing"


def test_an_owner_comes_up_while_readers_look(opened: Callable[[], Logbook], visit: Drafted, path: Path) -> None:
    opened().close()
    with owning.reading(path) as db:
        assert db.execute("SELECT count(*) FROM entry").fetchone() == (0,)
    book = opened()
    book.append(visit())
    with owning.reading(path) as db:
        assert db.execute("SELECT count(*) FROM entry").fetchone() == (1,)
    book.close()
    assert Reader.open(path).count(Filter()) == 1


def test_a_reader_cannot_write(logbook: Logbook, visit: Drafted, path: Path) -> None:
    logbook.append(visit())
    with owning.reading(path) as db, pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("DELETE FROM entry")


def test_an_export_sees_the_rows_that_were_there_when_it_began(logbook: Logbook, visit: Drafted, path: Path) -> None:
    for number in range(3):
        logbook.append(visit(f"v{number}"))
    rows = Reader.open(path).rows(Filter())
    first = next(rows)
    logbook.append(visit("late"))
    assert [first.seq, *(row.seq for row in rows)] == [1, 2, 3]


def _as_other_user(act: Callable[[], str]) -> str:
    """What `act` answers in a child that has become another user, without any group of ours."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(OTHER)
        os.setuid(OTHER)
        try:
            said = act()
        except Exception as error:  # noqa: BLE001 - the parent asserts on it
            said = f"{type(error).__name__} {getattr(error, 'code', '')}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


@pytest.fixture
def shared(path: Path, tmp_path: Path) -> Path:
    """The logbook's folder, readable by the other user's group alone, as systemd lays it out."""
    path.parent.mkdir(exist_ok=True)
    os.chown(path.parent, 0, OTHER)
    path.parent.chmod(0o2750)
    for folder in [tmp_path, *list(tmp_path.parents)[:-2]]:
        folder.chmod(folder.stat().st_mode | 0o011)
    return path


@as_root
def test_another_user_reads_while_the_owner_lives_after_a_clean_stop_and_is_told_after_a_crash(
    shared: Path, keys: Keyring, opened: Callable[[], Logbook], visit: Drafted
) -> None:
    def look() -> str:
        return str(Reader.open(shared).count(Filter()))

    book = opened()
    book.append(visit())
    assert _as_other_user(look) == "1"
    book.append(visit())
    assert _as_other_user(look) == "2"
    book.close()
    assert _as_other_user(look) == "2"
    child = os.fork()
    if child == 0:
        opened().append(visit())
        os._exit(9)
    os.waitpid(child, 0)
    assert _as_other_user(look) == "StoreUnreadable recovering"
    opened().close()
    assert _as_other_user(look) == "3"


@as_root
def test_another_user_can_neither_own_nor_leave_anything_behind(
    shared: Path, opened: Callable[[], Logbook], visit: Drafted
) -> None:
    opened().close()
    assert _as_other_user(lambda: str(owning.Ownership(shared))).startswith("NotOwner")
    assert len(list(shared.parent.iterdir())) == 4
    shared.chmod(0o600)
    assert _as_other_user(lambda: str(Reader.open(shared).count(Filter()))) == "StoreUnreadable forbidden"
