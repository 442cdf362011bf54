"""A backup: everything a new card needs, in one encrypted file, made while the gate runs and read again afterwards.

The databases are copied through SQLite's own backup, in small steps, from one moment of each; the copy is a file
without a name, so that nothing plain is left whatever happens. Day keys go in sealed to the last day on which what
they hide may be read (`recovery.py`), so that forgetting reaches backups too. See docs/backup.md.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from kiosk.core.faults import KioskError, LogbookBroken
from kiosk.store import archive, owning, questions
from kiosk.store.archive import Capsule, Head
from kiosk.store.keys import Keyring
from kiosk.store.recovery import RecoveryPublic

SUFFIX = ".kioskbackup"
LOGBOOK, DESK = "gate/logbook.db", "web/desk.db"
_STEP_PAGES = 256  # 1 MiB of a database in one step
_READ = 1 << 20
_SPARE = 16 << 20  # bytes that a target must have left

Step = Callable[[str, int, int], None]  # what is being done, how far, of how much


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into a backup. `files` are small ones beside the databases, by their name inside."""

    kiosk: str
    logbook: Path
    desk: Path
    files: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Kept:
    """How long what is in a backup may be read: days after each day for its sealed fields, and for the whole."""

    classes: Mapping[str, int]
    backup: int
    newest: int  # backups of this kiosk that stay at the target


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was written and read again."""

    path: Path
    head: Head
    size: int
    removed: tuple[Path, ...]  # older ones

    @property
    def last(self) -> date:
        """The last day on which it can be read."""
        return self.head.key.last


def make(
    contents: Contents, keyring: Keyring, public: RecoveryPublic, target: Path, kept: Kept, now: datetime, step: Step
) -> Made:
    """Writes a backup into the folder `target`, reads it again, and then removes the ones it replaces.

    The file is there whole or not at all. Raises KioskError with one line: a folder that is missing or full, a
    database that is damaged, a file that came back different.
    """
    now = now.astimezone(UTC)
    _must_be_folder(target)
    with ExitStack() as held:
        held.enter_context(_alone(target, contents.kiosk))
        log = held.enter_context(_snapshot(contents.logbook, contents.logbook.parent, step))
        desk = (
            held.enter_context(_snapshot(contents.desk, contents.logbook.parent, step))
            if contents.desk.exists()
            else None
        )
        files = {name: path.read_bytes() for name, path in contents.files.items() if path.is_file()}
        sizes = {LOGBOOK: log.size} | ({DESK: desk.size} if desk else {})
        sizes |= {name: len(data) for name, data in files.items()}
        _must_fit(target, sum(sizes.values()))
        key = secrets.token_bytes(32)
        head = _head(contents.kiosk, log, keyring, public, kept, now, key)
        name = f"{contents.kiosk}-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}{SUFFIX}"
        partial = target / f".{name}.partial"
        held.callback(_tidy, partial)
        try:
            with partial.open("xb") as out:
                digest = _write(out, head, key, sizes, {LOGBOOK: log, DESK: desk}, files, step)
                out.flush()
                os.fsync(out.fileno())
            _read_again(partial, key, digest, step)
            partial.replace(target / name)
            _sync(target)
        except OSError as error:
            if isinstance(error, KioskError):
                raise
            raise KioskError(f"{target}: the backup could not be written ({error.strerror or error})") from error
        size = (target / name).stat().st_size
        removed = _prune(target, contents.kiosk, kept.newest, now.date(), keep=target / name)
        return Made(target / name, head, size, removed)


def backups(target: Path, kiosk: str = "") -> list[tuple[Path, Head]]:
    """The backups in a folder whose head can be read, the newest last; of one kiosk where it is named."""
    found = []
    for path in sorted(target.glob(f"*{SUFFIX}")):
        with suppress(LogbookBroken, OSError), path.open("rb") as file:
            head = archive.read_head(file)[0]
            if not kiosk or head.kiosk == kiosk:
                found.append((path, head))
    return sorted(found, key=lambda each: (each[1].made, each[0].name))


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """A database as it was at one moment, in a file without a name."""

    file: BinaryIO
    size: int
    epoch: int = 0
    seq: int = 0
    hash: bytes = b""

    def parts(self) -> Iterator[bytes]:
        self.file.seek(0)
        while part := self.file.read(_READ):
            yield part


@contextmanager
def _snapshot(path: Path, folder: Path, step: Step) -> Iterator[_Snapshot]:
    """The database at `path`, copied a little at a time: its owner goes on writing and waits for nothing."""
    for left in folder.glob(".copy-*"):  # of one that was killed; what it held has no name any more
        shutil.rmtree(left, ignore_errors=True)
    with ExitStack() as held:
        temporary = folder / f".copy-{os.getpid()}"
        held.callback(shutil.rmtree, temporary, ignore_errors=True)  # before it is made: Ctrl-C may come in between
        try:
            temporary.mkdir(mode=0o700)
            copy = temporary / path.name
            file = held.enter_context(copy.open("x+b"))
            with owning.reading(path) as source:
                # One moment of the file, however long the copy takes: without the read it would begin anew with each
                # row that the owner writes meanwhile.
                source.execute("BEGIN")
                source.execute("SELECT count(*) FROM sqlite_master").fetchone()
                into = held.enter_context(_closing(sqlite3.connect(copy, isolation_level=None)))
                into.execute("PRAGMA journal_mode = OFF")
                into.execute("PRAGMA cache_size = 0")
                copy.unlink()
                source.backup(
                    into, pages=_STEP_PAGES, progress=lambda _, left, total: step(path.name, total - left, total)
                )
            # A file without a name can have no write-ahead log: https://sqlite.org/fileformat2.html §1.3.3
            os.pwrite(file.fileno(), b"\1\1", 18)
            into.execute("PRAGMA cache_size = -2000")
            if (said := into.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                raise LogbookBroken(f"{path}: damaged ({said}); the newest backup before this one may be whole")
            snapshot = _Snapshot(file, os.fstat(file.fileno()).st_size)
            if path.name == Path(LOGBOOK).name:
                questions.check_tail(into, 256)
                seq, head = questions.tail(into)
                epoch = into.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
                snapshot = _Snapshot(file, snapshot.size, epoch[0] if epoch else 0, seq, head)
        except sqlite3.DatabaseError as error:
            raise LogbookBroken(f"{path}: cannot be copied: {error}") from error
        except OSError as error:
            if isinstance(error, KioskError):
                raise
            raise KioskError(f"{path}: cannot be copied ({error.strerror or error})") from error
        yield snapshot


@contextmanager
def _closing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield connection
    finally:
        connection.close()


def _head(
    kiosk: str, log: _Snapshot, keyring: Keyring, public: RecoveryPublic, kept: Kept, now: datetime, key: bytes
) -> Head:
    today = now.date()
    capsules = []
    for day, name, secret in keyring.held():  # after the copy: no row in it is younger than its key
        last = day + timedelta(days=kept.classes.get(name, min(kept.classes.values())))
        if last >= today:
            capsules.append(Capsule(day=day, name=name, box=public.seal(secret, last, capsule_about(day, name))))
    return Head(
        kiosk=kiosk,
        epoch=log.epoch,
        seq=log.seq,
        hash=log.hash.hex(),
        made=now,
        recovery=public.id,
        key=public.seal(key, today + timedelta(days=kept.backup), archive.file_key_about(kiosk, log.epoch, now)),
        capsules=tuple(capsules),
    )


def capsule_about(day: date, name: str) -> bytes:
    """What a sealed day key is bound to."""
    return f"{day.isoformat()}.{name}".encode()


def _write(
    out: BinaryIO,
    head: Head,
    key: bytes,
    sizes: Mapping[str, int],
    databases: Mapping[str, _Snapshot | None],
    files: Mapping[str, bytes],
    step: Step,
) -> bytes:
    writer, total, done = archive.Writer.begin(out, head, key), sum(sizes.values()), 0
    for name, size in sizes.items():
        snapshot = databases.get(name)
        for_it = snapshot.parts() if snapshot else iter([files[name]])

        def counted(parts: Iterator[bytes] = for_it) -> Iterator[bytes]:
            nonlocal done
            for part in parts:
                yield part
                done += len(part)
                step("writing", done, total)

        writer.member(name, size, counted())
    return writer.end()


def _read_again(path: Path, key: bytes, digest: bytes, step: Step) -> None:
    """From the medium, not from memory, as far as the kernel lets go of it."""
    size, found = path.stat().st_size, sha256()
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        _, encoded = archive.read_head(file)
        for part in archive.plain_parts(file, key, encoded):
            found.update(part)
            step("verifying", file.tell(), size)
    if found.digest() != digest:
        raise LogbookBroken(f"{path.parent}: what was read back is not what was written; use another medium")


def _prune(target: Path, kiosk: str, newest: int, today: date, keep: Path) -> tuple[Path, ...]:
    """Removes what the new backup replaces, and what may not be read any more."""
    every = [(path, head) for path, head in backups(target, kiosk) if path != keep]
    stays = {path for path, _ in every[max(0, len(every) - (newest - 1)) :]}
    doomed = [path for path, head in every if path not in stays or head.key.last < today]
    removed = []
    with suppress(OSError):  # the new one is good; the next removes what is left
        for path in doomed:
            path.unlink(missing_ok=True)
            removed.append(path)
        _sync(target)
    return tuple(removed)


def _must_be_folder(target: Path) -> None:
    if not target.is_dir():
        raise KioskError(f"{target}: no such folder; is the stick plugged in and mounted?")
    if not os.access(target, os.W_OK):
        raise KioskError(f"{target}: this user may not write here")


def _must_fit(target: Path, size: int) -> None:
    free = os.statvfs(target)
    if free.f_bavail * free.f_frsize < size + _SPARE:
        raise KioskError(f"{target}: full; a backup of {size >> 20} MiB does not fit, remove older files")


@contextmanager
def _alone(target: Path, kiosk: str) -> Iterator[None]:
    """One backup at a time into a folder; what an earlier one that was killed left there goes."""
    descriptor = os.open(target, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise KioskError(f"{target}: another backup is being written here") from error
        for left in target.glob(f".{kiosk}-*{SUFFIX}.partial"):
            _tidy(left)
        yield
    finally:
        os.close(descriptor)


def _tidy(left: Path) -> None:
    """Removes a file that does not count; where the disk refuses that too, the next backup does it."""
    with suppress(OSError):
        left.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
