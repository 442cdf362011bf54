"""Starts the processes of one kiosk on one machine and keeps them alive, as systemd does when installed.

It speaks systemd's own protocol with them (READY, WATCHDOG), so that a service has one way of saying how it
is. A process that dies, or falls silent, is started anew at once; one that keeps dying, every few seconds.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h
SUPERVISED = "KIOSK_SUPERVISED"  # set for children: they end when their supervisor does
LOOK_EVERY_S = 0.05
CHANGED_EVERY_S = 1.0  # so often it is asked whether settings changed
READY_WITHIN_S = 60.0  # of silence while it starts: a slow camera takes seconds to open
MOST_STARVED = 8  # times its watchdog, after which even a process that waits for the processor is started anew
PATIENCE_S = 5.0  # a process may take so long to end
SHORT_LIFE_S = 2.0
SHORT_LIVES = 5  # after so many short lives in a row it is started only every PAUSE_S
PAUSE_S = 3.0


@dataclass(frozen=True, slots=True)
class Turn:
    """How a process is: the kernel's letter for its state, and what it has had of the processor."""

    state: str = ""
    used_s: float = 0.0


def turn_of(pid: int) -> Turn:
    """That of a process. Source: proc_pid_stat(5), fields 3, 14 and 15."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return Turn()
    fields = stat.rpartition(")")[2].split()
    return Turn(fields[0], (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))


def starved(now: Turn, heard: Turn, most_s: float) -> bool:
    """Whether it would go on if it were let: one that hangs sleeps, or uses up the time it was given."""
    return now.state in ("R", "D") and now.used_s - heard.used_s < most_s


@dataclass
class Child:
    """One process, and how it is doing."""

    name: str
    arguments: Sequence[str]
    watchdog_s: float
    process: subprocess.Popen[bytes] | None = None
    channel: socket.socket | None = None
    ready: bool = False
    heard_s: float = 0.0
    heard_at: Turn = Turn()
    started_s: float = 0.0
    short_lives: int = 0
    not_before_s: float = 0.0
    environment: dict[str, str] = field(default_factory=dict)


class Supervisor:
    """All processes of one kiosk. `say` gets one line whenever something happens that a person should know."""

    def __init__(
        self,
        children: Sequence[Child],
        say: Callable[[str], None],
        changed: Callable[[], Mapping[str, Sequence[str]]] = dict,
        errand: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """`changed` tells which processes have to start anew, by name, and with which arguments from then on.

        `errand` gives the arguments of a command that somebody waits for; it runs once, beside the others.
        """
        self._children = list(children)
        self._changed, self._errand = changed, errand
        self._running: subprocess.Popen[bytes] | None = None
        self._asked_s = time.monotonic()
        self._say = say
        self._selector = selectors.DefaultSelector()
        self._stopping = False

    def run(self, ready: Callable[[], None]) -> None:
        """Until SIGINT or SIGTERM; `ready` is called once, when every process has said that it is."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(self, "_stopping", True))
        told = False
        try:
            while not self._stopping:
                for child in self._children:
                    self._keep(child)
                self._listen()
                self._renew()
                if not told and all(child.ready for child in self._children):
                    told = True
                    ready()
        finally:
            self._end()

    def _keep(self, child: Child) -> None:
        now_s = time.monotonic()
        if child.process is None:
            if now_s >= child.not_before_s:
                self._start(child)
            return
        if child.process.poll() is None:
            if self._silent(child, now_s):
                self._say(f"{child.name} has fallen silent; starting it anew")
                child.process.kill()
                child.process.wait()
            else:
                return
        elif not self._stopping:
            self._say(f"{child.name} has ended ({_how(child.process.returncode)}); starting it anew")
        self._bury(child)

    def _silent(self, child: Child, now_s: float) -> bool:
        """Whether it has been silent for too long, and not for want of the processor."""
        silent_s = now_s - child.heard_s
        most_s = child.watchdog_s if child.ready else READY_WITHIN_S
        if silent_s <= most_s or child.process is None:
            return False
        return silent_s > MOST_STARVED * most_s or not starved(turn_of(child.process.pid), child.heard_at, most_s)

    def _renew(self) -> None:
        """Lets those start anew whose settings changed; the others go on."""
        now_s = time.monotonic()
        if now_s - self._asked_s < CHANGED_EVERY_S:
            return
        self._asked_s = now_s
        anew = self._changed()
        for child in self._children:
            if child.name in anew:
                self._say(f"{child.name}: the settings changed; starting it anew")
                child.arguments = anew[child.name]
                if child.process is not None:
                    child.process.terminate()
        self._run_errand()

    def _run_errand(self) -> None:
        if self._running is not None and self._running.poll() is None:
            return
        arguments = self._errand()
        self._running = self._begin(arguments, os.environ) if arguments else None

    def _bury(self, child: Child) -> None:
        now_s = time.monotonic()
        child.short_lives = child.short_lives + 1 if now_s - child.started_s < SHORT_LIFE_S else 0
        child.not_before_s = now_s + (PAUSE_S if child.short_lives >= SHORT_LIVES else 0.0)
        child.process, child.ready = None, False
        if child.channel is not None:
            self._selector.unregister(child.channel)
            child.channel.close()
            child.channel = None

    def _start(self, child: Child) -> None:
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        channel.bind(f"\0kiosk-{os.getpid()}-{child.name}-{time.monotonic_ns()}")
        address = channel.getsockname()
        environment = os.environ | child.environment
        environment |= {
            "NOTIFY_SOCKET": "@" + address[1:].decode(),
            "WATCHDOG_USEC": str(int(child.watchdog_s * 1e6)),
            SUPERVISED: str(os.getpid()),
        }
        environment.pop("WATCHDOG_PID", None)
        self._selector.register(channel, selectors.EVENT_READ, child)
        child.channel = channel
        child.started_s = child.heard_s = time.monotonic()
        child.process = self._begin(child.arguments, environment)

    def _begin(self, arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "kiosk", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is the supervisor's to pass on, in order
        )

    def _listen(self) -> None:
        for key, _ in self._selector.select(timeout=LOOK_EVERY_S):
            child: Child = key.data
            with suppress(BlockingIOError):
                while True:
                    message = key.fileobj.recv(4096)  # type: ignore[union-attr]
                    child.heard_s = time.monotonic()
                    child.heard_at = turn_of(child.process.pid) if child.process else Turn()
                    if b"READY=1" in message.split(b"\n"):
                        child.ready = True

    def _end(self) -> None:
        """Last started, first ended; whoever does not end in time is killed."""
        if self._running is not None:
            self._running.terminate()
            try:
                self._running.wait(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._running.kill()
                self._running.wait()
        for child in reversed(self._children):
            if child.process is None:
                continue
            with suppress(ProcessLookupError):
                child.process.terminate()
            try:
                child.process.wait(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._say(f"{child.name} does not end by itself; killed")
                child.process.kill()
                child.process.wait()
            self._bury(child)
        self._selector.close()


def end_with_supervisor() -> None:
    """For a child: the kernel ends this process when its supervisor is gone, even if that was killed."""
    supervisor = os.environ.get(SUPERVISED, "")
    if not supervisor:
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if str(os.getppid()) != supervisor:
        sys.exit("the supervisor is gone")


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
