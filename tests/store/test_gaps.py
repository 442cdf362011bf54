"""Who looks again and again leaves the owner a gap, and never waits for one that does not come."""

import os
from pathlib import Path

import pytest

from kiosk.store.gaps import LARGE_BYTES, Gaps

MEBIBYTE = 1024 * 1024


class Turns:
    """A clock that goes on with every sleep; `then` happens in the third of them."""

    def __init__(self, log: Path, then: int | None = None) -> None:
        self.log, self.then = log, then
        self.time, self.slept = 0.0, 0

    def clock(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.slept += 1
        if self.slept == 3 and self.then is not None:
            os.truncate(self.log, self.then)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "logbook.db-wal"
    path.touch()
    os.truncate(path, 5 * MEBIBYTE)
    return path


def gaps(log: Path, turns: Turns) -> Gaps:
    return Gaps(log.with_name("logbook.db"), turns.clock, turns.sleep)


@pytest.mark.parametrize("size", [None, 0, LARGE_BYTES])
def test_nobody_waits_while_the_log_is_small(tmp_path: Path, size: int | None) -> None:
    log = tmp_path / "logbook.db-wal"
    if size is not None:
        log.touch()
        os.truncate(log, size)
    turns = Turns(log)
    gaps(log, turns).wait()
    assert turns.slept == 0


def test_waiting_ends_when_the_owner_began_its_log_anew(log: Path) -> None:
    turns = Turns(log, then=LARGE_BYTES)
    gaps(log, turns).wait()
    assert turns.slept == 3


def test_what_did_not_help_is_not_done_again_until_the_log_has_grown(log: Path) -> None:
    turns = Turns(log)
    waiting = gaps(log, turns)
    waiting.wait()
    assert 0.9 < turns.time < 1.1
    waiting.wait()
    assert turns.time < 1.1
    os.truncate(log, 6 * MEBIBYTE)
    waiting.wait()
    assert 1.9 < turns.time < 2.1
    os.truncate(log, 0)
    waiting.wait()
    os.truncate(log, 5 * MEBIBYTE)
    waiting.wait()
    assert 2.9 < turns.time < 3.2
