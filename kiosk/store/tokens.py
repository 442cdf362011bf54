"""What programs identify themselves by: a random secret, of which only the hash is stored, with its scopes and end."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from kiosk.core.codecs.plain import words
from kiosk.core.desk_requests import DeskRefusal, Scope, Token
from kiosk.store.audit import note
from kiosk.store.desk_file import DeskFile

PREFIX = "kiosk_"  # so that a secret that lies about is recognised for what it is
_DAY_S = 24 * 3600
_COLUMNS = "id, name, scopes, by, until, used"


class Tokens:
    """The tokens of one kiosk."""

    def __init__(self, file: DeskFile, now: Callable[[], datetime], random: Callable[[int], bytes]) -> None:
        self._file = file
        self._now = now
        self._random = random

    def add(self, name: str, scopes: Sequence[Scope], days: int, by: str) -> tuple[Token, str]:
        """A new token and its secret, which nobody can read again. Raises DeskUnwritable."""
        secret = PREFIX + base64.urlsafe_b64encode(self._random(32)).decode().rstrip("=")
        until = (self._now() + timedelta(days=days)).replace(microsecond=0)
        kept = tuple(sorted(set(scopes)))
        token = Token(id=f"t-{self._random(4).hex()}", name=words(name), scopes=kept, by=by, until=until)
        with self._file.change() as db:
            db.execute(
                "INSERT INTO token (id, sha256, name, scopes, by, made, until) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (token.id, _digest(secret), token.name, " ".join(kept), by, self._now_s(), int(until.timestamp())),
            )
            note(db, self._now(), "token_added", by=by, detail=f"token={token.id} scopes={' '.join(kept)}")
        return token, secret

    def list(self) -> tuple[Token, ...]:
        """Every token that is still good, in the order in which they were made."""
        with self._file.look() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM token WHERE until > ? ORDER BY made, id", (self._now_s(),))  # noqa: S608
            return tuple(_token(*row) for row in rows)

    def revoke(self, token_id: str, by: str) -> DeskRefusal | None:
        """Ends a token; None when done. Raises DeskUnwritable."""
        with self._file.change() as db:
            if not db.execute("DELETE FROM token WHERE id = ?", (token_id,)).rowcount:
                return DeskRefusal.UNKNOWN_TOKEN
            note(db, self._now(), "token_revoked", by=by, detail=f"token={token_id}")
        return None

    def find(self, secret: str) -> Token | None:
        """The token of that secret while it is good. The day of its last use is written down, once a day."""
        now_s = self._now_s()
        with self._file.look() as db:
            row = db.execute(
                f"SELECT {_COLUMNS} FROM token WHERE sha256 = ? AND until > ?",  # noqa: S608
                (_digest(secret), now_s),
            ).fetchone()
        if row is None:
            return None
        token = _token(*row)
        if row[5] // _DAY_S != now_s // _DAY_S:
            with self._file.change() as db:
                db.execute("UPDATE token SET used = ? WHERE id = ?", (now_s, token.id))
        return token

    def _now_s(self) -> int:
        return int(self._now().timestamp())


def _token(token_id: str, name: str, scopes: str, by: str, until: int, used: int) -> Token:
    return Token(
        id=token_id,
        name=name,
        scopes=tuple(map(Scope, scopes.split())),
        by=by,
        until=datetime.fromtimestamp(until, UTC),
        used=datetime.fromtimestamp(used, UTC).date() if used else None,
    )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
