"""Files that survive a power cut: written whole, and their names written down as well.

A name is on the disk only when its folder was synced, and a process may die between writing and syncing. So what
is found is settled once before anything relies on it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def write(path: Path, data: bytes, mode: int) -> None:
    """A file that is either whole and on the disk, or as it was before. Raises OSError."""
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        if os.write(descriptor, data) < len(data):  # a disk that is nearly full takes a part
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(fresh))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(path)
    sync(path.parent)


def give(path: Path, folder: Path) -> None:
    """Gives a file or folder to whom `folder` belongs: written by root, used by a service's user. Raises OSError."""
    if os.geteuid() == 0:
        to = folder.stat()
        for each in (path, *(path.rglob("*") if path.is_dir() else ())):
            os.chown(each, to.st_uid, to.st_gid)


def secret(path: Path, size: int, mode: int, random: Callable[[int], bytes] = os.urandom) -> bytes:
    """The `size` random bytes in a file, made on first use; a file that a power cut left in part counts as none.

    Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        found = path.read_bytes()
        if len(found) == size:
            return found
    fresh = random(size)
    write(path, fresh, mode)
    return fresh


def settle(path: Path) -> None:
    """Brings a file or folder that is there to the disk, with its name and those of the folders above it.

    Goes up as far as this user could have made them, within one file system. Raises OSError.
    """
    device = path.stat().st_dev
    for each in (path, *path.absolute().parents):
        if each.stat().st_dev != device or not os.access(each, os.W_OK):
            return
        sync(each)


def sync(path: Path) -> None:
    """Brings the data of a file, or the names in a folder, to the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
