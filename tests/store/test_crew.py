"""Processes that share long work: nothing changes but the time, and none outlives whom it works for."""

import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.core.faults import KioskError, StoreUnreadable
from kiosk.store import crew
from kiosk.store.forgotten import Forgotten
from kiosk.store.links import Links

ASKED_S = 30


@pytest.mark.parametrize("processes", [1, 2, 3, 9])
def test_what_comes_back_is_in_order(processes: int) -> None:
    assert list(crew.in_order(math.factorial, range(7), processes)) == [1, 1, 2, 6, 24, 120, 720]


def test_no_more_are_started_than_there_is_work(started: list[subprocess.Popen[bytes]]) -> None:
    assert list(crew.in_order(abs, [-1, -2], 5)) == [1, 2]
    assert list(crew.in_order(abs, [], 5)) == []
    assert len(started) == 2


def test_large_answers_come_through_while_others_wait() -> None:
    made = crew.in_order(bytes, [3_000_000] * 7, 3)
    assert [len(each) for each in made] == [3_000_000] * 7


@pytest.mark.parametrize("processes", [1, 2])
def test_a_fault_comes_back_as_what_it_is(tmp_path: Path, processes: int) -> None:
    with pytest.raises(StoreUnreadable, match="not there yet") as raised:
        list(crew.in_order(Links(tmp_path / "none.db", Forgotten()), [(1, 2)] * 4, processes))
    assert raised.value.code == "missing"


def test_whoever_stops_listening_ends_them(started: list[subprocess.Popen[bytes]]) -> None:
    listening = crew.in_order(abs, range(1000), 2)
    assert [next(listening), next(listening)] == [0, 1]
    assert {os.getpriority(os.PRIO_PROCESS, process.pid) for process in started} == {min(os.nice(0) + 10, 19)}
    listening.close()
    assert all(process.returncode is not None for process in started)


def test_one_that_is_killed_is_told_in_one_line_and_the_others_end(started: list[subprocess.Popen[bytes]]) -> None:
    listening = crew.in_order(abs, range(10_000), 2)
    next(listening)
    started[0].kill()
    with pytest.raises(KioskError, match="start this again"):
        list(listening)
    assert all(process.returncode is not None for process in started)


def test_they_end_when_whom_they_work_for_is_killed() -> None:
    begin = (
        "import os, signal; from kiosk.store import crew\n"
        "made = crew.in_order(abs, iter(int, 1), 2); next(made); os.kill(os.getpid(), signal.SIGKILL)"
    )
    # They hold its standard error, so this comes back only when all of them are gone.
    ended = subprocess.run([sys.executable, "-c", begin], capture_output=True, timeout=ASKED_S, check=False)
    assert (ended.returncode, ended.stderr) == (-signal.SIGKILL, b"")


def test_ctrl_c_reaches_only_the_one_they_work_for(started: list[subprocess.Popen[bytes]]) -> None:
    listening = crew.in_order(abs, range(100), 2)
    next(listening)
    assert all(os.getpgid(process.pid) == process.pid for process in started)
    listening.close()


@pytest.mark.parametrize(("cores", "busy"), [(1, 1), (2, 2), (4, 3), (8, 7)])
def test_a_kiosk_keeps_a_core_for_its_gate(cores: int, busy: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    assert crew.spare() == busy
