"""Who may open a database, and how: one owner writes it, everybody else reads for a moment at a time.

Beside `x.db` lie two empty files. Its owner holds `x.db.lock` as long as it lives, so a second one is refused
at once. It also holds `x.db.readers`: a reader that gets a share of that one knows that no owner is alive, and
that none comes up before it is done. No reader keeps a connection open, since one left open would keep the
owner from leaving a clean file behind.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from kiosk.core.faults import NotOwner, StoreUnreadable
from kiosk.store import durable

MODE = 0o640  # the owner writes, its group reads
_READERS_WAIT_S = 10.0  # for readers to finish their page when an owner comes up
_PAUSE_S = 0.02
_TRIES = 25  # while an owner is coming up or going down: half a second
_BUSY_MS = 5000
_ASK_AGAIN_MS = 50
_CACHE_KIB = 16 * 1024  # the upper pages of every index of a large file
_EMPTIED_WITHIN_S = 1.0  # looks end in hundredths; a gate has three seconds to show that it lives
_BLOCK_BYTES = 1024 * 1024
_LOG_BYTES = 4 * 1024 * 1024  # to which a write-ahead log shrinks again that a slow reader let grow


class Ownership:
    """The right to write one database, until released or until the process ends."""

    def __init__(self, path: Path) -> None:
        """Takes `path`. Raises NotOwner where another process has it or this user may not write it."""
        self._held: list[int] = []
        with ExitStack() as undone:
            undone.callback(self.release)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._take(_beside(path, "lock"), path, wait_s=0)
                self._take(_beside(path, "readers"), path, wait_s=_READERS_WAIT_S)
                # Only now: closing a file drops every lock that this process's SQLite holds on it.
                os.close(_touch(path))
                durable.settle(path.parent)
            except PermissionError as error:
                raise NotOwner(f"{path}: this user may not write it; run the command as the service's user") from error
            undone.pop_all()

    def _take(self, lock: Path, path: Path, wait_s: float) -> None:
        descriptor = _touch(lock)
        self._held.append(descriptor)
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise NotOwner(f"{path}: another process owns it; ask that one, or stop it first") from error
                time.sleep(_PAUSE_S)
            else:
                return

    def release(self) -> None:
        """Lets others have it; may be called twice."""
        while self._held:
            os.close(self._held.pop())


def connect(path: Path) -> sqlite3.Connection:
    """The owner's one connection: durable at every commit, no memory mapping. Raises sqlite3.Error.

    What a write-ahead log still holds is written into the database first: after a sync that failed, Linux takes
    its pages for written, so rows that follow them there could be lost with them when the power goes. A reader that
    looks for long, as a backup does, keeps the log from being emptied, and people at the gate cannot wait for it:
    then the log is written once more as it lies, and synced. So those pages are on the disk, and rows may follow them.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA mmap_size = 0")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        if not empty_log(connection, _EMPTIED_WITHIN_S):
            _write_again(_log_of(path))
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def empty_log(connection: sqlite3.Connection, within_s: float = _EMPTIED_WITHIN_S) -> bool:
    """Writes everything into the database and leaves nothing in the write-ahead log. Raises sqlite3.Error.

    False where a reader did not let go of the log in that time; there is one try at least.
    """
    return _checkpoint_past_readers(connection, "TRUNCATE", within_s)


def checkpoint(connection: sqlite3.Connection) -> None:
    """Writes into the database what no reader still needs in the write-ahead log. Raises sqlite3.Error."""
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def begin_log_anew(connection: sqlite3.Connection, within_s: float) -> bool:
    """Lets the next row begin the write-ahead log anew; waits so long for whoever is looking. Whether it will.

    SQLite waits for the place that a reader has taken, even where the next one has taken it meanwhile, who need not
    be waited for: so it is asked again and again. Raises sqlite3.Error.
    """
    return _checkpoint_past_readers(connection, "RESTART", within_s)


def _checkpoint_past_readers(connection: sqlite3.Connection, how: str, within_s: float) -> bool:
    until = time.monotonic() + within_s
    connection.execute(f"PRAGMA busy_timeout = {_ASK_AGAIN_MS}")
    try:
        while connection.execute(f"PRAGMA wal_checkpoint({how})").fetchone()[0]:
            if time.monotonic() >= until:
                return False
        return True
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")


def _write_again(log: Path) -> None:
    """Writes the bytes of a write-ahead log over themselves, and syncs them. Raises sqlite3.OperationalError.

    Only its owner may, before it writes anything else. Readers see the same bytes all the time. SQLite keeps its locks
    on other files than this one, so closing it drops none.
    """
    try:
        with log.open("r+b") as file:
            while block := file.read(_BLOCK_BYTES):
                file.seek(-len(block), os.SEEK_CUR)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        durable.sync(log.parent)
    except OSError as error:
        raise sqlite3.OperationalError(f"{log.name} cannot be brought to the disk: {error}") from error


def disconnect(connection: sqlite3.Connection) -> None:
    """Closes the owner's connection, with nothing left in the write-ahead log where the disk allows it."""
    with suppress(sqlite3.Error):  # a full disk: what is left there is recovered by the next owner
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads, for one short look.

    Raises StoreUnreadable: "missing", "forbidden", or "recovering" where an owner died and none has mended it yet.
    """
    connection, lock = _open(path)
    try:
        yield connection
    finally:
        connection.close()
        if lock is not None:
            os.close(lock)


def is_of_another_version(error: sqlite3.Error) -> bool:
    """Whether a column or table is missing: the file is sound, and its shape is that of another version."""
    return isinstance(error, sqlite3.OperationalError) and str(error).startswith("no such ")


def another_version(path: Path) -> StoreUnreadable:
    """What such a file is called, and what to do."""
    said = f"{path}: written by another version; its service brings it up to date when it starts: start it once"
    return StoreUnreadable("other_version", said)


def _open(path: Path) -> tuple[sqlite3.Connection, int | None]:
    for _ in range(_TRIES):
        alive, lock = _owner(path)
        try:
            if not alive:
                return _try(path, "mode=ro&immutable=1"), lock
            return _try(path, "mode=ro"), None
        except sqlite3.OperationalError:
            if lock is not None:
                os.close(lock)
            time.sleep(_PAUSE_S)
    raise StoreUnreadable("recovering", f"{path}: cannot be read just now; its owner is starting or stopping")


def _owner(path: Path) -> tuple[bool, int | None]:
    """Whether an owner is alive; where none is, a held share of the readers' lock, if there is such a file."""
    if not path.exists():
        raise StoreUnreadable("missing", f"{path}: not there yet; it is made when its service first starts")
    lock = _beside(path, "readers")
    # Not tried by opening it: closing a file drops every lock that this process's SQLite holds on it.
    if not os.access(path, os.R_OK) or (lock.exists() and not os.access(lock, os.R_OK)):
        raise StoreUnreadable("forbidden", f"{path}: this user may not read it; join its group or use sudo")
    descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC) if lock.exists() else None
    if descriptor is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return True, None
    log = _log_of(path)
    if log.exists() and log.stat().st_size > 0:
        if descriptor is not None:
            os.close(descriptor)
        raise StoreUnreadable("recovering", f"{path}: its owner stopped in the middle of a write; start it to mend it")
    return False, descriptor


def _try(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None)
    try:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        raise
    return connection


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _beside(path: Path, name: str) -> Path:
    return path.with_name(f"{path.name}.{name}")


def _touch(path: Path) -> int:
    """An open descriptor of `path`, which is made with the right mode where it is missing."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
        os.fchmod(descriptor, MODE)
    except FileExistsError:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    return descriptor
