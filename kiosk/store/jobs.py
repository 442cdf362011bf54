"""Long exports in the background, each in a folder of its own that vanishes with it, also after a crash."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from kiosk.core.faults import KioskError

_LOCK = "lock"
_BROKE = "something broke in the kiosk; the log of its service says what"
_MOST = 4  # at a time; the next one is refused


class JobState(StrEnum):
    """How far a job is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Cancelled(Exception):
    """Somebody wants the job to end."""


class TooManyJobs(KioskError, RuntimeError):
    """Enough exports are running; wait for one of them."""


@dataclass
class Job:
    """One export: rows done of how many, and where its file is once it is done."""

    id: str
    total: int
    file: Path
    done: int = 0
    state: JobState = JobState.RUNNING
    error: str = ""
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)
    _alarm: threading.Timer | None = field(default=None, repr=False)

    def step(self, rows: int) -> None:
        """Notes progress. Raises Cancelled when the job is to end."""
        self.done += rows
        if self._stop.is_set():
            raise Cancelled

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether the job ended in that time."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self.state is not JobState.RUNNING


Work = Callable[[Path, Path, Callable[[int], None]], object]  # file to write, folder for what is temporary, progress


@contextmanager
def workplace(parent: Path) -> Iterator[Path]:
    """A folder for one job under `parent`, locked while it is in use, gone afterwards. Left ones are cleared away."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep(parent)
    folder = parent / secrets.token_hex(8)
    folder.mkdir(mode=0o700)
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep(parent: Path) -> int:
    """Removes the folders of jobs whose process died; how many they were."""
    swept = 0
    for folder in parent.iterdir() if parent.exists() else ():
        try:
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue  # being made just now, or none of ours
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
            swept += 1
        except BlockingIOError:
            pass
        finally:
            os.close(lock)
    return swept


class Jobs:
    """The exports of one process. Safe to use from several threads."""

    def __init__(self, parent: Path, kept: timedelta | None = None) -> None:
        """Jobs under `parent`, where those of a process that died are cleared away.

        `kept`: so long after its end a job is dropped with its file; None leaves that to whoever began it.
        """
        self._parent, self._kept = parent, kept
        self._guard = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._folders: dict[str, object] = {}
        sweep(parent)

    def start(self, work: Work, total: int, name: str) -> Job:
        """Begins `work` in a thread of its own; its file will be called `name`. Raises TooManyJobs, OSError."""
        with self._guard:
            if sum(job.state is JobState.RUNNING for job in self._jobs.values()) >= _MOST:
                raise TooManyJobs("enough exports are running; wait for one of them")
            place = workplace(self._parent)
            folder = place.__enter__()
            job = Job(secrets.token_hex(8), total, folder / name)
            self._jobs[job.id], self._folders[job.id] = job, place
            job._thread = threading.Thread(target=self._run, args=(job, work, folder), name="export", daemon=True)
            job._thread.start()
            return job

    def find(self, job_id: str) -> Job | None:
        """The job of that id."""
        with self._guard:
            return self._jobs.get(job_id)

    def drop(self, job_id: str) -> None:
        """Ends a job, if it still runs, and removes everything of it."""
        with self._guard:
            job, place = self._jobs.pop(job_id, None), self._folders.pop(job_id, None)
        if job is None or place is None:
            return
        job._stop.set()
        job.wait()
        if job._alarm is not None:
            job._alarm.cancel()
        place.__exit__(None, None, None)  # type: ignore[attr-defined]

    def _run(self, job: Job, work: Work, folder: Path) -> None:
        try:
            _run(job, work, folder)
        finally:
            if self._kept is not None:
                job._alarm = threading.Timer(self._kept.total_seconds(), self.drop, (job.id,))
                job._alarm.daemon = True
                job._alarm.start()

    def close(self) -> None:
        """Ends all of them."""
        for job_id in list(self._jobs):
            self.drop(job_id)


def _run(job: Job, work: Work, folder: Path) -> None:
    """Any other error than these ends the job too; Python then writes it on stderr, with where it happened."""
    ended, said = JobState.FAILED, _BROKE
    try:
        work(job.file, folder, job.step)
        ended, said = JobState.DONE, ""
    except Cancelled:
        ended, said = JobState.CANCELLED, ""
    except (KioskError, OSError) as error:
        said = str(error)
    finally:
        job.error, job.state = said, ended
        if ended is not JobState.DONE:
            with suppress(OSError):  # else it goes with the job
                _empty(folder)


def _empty(folder: Path) -> None:
    """Removes what a job left half-way; its folder and its lock go with the job."""
    for path in folder.iterdir():
        if path.name != _LOCK:
            path.unlink()
