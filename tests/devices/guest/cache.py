"""Where the parts of the guest are kept, outside the project: a part whose key is there is not built again."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).parents[3]
HERE = Path(__file__).parent


class GuestError(Exception):
    """The guest cannot be built or does not run; the one line says why."""


def folder() -> Path:
    """Where parts are kept: KIOSK_GUEST, else the user's cache."""
    given = os.environ.get("KIOSK_GUEST")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(given).absolute() if given else caches / "checkpoint-kiosk" / "guest"


@contextmanager
def locked() -> Iterator[Path]:
    """The folder, for one builder at a time. Raises GuestError when it cannot be written."""
    place = folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        lock = (place / "lock").open("w")
    except OSError as error:
        raise GuestError(f"{place} cannot be written ({error.strerror}); name another folder in KIOSK_GUEST") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place


def need_root() -> None:
    """Raises GuestError where a part cannot be made because of that."""
    if os.geteuid() != 0:
        raise GuestError("making the guest's disk needs root (running it does not); say it once as root")


def key(*what: Path | str) -> str:
    """Names what something is made of: texts, files, and all files of folders."""
    digest = hashlib.sha256()
    for each in what:
        for path in sorted(_files(each)) if isinstance(each, Path) else ():
            digest.update(f"\0{path.name}\0".encode())
            digest.update(path.read_bytes())
        if isinstance(each, str):
            digest.update(f"\0{each}\0".encode())
    return digest.hexdigest()[:12]


def _files(path: Path) -> Iterable[Path]:
    if not path.is_dir():
        return [path]
    return (file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)


def forget_others(place: Path, kind: str, kept: Path) -> None:
    """Removes the parts of a kind that an earlier state of the project needed."""
    for old in place.glob(f"{kind}-*"):
        if old != kept and old.is_dir():
            shutil.rmtree(old)
        elif old != kept:
            old.unlink()


def run(what: str, *command: str | Path, log: Path, within_s: float, more: Mapping[str, str] | None = None) -> None:
    """Runs a step of the build. Raises GuestError with what failed, its last line, and where all of it can be read."""
    with log.open("ab") as out:
        out.write(f"$ {' '.join(map(str, command))}\n".encode())
        out.flush()
        began = out.tell()
        try:
            done = subprocess.run(
                [str(part) for part in command],
                stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env=os.environ | {"LC_ALL": "C.UTF-8"} | dict(more or {}), timeout=within_s, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise GuestError(f"{what} took longer than {within_s:g} s; see {log}") from error
        except OSError as error:
            raise GuestError(f"{what} cannot begin: {error}") from error
    if done.returncode:
        said = log.read_bytes()[began:].decode(errors="replace").strip().splitlines()
        reasons = [line for line in said if "error:" in line.lower() or line.startswith("E:")] or said
        raise GuestError(f"{what} failed: {reasons[0] if reasons else f'exit code {done.returncode}'}; see {log}")
