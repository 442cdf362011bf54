"""Whether a database lies where it can be durable: asked at the start and by `kiosk check`, one line for each doubt."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from kiosk.core.entry import iso
from kiosk.store import durable, owning

ENOUGH_BYTES = 256 * 1024 * 1024  # free: some hundred thousand rows
CHECK_WITHIN_S = 10.0  # beside a running gate: for so long a look may keep its write-ahead log from shrinking
RESTORE = "sudo kiosk restore --replace --recovery-key FILE"  # after stopping the services; see docs/backup.md
_BROKEN = ".broken-"
_BESIDE = ("-wal", "-shm", ".head")
_WHY = ".why"
_MOUNTS = Path("/proc/self/mounts")
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs"})
_FAT = frozenset({"vfat", "msdos", "exfat"})
_VOLATILE = frozenset({"tmpfs", "ramfs", "overlay"})
_RESET_BUG = ((3, 7, 0), (3, 51, 2))  # https://sqlite.org/wal.html, section 11


class Doubt(StrEnum):
    """What is not as it should be."""

    JOURNAL_MODE = "journal_mode"
    SYNCHRONOUS = "synchronous"
    DAMAGED = "damaged"
    DISK_NEARLY_FULL = "disk_nearly_full"
    NETWORK_FILE_SYSTEM = "network_file_system"
    FAT_FILE_SYSTEM = "fat_file_system"
    VOLATILE_FILE_SYSTEM = "volatile_file_system"
    LIBRARY = "library"  # a note: one writer for each file is the answer


@dataclass(frozen=True, slots=True)
class Found:
    """One doubt, in one line that says what to do."""

    doubt: Doubt
    line: str

    @property
    def serious(self) -> bool:
        """Whether rows may be lost; the others are notes."""
        return self.doubt not in (Doubt.LIBRARY, Doubt.VOLATILE_FILE_SYSTEM)


def about_connection(connection: sqlite3.Connection) -> list[Found]:
    """Doubts about the owner's connection; quickly answered. Raises sqlite3.Error."""
    found = []
    mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    if mode != "wal":
        found.append(Found(Doubt.JOURNAL_MODE, f"journal mode {mode} instead of wal: this file system cannot do it"))
    level = int(connection.execute("PRAGMA synchronous").fetchone()[0])
    if level < 2:
        found.append(Found(Doubt.SYNCHRONOUS, f"synchronous is {level} instead of 2: a power cut would lose rows"))
    return found


def about_file(
    path: Path, within_s: float = CHECK_WITHIN_S, stopping: Callable[[], bool] = lambda: False
) -> list[Found]:
    """Damage in the database at `path`, looked for as far as the time goes, beside its owner. Raises StoreUnreadable.

    A start does not wait for this: a file of many rows takes longer than anybody at a gate waits. Every backup
    looks at all of it.
    """
    until = time.monotonic() + within_s
    try:
        with owning.reading(path) as db:
            damage = _quick_check(db, lambda: stopping() or time.monotonic() > until)
    except sqlite3.DatabaseError as error:
        damage = str(error)
    said = f"the file is damaged: {damage}; run kiosk log verify, and restore a backup"
    return [Found(Doubt.DAMAGED, said)] if damage else []


def about_place(path: Path) -> list[Found]:
    """Doubts about the disk and the library under the database at `path`, whose folder is there."""
    found = []
    free = os.statvfs(path.parent)
    left = free.f_bavail * free.f_frsize
    if left < ENOUGH_BYTES:
        said = f"{left >> 20} MiB free under {path.parent}: make room, or rows cannot be written soon"
        found.append(Found(Doubt.DISK_NEARLY_FULL, said))
    kind = file_system(path.parent, _MOUNTS.read_text() if _MOUNTS.exists() else "")
    for doubt, kinds, why in (
        (Doubt.NETWORK_FILE_SYSTEM, _NETWORK, "locks and syncs of a network cannot be relied on"),
        (Doubt.FAT_FILE_SYSTEM, _FAT, "a power cut can take the whole file; use ext4"),
        (Doubt.VOLATILE_FILE_SYSTEM, _VOLATILE, "what is written there may not outlive a restart"),
    ):
        if kind in kinds:
            found.append(Found(doubt, f"{path.parent} lies on {kind}: {why}"))
    version = sqlite3.sqlite_version_info
    if _RESET_BUG[0] <= version <= _RESET_BUG[1]:
        said = f"SQLite {sqlite3.sqlite_version} can damage a file that two processes write; the kiosk has one for each"
        found.append(Found(Doubt.LIBRARY, said))
    return found


def file_system(folder: Path, mounts: str) -> str:
    """The type of the file system that `folder` lies on, by the lines of /proc/self/mounts; empty when unknown."""
    best, kind = "", ""
    real = str(folder.resolve())
    for line in mounts.splitlines():
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        point = parts[1].encode().decode("unicode_escape")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, parts[2]
    return kind


def _quick_check(connection: sqlite3.Connection, enough: Callable[[], bool]) -> str:
    """The first damage that SQLite finds until it is `enough`; empty where it finds none."""
    connection.set_progress_handler(enough, 1_000)
    try:
        said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        return ""
    finally:
        connection.set_progress_handler(None, 0)
    return "" if said == "ok" else " ".join(said.split())


def set_aside(path: Path, now: datetime, why: str) -> Path:
    """Moves a broken database out of the way, with everything beside it that belongs to it; never deletes it.

    The owner must have let go of it. Where it lies now: the time is in its name. Raises OSError.
    """
    moved = _begun(path) or _free_name(path, now)
    for ending in ("-wal", "-shm", ".head", ""):  # the database last: while it stands, the others belong to it
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(moved.with_name(moved.name + ending))
    durable.write(moved.with_name(moved.name + _WHY), why.encode("utf-8", "replace"), 0o640)
    return moved


def _begun(path: Path) -> Path | None:
    """The name under which some of it was moved already by one that could not go on; None where there is none."""
    for ending in ("-wal", "-shm", ".head"):
        for part in path.parent.glob(f"{path.name}{_BROKEN}*{ending}"):
            moved = part.with_name(part.name.removesuffix(ending))
            if not moved.exists():
                return moved
    return None


def _free_name(path: Path, now: datetime) -> Path:
    stamp = iso(now.astimezone(UTC)).replace(":", "").replace("-", "")[:15] + "Z"
    moved, number = path.with_name(f"{path.name}{_BROKEN}{stamp}"), 1
    while moved.exists():
        number += 1
        moved = path.with_name(f"{path.name}{_BROKEN}{stamp}-{number}")
    return moved


def aside(path: Path) -> list[Path]:
    """The databases that were set aside from `path`, the newest last."""
    found = path.parent.glob(f"{path.name}{_BROKEN}*")
    return sorted(each for each in found if not each.name.endswith((*_BESIDE, _WHY)))


def told(moved: Path) -> str:
    """One line about a database that was set aside: why, and which backup is the newest that it knows of."""
    why = moved.with_name(moved.name + _WHY)
    said = f"{moved.name}: {why.read_text('utf-8', 'replace') if why.exists() else 'broken'}"
    backup = _newest_backup(moved)
    advice = f"the newest backup is {backup}: {RESTORE} brings it back" if backup else "it knows of no backup"
    return f"{said}; {advice}; move it away when it was looked at"


def _newest_backup(moved: Path) -> str:
    """The name and time of the newest backup of which a database that may be broken has a row; empty without one."""
    sql = (
        "SELECT json_extract(body, '$.detail'), json_extract(body, '$.recorded') FROM entry"
        " WHERE kind = 'backup' ORDER BY seq DESC LIMIT 1"
    )
    try:
        with closing(sqlite3.connect(f"{moved.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            row = db.execute(sql).fetchone()
    except sqlite3.Error:
        return ""
    return f"{row[0].partition(' ')[2]} of {row[1]}" if row else ""
