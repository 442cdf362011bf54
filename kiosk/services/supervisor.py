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

from kiosk.locale import gettext as _

PR_SET_PDEATHSIG = 1  # linux/prctl.h
SUPERVISED = "KIOSK_SUPERVISED"  # set for children: they end when their supervisor does
LOOK_EVERY_S = 0.05
LONGEST_TURN_S = 0.1  # what goes beyond it is nobody's silence: the supervisor was stopped, starved, or busy
MOST_HEARD = 100  # messages of one process in one turn, so that one that never stops talking holds up nobody
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
    silent_s: float = 0.0  # since it was last heard, or started, as far as anybody listened
    heard_turn: Turn = Turn()
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
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`changed` tells which processes have to start anew, by name, and with which arguments from then on.

        `errand` gives the arguments of a command that somebody waits for; it runs once, beside the others.
        """
        self._children = list(children)
        self._changed, self._errand = changed, errand
        self._running_errand: subprocess.Popen[bytes] | None = None
        self._monotonic_s = monotonic_s
        self._asked_s = self._listened_s = monotonic_s()
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
                self.turn()
                if not told and all(child.ready for child in self._children):
                    told = True
                    ready()
        finally:
            self._end()

    def turn(self) -> None:
        """One turn: what the children said meanwhile is heard before any of them is judged."""
        self._listen()
        if self._stopping:  # while it listened: whoever ends now is not started anew
            return
        for child in self._children:
            self._keep(child)
        self._renew()

    def _listen(self) -> None:
        heard = [key.data for key, _ in self._selector.select(timeout=LOOK_EVERY_S)]
        now_s = self._monotonic_s()
        passed_s, self._listened_s = min(now_s - self._listened_s, LONGEST_TURN_S), now_s
        for child in self._children:
            child.silent_s += passed_s
        for child in heard:
            _hear(child)

    def _keep(self, child: Child) -> None:
        if child.process is None:
            if self._monotonic_s() >= child.not_before_s:
                self._start(child)
            return
        code = child.process.poll()
        if code is not None:
            self._say(_("%(who)s has ended (%(how)s); starting it anew", who=child.name, how=_how(code)))
        elif _hangs(child, child.process.pid):
            self._say(_("%(who)s has fallen silent; starting it anew", who=child.name))
            child.process.kill()
            child.process.wait()
        else:
            return
        self._bury(child)

    def _renew(self) -> None:
        """Lets those start anew whose settings changed; the others go on."""
        now_s = self._monotonic_s()
        if now_s - self._asked_s < CHANGED_EVERY_S:
            return
        self._asked_s = now_s
        anew = self._changed()
        for child in self._children:
            if child.name in anew:
                self._say(_("%(who)s: the settings changed; starting it anew", who=child.name))
                child.arguments = anew[child.name]
                if child.process is not None:
                    child.process.terminate()
        self._run_errand()

    def _run_errand(self) -> None:
        if self._running_errand is not None and self._running_errand.poll() is None:
            return
        arguments = self._errand()
        self._running_errand = self._begin(arguments, os.environ) if arguments else None

    def _bury(self, child: Child) -> None:
        now_s = self._monotonic_s()
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
        child.started_s, child.silent_s, child.heard_turn = self._monotonic_s(), 0.0, Turn()
        child.process = self._begin(child.arguments, environment)

    def _begin(self, arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "kiosk", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is the supervisor's to pass on, in order
        )

    def _end(self) -> None:
        """Last started, first ended; whoever does not end in time is killed."""
        if self._running_errand is not None:
            _stop(self._running_errand)
        for child in reversed(self._children):
            if child.process is None:
                continue
            if not _stop(child.process):
                self._say(_("%(who)s does not end by itself; killed", who=child.name))
            self._bury(child)
        self._selector.close()


def _hear(child: Child) -> None:
    """Takes in what it said; only for one that said something."""
    if child.channel is None or child.process is None:
        return
    child.silent_s, child.heard_turn = 0.0, turn_of(child.process.pid)
    with suppress(BlockingIOError):
        for _ in range(MOST_HEARD):
            message = child.channel.recv(4096)
            child.ready = child.ready or b"READY=1" in message.split(b"\n")


def _hangs(child: Child, pid: int) -> bool:
    """Whether it has been silent for too long, and not for want of the processor."""
    most_s = child.watchdog_s if child.ready else READY_WITHIN_S
    if child.silent_s <= most_s:
        return False
    return child.silent_s > MOST_STARVED * most_s or not starved(turn_of(pid), child.heard_turn, most_s)


def _stop(process: subprocess.Popen[bytes]) -> bool:
    """Ends a process; whether it went by itself, or had to be killed."""
    process.terminate()
    try:
        process.wait(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def end_with_supervisor() -> None:
    """For a child: the kernel ends this process when its supervisor is gone, even if that was killed."""
    supervisor = os.environ.get(SUPERVISED, "")
    if not supervisor:
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if str(os.getppid()) != supervisor:
        sys.exit("the supervisor is gone")


def _how(code: int) -> str:
    if code < 0:
        return _("signal %(name)s", name=signal.Signals(-code).name)
    return _("exit code %(code)d", code=code)
