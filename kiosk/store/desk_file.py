"""desk.db as its owner holds it: one connection, whole changes, errors with a name."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from kiosk.core.faults import DeskUnwritable, LogbookBroken
from kiosk.store import migrations, owning
from kiosk.store.migrations.desk import migrations as _shape


class DeskFile:
    """The file behind the desk. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Opens `path`, made on first use. Raises NotOwner, DeskUnwritable, LogbookBroken."""
        self._path = path
        self._guard = threading.RLock()
        try:
            self._ownership = owning.Ownership(path)
        except OSError as error:
            raise DeskUnwritable(f"{path}: cannot be written: {error}") from error
        with ExitStack() as undone:
            undone.callback(self._ownership.release)
            self._db = self._connect()
            undone.pop_all()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """One whole change, on the disk when this ends well and not begun when it does not. Raises DeskUnwritable."""
        with self._guard:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                raise DeskUnwritable(f"{self._path}: the change could not be written: {error}") from error
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    @contextmanager
    def look(self) -> Iterator[sqlite3.Connection]:
        """A look at what is stored. Raises DeskUnwritable where the file cannot be read any more."""
        with self._guard:
            try:
                yield self._db
            except sqlite3.Error as error:
                raise DeskUnwritable(f"{self._path}: cannot be read: {error}") from error

    def works(self) -> bool:
        """Whether changes can be written, tried with one that changes nothing that counts."""
        try:
            with self.change() as db:
                db.execute("CREATE TABLE IF NOT EXISTS probe (data BLOB)")
                db.execute("DROP TABLE probe")
        except DeskUnwritable:
            return False
        return True

    def close(self) -> None:
        """Leaves a clean file and lets others own it; may be called twice."""
        with self._guard:
            owning.disconnect(self._db)
            self._ownership.release()

    def _connect(self) -> sqlite3.Connection:
        connection = None
        try:
            connection = owning.connect(self._path)
            migrations.apply(connection, _shape)
        except sqlite3.DatabaseError as error:
            if connection is not None:
                connection.close()
            if isinstance(error, sqlite3.OperationalError):
                raise DeskUnwritable(f"{self._path}: cannot be opened for writing: {error}") from error
            raise LogbookBroken(f"{self._path}: {error}; move it aside and start again") from error
        return connection
