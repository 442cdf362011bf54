"""Disks to begin with: last week's rows, in today's shape or in the first one that there was."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlite_utils

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.model import Direction, Outcome
from kiosk.settings import Places
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.migrations.logbook import migrations

ROWS_A_DAY = 4


def write_days(at: Places, days: int) -> None:
    """The rows of so many days before today, each with sealed fields, in a logbook that was closed cleanly."""
    now = [datetime.now(UTC) - timedelta(days=days)]
    book = Logbook.open(
        at.logbook,
        Keyring.open(at.keys),
        kiosk="gate-1",
        boot="b0",
        clock_state=lambda: "trusted",
        now=lambda: now[0],
        monotonic_ns=time.monotonic_ns,
    )
    with closing(book):
        for _ in range(days):
            for number in range(ROWS_A_DAY):
                book.append(visit(f"{now[0]:%d}-{number}", now[0]))
            now[0] += timedelta(days=1)


def visit(name: str, at: datetime) -> Draft:
    """The row of somebody who passed, with their name sealed."""
    return Draft(
        EntryKind.VISIT,
        at,
        lane="main",
        visit=name,
        direction=Direction.IN,
        outcome=Outcome.PASS,
        person=f"P{name}",
        code_key=f"code-{name}",
        sealed=((SealClass.IDENTITY, (("name", "王小明"),)),),
    )


def to_oldest_shape(logbook: Path) -> None:
    """Rewrites a closed logbook as the first version of the kiosk would have left it: without later migrations."""
    newer = logbook.with_suffix(".newer")
    logbook.rename(newer)
    db = sqlite_utils.Database(logbook)
    later = migrations.pending(db)[1].name
    migrations.apply(db, stop_before=later)
    db.conn.isolation_level = None
    db.execute("ATTACH ? AS newer", (str(newer),))
    columns = {"entry": "seq, body, sealed_sha256, prev, hash", "sealed": "*", "meta": "*"}
    for table, what in columns.items():
        names = f"({what})" if what != "*" else ""
        db.execute(f"INSERT INTO main.{table} {names} SELECT {what} FROM newer.{table}")
    db.execute("DETACH newer")
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    newer.unlink()
