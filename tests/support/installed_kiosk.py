"""The kiosk as systemd runs it, seen by its administrator: units, what they are and were, what the gate says."""

from __future__ import annotations

import ctypes
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from kiosk.core.faults import LinkDown
from kiosk.core.view import GateView
from kiosk.services.discipline import _libc, _Timex
from kiosk.settings import Places
from tests.support.gates import view
from tests.support.kernel_devices import HeaderLines

AT = Places(state=Path("/var/lib/kiosk"), runtime=Path("/run/kiosk"))
GATE, WEB, RESOLVER, SCANNER = "kiosk-gate", "kiosk-web", "kiosk-resolver", "kiosk-scanner@main"
UNITS = (GATE, WEB, RESOLVER, SCANNER)
SETTINGS = Path("/etc/kiosk/kiosk.toml")
LOOK_EVERY_S = 0.1
HOST_TOOK = Path("/out/waited")  # tests/devices/guest/pace.py
STARTS_WITHIN_S = 60.0  # Python's start is slow in the guest


def systemctl(*arguments: str) -> str:
    """What systemctl says. Raises CalledProcessError."""
    done = subprocess.run(["systemctl", *arguments], check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


def shows(unit: str, name: str) -> str:
    return systemctl("show", "--value", f"--property={name}", f"{unit}.service")


def pid(unit: str) -> int:
    return int(shows(unit, "MainPID"))


def active(unit: str) -> bool:
    return shows(unit, "ActiveState") == "active"


def restarts() -> dict[str, int]:
    return {unit: int(shows(unit, "NRestarts")) for unit in UNITS}


def journal(unit: str) -> str:
    done = subprocess.run(
        ["journalctl", "--no-pager", "-o", "cat", "-n", "60", "-u", unit],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.stdout


def gate() -> GateView:
    return view(AT)


def device(name: str) -> str:
    return next(each.state for each in gate().devices if each.name == name)


def detail(name: str) -> str:
    return next(each.detail for each in gate().devices if each.name == name)


def lit_soon(header: HeaderLines, line: int, within_s: float) -> None:
    """Waits for a lamp; where it stays dark, says what the gate thinks of the visit."""
    try:
        soon(lambda: header.lit(line), within_s=within_s)
    except AssertionError as late:
        lane = gate().lanes[0]
        raise AssertionError(f"GPIO{line} stayed dark: {lane.current} {lane.out_of_order} {conditions()}") from late


def conditions() -> set[str]:
    return {each.condition for each in gate().conditions}


def keep_the_clock() -> None:
    """Tells the kernel that its clock is right, as whoever synchronises it does: in a guest it is the host's."""
    status, largest_error = 0x0010, 0x0004  # ADJ_STATUS, ADJ_MAXERROR: linux/timex.h
    assert _libc.adjtimex(ctypes.byref(_Timex(modes=status | largest_error, status=0, maxerror=0))) >= 0


def soon(what: Callable[[], object], within_s: float = STARTS_WITHIN_S) -> object:
    """As `eventually`, but asking less often: in the guest each question takes from those who are to answer.

    Time in which the guest's host had no processor for it does not count.
    """
    began_s, took_s = time.monotonic(), _host_took_s()
    while True:
        try:
            answer = what()
        except (LinkDown, OSError):
            answer = None
        if answer:
            return answer
        passed_s = time.monotonic() - began_s
        assert passed_s - (_host_took_s() - took_s) < within_s, f"did not come about within {within_s:g} s"
        time.sleep(LOOK_EVERY_S)


def _host_took_s() -> float:
    try:
        return float(HOST_TOOK.read_text())
    except (OSError, ValueError):  # not yet
        return 0.0
