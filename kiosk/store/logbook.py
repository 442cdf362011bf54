"""The logbook as its owner sees it: rows are appended, durable when `append` returns, and never changed.

Opened by the gate alone, or by a command while the gate is stopped. Everybody else reads (`reader.py`).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from kiosk.core import entry
from kiosk.core.entry import Draft, EntryKind, SealClass, Stamp
from kiosk.core.faults import LogbookBroken, LogbookUnwritable, StoreUnreadable
from kiosk.core.model import Direction
from kiosk.core.view import Counts
from kiosk.store import heads, migrations, owning, persons, questions, seals, soundness
from kiosk.store.entries import Entry
from kiosk.store.heads import SignedHead
from kiosk.store.keys import Keyring
from kiosk.store.migrations.logbook import migrations as _shape
from kiosk.store.soundness import Doubt, Found

_TAIL = 256  # rows whose chain is looked at when the logbook is opened
_PASSING = (sqlite3.OperationalError, sqlite3.ProgrammingError, sqlite3.InterfaceError)  # busy, full, closed
_ERASED = 500  # rows that one ERASED row names at most
_PROBE_BYTES = 8192  # what `probe` writes: more than any row needs


@dataclass(frozen=True, slots=True)
class Row:
    """Where a draft came to stand."""

    seq: int
    hash: bytes
    recorded: datetime


@dataclass(frozen=True, slots=True)
class Ambient:
    """What the store needs to know of its surroundings to stamp a row."""

    kiosk: str
    boot: str
    clock_state: Callable[[], str]
    now: Callable[[], datetime]
    monotonic_ns: Callable[[], int]


class Logbook:
    """One logbook, owned. Safe to use from several threads."""

    def __init__(self, path: Path, keyring: Keyring, ambient: Ambient) -> None:
        """Use `open`."""
        self._path = path
        self._keys = keyring
        self._ambient = ambient
        self._guard = threading.RLock()
        self._failures = 0
        self._tally: questions.DayTally | None = None
        self._tail: tuple[int, bytes] | None = None
        self._doubtful: set[bytes] = set()  # hashes of rows whose commit failed: one of them may come back
        self._signing = heads.Signing(path, keyring.head_key)
        self._epoch = 0
        self._kiosk = ""  # as the file was begun with: heads are signed in its name
        self._closed = False
        self.broken = False  # whether the file turned out not to be what was written
        self._ownership = owning.Ownership(path)
        try:
            self._db = self._connect()
        except BaseException:
            self._ownership.release()
            raise

    @classmethod
    def open(
        cls,
        path: Path,
        keyring: Keyring,
        *,
        kiosk: str,
        boot: str,
        clock_state: Callable[[], str],
        now: Callable[[], datetime],
        monotonic_ns: Callable[[], int],
    ) -> Logbook:
        """The logbook at `path`, made on first use; its newest rows are checked.

        Raises NotOwner, LogbookBroken (damaged: move the file aside, a new epoch begins), LogbookUnwritable.
        """
        return cls(path, keyring, Ambient(kiosk, boot, clock_state, now, monotonic_ns))

    def append(self, draft: Draft) -> Row:
        """Writes one row down; on the disk when this returns.

        Raises LogbookUnwritable, after which nothing was recorded and the next call tries afresh.
        """
        with self._guard:
            try:
                row = self._append(draft)
            except (sqlite3.Error, OSError, ValueError) as error:
                self._failed(error)
                raise LogbookUnwritable(f"{self._path}: a row could not be written: {error}") from error
            self._failures = 0
            return row

    def doubts(self) -> list[Found]:
        """What is not as it should be with the file, its disk, and SQLite; takes a few seconds at most."""
        with self._guard:
            try:
                return soundness.about_connection(self._db) + soundness.about_place(self._path)
            except (sqlite3.Error, OSError) as error:
                return [Found(Doubt.DAMAGED, f"{self._path}: {error}")]

    def probe(self) -> bool:
        """Whether rows can be written again, tried with a durable write that is no row."""
        with self._guard:
            try:
                self._recover()
                self._db.execute(
                    "INSERT INTO meta VALUES ('probe', zeroblob(?)) ON CONFLICT DO UPDATE SET value = excluded.value",
                    (_PROBE_BYTES,),
                )
                self._db.execute("DELETE FROM meta WHERE name = 'probe'")
            except (sqlite3.Error, OSError, LogbookBroken) as error:
                self._failed(error)
                return False
            self._failures = 0
            return True

    def passed_before(self, code_key: str, direction: Direction, since: datetime) -> datetime | None:
        """When the identity behind `code_key` last passed in `direction`, not before `since`; overrides included.

        Raises StoreUnreadable, LogbookBroken where a key is.
        """
        with self._reading():
            tags = self._tags((code_key,), since.astimezone(UTC).date(), self._today())
            return questions.passed_before(self._db, tags, direction, since)

    def tags(self, persons: Iterable[str], since: date, until: date) -> tuple[str, ...]:
        """The person tags that `persons` had on the days from `since` to `until`, for `Filter.person_tags`."""
        with self._guard:
            return self._tags(tuple(persons), since, until)

    def counts(self, since: datetime, until: datetime) -> Counts:
        """The counts of visits that happened from `since` to before `until`, as `kiosk.core.reports` defines them.

        Asking again for the same time only reads what is new. Raises StoreUnreadable.
        """
        with self._reading():
            if self._tally is None or self._tally.window != (since, until):
                self._tally = questions.DayTally(since, until)
            return self._tally.counts(self._db)

    def reveal(self, seqs: Iterable[int]) -> dict[int, dict[str, str]]:
        """The personal fields of rows; empty for a row that has none or whose day was forgotten.

        Raises LogbookBroken where a seal is not what was written, StoreUnreadable.
        """
        with self._reading():
            return seals.reveal(self._db, self._keys, seqs)

    def sign(self) -> SignedHead | None:
        """Signs what the chain has come to: at the end of a shift, at a stop, for an export. None without a row.

        Raises LogbookUnwritable. A head that was signed already is given again.
        """
        with self._guard:
            try:
                self._recover()
                assert self._tail is not None
                if self._signing.waits(self._tail[0]):
                    self._db.execute("BEGIN IMMEDIATE")
                    signed = self._sign(*self._tail)
                    self._db.execute("COMMIT")
                    self._signing.keep(signed)
                return heads.newest(self._db)
            except (sqlite3.Error, OSError) as error:
                self._failed()
                raise LogbookUnwritable(f"{self._path}: the head could not be signed: {error}") from error

    def sign_if_due(self) -> None:
        """Signs where rows have waited for a quarter of an hour; cheap to ask. Raises LogbookUnwritable."""
        with self._guard:
            if self._tail is not None and self._signing.is_late(self._tail[0], self._ambient.now()):
                self.sign()

    def purge(self, before: date, *, by: str = "", classes: Iterable[SealClass] = tuple(SealClass)) -> int:
        """Forgets the personal fields of every UTC day before `before`: keys first, then what they sealed.

        Writes one PURGED row where there was something to forget. How many rows lost personal fields.
        Raises ValueError for a day that is not over, LogbookUnwritable.
        """
        chosen = sorted(set(classes))
        with self._guard:
            if before > self._today():
                raise ValueError(f"{before}: only days that are over can be forgotten; today is {self._today()}")
            try:
                keys = self._keys.forget(before, chosen)
            except OSError as error:
                raise LogbookUnwritable(f"{self._path}: keys could not be deleted: {error}") from error
            with self._reading():
                rows = seals.count_before(self._db, before, chosen)
            if keys or rows:
                now, some = self._ambient.now(), () if len(chosen) == len(SealClass) else chosen
                self.append(Draft(EntryKind.PURGED, now, volunteer=by, detail=" ".join([before.isoformat(), *some])))
                self._without_trace(lambda: seals.delete_before(self._db, before, chosen))
            return rows

    def about(self, who: persons.Who, since: date) -> tuple[persons.Mention, ...]:
        """Every row about somebody since the UTC day `since`, with its personal fields. Raises LogbookBroken."""
        with self._guard:
            return persons.about(self._db, self._keys, who, questions.days(since, self._today()))

    def erase(self, seqs: Iterable[int], *, by: str = "", reason: str = "") -> int:
        """Forgets the personal fields of some rows because somebody asked; an ERASED row names them first.

        How many rows lost their personal fields. Raises LogbookUnwritable.
        """
        with self._guard:
            chosen = seals.held_by(self._db, seqs)
            note = ((SealClass.NOTE, (("reason", reason),)),) if reason else ()
            for some in (chosen[start : start + _ERASED] for start in range(0, len(chosen), _ERASED)):
                draft = Draft(EntryKind.ERASED, self._ambient.now(), volunteer=by, rows=tuple(some), sealed=note)
                self.append(draft)
            self._without_trace(lambda: seals.delete_rows(self._db, chosen))
            return len(chosen)

    def _without_trace(self, delete: Callable[[], None]) -> None:
        """Deletes, and takes what was deleted out of the write-ahead log and the readers' way too."""
        try:
            delete()
            owning.empty_log(self._db)
        except sqlite3.Error as error:
            self._failed()
            raise LogbookUnwritable(f"{self._path}: it is to be forgotten, and not all of it is: {error}") from error

    def visit_rows(self, visit: str) -> tuple[Entry, ...]:
        """Every row of and about one visit, in the order they were written."""
        with self._guard:
            return questions.visit_rows(self._db, visit)

    def last_recorded(self) -> datetime | None:
        """The latest time at which a row was recorded: the clock may never show less."""
        with self._guard:
            return questions.last_recorded(self._db)

    def close(self) -> None:
        """Leaves a clean file and lets others own it; may be called twice."""
        with self._guard:
            with suppress(LogbookUnwritable):  # a full disk: the next owner signs what this one could not
                if not self._closed:
                    self.sign()
            self._closed = True
            owning.disconnect(self._db)
            self._ownership.release()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """After a failed write the connection may be gone until the next one is tried."""
        with self._guard:
            try:
                yield
            except sqlite3.Error as error:
                self._failed()
                raise StoreUnreadable("recovering", f"{self._path}: cannot be read: {error}") from error

    def _today(self) -> date:
        return self._ambient.now().astimezone(UTC).date()

    def _tags(self, values: tuple[str, ...], since: date, until: date) -> tuple[str, ...]:
        days = questions.days(since, until)
        found = (self._keys.find_tag(day, value) for day in days for value in values)
        return tuple(tag for tag in found if tag is not None)

    # --- Writing

    def _append(self, draft: Draft) -> Row:
        self._recover()
        assert self._tail is not None
        seq, prev = self._tail[0] + 1, self._tail[1]
        around = self._ambient
        recorded = around.now()
        stamp = Stamp(
            kiosk=around.kiosk,
            epoch=self._epoch,
            seq=seq,
            recorded=recorded,
            monotonic_ns=around.monotonic_ns(),
            boot=around.boot,
            clock=around.clock_state(),
        )
        body, sealed = seals.prepare(draft, stamp, self._keys)
        digest = entry.sealed_digest(sealed)
        head = entry.chain(prev, body, digest)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(
            "INSERT INTO entry (seq, body, sealed_sha256, prev, hash) VALUES (?, ?, ?, ?, ?)",
            (seq, body.decode(), digest, prev, head),
        )
        self._db.executemany("INSERT INTO sealed VALUES (?, ?, ?, ?)", [(seq, *each) for each in sealed])
        signed = self._sign(seq, head) if self._signing.is_due(seq, recorded) else None
        self._doubtful.add(head)
        self._db.execute("COMMIT")
        self._doubtful.clear()
        self._tail = seq, head
        if signed is not None:
            self._signing.keep(signed)
        return Row(seq, head, recorded)

    def _sign(self, seq: int, hash_: bytes) -> SignedHead:
        return self._signing.sign(self._db, self._kiosk, self._epoch, seq, hash_, self._ambient.now())

    def _failed(self, error: Exception | None = None) -> None:
        """Nothing is known any more of what the file holds: it is looked at before the next row."""
        corrupt = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, _PASSING)
        self.broken = self.broken or corrupt or isinstance(error, LogbookBroken)
        self._failures += 1
        self._tail = None
        try:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        except sqlite3.Error:
            self._failures += 1  # not even that: a new connection

    def _recover(self) -> None:
        """After a failure: the end of the chain again; after the second, on a new connection."""
        if self._failures > 1:
            self._db.close()
            self._db = self._connect()
            self._take_back()
        elif self._tail is None:
            self._look_again()

    def _look_again(self) -> None:
        self._tail = questions.tail(self._db)
        self._signing.renew(self._db)

    def _take_back(self) -> None:
        """A new connection finds a row in the write-ahead log that was refused: nobody was told that it is there."""
        if self._tail is not None and self._tail[1] in self._doubtful:
            seq = (self._tail[0],)
            self._db.execute("BEGIN IMMEDIATE")
            for table in ("head", "sealed", "entry"):
                self._db.execute(f"DELETE FROM {table} WHERE seq = ?", seq)  # noqa: S608
            self._db.execute("COMMIT")
            self._look_again()
        self._doubtful.clear()

    def _compare(self, connection: sqlite3.Connection) -> None:
        """Raises LogbookBroken where the head beside the file is of a row that the file does not have.

        Going on would give numbers a second time.
        """
        signed = heads.kept(self._path)
        if signed is None or (signed.head.kiosk, signed.head.epoch) != (self._kiosk, self._epoch):
            return
        if not questions.has(connection, signed.head.seq, signed.head.hash):
            raise LogbookBroken(f"{self._path}: an older copy, or cut off: row {signed.head.seq} was signed")

    def _connect(self) -> sqlite3.Connection:
        connection = None
        try:
            connection = owning.connect(self._path)
            migrations.apply(connection, _shape)
            self._epoch = questions.epoch(connection, self._ambient.kiosk, self._ambient.now())
            self._kiosk = questions.kiosk(connection)
            questions.check_tail(connection, _TAIL)
            self._tail = questions.tail(connection)
            self._signing.renew(connection)
            self._compare(connection)
        except sqlite3.DatabaseError as error:
            if connection is not None:
                connection.close()
            if isinstance(error, sqlite3.OperationalError):
                raise LogbookUnwritable(f"{self._path}: cannot be opened for writing: {error}") from error
            raise LogbookBroken(f"{self._path}: {error}; move it aside and start again") from error
        except LogbookBroken:
            assert connection is not None
            connection.close()
            raise
        return connection
