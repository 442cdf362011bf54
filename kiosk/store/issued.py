"""Which passes the pages gave to whom, as long as they hold: to print one again, and to take one back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from kiosk.core.entry import iso
from kiosk.core.model import Group
from kiosk.store import audit
from kiosk.store.desk_file import DeskFile

_FIELDS = "pass, person, name, people, since, until, made, by"


@dataclass(frozen=True, slots=True)
class IssuedPass:
    """One pass: of somebody of the roster by their id, or of a visitor by the name that was typed."""

    number: str
    person: str
    name: str
    group: Group
    since: datetime
    until: datetime
    made: datetime
    by: str


class IssuedPasses:
    """The passes of one kiosk that hold or will hold. What ended is forgotten with the rest of the desk."""

    def __init__(self, file: DeskFile, now: Callable[[], datetime]) -> None:
        self._file = file
        self._now = now

    def note(self, passes: Iterable[IssuedPass], *, by: str) -> None:
        """Writes passes down before anybody gets them; the same one again changes nothing. Raises DeskUnwritable."""
        rows = [
            (
                each.number,
                each.person,
                each.name,
                each.group.value,
                iso(each.since),
                iso(each.until),
                iso(each.made),
                by,
            )
            for each in passes
        ]
        with self._file.change() as db:
            db.executemany("INSERT OR IGNORE INTO issued VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            audit.note(db, self._now(), "passes_issued", by=by, detail=f"passes={len(rows)}")

    def list(self, limit: int, before: str = "") -> tuple[IssuedPass, ...]:
        """The newest that still hold; of those made before the moment `before`, as `iso` writes it."""
        with self._file.look() as db:
            rows = db.execute(
                f"SELECT {_FIELDS} FROM issued WHERE until > ? AND made < ? ORDER BY made DESC, pass LIMIT ?",  # noqa: S608
                (iso(self._now()), before or "9", limit),
            ).fetchall()
        return tuple(_issued(row) for row in rows)

    def find(self, number: str) -> IssuedPass | None:
        """The pass of that number."""
        with self._file.look() as db:
            row = db.execute(f"SELECT {_FIELDS} FROM issued WHERE pass = ?", (number,)).fetchone()  # noqa: S608
        return _issued(row) if row else None

    def count(self) -> int:
        """How many there are that still hold."""
        with self._file.look() as db:
            number: int = db.execute("SELECT count(*) FROM issued WHERE until > ?", (iso(self._now()),)).fetchone()[0]
        return number


def _issued(row: tuple[str, ...]) -> IssuedPass:
    number, person, name, people, since, until, made, by = row
    begins, ends, at = (datetime.fromisoformat(each) for each in (since, until, made))
    return IssuedPass(number, person, name, Group(people), begins, ends, at, by)
