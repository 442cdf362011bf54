"""The owner's connection to its logbook: looked at when it is opened, and mended after every failure.

Nothing is known of the file after a failed write. The end of the chain is read again before the next row; where a
commit failed, or anything twice, on a new connection.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.faults import KioskError, LogbookBroken, LogbookUnwritable
from kiosk.store import epochs, heads, migrations, owning, questions
from kiosk.store.heads import SignedHead
from kiosk.store.migrations.logbook import migrations as _shape

_ROWS_A_CHECKPOINT = 48  # about half as many as SQLite would gather until it makes somebody's row wait for one
_TAIL = 256  # rows whose chain is looked at when the logbook is opened
GROWN_BYTES = 5 * 1024 * 1024  # of the write-ahead log; readers have kept back since `gaps.LARGE_BYTES`
_MORE_BYTES = 256 * 1024  # by which it has to grow until waiting is tried again
_READERS_WAIT_S = 0.5  # a look takes some hundredths, more where it has to share a processor with many
_GIVE_WAY_S = 0.002  # longer than the kernel takes to wake a thread
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def give_way() -> None:
    """Lets whoever waits for the logbook's lock have it; Python gives it to the thread that let go of it just now."""
    time.sleep(_GIVE_WAY_S)


class Holding:
    """One open logbook file. Its owner's lock is what serialises the calls."""

    def __init__(self, path: Path, kiosk: str, key: Ed25519PrivateKey, now: Callable[[], datetime]) -> None:
        """Opens `path`, made on first use. Raises NotOwner, LogbookBroken, LogbookUnwritable."""
        self._path, self._given_name, self._now = path, kiosk, now
        self._log = path.with_name(path.name + "-wal")
        self._rows = 0  # since the last checkpoint
        self._in_vain = 0  # how large the write-ahead log was when waiting for readers did not help
        self._failures = 0
        self._doubtful: set[bytes] = set()  # hashes of rows whose commit failed: one of them may come back
        self.tail: tuple[int, bytes] | None = None  # number and hash of the last row; None: to be looked up
        self.epoch = 0
        self.kiosk = ""  # as the file was begun with: heads are signed in its name
        self.signing = heads.Signing(path, key)
        self.traces = False  # whether the write-ahead log may still hold what was deleted
        self.broken = False  # whether the file turned out not to be what was written
        self._ownership = owning.Ownership(path)
        with ExitStack() as undone:
            undone.callback(self._ownership.release)
            self.db = self._connect()
            undone.pop_all()

    def ready(self) -> tuple[int, bytes]:
        """Number and hash of the last row, after whatever has to be mended first.

        Raises sqlite3.Error, OSError, LogbookBroken.
        """
        if self._failures > 1:
            self._renew()
        elif self.tail is None:
            self._look_again()
        assert self.tail is not None
        return self.tail

    def commit(self, head: bytes) -> None:
        """Ends the transaction that writes the row of hash `head`. Raises sqlite3.Error."""
        self._doubtful.add(head)
        self.db.execute("COMMIT")
        self._doubtful.clear()

    def worked(self) -> None:
        """A write went well."""
        self._failures = 0
        self._rows += 1

    def make_room(self) -> None:
        """Brings what has gathered in the write-ahead log into the database, so that no row has to wait for that.

        Where readers let the log grow nevertheless, they are given a moment to come to an end. They may be at the low
        priority of long work on a busy machine: while the owner waits they get a processor. One that does not move at
        all, as a download that was suspended, costs that moment now and then.
        """
        if self._rows >= _ROWS_A_CHECKPOINT:
            self._rows = 0
            with suppress(sqlite3.Error):
                owning.checkpoint(self.db)
        size = self._log_bytes()
        if size <= GROWN_BYTES:
            self._in_vain = 0
        if size <= max(GROWN_BYTES, self._in_vain and self._in_vain + _MORE_BYTES):
            return
        with suppress(sqlite3.Error):  # the next checkpoint tries again
            self._in_vain = 0 if owning.begin_log_anew(self.db, _READERS_WAIT_S) else size

    def leave_no_trace(self) -> None:
        """Empties the write-ahead log of what was deleted; `traces` stays where a reader is looking just now.

        Raises sqlite3.Error.
        """
        self.traces = not owning.empty_log(self.db, within_s=0)

    def _log_bytes(self) -> int:
        try:
            return self._log.stat().st_size
        except FileNotFoundError:
            return 0

    def failed(self, error: Exception) -> None:
        """Nothing is known any more of what the file holds."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the lower byte is the primary code
        self.broken = self.broken or code in _DAMAGE or isinstance(error, LogbookBroken)
        self._failures += 1
        self.tail = None
        try:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
        except sqlite3.Error:
            self._failures += 1  # not even that: a new connection
        if self._doubtful:  # now, and not with the next row: this process may be killed before that
            self._failures += 1
            with suppress(sqlite3.Error, OSError, KioskError):
                self._renew()

    def sign(self, seq: int, hash_: bytes) -> SignedHead:
        """A signed head of the last row, written into the transaction that is open."""
        return self.signing.sign(self.db, self.kiosk, self.epoch, seq, hash_, self._now())

    def close(self) -> None:
        """Leaves a clean file and lets others own it; may be called twice."""
        owning.disconnect(self.db)
        self._ownership.release()

    def _renew(self) -> None:
        self.db.close()
        self.db = self._connect()
        self._take_back()
        self._failures = 0

    def _look_again(self) -> None:
        self.tail = questions.tail(self.db)
        self.signing.renew(self.db)

    def _take_back(self) -> None:
        """A new connection finds a row in the write-ahead log that was refused: nobody was told that it is there."""
        if self.tail is not None and self.tail[1] in self._doubtful:
            seq = (self.tail[0],)
            self.db.execute("BEGIN IMMEDIATE")
            for table in ("head", "sealed", "entry"):
                self.db.execute(f"DELETE FROM {table} WHERE seq = ?", seq)  # noqa: S608
            self.db.execute("COMMIT")
            self._look_again()
        self._doubtful.clear()

    # --- Opening

    def _connect(self) -> sqlite3.Connection:
        with ExitStack() as undone:
            try:
                connection = owning.connect(self._path)
                undone.callback(connection.close)
                self.traces = self._log_bytes() > 0  # a reader kept it from being emptied: nobody knows what is in it
                migrations.apply(connection, _shape)
                self._look_over(connection)
            except (sqlite3.Error, OSError, TypeError, ValueError) as error:
                named = _named(error, self._path)
                if named is not None:
                    raise named from error
                raise
            undone.pop_all()
        return connection

    def _look_over(self, connection: sqlite3.Connection) -> None:
        self.epoch = questions.epoch(connection) or self._begin(connection)
        self.kiosk = questions.kiosk(connection)
        with suppress(OSError):  # it stands in the file as well
            epochs.remember(self._path, self.epoch)
        questions.check_tail(connection, _TAIL)
        self.tail = questions.tail(connection)
        self.signing.renew(connection)
        self._compare(connection)

    def _begin(self, connection: sqlite3.Connection) -> int:
        """A new file gets the number of its epoch, which is remembered outside it first. Raises OSError."""
        number = epochs.following(self._path, self._now())
        epochs.remember(self._path, number)
        questions.begin(connection, number, self._given_name)
        return number

    def _compare(self, connection: sqlite3.Connection) -> None:
        """Raises LogbookBroken where the head beside the file is of a row that the file does not have.

        Going on would give numbers a second time.
        """
        signed = heads.kept(self._path)
        if signed is None or (signed.head.kiosk, signed.head.epoch) != (self.kiosk, self.epoch):
            return
        if not questions.has(connection, signed.head.seq, signed.head.hash):
            raise LogbookBroken(f"{self._path}: an older copy, or cut off: row {signed.head.seq} was signed")


def _named(error: BaseException, path: Path) -> KioskError | None:
    """What a file that cannot be opened is called: broken, or not writable just now; None where it has its name."""
    if isinstance(error, KioskError):
        return None
    if isinstance(error, sqlite3.OperationalError | OSError):
        return LogbookUnwritable(f"{path}: cannot be opened for writing: {error}")
    if isinstance(error, sqlite3.DatabaseError | TypeError | ValueError):  # what is stored is not of its kind
        return LogbookBroken(f"{path}: {error}; move it aside and start again")
    return None
