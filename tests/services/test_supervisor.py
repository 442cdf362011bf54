"""Processes are kept alive; real ones, and they really die."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from unittest.mock import Mock

import pytest

from kiosk.services import supervisor
from kiosk.services.supervisor import Child, Supervisor, Turn, starved, turn_of

GOOD = """
import os, sys, time
sys.path.insert(0, {root!r})
from kiosk.services.notify import Notifier
notifier = Notifier.from_environment()
notifier.ready()
open({log!r}, 'a').write(f'{{os.getpid()}} {{time.monotonic()}}\\n')
while not os.path.exists({hang!r}):
    notifier.turn_done(); time.sleep(0.02)
time.sleep(60)
"""


class Kept:
    """A supervisor in a thread, over one scripted child."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str = GOOD) -> None:
        self.log, self.hang = tmp_path / "log", tmp_path / "hang"
        code = script.format(root=str(Path(__file__).parents[2]), log=str(self.log), hang=str(self.hang))
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        started = supervisor.subprocess.Popen

        def popen(_, **more):
            return started([sys.executable, "-c", code], **more)

        monkeypatch.setattr(supervisor.subprocess, "Popen", popen)
        self.said: list[str] = []
        self.ready = threading.Event()
        self.supervisor = Supervisor([Child("part", ["part"], 0.6)], self.said.append)
        self.thread = threading.Thread(target=self.supervisor.run, args=(self.ready.set,))
        self.thread.start()

    def starts(self, count: int, within_s: float = 10.0) -> list[tuple[int, float]]:
        """The pids and times of the first `count` starts."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            lines = self.log.read_text().splitlines() if self.log.exists() else []
            if len(lines) >= count:
                return [(int(pid), float(at)) for pid, at in (line.split() for line in lines)]
            self.thread.join(0.02)
        raise AssertionError(f"{count} starts did not come about: {self.said}")

    def stop(self) -> None:
        self.supervisor._stopping = True
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def kept(tmp_path, monkeypatch):
    kept = Kept(tmp_path, monkeypatch)
    yield kept
    kept.stop()


def test_a_killed_process_is_there_again_within_a_second(kept):
    ((pid, _),) = kept.starts(1)
    assert kept.ready.wait(5)
    killed_s = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    _, (again, at_s) = kept.starts(2)
    assert again != pid
    assert at_s - killed_s < 1.0
    assert "SIGKILL" in kept.said[0]


def test_a_process_that_falls_silent_is_started_anew(kept):
    kept.starts(1)
    assert kept.ready.wait(5)
    kept.hang.touch()
    end = time.monotonic() + 5
    while not kept.said and time.monotonic() < end:
        kept.thread.join(0.02)
    kept.hang.unlink()
    assert "fallen silent" in kept.said[0]
    kept.starts(2)


def test_a_process_that_hangs_before_it_is_ready_is_started_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "READY_WITHIN_S", 0.5)
    script = "import time; open({log!r}, 'a').write('1 1\\n'); time.sleep(60)  # {root} {hang}"
    kept = Kept(tmp_path, monkeypatch, script)
    kept.starts(2)
    kept.stop()
    assert "fallen silent" in kept.said[0]


def test_a_process_that_keeps_dying_is_given_pauses_and_the_others_go_on(tmp_path, monkeypatch):
    script = "open({log!r}, 'a').write('1 1\\n')  # {root} {hang}"
    kept = Kept(tmp_path, monkeypatch, script)
    kept.starts(supervisor.SHORT_LIVES)
    assert not kept.ready.is_set()
    kept.stop()
    assert len(kept.said) <= supervisor.SHORT_LIVES + 1


def test_the_end_is_orderly(tmp_path, monkeypatch):
    kept = Kept(tmp_path, monkeypatch)
    ((pid, _),) = kept.starts(1)
    kept.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_processes_end_when_their_supervisor_is_killed(tmp_path):
    pid_file = tmp_path / "pid"
    child = f"""
import os, sys, time
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from kiosk.services.supervisor import end_with_supervisor
end_with_supervisor()
open({str(pid_file)!r}, 'w').write(str(os.getpid()))
time.sleep(60)
"""
    parent = f"""
import os, subprocess, sys
subprocess.run([sys.executable, '-c', {child!r}], env=os.environ | {{'KIOSK_SUPERVISED': str(os.getpid())}})
"""
    with supervisor.subprocess.Popen([sys.executable, "-c", parent]) as started:
        end = time.monotonic() + 10
        while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < end:
            time.sleep(0.01)
        pid = int(pid_file.read_text())
        started.kill()
    end = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            break
        time.sleep(0.01)
    else:
        assert not Path(f"/proc/{pid}").exists()


def test_an_errand_runs_once_beside_the_others_and_again_only_when_it_is_wanted_again(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "CHANGED_EVERY_S", 0.05)
    wanted = tmp_path / "wanted"
    ran = tmp_path / "ran"
    started = supervisor.subprocess.Popen

    def popen(command, **more):
        code = f"from pathlib import Path; Path({str(ran)!r}).open('a').write('x'); Path({str(wanted)!r}).unlink()"
        return started([sys.executable, "-c", code] if "errand" in command else command, **more)

    monkeypatch.setattr(supervisor.subprocess, "Popen", popen)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    kept = Supervisor([], print, errand=lambda: ["errand"] if wanted.exists() else [])
    thread = threading.Thread(target=kept.run, args=(lambda: None,))
    thread.start()
    try:
        for times in (1, 2):
            wanted.touch()
            end = time.monotonic() + 10
            while wanted.exists() and time.monotonic() < end:
                thread.join(0.02)
            assert ran.read_text() == "x" * times
    finally:
        kept._stopping = True
        thread.join(10)


class Stepped:
    """A supervisor turn by turn, at a time of the test's; its one process sleeps, and the test speaks for it."""

    WATCHDOG_S = 0.8

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        started = supervisor.subprocess.Popen
        monkeypatch.setattr(supervisor, "LOOK_EVERY_S", 0.0)
        monkeypatch.setattr(supervisor.subprocess, "Popen", lambda _, **more: started(["sleep", "60"], **more))
        self.now_s = 1000.0
        self.said: list[str] = []
        self.renewal_s = 0.0
        self.child = Child("part", ["part"], self.WATCHDOG_S)
        self.supervisor = Supervisor([self.child], self.said.append, self.renew, monotonic_s=lambda: self.now_s)
        self.supervisor.turn()
        self.says("READY=1")
        self.passes(0.05)
        assert self.child.ready

    def renew(self) -> dict[str, list[str]]:
        self.now_s += self.renewal_s
        return {}

    def says(self, message: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as voice:
            voice.sendto(message.encode(), self.child.channel.getsockname())

    def passes(self, seconds: float) -> None:
        """Goes by in one turn."""
        self.now_s += seconds
        self.supervisor.turn()


@pytest.fixture
def stepped(monkeypatch):
    stepped = Stepped(monkeypatch)
    yield stepped
    stepped.supervisor._end()


def test_what_a_process_said_during_a_slow_renewal_is_heard_before_it_is_judged(stepped):
    stepped.renewal_s = 5.0
    stepped.passes(1.0)
    stepped.says("WATCHDOG=1")
    for _ in range(20):  # a second later, and once more five seconds of renewal
        stepped.passes(0.05)
        stepped.says("WATCHDOG=1")
    assert stepped.said == []


def test_the_time_in_which_the_supervisor_was_stopped_is_not_its_processes_silence(stepped):
    first = stepped.child.process
    stepped.passes(3600.0)  # Ctrl-Z, or the whole machine held still: nothing was said meanwhile
    stepped.passes(0.05)
    assert (stepped.said, stepped.child.process) == ([], first)


def test_a_process_that_stays_silent_after_the_supervisor_was_stopped_is_started_anew(stepped):
    stepped.passes(3600.0)
    turns = 0
    while not stepped.said and turns < 100:
        stepped.passes(0.05)
        turns += 1
    assert "fallen silent" in stepped.said[0]
    assert turns * 0.05 == pytest.approx(stepped.WATCHDOG_S, abs=0.15)


def test_a_process_that_never_stops_talking_holds_up_nobody():
    told = itertools.chain([b"READY=1"], itertools.repeat(b"WATCHDOG=1", 10_000))
    channel = Mock(recv=lambda _: next(told))
    chatterbox = Child("part", ["part"], 0.8, process=Mock(pid=os.getpid()), channel=channel, silent_s=0.5)
    supervisor._hear(chatterbox)
    assert (chatterbox.ready, chatterbox.silent_s) == (True, 0.0)
    assert len(list(told)) == 10_001 - supervisor.MOST_HEARD


def test_nobody_is_started_anew_once_the_end_has_been_asked_for(stepped):
    stepped.child.process.kill()
    stepped.child.process.wait()
    stepped.supervisor._stopping = True
    stepped.passes(0.05)
    assert stepped.said == []
    assert stepped.child.process.returncode == -signal.SIGKILL


def test_a_process_that_only_waits_for_the_processor_has_not_fallen_silent():
    heard = Turn("R", used_s=5.0)
    assert starved(Turn("R", used_s=5.1), heard, most_s=0.8)
    assert not starved(Turn("R", used_s=5.9), heard, most_s=0.8)  # an endless loop
    assert not starved(Turn("S", used_s=5.0), heard, most_s=0.8)  # asleep for ever
    assert not starved(Turn(), heard, most_s=0.8)


def test_what_a_process_had_of_the_processor_is_the_kernels_to_say():
    before = turn_of(os.getpid())
    until_s = time.process_time() + 0.05
    while time.process_time() < until_s:
        pass
    assert turn_of(os.getpid()).used_s >= before.used_s + 0.03
    assert turn_of(os.getpid()).state == "R"
    assert turn_of(2**22 + 1) == Turn()
