"""How long each table of desk.db keeps what, and the deletion of what is older, without a trace in the file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kiosk.core.entry import iso
from kiosk.store import owning
from kiosk.store.desk_file import DeskFile

SESSION_DAYS = 30  # a login ends much sooner; this is for those that nobody ended
FAILURE_DAYS = 1  # for so long does a wrong PIN hold the next one back


@dataclass(frozen=True, slots=True)
class Kept:
    """How long a table keeps its rows: by age, or (None) until somebody removes them, for the reason given."""

    days: int | None
    why: str
    old: str = ""  # what makes a row too old, with one value: the moment before which
    seconds: bool = False  # whether that value is in seconds since 1970, not ISO 8601


def tables(audit_days: int) -> dict[str, Kept]:
    """Every table of desk.db that holds anything about people, and how long."""
    return {
        "audit": Kept(audit_days, "who looked, exported, changed: the manager's setting", "at < ?"),
        "session": Kept(SESSION_DAYS, "logins that were never ended", "seen < ?", seconds=True),
        "failure": Kept(FAILURE_DAYS, "wrong PINs, by name", "at < ?", seconds=True),
        "token": Kept(0, "access of programs: goes when it ends", "until < ?", seconds=True),
        "issued": Kept(0, "passes that the pages gave: go when they end", "until < ?"),
        "user": Kept(None, "their ids stand in the log; a user is disabled, not deleted"),
        "person": Kept(None, "the roster of the place, until a person is taken out of it"),
        "term": Kept(None, "search words of the roster: go with their person"),
        "pass": Kept(None, "passes of the roster: go with their person"),
    }


def forget_on_time(file: DeskFile, now: datetime, audit_days: int) -> dict[str, int]:
    """Deletes what is too old from every table; how many rows of each. Raises DeskUnwritable."""
    deleted: dict[str, int] = {}
    with file.change() as db:
        for name, kept in tables(audit_days).items():
            if kept.days is not None:
                before = now - timedelta(days=kept.days)
                value = before.timestamp() if kept.seconds else iso(before)
                deleted[name] = db.execute(f"DELETE FROM {name} WHERE {kept.old}", (value,)).rowcount  # noqa: S608
    leave_no_trace(file)
    return deleted


def leave_no_trace(file: DeskFile) -> None:
    """After a deletion: nothing of it in the write-ahead log. secure_delete overwrites it in the file itself.

    Raises DeskUnwritable.
    """
    with file.look() as db:
        owning.empty_log(db)  # where a reader is looking, what it reads is emptied next time
