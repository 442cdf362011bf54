"""A small file that pages change: written whole, never over somebody else's change, the ones before it kept."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kiosk.core.faults import KioskError
from kiosk.store import durable

KEPT = 30  # versions before the newest
_BEFORE = "before"
_NAME = re.compile(r"(\d{8}T\d{6})Z-([0-9a-f]{12})\.toml")
_STAMP = "%Y%m%dT%H%M%S"


class ChangedMeanwhile(KioskError, RuntimeError):
    """The file is not the one that the change was made for."""


class Unwritable(KioskError, OSError):
    """The file could not be written; it is as it was."""


@dataclass(frozen=True, slots=True)
class Version:
    """A file as it was until `until`."""

    mark: str
    until: datetime
    path: Path

    def read(self) -> bytes:
        """What it held. Raises OSError."""
        return self.path.read_bytes()


def mark(data: bytes) -> str:
    """By which one content of a file is told from another."""
    return hashlib.sha256(data).hexdigest()[:12]


class Versions:
    """The file at `path`, and the ones before it in a folder beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = path.parent / _BEFORE

    def write(self, data: bytes, before: bytes, now: datetime) -> None:
        """Takes the place of `before`, which is kept; `b""` is a file that is not there.

        Raises ChangedMeanwhile where the file holds something else by now, Unwritable.
        """
        try:
            with self._alone():
                self._replace(data, before, now)
        except OSError as error:
            why = error.strerror or "unknown reason"
            raise Unwritable(f"{self._path}: cannot be written ({why}); check the folder and the disk") from error

    def _replace(self, data: bytes, before: bytes, now: datetime) -> None:
        if self.read(b"") not in (before, b""):
            raise ChangedMeanwhile(f"{self._path}: somebody changed it meanwhile")
        self._folder.mkdir(exist_ok=True)
        durable.write(self._folder / f"{now.astimezone(UTC):{_STAMP}}Z-{mark(before)}.toml", before, 0o640)
        durable.write(self._path, data, 0o640)
        for old in self.list()[KEPT:]:
            old.path.unlink()

    def read(self, otherwise: bytes) -> bytes:
        """What the file holds, or `otherwise` where there is none. Raises OSError."""
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return otherwise

    def list(self) -> tuple[Version, ...]:
        """The versions before, the newest first."""
        found = []
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            if match := _NAME.fullmatch(path.name):
                until = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
                found.append(Version(match[2], until, path))
        return tuple(sorted(found, key=lambda version: version.path.name, reverse=True))

    def find(self, wanted: str) -> Version | None:
        """The version of that mark."""
        return next((version for version in self.list() if version.mark == wanted), None)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time, of whatever process."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._path.parent / ".lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
