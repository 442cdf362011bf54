"""Who may log in: users with a PIN or a passphrase, and how long somebody waits who gets it wrong."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kiosk.core.codecs.plain import words
from kiosk.core.desk_requests import DeskRefusal, Role, User
from kiosk.core.faults import KioskError
from kiosk.core.roster import folded
from kiosk.store.audit import note
from kiosk.store.desk_file import DeskFile

PIN_DIGITS = 6
PASSPHRASE_CHARACTERS = 12
MAX_NAME = 40

FREE_TRIES = 3  # wrong secrets of one user before the first wait
FIRST_WAIT_S, LONGEST_WAIT_S = 5, 900  # doubled with every further failure
ALL_TRIES, ALL_WITHIN_S, ALL_WAIT_S = 30, 600, 30  # wrong secrets of everybody together
_ID = re.compile(r"u\d+")
_KEPT_S = 24 * 3600  # for so long is a failure remembered

# RFC 9106 §4 leaves the choice to the device: 130 ms on a small one, measured. One at a time, see `_hashing`.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_hashing = threading.Lock()  # many logins at once would otherwise be an attack on memory
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$aaaaaaaaaaaaaaaaaaaaaa$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"


class LoginRefusal(StrEnum):
    """Why somebody was not let in."""

    WRONG = "wrong"  # user or secret: which of them is nobody's business
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Refused:
    """A login that failed. `wait_s`: so many seconds must pass before the next try is looked at."""

    reason: LoginRefusal
    wait_s: int = 0


class SecretRefused(KioskError, ValueError):
    """The new PIN or passphrase was not taken; `reason` says why."""

    def __init__(self, reason: DeskRefusal) -> None:
        super().__init__(f"the new PIN or passphrase was not taken: {reason}")
        self.reason = reason


class Users:
    """The users of one kiosk."""

    def __init__(self, file: DeskFile, now: Callable[[], datetime], random: Callable[[int], bytes]) -> None:
        self._file = file
        self._now = now
        self._random = random

    def add(self, name: str, role: Role, secret: str = "") -> tuple[User, str] | DeskRefusal:
        """A new user and their secret; a PIN for volunteers, a passphrase for others, made up where it is empty.

        Raises DeskUnwritable.
        """
        shown = words(name, MAX_NAME)
        if not shown:
            return DeskRefusal.NAME_EMPTY
        if _ID.fullmatch(folded(shown)):  # a name that could be taken for somebody's id
            return DeskRefusal.NAME_TAKEN
        secret = secret or self.made_up(role)
        refused = too_weak(role, secret)
        if refused:
            return refused
        hashed = _hash(secret)
        with self._file.change() as db:
            if db.execute("SELECT 1 FROM user WHERE name_key = ?", (folded(shown),)).fetchone():
                return DeskRefusal.NAME_TAKEN
            number = db.execute("SELECT count(*) + 1 FROM user").fetchone()[0]
            user = User(id=f"u{number}", name=shown, role=role)
            db.execute("INSERT INTO user VALUES (?, ?, ?, ?, ?, 1)", (user.id, shown, folded(shown), role, hashed))
        return user, secret

    def list(self) -> tuple[User, ...]:
        """Everybody, in the order in which they were added."""
        with self._file.look() as db:
            rows = db.execute("SELECT id, name, role, enabled FROM user ORDER BY CAST(substr(id, 2) AS INTEGER)")
            return tuple(user_of(*row) for row in rows)

    def find(self, user_id: str) -> User | None:
        """The user of that id."""
        with self._file.look() as db:
            row = db.execute("SELECT id, name, role, enabled FROM user WHERE id = ?", (user_id,)).fetchone()
            return user_of(*row) if row else None

    def set_secret(self, user_id: str, secret: str) -> None:
        """Gives a user another PIN or passphrase and ends their sessions. Raises SecretRefused, DeskUnwritable."""
        user = self.find(user_id)
        refused = DeskRefusal.UNKNOWN_USER if user is None else too_weak(user.role, secret)
        if refused:
            raise SecretRefused(refused)
        self._replace_secret(user_id, secret, "secret_changed", by=user_id)

    def reset(self, user_id: str, by: str) -> tuple[User, str] | DeskRefusal:
        """A made-up secret for whoever forgot theirs or waits after wrong ones; their sessions end.

        Raises DeskUnwritable.
        """
        user = self.find(user_id)
        if user is None:
            return DeskRefusal.UNKNOWN_USER
        secret = self.made_up(user.role)
        self._replace_secret(user_id, secret, "secret_reset", by=by, detail=f"user={user_id}")
        return user, secret

    def _replace_secret(self, user_id: str, secret: str, what: str, *, by: str, detail: str = "") -> None:
        hashed = _hash(secret)
        with self._file.change() as db:
            db.execute("UPDATE user SET secret_hash = ? WHERE id = ?", (hashed, user_id))
            db.execute("DELETE FROM session WHERE user = ?", (user_id,))
            db.execute("DELETE FROM failure WHERE name_key = (SELECT name_key FROM user WHERE id = ?)", (user_id,))
            note(db, self._now(), what, by=by, detail=detail)

    def enable(self, user_id: str, *, enabled: bool, by: str) -> DeskRefusal | None:
        """Lets a user log in, or no longer, and ends their sessions; None when done.

        Somebody must be left who can manage. Raises DeskUnwritable.
        """
        with self._file.change() as db:
            user = db.execute("SELECT role FROM user WHERE id = ?", (user_id,)).fetchone()
            if user is None:
                return DeskRefusal.UNKNOWN_USER
            others = db.execute(
                "SELECT count(*) FROM user WHERE role = ? AND enabled AND id <> ?", (Role.MANAGER, user_id)
            ).fetchone()[0]
            if not enabled and user[0] == Role.MANAGER and not others:
                return DeskRefusal.LAST_MANAGER
            db.execute("UPDATE user SET enabled = ? WHERE id = ?", (enabled, user_id))
            db.execute("DELETE FROM session WHERE user = ?", (user_id,))
            note(db, self._now(), "user_enabled" if enabled else "user_disabled", by=by, detail=f"user={user_id}")
        return None

    def named(self, name: str) -> User | None:
        """The user of that name or id."""
        key = folded(words(name, MAX_NAME))
        with self._file.look() as db:
            row = db.execute(
                "SELECT id, name, role, enabled FROM user WHERE name_key = ?1 OR id = ?1", (key,)
            ).fetchone()
            return user_of(*row) if row else None

    def check(self, name: str, secret: str) -> User | Refused:
        """Whether this is the user of that name or id. A failure is written down before it is answered.

        Raises DeskUnwritable.
        """
        key, now_s = folded(words(name, MAX_NAME)), int(self._now().timestamp())
        with self._file.look() as db:
            row = db.execute(
                "SELECT id, name, role, enabled, secret_hash, name_key FROM user WHERE name_key = ?1 OR id = ?1", (key,)
            ).fetchone()
            key = row[5] if row else key
            wait_s = max(self._wait_s(key, now_s), self._wait_for_all_s(now_s))
        if wait_s > 0:
            return Refused(LoginRefusal.WAIT, wait_s)
        right = _fits(row[4] if row else _NOBODY, secret)
        with self._file.change() as db:
            db.execute("DELETE FROM failure WHERE at < ?", (now_s - _KEPT_S,))
            if right and row and row[3]:
                db.execute("DELETE FROM failure WHERE name_key = ?", (key,))
                return user_of(*row[:4])
            db.execute("INSERT INTO failure VALUES (?, ?)", (now_s, key))
            note(db, self._now(), "secret_wrong", by=row[0] if row else "")
            return Refused(LoginRefusal.WRONG, self._wait_s(key, now_s))

    def made_up(self, role: Role) -> str:
        """A PIN or a passphrase that nobody guesses."""
        if role is not Role.VOLUNTEER:
            letters = base64.b32encode(self._random(10)).decode().lower()
            return "-".join(letters[start : start + 4] for start in range(0, 16, 4))
        while True:
            pin = f"{int.from_bytes(self._random(8), 'big') % 10**PIN_DIGITS:0{PIN_DIGITS}d}"
            if not too_weak(role, pin):
                return pin

    def _wait_s(self, key: str, now_s: int) -> int:
        """Seconds until the next try of one user is looked at."""
        with self._file.look() as db:
            failures, last = db.execute("SELECT count(*), max(at) FROM failure WHERE name_key = ?", (key,)).fetchone()
        if failures < FREE_TRIES:
            return 0
        wait_s: int = min(FIRST_WAIT_S << min(failures - FREE_TRIES, 20), LONGEST_WAIT_S)
        return max(0, min(int(last) + wait_s - now_s, wait_s))  # a clock that was set back makes nobody wait longer

    def _wait_for_all_s(self, now_s: int) -> int:
        """Seconds until anybody's next try is looked at."""
        with self._file.look() as db:
            failures, last = db.execute(
                "SELECT count(*), max(at) FROM failure WHERE at > ?", (now_s - ALL_WITHIN_S,)
            ).fetchone()
        return max(0, min(last + ALL_WAIT_S - now_s, ALL_WAIT_S)) if failures >= ALL_TRIES else 0


def too_weak(role: Role, secret: str) -> DeskRefusal | None:
    """What is wrong with a PIN (volunteers) or passphrase (others); None where nothing is."""
    if role is not Role.VOLUNTEER:
        return DeskRefusal.PASSPHRASE_TOO_SHORT if len(secret) < PASSPHRASE_CHARACTERS else None
    if not (secret.isascii() and secret.isdigit()):
        return DeskRefusal.PIN_NOT_DIGITS
    if len(secret) < PIN_DIGITS:
        return DeskRefusal.PIN_TOO_SHORT
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(secret)}
    return DeskRefusal.PIN_TOO_SIMPLE if steps <= {0} or steps in ({1}, {9}) else None


def user_of(user_id: str, name: str, role: str, enabled: int) -> User:
    """The user that a stored row means."""
    return User(id=user_id, name=name, role=Role(role), enabled=bool(enabled))


def _hash(secret: str) -> str:
    with _hashing:
        return _hasher.hash(secret.encode("utf-8", "surrogatepass"))


def _fits(hashed: str, secret: str) -> bool:
    with _hashing:
        try:
            return _hasher.verify(hashed, secret.encode("utf-8", "surrogatepass"))
        except (VerificationError, InvalidHashError):
            return False
