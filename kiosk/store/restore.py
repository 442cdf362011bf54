"""A backup becomes the state of a new card: whole or not at all, in an epoch of its own.

Everything is unpacked, proved and made ready in `restoring.part/` beside the living state. Renaming that to
`restoring/` is the decision; from then on each piece is moved into its place, and after a power cut the moves go
on where they stopped. A living state is refused, or set aside when told so.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from kiosk.core import entry
from kiosk.core.entry import Draft, EntryKind
from kiosk.core.faults import KeyMissing, KioskError, LogbookBroken
from kiosk.store import archive, epochs, owning, verify
from kiosk.store.archive import Head
from kiosk.store.backup import DESK, LOGBOOK, Step, capsule_about
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.recovery import RecoveryKey

PART, DECIDED, ASIDE = "restoring.part", "restoring", "replaced"
_FOLDERS = ("gate", "web", "trust", "country-rules", "passes", "rules", "settings")
_WITH_FOLDERS = ("country-rules",)  # of which files lie in folders too
_ALONE = ("kiosk.toml", "rules.toml")
_SPARE = 16 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """What a new card holds now."""

    head: Head
    epoch: int
    rows: int
    days: int  # whose sealed fields can be read again
    expired: int  # day keys that were in the backup and whose time is over
    aside: Path | None  # where the state that was replaced lies


def restore(
    backup: Path, key: RecoveryKey, state: Path, *, boot: str, now: datetime, replace: bool, step: Step
) -> Restored:
    """Puts the state of `backup` at `state`; nothing is changed there before all of it is proved.

    Raises KioskError with one line: a wrong key, a damaged or expired backup, a full card, a living state.
    """
    now = now.astimezone(UTC)
    _must_be_free(state, replace)
    with _named(state), ExitStack() as held:
        for name in (LOGBOOK, DESK):
            held.callback(_drop_empty, state / name)
            held.enter_context(_owned(state / name))
        part = state / PART
        shutil.rmtree(part, ignore_errors=True)
        held.callback(shutil.rmtree, part, ignore_errors=True)
        head, expired = _unpack(backup, key, part, now, step)
        known = max(head.epoch, epochs.borne(state / LOGBOOK))
        epoch = epochs.following(state / LOGBOOK, now, above=known)  # of this card's own files too
        rows = _begin_epoch(part, head, epoch, boot, now, step)
        _sync_tree(part)
        days = len({each.name[:10] for each in (part / "gate/keys/days").glob("*.key")})
        part.rename(state / DECIDED)  # the decision
        _sync(state)
        aside = _move(state, f"{ASIDE}-{now:%Y%m%dT%H%M%SZ}")
        return Restored(head, epoch, rows, days, expired, aside)


@contextmanager
def _named(state: Path) -> Iterator[None]:
    """A disk that fails is one line, which says how far it came."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, KioskError):
            raise
        why = getattr(error, "strerror", None) or error
        if interrupted(state):
            raise KioskError(f"{state}: the restore was cut short ({why}); say kiosk restore --resume") from error
        raise KioskError(f"{state}: nothing was restored ({why})") from error


def interrupted(state: Path) -> bool:
    """Whether a restore was decided and not finished: nothing may run on such a state."""
    return (state / DECIDED).is_dir()


def resume(state: Path, now: datetime) -> Path | None:
    """Finishes what a power cut interrupted; where the replaced state lies, if there was one. Raises KioskError."""
    shutil.rmtree(state / PART, ignore_errors=True)
    if not interrupted(state):
        raise KioskError(f"{state}: no restore was cut short here; nothing was changed")
    with _named(state), ExitStack() as held:
        for name in (LOGBOOK, DESK):
            held.callback(_drop_empty, state / name)
            held.enter_context(_owned(state / name))
        return _move(state, f"{ASIDE}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")


def _must_be_free(state: Path, replace: bool) -> None:
    if interrupted(state):
        raise KioskError(f"{state}: a restore was cut short here; say kiosk restore --resume")
    living = [name for name in (LOGBOOK, DESK) if (state / name).exists() and (state / name).stat().st_size]
    if living and not replace:
        raise KioskError(f"{state}: there is a living state ({', '.join(living)}); add --replace to set it aside")
    try:
        for folder in _FOLDERS:
            (state / folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KioskError(f"{state}: cannot be written ({error.strerror}); say it as root") from error


def _owned(path: Path) -> ExitStack:
    held = ExitStack()
    held.callback(owning.Ownership(path).release)
    return held


def _drop_empty(path: Path) -> None:
    """What taking ownership left where there was nothing."""
    with suppress(FileNotFoundError):
        if path.stat().st_size == 0:
            path.unlink()


# --- Unpacking --------------------------------------------------------------------------------------------


def _unpack(backup: Path, key: RecoveryKey, part: Path, now: datetime, step: Step) -> tuple[Head, int]:
    try:
        source = backup.open("rb")
    except OSError as error:
        raise KioskError(f"{backup}: cannot be read ({error.strerror})") from error
    with source:
        head, encoded = archive.read_head(source)
        if head.recovery != key.id:
            raise KioskError(f"{backup}: sealed for recovery key {head.recovery}, this one is {key.id}")
        key = _carried_on(key, max(now, head.made).date(), head)
        secret = key.open(head.key, archive.file_key_about(head.kiosk, head.epoch, head.made))
        size = backup.stat().st_size
        _must_fit(part.parent, size)
        part.mkdir(mode=0o700)
        for member, parts in archive.members(archive.plain_parts(source, secret, encoded)):
            _write(_place(part, member.name), parts)
            step("unpacking", source.tell(), size)
        if not (part / LOGBOOK).is_file():
            raise LogbookBroken(f"{backup}: holds no logbook")
        return head, _keys(part / "gate" / "keys", head, key)


def _carried_on(key: RecoveryKey, today: date, head: Head) -> RecoveryKey:
    """The key of today, which does not open what may not be read any more."""
    if head.key.last < max(today, key.day):
        raise KeyMissing(f"this backup could be read until {head.key.last}; what it held is gone for ever")
    return key.on(max(today, key.day))


def _keys(folder: Path, head: Head, key: RecoveryKey) -> int:
    """Day keys under a root of the new card's own; how many had expired."""
    keyring, expired = Keyring.open(folder), 0
    for capsule in head.capsules:
        if capsule.box.last < key.day:
            expired += 1
            continue
        keyring.adopt(capsule.day, capsule.name, key.open(capsule.box, capsule_about(capsule.day, capsule.name)))
    return expired


def _place(part: Path, name: str) -> Path:
    """Where a file of the backup goes; only into the folders that a state has."""
    folder, _, rest = name.partition("/")
    parts = rest.split("/") if folder in _WITH_FOLDERS else [rest]
    known = name in _ALONE or (folder in _FOLDERS and all(part and "/" not in part for part in parts))
    if not known or not {"..", "."}.isdisjoint(parts) or "\0" in name:
        raise LogbookBroken(f"the backup holds a file of no known place: {name!r}")
    return part / name


def _write(path: Path, parts: Iterator[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    secret = path.suffix == ".pem" or path.name == "cookie.key"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o640)
    with os.fdopen(descriptor, "wb") as file:
        for part in parts:
            file.write(part)


def _must_fit(folder: Path, size: int) -> None:
    free = os.statvfs(folder)
    if free.f_bavail * free.f_frsize < size + _SPARE:
        raise KioskError(f"{folder}: full; {size >> 20} MiB do not fit on this card")


# --- A new epoch ------------------------------------------------------------------------------------------


def _begin_epoch(part: Path, head: Head, epoch: int, boot: str, now: datetime, step: Step) -> int:
    """Proves the log, and writes its first row of the new epoch; how many rows it has then."""
    path = part / LOGBOOK
    found = None
    for found in verify.check(path):
        step("proving", found.rows, head.seq)
    if found is None or found.broken or (found.rows, found.head.hex()) != (head.seq, head.hash):
        raise LogbookBroken(f"the log in the backup does not hold after row {found.rows if found else 0}")
    with ExitStack() as held:
        db = sqlite3.connect(path)
        held.callback(db.close)
        with db:
            db.execute("UPDATE meta SET value = ? WHERE name = 'epoch'", (epoch,))
    moment = max(now, head.made + timedelta(milliseconds=1))
    book = Logbook.open(
        path,
        Keyring.open(part / "gate" / "keys"),
        kiosk=head.kiosk,
        boot=boot,
        clock_state=lambda: "degraded",
        now=lambda: moment,
        monotonic_ns=lambda: 0,
    )
    with suppress(KeyMissing):
        book.append(Draft(EntryKind.RESTORED, moment, detail=f"{head.epoch} {head.seq} {entry.iso(head.made)}"))
    book.close()
    for left in ("lock", "readers"):
        path.with_name(f"{path.name}.{left}").unlink(missing_ok=True)
    if (part / DESK).exists():
        _forget_sessions(part / DESK)
    return found.rows + 1


def _forget_sessions(desk: Path) -> None:
    """Whoever was logged in on the old card is not on the new one."""
    with ExitStack() as held:
        db = sqlite3.connect(desk)
        held.callback(db.close)
        try:
            with db:
                db.execute("DELETE FROM session")
            db.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.DatabaseError as error:
            raise LogbookBroken(f"the desk's database in the backup is damaged: {error}") from error


# --- Into place -------------------------------------------------------------------------------------------


def _pieces(decided: Path) -> list[str]:
    """What is still to be moved; the logbook last, so that a gate that sees it sees everything."""
    found = [name for name in _ALONE if (decided / name).exists()]
    for folder in reversed(_FOLDERS):
        found += sorted(f"{folder}/{each.name}" for each in (decided / folder).glob("*"))
    return sorted(found, key=lambda name: name == LOGBOOK)


def _move(state: Path, aside: str) -> Path | None:
    """Moves every piece to its place, the old one aside before it."""
    decided, old = state / DECIDED, state / aside
    for name in _pieces(decided):
        there = state / name
        there.parent.mkdir(parents=True, exist_ok=True)
        for former in (there, *(there.with_name(there.name + tail) for tail in ("-wal", "-shm"))):
            if former.exists() and (former.is_dir() or former.stat().st_size or former != there):
                (old / name).parent.mkdir(parents=True, exist_ok=True)
                former.rename(old / Path(name).parent / former.name)
        _belong(decided / name, there.parent)
        (decided / name).rename(there)
        _sync(there.parent)
    shutil.rmtree(decided)
    _sync(state)
    return old if old.exists() else None


def _belong(moved: Path, folder: Path) -> None:
    """Gives what is moved to whom the folder belongs: said by root, run by the services' users."""
    if os.geteuid() != 0:
        return
    to = folder.stat()
    for each in (moved, *(moved.rglob("*") if moved.is_dir() else ())):
        os.chown(each, to.st_uid, to.st_gid)


def _sync_tree(folder: Path) -> None:
    for each in (folder, *folder.rglob("*")):
        _sync(each)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
