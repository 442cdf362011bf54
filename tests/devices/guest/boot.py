"""Runs the guest: a process without root and without KVM, which ends in time whatever happens in it."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.devices.guest.cache import GuestError
from tests.devices.guest.pace import Pace

MEMORY_MB = 1536
GOES_FIRST = "-15"  # of the whole guest: its tests hold limits in seconds, on whatever else the machine does
NOISE = ("Core dump limits", "Checking ", "Adding ", "Linux version")  # of the kernel before it is told to be quiet
ASK_S = 1.0


def run(kernel: Path, image: Path, project: Path, shares: Mapping[str, str], within_s: float) -> int:
    """Boots a guest for each of `shares` (name: pytest's arguments), all at once, and shows what they say.

    The worst of pytest's exit codes. Raises GuestError when a guest does not get so far, or not within the time.
    """
    with ExitStack() as ended:
        place = _roomy(len(shares))
        guests = {name: Guest(name, Path(ended.enter_context(_folder(name, place)))) for name in shares}
        for name, guest in guests.items():
            ended.callback(guest.kill)
            guest.boot(kernel, image, project, shares[name])
        for name, line in _lines(guests, within_s):
            print(f"{name}: {line}" if len(guests) > 1 else line, flush=True)
        if kept := os.environ.get("KIOSK_GUEST_RESULTS"):
            for guest in guests.values():
                guest.keep_results(Path(kept))
        return max(guest.status() for guest in guests.values())


def _folder(name: str, place: str | None) -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix=f"kiosk-guest-{name}-", dir=place)


def _roomy(guests: int) -> str | None:
    """Where the guests' memory and their changes to the disk lie: in memory, where there is enough."""
    shared = Path("/dev/shm")
    try:
        about = os.statvfs(shared)
    except OSError:
        return None
    runs_programs = not about.f_flag & os.ST_NOEXEC
    enough = about.f_bavail * about.f_frsize > 2 * guests * MEMORY_MB * 1024 * 1024
    return str(shared) if runs_programs and enough else None


class Guest:
    """One Linux in a process; its memory, its changes to the disk and its results lie in `folder`."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self._folder, self._out = name, folder, folder / "out"
        self._out.mkdir()
        self._rest = b""
        self._process: subprocess.Popen[bytes] | None = None

    def boot(self, kernel: Path, image: Path, project: Path, arguments: str) -> None:
        """Starts it on the tests that `arguments` choose."""
        (self._out / "arguments").write_text(arguments)
        self._stdin, self._keep_open = os.pipe()
        self._process = subprocess.Popen(
            [
                str(kernel / "linux"), f"mem={MEMORY_MB}M", f"ubd0={self._folder}/changes,{image}", "root=/dev/ubda",
                "rw", "con0=fd:0,fd:1", "con=null", "ssl=null", "console=tty0", "quiet", "panic=-1",
                "systemd.show_status=0", f"kiosk_src={project}", f"kiosk_out={self._out}",
            ],
            stdin=self._stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            env=os.environ | {"TMPDIR": str(self._folder), "HOME": str(self._folder)},
        )  # fmt: skip
        with suppress(OSError):  # only root may, and only some kernels have it
            Path(f"/proc/{self._process.pid}/autogroup").write_text(GOES_FIRST)
        self._pace = Pace(self._process.pid, self._out)

    @property
    def says(self) -> int:
        """The file on which it says something."""
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def lines(self) -> list[str] | None:
        """What it said just now; None when it has ended."""
        if not (part := os.read(self.says, 65536)):
            return None
        *lines, self._rest = (self._rest + part).split(b"\n")
        said = (line.decode(errors="replace").rstrip() for line in lines)
        return [line for line in said if line and not line.startswith(NOISE)]

    def status(self) -> int:
        """The exit code of its tests. Raises GuestError where they did not end."""
        if not (self._out / "status").exists():
            raise GuestError(f"the guest {self.name} ended before its tests did; what it said is above")
        return int((self._out / "status").read_text())

    def keep_results(self, folder: Path) -> None:
        """Leaves JUnit's file of its tests in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        if (self._out / "results.xml").exists():
            shutil.copy(self._out / "results.xml", folder / f"{self.name}.xml")

    def kill(self) -> None:
        """Ends it and all of its programs, which are processes of its session; may be called before it was booted."""
        if self._process is None:
            return
        self._pace.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._process.communicate(timeout=10)
        os.close(self._stdin)
        os.close(self._keep_open)


def _lines(guests: Mapping[str, Guest], within_s: float) -> Iterator[tuple[str, str]]:
    """What each guest says, until all have ended. Raises GuestError where that takes too long."""
    ends_s = time.monotonic() + within_s
    with selectors.DefaultSelector() as waiting:
        for guest in guests.values():
            waiting.register(guest.says, selectors.EVENT_READ, guest)
        while waiting.get_map():
            if time.monotonic() > ends_s:
                late = ", ".join(key.data.name for key in waiting.get_map().values())
                raise GuestError(f"the guest did not end within {within_s:g} s and was stopped: {late}")
            for key, _ in waiting.select(ASK_S):
                lines = key.data.lines()
                if lines is None:
                    waiting.unregister(key.fileobj)
                else:
                    yield from ((key.data.name, line) for line in lines)
