"""A file of `--out` that is there when it is whole: nothing is left of one that was aborted, however that came."""

from __future__ import annotations

import errno
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_MODE = 0o666  # less what the user's mask takes away
_WITHOUT_NAME = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT)  # FAT, older kernels, no /proc


@contextmanager
def written(out: Path) -> Iterator[BinaryIO]:
    """The file `out`, which takes its place when the block ends well; `-` is standard output. Raises OSError.

    Until then it has no name where the file system allows that, so that even a killed process leaves nothing.
    """
    if str(out) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif out.exists() and not out.is_file():
        with out.open("wb") as device:
            yield device
    else:
        fresh = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
        try:
            with os.fdopen(_begin(fresh), "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
                if not fresh.exists():
                    # Only with a descriptor of a folder, which is not used here, does Python follow the link.
                    os.link(f"/proc/self/fd/{file.fileno()}", fresh, src_dir_fd=file.fileno(), follow_symlinks=True)
            fresh.replace(out)
        finally:
            fresh.unlink(missing_ok=True)


def _begin(fresh: Path) -> int:
    if Path("/proc/self/fd").exists():
        try:
            return os.open(fresh.parent, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, _MODE)
        except OSError as error:
            if error.errno not in _WITHOUT_NAME or not fresh.parent.is_dir():
                raise
    return os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
