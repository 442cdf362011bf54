"""A file written by a process apart is the same file, can be ended at any moment, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.core.entry import Draft
from kiosk.core.faults import StoreUnreadable
from kiosk.store import apart, crew, export
from kiosk.store.exporting import Form, Order
from kiosk.store.jobs import Jobs, JobState
from kiosk.store.logbook import Logbook
from kiosk.store.reader import Filter, Reader

WITHIN_S = 30


class Stopped(Exception):
    """Somebody wants no file any more."""


@pytest.fixture
def order(logbook: Logbook, visit: Callable[..., Draft], path: Path) -> Order:
    """1,200 rows as a workbook with words of this process's language in its header."""
    logbook._db.execute("PRAGMA synchronous = OFF")  # a test has no minutes
    for number in range(1200):
        logbook.append(visit(f"v{number}", issuer="=1+1"))
    layout = export.Layout(header=lambda name: f"列 {name}", zone=ZoneInfo("Asia/Shanghai"), bom=True)
    return Order(Reader.open(path), Filter(), Form.XLSX, layout)


@pytest.mark.parametrize("form", [Form.CSV, Form.JSONL])
@pytest.mark.parametrize("names", [False, True])
def test_the_file_is_the_same_to_the_byte_and_so_is_its_manifest(
    order: Order, tmp_path: Path, form: Form, names: bool, started: list[subprocess.Popen[bytes]]
) -> None:
    def people(seqs: Sequence[int]) -> Mapping[int, Mapping[str, str]]:
        return {seq: {"name": f"王{seq}"} for seq in seqs}

    layout = replace(order.layout, people=people, ending="删") if names else order.layout
    order = replace(order, form=form, layout=layout)
    here, there, told = tmp_path / "here", tmp_path / "there", []
    with here.open("wb") as binary:
        made = order.write(binary, tmp_path, lambda _: None)
    assert apart.write(order, there, tmp_path, told.append) == made
    assert there.read_bytes() == here.read_bytes()
    assert sum(told) == made.rows == 1200
    assert [process.returncode is not None for process in started] == [True]


def test_it_stands_back_behind_the_pages_and_tells_how_far_it_is(
    order: Order, tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    told, priorities = [], set()

    def step(rows: int) -> None:
        told.append(rows)
        if rows:
            priorities.add(os.getpriority(os.PRIO_PROCESS, started[0].pid))

    made = apart.write(order, tmp_path / "x.xlsx", tmp_path, step)
    assert (tmp_path / "x.xlsx").stat().st_size == made.bytes
    assert [rows for rows in told if rows] == [500, 500, 200]
    assert priorities == {min(os.nice(0) + 10, 19)}


@pytest.mark.parametrize("after", [0, 500])
def test_whoever_stops_it_waits_for_nothing(
    order: Order, tmp_path: Path, started: list[subprocess.Popen[bytes]], after: int
) -> None:
    done = []

    def step(rows: int) -> None:
        done.append(rows)
        if sum(done) >= after:
            raise Stopped

    with pytest.raises(Stopped):
        apart.write(order, tmp_path / "x.xlsx", tmp_path, step)
    assert started[0].returncode is not None


def test_a_fault_comes_back_as_what_it_is(order: Order, tmp_path: Path) -> None:
    missing = replace(order, reader=Reader.open(tmp_path / "none.db"))
    with pytest.raises(StoreUnreadable) as raised:
        apart.write(missing, tmp_path / "x.xlsx", tmp_path, lambda _: None)
    assert raised.value.code == "missing"
    with pytest.raises(OSError, match="No such file"):
        apart.write(order, tmp_path / "no" / "x.xlsx", tmp_path, lambda _: None)


def test_names_that_are_refused_end_it(order: Order, tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    def refused(seqs: Sequence[int]) -> Mapping[int, Mapping[str, str]]:
        raise StoreUnreadable("forbidden", "no names today")

    with pytest.raises(StoreUnreadable, match="no names today"):
        apart.write(
            replace(order, layout=replace(order.layout, people=refused)), tmp_path / "x", tmp_path, lambda _: None
        )
    assert started[0].returncode is not None


def test_one_that_is_killed_fails_its_job_in_one_line_and_leaves_no_half_file(
    order: Order, tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    def work(out: Path, folder: Path, step: Callable[[int], None]) -> None:
        def kill(rows: int) -> None:
            step(rows)
            started[0].kill()

        apart.write(order, out, folder, kill)

    jobs = Jobs(tmp_path / "exports")
    job = jobs.start(work, 1200, "x.xlsx")
    assert job.wait(WITHIN_S)
    assert (job.state, "start this again" in job.error) == (JobState.FAILED, True)
    assert [each.name for each in job.file.parent.iterdir()] == ["lock"]
    jobs.close()
    assert list((tmp_path / "exports").iterdir()) == []


def test_it_ends_when_the_web_is_killed_whatever_it_is_doing_and_the_next_web_clears_up(
    order: Order, path: Path, tmp_path: Path
) -> None:
    begin = f"""
import os, signal, sys
from pathlib import Path
from kiosk.store import apart, export
from kiosk.store.exporting import Form, Order
from kiosk.store.jobs import Jobs
from kiosk.store.reader import Filter, Reader
order = Order(Reader.open(Path({str(path)!r})), Filter(), Form.XLSX, export.Layout())
jobs = Jobs(Path({str(tmp_path / "exports")!r}))
def work(out, folder, step):
    apart.write(order, out, folder, lambda rows: rows and os.kill(os.getpid(), signal.SIGKILL))
jobs.start(work, 1, "x.xlsx").wait()
"""
    # The process apart holds its standard error, so this comes back only when both are gone.
    ended = subprocess.run([sys.executable, "-c", begin], capture_output=True, timeout=WITHIN_S, check=False)
    assert (ended.returncode, ended.stderr) == (-signal.SIGKILL, b"")
    assert len(list((tmp_path / "exports").iterdir())) == 1
    Jobs(tmp_path / "exports").close()
    assert list((tmp_path / "exports").iterdir()) == []


def test_one_that_hangs_in_a_read_ends_with_whom_it_works_for(tmp_path: Path) -> None:
    begin = (
        "import os; from pathlib import Path; from kiosk.store import apart, crew, export\n"
        "from kiosk.store.exporting import Form, Order\n"
        "from kiosk.store.reader import Filter, Reader\n"
        f"os.mkfifo({str(tmp_path / 'fifo')!r})\n"
        f"order = Order(Reader.open(Path({str(tmp_path / 'none')!r})), Filter(), Form.CSV, export.Layout())\n"
        f"wanted = apart._Wanted(order, Path({str(tmp_path / 'fifo')!r}), Path('.'), False)\n"
        "hand = crew.Hand(wanted, 'kiosk.store.apart'); hand.has_answered(1.0); os._exit(3)"
    )
    began_s = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", begin], capture_output=True, timeout=WITHIN_S, check=False)
    assert (ended.returncode, ended.stderr) == (3, b"")
    assert time.monotonic() - began_s < WITHIN_S


def test_where_it_may_not_stand_back_it_works_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(step: int) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "nice", refused)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    orders, answers = crew.stand_back()
    assert not orders.closed
    orders.close()
    answers.close()
