"""Numbers of epochs: each file of the log bears one, and no two files of a kiosk ever the same.

The last number that was given lies beside the database, in `logbook.db.epoch`. It is on the disk before the file
that bears it, and it stays where it is when a broken file is set aside, so that neither a second file in the same
second nor a clock that was moved back gives a number again. Where nothing is remembered (a new card, whose clock
may show what the old one's showed), chance keeps the two apart.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from kiosk.store import durable, heads, soundness

_SPREAD = 86_400  # seconds among which a number is drawn


def following(path: Path, now: datetime, above: int = 0) -> int:
    """A number that no file at `path` ever had, nor any other that is known of: greater than all, and than `above`."""
    return max(int(now.timestamp()), above, *_given(path)) + 1 + secrets.randbelow(_SPREAD)


def remember(path: Path, number: int) -> None:
    """Brings to the disk that `number` was given, unless it or a greater one is remembered. Raises OSError."""
    if _noted(path) < number:
        durable.write(beside(path), b"%d\n" % number, 0o640)


def beside(path: Path) -> Path:
    """Where the last number of the database at `path` is kept."""
    return path.with_name(path.name + ".epoch")


def _noted(path: Path) -> int:
    try:
        return int(beside(path).read_text("ascii"))
    except (OSError, ValueError):  # none, or not readable any more: the files themselves still say theirs
        return 0


def _given(path: Path) -> Iterator[int]:
    """Every number that can still be read here: the note, the signed heads, and the files that were set aside."""
    yield _noted(path)
    aside = soundness.aside(path)
    for signed in filter(None, map(heads.kept, (path, *aside))):
        yield signed.head.epoch
    yield from map(borne, aside)  # not of the file itself: its owner has it open, and knows that it bears none


def borne(path: Path) -> int:
    """The number in a file that nobody has open; 0 where it cannot be read."""
    with suppress(sqlite3.Error), closing(_look(path)) as db:
        row = db.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
        return row[0] if row and isinstance(row[0], int) else 0
    return 0


def _look(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
