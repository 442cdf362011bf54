"""The desk's memory: users, sessions, audit and roster in one file with one owner, and the gate's look into it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from kiosk.core.desk_requests import DeskRefusal, Role, User
from kiosk.core.faults import DeskUnwritable, StoreUnreadable
from kiosk.core.model import Certainty, Credential, Holder, Kind, RosterMatch
from kiosk.core.roster import Person, name_key
from kiosk.store import durable, owning, retention
from kiosk.store.audit import Act, Audit
from kiosk.store.desk_file import DeskFile
from kiosk.store.issued import IssuedPasses
from kiosk.store.roster import Roster, document_tag, person_of
from kiosk.store.sessions import Session, Sessions
from kiosk.store.tokens import Tokens
from kiosk.store.users import LoginRefusal, Refused, SecretRefused, Users

__all__ = [
    "Act",
    "Desk",
    "DeskReader",
    "DeskRefusal",
    "LoginRefusal",
    "Person",
    "Refused",
    "Role",
    "SecretRefused",
    "Session",
    "User",
]

_KEY_BYTES = 32


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Desk:
    """Everything that the web's process owns. Safe to use from several threads.

    Methods that change something raise DeskUnwritable, after which nothing was changed.
    """

    def __init__(self, file: DeskFile, key: bytes, now: Callable[[], datetime], random: Callable[[int], bytes]) -> None:
        """Use `open`."""
        self._file = file
        self._now = now
        self.users = Users(file, now, random)
        self.sessions = Sessions(file, now, random)
        self.tokens = Tokens(file, now, random)
        self.audit = Audit(file, now)
        self.roster = Roster(file, key)
        self.issued = IssuedPasses(file, now)

    @classmethod
    def open(
        cls, path: Path, *, now: Callable[[], datetime] = _utc_now, random: Callable[[int], bytes] = os.urandom
    ) -> Desk:
        """The desk at `path`, made on first use. Raises NotOwner, DeskUnwritable, LogbookBroken."""
        file = DeskFile(path)
        try:
            key = _roster_key(path, random)
        except OSError as error:
            file.close()
            raise DeskUnwritable(f"{path}: its key cannot be made: {error}") from error
        return cls(file, key, now, random)

    def forget_on_time(self, audit_days: int) -> dict[str, int]:
        """Deletes what every table has kept long enough; how many rows of each. Raises DeskUnwritable."""
        return retention.forget_on_time(self._file, self._now(), audit_days)

    def works(self) -> bool:
        """Whether changes can be written."""
        return self._file.works()

    def close(self) -> None:
        """Leaves a clean file and lets others own it; may be called twice."""
        self._file.close()


class DeskReader:
    """The roster as the gate sees it: read only, and never in the way of a decision."""

    def __init__(self, path: Path) -> None:
        """A look into the desk's file at `path`, which need not be there yet."""
        self._path = path

    @classmethod
    def open(cls, path: Path) -> DeskReader:
        """The same, in the words of the other stores."""
        return cls(path)

    def match(self, credential: Credential) -> RosterMatch | None:
        """Whom a credential is about: certain by pass or document, possible by name and birth date, else None.

        None too while the roster is not there or cannot be read; `state` says which.
        """
        holder = credential.holder
        try:
            with owning.reading(self._path) as db:
                found = self._certain(db, credential, holder)
                if found is not None:
                    return _match(found, Certainty.CERTAIN)
                found = _possible(db, holder)
                return _match(found, Certainty.POSSIBLE) if found else None
        except (OSError, sqlite3.DatabaseError):  # StoreUnreadable, or its owner comes or goes just now
            return None

    def person(self, person_id: str) -> RosterMatch | None:
        """The person of that id, certain since somebody chose them; None as for `match`."""
        try:
            with owning.reading(self._path) as db:
                found = person_of(db, person_id)
        except (OSError, sqlite3.DatabaseError):  # StoreUnreadable, or its owner comes or goes just now
            return None
        return _match(found, Certainty.CERTAIN) if found else None

    def state(self) -> str:
        """ "ok", or why nobody is known: "missing", "recovering", "forbidden", "other_version", "broken"."""
        try:
            with owning.reading(self._path) as db:
                db.execute("SELECT 1 FROM person LIMIT 1").fetchone()
        except StoreUnreadable as error:
            return error.code
        except sqlite3.DatabaseError as error:
            return "other_version" if owning.is_of_another_version(error) else "broken"
        return "ok"

    def _certain(self, db: sqlite3.Connection, credential: Credential, holder: Holder) -> Person | None:
        if credential.kind is Kind.PASS and holder.person:
            found = person_of(db, holder.person)
            if found is not None:
                return found
        if credential.kind is Kind.PASS and credential.credential_id:
            sql = "SELECT id FROM pass JOIN person ON person = number WHERE pass = ?"
            row = db.execute(sql, (credential.credential_id,)).fetchone()
            if row:
                return person_of(db, row[0])
        key = _read_key(self._path)
        tag = document_tag(key, holder.document) if key and holder.document else ""
        row = tag and db.execute("SELECT id FROM person WHERE document_tag = ?", (tag,)).fetchone()
        return person_of(db, row[0]) if row else None


def _possible(db: sqlite3.Connection, holder: Holder) -> Person | None:
    """Somebody of the same name whose birth date does not contradict; a holder without one fits nobody."""
    name = name_key(holder.name or "")
    if not name or not holder.birth_date:
        return None
    row = db.execute(
        "SELECT id FROM person WHERE (name_key = ?1 OR latin_key = ?1) AND birth_date <> ''"
        " AND substr(birth_date, 1, length(?2)) = ?2 ORDER BY id",
        (name, holder.birth_date[:10]),
    ).fetchone()
    return person_of(db, row[0]) if row else None


def _match(person: Person, certainty: Certainty) -> RosterMatch:
    return RosterMatch(person.id, certainty, person.name, person.place, person.group, person.tested_at)


def _key_path(path: Path) -> Path:
    return path.with_name("roster.key")


def _read_key(path: Path) -> bytes | None:
    try:
        return _key_path(path).read_bytes()
    except OSError:
        return None


def _roster_key(path: Path, random: Callable[[int], bytes]) -> bytes:
    """The key of the document hashes: beside the database, not in it, so that no backup of the one holds both."""
    return durable.secret(_key_path(path), _KEY_BYTES, owning.MODE, random)
