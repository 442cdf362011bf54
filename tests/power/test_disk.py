"""The disk that forgets: it behaves like a disk while the power is on, and like one afterwards."""

from __future__ import annotations

import fcntl
import mmap
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.store import durable
from tests.support.power.disk import File, Folder, Write
from tests.support.power.faults import Fault, Plan
from tests.support.power.machine import Machine

OTHER = 12345  # a user that owns nothing here
MANY = range(20)  # fates

pytestmark = [pytest.mark.usefixtures("mountable"), pytest.mark.timeout(120)]


def _after_cuts(machine: Machine, act: Callable[[Path], None]) -> list[dict[str, bytes]]:
    """What lies on the disk after `act` and a cut, for several fates."""
    found = []
    for seed in MANY:
        fresh = Machine(machine.folder / str(seed))
        with fresh.on(seed):
            act(fresh.disk)
            fresh.cut()
        found.append({path.name: path.read_bytes() for path in sorted(fresh.image.iterdir()) if path.is_file()})
    return found


def test_what_was_synced_with_its_folder_is_always_there(machine: Machine) -> None:
    assert _after_cuts(machine, lambda disk: durable.write(disk / "a", b"x" * 9000, 0o600)) == [
        {"a": b"x" * 9000}
    ] * len(MANY)


def test_what_was_not_synced_is_sometimes_gone_sometimes_torn_and_sometimes_there(machine: Machine) -> None:
    def act(disk: Path) -> None:
        durable.write(disk / "a", b"x" * 9000, 0o600)
        with (disk / "a").open("r+b") as file:
            file.write(b"y" * 9000)

    found = {each["a"] for each in _after_cuts(machine, act)}
    assert {b"x" * 9000, b"y" * 9000} < found
    assert any(set(data) == set(b"xy") for data in found)


def test_a_synced_file_without_its_folder_may_lose_its_name(machine: Machine) -> None:
    def act(disk: Path) -> None:
        with (disk / "a").open("wb", buffering=0) as file:
            file.write(b"data")
            os.fsync(file.fileno())

    found = _after_cuts(machine, act)
    assert {} in found
    assert {"a": b"data"} in found
    assert all(each in ({}, {"a": b"data"}) for each in found)


def test_a_rename_that_was_not_synced_leaves_the_old_or_the_new(machine: Machine) -> None:
    def act(disk: Path) -> None:
        durable.write(disk / "a", b"old", 0o600)
        with (disk / "b").open("wb", buffering=0) as file:
            file.write(b"new")
            os.fsync(file.fileno())
        (disk / "b").replace(disk / "a")

    found = [each["a"] for each in _after_cuts(machine, act)]
    assert set(found) == {b"old", b"new"}


def test_a_removal_that_was_not_synced_may_come_back(machine: Machine) -> None:
    def act(disk: Path) -> None:
        durable.write(disk / "key", b"secret", 0o600)
        (disk / "key").unlink()

    found = _after_cuts(machine, act)
    assert {} in found
    assert {"key": b"secret"} in found


def test_files_are_listed_read_renamed_cut_off_and_removed_as_on_any_disk(disk: Path) -> None:
    folder = disk / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "one").write_bytes(b"123456")
    (folder / "one").rename(folder / "two")
    os.truncate(folder / "two", 3)
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("two", b"123")]
    with (folder / "two").open("r+b") as file:
        (folder / "two").unlink()
        assert list(folder.iterdir()) == []
        file.write(b"abcd")
        file.truncate(2)
        assert os.fstat(file.fileno()).st_size == 2
        file.seek(0)
        assert file.read() == b"ab"
    with pytest.raises(OSError, match="not empty"):
        (disk / "a").rmdir()
    folder.rmdir()
    assert not folder.exists()


def test_locks_and_mapped_memory_are_shared_between_processes(disk: Path) -> None:
    (disk / "shared").write_bytes(bytes(4096))
    with (disk / "shared").open("r+b") as file, mmap.mmap(file.fileno(), 4096) as memory:
        fcntl.flock(file, fcntl.LOCK_EX)
        other = (
            "import fcntl, mmap, sys\nfile = open(sys.argv[1], 'r+b')\nmmap.mmap(file.fileno(), 4096)[0] = 7\n"
            "try: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)\nexcept BlockingIOError: sys.exit(9)"
        )
        ended = subprocess.run([sys.executable, "-c", other, str(disk / "shared")], check=False, timeout=20)
        assert (ended.returncode, memory[0]) == (9, 7)


def test_sqlite_writes_in_one_process_and_reads_in_another(disk: Path) -> None:
    db = sqlite3.connect(disk / "x.db", isolation_level=None)
    assert db.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    db.execute("CREATE TABLE t (n)")
    look = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM t').fetchone()[0])"
    for number in range(1, 4):
        db.execute("INSERT INTO t VALUES (?)", (number,))
        said = subprocess.run(
            [sys.executable, "-c", look, str(disk / "x.db")], capture_output=True, check=True, timeout=20
        )
        assert int(said.stdout) == number
    db.close()


def test_another_user_may_do_what_the_modes_allow(disk: Path) -> None:
    (disk / "mine").write_text("x")
    (disk / "mine").chmod(0o640)
    (disk / "theirs").write_text("x")
    os.chown(disk / "theirs", OTHER, OTHER)
    for parent in disk.parents:
        if parent.stat().st_uid == os.getuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    code = (
        "import os, sys\nos.setgroups([]); os.setgid(12345); os.setuid(12345)\n"
        "print([os.access(path, os.W_OK) for path in sys.argv[1:]])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(disk / "mine"), str(disk / "theirs")],
        capture_output=True,
        check=False,
        timeout=20,
    )
    assert said.stdout.decode().strip() == "[False, True]"


def test_a_planned_fault_hits_the_operation_it_is_planned_for(machine: Machine) -> None:
    with machine.on(seed=1), (machine.disk / "a").open("wb", buffering=0) as file:
        machine.arm(Fault("EIO", ("fsync",), nth=2), Fault("ENOSPC", ("write",), nth=2, short=True))
        assert file.write(b"x" * 100) == 100
        assert file.write(b"x" * 100) == 50
        os.fsync(file.fileno())
        with pytest.raises(OSError, match="Input/output"):
            os.fsync(file.fileno())
        os.fsync(file.fileno())
        assert machine.heal() == 2


def test_a_sync_that_failed_leaves_what_it_should_have_written_off_the_disk() -> None:
    file = File(0o600)
    file.change(Write(0, b"lost"))
    file.drop()
    file.change(Write(4, b"kept"))
    file.sync()
    assert file.live == b"lostkept"
    assert file.after_cut(random.Random(1)) == bytes(4) + b"kept"


def test_a_folder_keeps_the_order_of_its_changes() -> None:
    for seed in MANY:
        folder = Folder(0o700)
        for name in "abc":
            folder.change({name: File(0o600)})
        kept = "".join(sorted(folder.after_cut(random.Random(seed))))
        assert kept in ("", "a", "ab", "abc")


def test_a_fault_that_spreads_hits_every_kind_after_the_first() -> None:
    plan = Plan((Fault("EIO", ("rename",), nth=1, times=2, spreads=True),))
    assert [plan.meet(kind) is not None for kind in ("write", "rename", "write", "write")] == [False, True, True, False]
