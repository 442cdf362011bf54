"""Runs the guest: a process without root and without KVM, which ends in time whatever happens in it."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.devices.guest.cache import GuestError
from tests.devices.guest.pace import Pace

MEMORY_MB = 1536
GOES_FIRST = "-15"  # of the whole guest: its tests hold limits in seconds, on whatever else the machine does
NOISE = ("Core dump limits", "Checking ", "Adding ", "Linux version")  # of the kernel before it is told to be quiet


def run(kernel: Path, image: Path, project: Path, arguments: str, within_s: float) -> int:
    """Boots the guest with the tests of `project`, shows what they say, and gives pytest's exit code.

    Raises GuestError when the guest does not get so far, or not within the time.
    """
    with tempfile.TemporaryDirectory(prefix="kiosk-guest-", dir=_roomy()) as folder:
        out = Path(folder) / "out"
        out.mkdir()
        (out / "arguments").write_text(arguments)
        command = [
            str(kernel / "linux"), f"mem={MEMORY_MB}M", f"ubd0={folder}/changes,{image}", "root=/dev/ubda", "rw",
            "con0=fd:0,fd:1", "con=null", "ssl=null", "console=tty0", "quiet", "panic=-1",
            "systemd.show_status=0", f"kiosk_src={project}", f"kiosk_out={out}",
        ]  # fmt: skip
        for line in _lines(command, Path(folder), out, within_s):
            print(line, flush=True)
        results = out / "results.xml"
        if results.exists() and (kept := os.environ.get("KIOSK_GUEST_RESULTS")):
            shutil.copy(results, kept)
        if not (out / "status").exists():
            raise GuestError("the guest ended before its tests did; what it said is above")
        return int((out / "status").read_text())


def _roomy() -> str | None:
    """Where the guest's memory and its changes to the disk lie: in memory, where there is enough."""
    shared = Path("/dev/shm")
    try:
        about = os.statvfs(shared)
    except OSError:
        return None
    runs_programs = not about.f_flag & os.ST_NOEXEC
    return str(shared) if runs_programs and about.f_bavail * about.f_frsize > 2 * MEMORY_MB * 1024 * 1024 else None


def _lines(command: list[str], folder: Path, out: Path, within_s: float) -> Iterator[str]:
    ends_s = time.monotonic() + within_s
    stdin, keep_open = os.pipe()
    with subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        env=os.environ | {"TMPDIR": str(folder), "HOME": str(folder)},
    ) as guest:  # fmt: skip
        assert guest.stdout is not None
        with suppress(OSError):  # only root may, and only some kernels have it
            Path(f"/proc/{guest.pid}/autogroup").write_text(GOES_FIRST)
        pace = Pace(guest.pid, out)
        try:
            rest = b""
            while (left_s := ends_s - time.monotonic()) > 0:
                if not select.select([guest.stdout], [], [], left_s)[0]:
                    break
                if not (part := os.read(guest.stdout.fileno(), 65536)):
                    return
                *lines, rest = (rest + part).split(b"\n")
                yield from (line for line in map(_text, lines) if line and not line.startswith(NOISE))
            raise GuestError(f"the guest did not end within {within_s:g} s; it was stopped")
        finally:
            pace.close()
            _kill(guest)
            os.close(stdin)
            os.close(keep_open)


def _text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip()


def _kill(guest: subprocess.Popen[bytes]) -> None:
    """The guest's programs are processes of its session; they go with it."""
    try:
        os.killpg(guest.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
