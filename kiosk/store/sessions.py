"""Who is logged in: sessions live here, and a cookie only carries a random token."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from kiosk.core.desk_requests import User
from kiosk.store.audit import note
from kiosk.store.desk_file import DeskFile
from kiosk.store.users import user_of

IDLE_S = 3600
_TOUCH_S = 60  # a session's last use is written down no more often


@dataclass(frozen=True, slots=True)
class Session:
    """One login."""

    token: str = field(repr=False)
    user: User


class Sessions:
    """The sessions of one kiosk. They survive a restart; only the hash of a token is stored."""

    def __init__(self, file: DeskFile, now: Callable[[], datetime], random: Callable[[int], bytes]) -> None:
        self._file = file
        self._now = now
        self._random = random
        self.idle_s = IDLE_S  # after so long without a touch a login ends

    def open(self, user_id: str) -> str:
        """The token of a new session of a user who was checked, written down as a login. Raises DeskUnwritable."""
        token = base64.urlsafe_b64encode(self._random(32)).decode().rstrip("=")
        now_s = self._now_s()
        with self._file.change() as db:
            db.execute("DELETE FROM session WHERE seen <= ?", (now_s - self.idle_s,))
            db.execute("INSERT INTO session VALUES (?, ?, ?)", (_digest(token), user_id, now_s))
            note(db, self._now(), "login", by=user_id)
        return token

    def find(self, token: str, *, touch: bool = True) -> Session | None:
        """The session of `token`, if it still holds. Without `touch` the look does not count as a use."""
        now_s = self._now_s()
        with self._file.look() as db:
            row = db.execute(
                "SELECT id, name, role, enabled, seen FROM session JOIN user ON user = id"
                " WHERE token_sha256 = ? AND enabled",
                (_digest(token),),
            ).fetchone()
        if row is None or row[4] <= now_s - self.idle_s:
            return None
        if touch and row[4] <= now_s - _TOUCH_S:
            with self._file.change() as db:
                db.execute("UPDATE session SET seen = ? WHERE token_sha256 = ?", (now_s, _digest(token)))
        return Session(token, user_of(*row[:4]))

    def close(self, token: str) -> None:
        """Logs out. Raises DeskUnwritable."""
        with self._file.change() as db:
            db.execute("DELETE FROM session WHERE token_sha256 = ?", (_digest(token),))

    def _now_s(self) -> int:
        return int(self._now().timestamp())


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
