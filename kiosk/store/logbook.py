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
from kiosk.core.faults import LogbookBroken, LogbookUnwritable, RowRefused, StoreUnreadable
from kiosk.core.model import Direction
from kiosk.core.view import Counts
from kiosk.store import forgetting, heads, persons, questions, seals, soundness
from kiosk.store.entries import Entry
from kiosk.store.forgetting import Intent
from kiosk.store.heads import SignedHead
from kiosk.store.holding import Holding
from kiosk.store.keys import Keyring
from kiosk.store.soundness import Doubt, Found

_SLICE_NS = 200_000_000  # of deleting sealed fields, until whoever comes in may be written down
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
        self._tally: questions.DayTally | None = None
        self._closed = False
        self._hold = Holding(path, ambient.kiosk, keyring.head_key, ambient.now)
        self._forgets = True  # whether rows may be left that are to be forgotten: `finish_forgetting` looks

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

    @property
    def broken(self) -> bool:
        """Whether the file turned out not to be what was written: to be set aside."""
        return self._hold.broken

    @property
    def _db(self) -> sqlite3.Connection:
        return self._hold.db

    def append(self, draft: Draft) -> Row:
        """Writes one row down; on the disk when this returns.

        Raises LogbookUnwritable, after which nothing was recorded and the next call tries afresh; RowRefused, which
        is one, where it is this row that cannot be written, and all others can.
        """
        with self._guard, self._writing("a row could not be written"):
            row = self._append(draft)
            self._hold.worked()
            return row

    def make_room(self) -> None:
        """Brings rows from the write-ahead log into the database; up to half a second, for when no lamp waits."""
        with self._guard:
            self._hold.make_room()

    def doubts(self) -> list[Found]:
        """What is not as it should be with the connection, its disk, and SQLite; quickly answered."""
        with self._guard:
            try:
                return soundness.about_connection(self._db) + soundness.about_place(self._path)
            except (sqlite3.Error, OSError) as error:
                return [Found(Doubt.DAMAGED, f"{self._path}: {error}")]

    def probe(self) -> bool:
        """Whether rows can be written again, tried with a durable write that is no row."""
        with self._guard, suppress(LogbookUnwritable), self._writing("it cannot be written"):
            self._hold.ready()
            self._db.execute(
                "INSERT INTO meta VALUES ('probe', zeroblob(?)) ON CONFLICT DO UPDATE SET value = excluded.value",
                (_PROBE_BYTES,),
            )
            self._db.execute("DELETE FROM meta WHERE name = 'probe'")
            self._hold.worked()
            return True
        return False

    def passed_before(
        self, code_key: str, direction: Direction, since: datetime, *, person: str = ""
    ) -> datetime | None:
        """When whoever is behind `code_key`, or is `person` of the roster, last passed in `direction`.

        Not before `since`; overrides included. Either may be empty. Raises StoreUnreadable, LogbookBroken where a
        key is.
        """
        with self._reading():
            span = since.astimezone(UTC).date(), self._today()
            codes = self._tags((code_key,), *span) if code_key else ()
            people = self._tags((person,), *span) if person else ()
            return questions.passed_before(self._db, codes, direction, since, people)

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

    # --- Signed heads

    def sign(self) -> SignedHead | None:
        """Signs what the chain has come to: at the end of a shift, at a stop, for an export. None without a row.

        Raises LogbookUnwritable. A head that was signed already is given again.
        """
        with self._guard, self._writing("the head could not be signed"):
            tail = self._hold.ready()
            if self._hold.signing.waits(tail[0]):
                self._db.execute("BEGIN IMMEDIATE")
                signed = self._hold.sign(*tail)
                self._db.execute("COMMIT")
                self._hold.signing.keep(signed)
            return heads.newest(self._db)

    def sign_if_due(self) -> None:
        """Signs where rows have waited for a quarter of an hour; cheap to ask. Raises LogbookUnwritable."""
        with self._guard:
            tail = self._hold.tail
            if tail is not None and self._hold.signing.is_late(tail[0], self._ambient.now()):
                self.sign()

    @property
    def signed_code(self) -> str:
        """Row and short code of the newest signed head, as `48210:ABCD-2EFG`; empty before the first."""
        return self._hold.signing.code

    # --- Forgetting

    def purge(self, before: date, *, by: str = "", classes: Iterable[SealClass] = tuple(SealClass)) -> int:
        """Forgets the personal fields of every UTC day before `before`: keys first, then what they sealed.

        Writes one PURGED row where there was something to forget. How many rows lost personal fields: nobody can read
        them any more; where they are many, `finish_forgetting` goes on with deleting what was sealed.
        Raises ValueError for a day that is not over; LogbookUnwritable, after which `finish_forgetting` goes on with
        what was begun.
        """
        chosen = tuple(sorted(set(classes)))
        with self._guard:
            if before > self._today():
                raise ValueError(f"{before}: only days that are over can be forgotten; today is {self._today()}")
            self.finish_forgetting()
            with self._writing("it is to be forgotten, and is not yet"):
                seq, _ = self._hold.ready()
                rows = seals.count_before(self._db, before, chosen)
                if not rows and not self._keys.holds(before, chosen):
                    return 0
                if not any(intent.covers(before, chosen) for intent in forgetting.intended(self._db)):
                    forgetting.intend(self._db, Intent(before=before, classes=chosen, by=by, after=seq))
            self._forgets = True
            self.finish_forgetting()
            return rows

    def erase(self, seqs: Iterable[int], *, by: str = "", reason: str = "") -> int:
        """Forgets the personal fields of some rows because somebody asked; an ERASED row names them first.

        How many rows lost their personal fields. Raises LogbookUnwritable, as `purge` does.
        """
        with self._guard:
            with self._reading():
                chosen = seals.held_by(self._db, seqs)
            note = ((SealClass.NOTE, (("reason", reason),)),) if reason else ()
            for some in (chosen[start : start + _ERASED] for start in range(0, len(chosen), _ERASED)):
                draft = Draft(EntryKind.ERASED, self._ambient.now(), volunteer=by, rows=tuple(some), sealed=note)
                self._forgets = True
                self.append(draft)
            self.finish_forgetting()
            return len(chosen)

    @property
    def forgets(self) -> bool:
        """Whether rows may be left whose personal fields are to be deleted: `finish_forgetting` gets on with them."""
        return self._forgets

    @property
    def unfinished(self) -> bool:
        """Whether something of what is to be forgotten may be left in the file, or in its write-ahead log."""
        return self._forgets or self._hold.traces

    def finish_forgetting(self) -> None:
        """Goes on with what was to be forgotten and is not yet; cheap where nothing is, and some tenths of a second.

        Keys go first. Rows are left for the next call when there are many of them; so are their traces in the
        write-ahead log while a reader is looking: `unfinished` says so. Raises LogbookUnwritable; it is tried again
        with the next call.
        """
        with self._guard:
            if not self.unfinished:
                return
            with self._writing("it is to be forgotten, and not all of it is"):
                self._hold.ready()
                if self._forgets:
                    self._forgets = not self._forget()
                if self._hold.traces and not self._forgets:
                    self._hold.leave_no_trace()

    def _forget(self) -> bool:
        """Whether every row is gone that is to be forgotten."""
        intents = forgetting.intended(self._db)
        for intent in intents:
            self._keys.forget(intent.before, intent.classes)
            if not forgetting.is_said(self._db, intent):
                self.append(Draft(EntryKind.PURGED, self._ambient.now(), volunteer=intent.by, detail=intent.detail))
        erased = forgetting.erased_and_held(self._db)
        self._hold.traces = self._hold.traces or bool(intents or erased)
        if erased:
            seals.delete_rows(self._db, erased)
        until = self._ambient.monotonic_ns() + _SLICE_NS
        for intent in intents:
            if not seals.delete_before(
                self._db, intent.before, intent.classes, lambda: self._ambient.monotonic_ns() >= until
            ):
                return False
            forgetting.done(self._db, intent)
        return True

    # --- Looking

    def about(self, who: persons.Who, since: date) -> tuple[persons.Mention, ...]:
        """Every row about somebody since the UTC day `since`, with its personal fields; rows are written meanwhile.

        Raises LogbookBroken, StoreUnreadable.
        """
        return persons.about(self._reading, self._keys, who, questions.days(since, self._today()))

    def visit_rows(self, visit: str) -> tuple[Entry, ...]:
        """Every row of and about one visit, in the order they were written. Raises StoreUnreadable."""
        with self._reading():
            return questions.visit_rows(self._db, visit)

    def newest(self) -> Entry | None:
        """The last row; None where there is none. Raises StoreUnreadable."""
        with self._reading():
            return questions.newest(self._db)

    def newest_of(self, *kinds: EntryKind, limit: int) -> list[Entry]:
        """The newest rows of some rare kinds, the newest first. Raises StoreUnreadable."""
        with self._reading():
            return questions.newest_of(self._db, kinds, limit)

    def last_recorded(self) -> datetime | None:
        """The latest time at which a row was recorded: the clock may never show less. Raises StoreUnreadable."""
        with self._reading():
            return questions.last_recorded(self._db)

    def close(self) -> None:
        """Leaves a clean file and lets others own it; may be called twice."""
        with self._guard:
            with suppress(LogbookUnwritable):  # a full disk: the next owner signs what this one could not
                if not self._closed:
                    self.sign()
            self._closed = True
            self._hold.close()

    def _today(self) -> date:
        return self._ambient.now().astimezone(UTC).date()

    def _tags(self, values: tuple[str, ...], since: date, until: date) -> tuple[str, ...]:
        days = questions.days(since, until)
        found = (self._keys.find_tag(day, value) for day in days for value in values)
        return tuple(tag for tag in found if tag is not None)

    # --- Writing

    def _append(self, draft: Draft) -> Row:
        last, prev = self._hold.ready()
        seq, recorded = last + 1, self._ambient.now()
        body, sealed = self._prepare(draft, seq, recorded)
        digest = entry.sealed_digest(sealed)
        head = entry.chain(prev, body, digest)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(
            "INSERT INTO entry (seq, body, sealed_sha256, prev, hash) VALUES (?, ?, ?, ?, ?)",
            (seq, body.decode(), digest, prev, head),
        )
        self._db.executemany("INSERT INTO sealed VALUES (?, ?, ?, ?)", [(seq, *each) for each in sealed])
        signed = self._hold.sign(seq, head) if self._hold.signing.is_due(seq, recorded) else None
        self._hold.commit(head)
        self._hold.tail = seq, head
        if signed is not None:
            self._hold.signing.keep(signed)
        return Row(seq, head, recorded)

    def _prepare(self, draft: Draft, seq: int, recorded: datetime) -> tuple[bytes, list[seals.Blob]]:
        around = self._ambient
        stamp = Stamp(
            kiosk=around.kiosk,
            epoch=self._hold.epoch,
            seq=seq,
            recorded=recorded,
            monotonic_ns=around.monotonic_ns(),
            boot=around.boot,
            clock=around.clock_state(),
        )
        try:
            return seals.prepare(draft, stamp, self._keys)
        except LogbookBroken:
            raise
        except ValueError as error:
            raise RowRefused(f"{self._path}: a row of kind {draft.kind} cannot be written: {error}") from error

    @contextmanager
    def _writing(self, what: str) -> Iterator[None]:
        """What goes wrong is remembered, and named."""
        try:
            yield
        except LogbookUnwritable:
            raise
        except (sqlite3.Error, OSError, LogbookBroken) as error:
            self._hold.failed(error)
            raise LogbookUnwritable(f"{self._path}: {what}: {error}") from error

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """After a failed write the connection may be gone until the next one is tried."""
        with self._guard:
            try:
                yield self._db
            except sqlite3.Error as error:
                self._hold.failed(error)
                raise StoreUnreadable("recovering", f"{self._path}: cannot be read: {error}") from error
