"""Long work over a logbook, shared by a few processes that give way to everybody else.

Each has one stretch at a time, a short look at the file. What comes back is in the order of the stretches, so that
the number of processes changes nothing but the time. `main` is one of them.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from kiosk.core.faults import KioskError

Stretch = TypeVar("Stretch")
Made = TypeVar("Made")

_NICE = 10  # steps that these processes stand back behind the gate
_AHEAD = 2  # stretches that each has before it: one that it works on and one that it finds when that is done
_LATE_S = 5.0  # after which one that does not end is ended


def spare() -> int:
    """How many processes may be busy at once: on a kiosk all cores but one; of two cores both, at low priority."""
    cores = len(os.sched_getaffinity(0))
    return max(cores - 1, min(cores, 2))


def in_order(
    work: Callable[[Stretch], Made], stretches: Iterable[Stretch], processes: int
) -> Generator[Made, None, None]:
    """What `work` makes of each stretch, in their order; in this process where `processes` is 1.

    `work` goes to the processes once, so it and what it needs is of a module; a stretch is small (some 40 kB): more
    would not lie in a pipe while its process is busy. Raises what `work` raises, KioskError where a process was
    ended from outside. Whoever stops listening ends the processes.
    """
    if processes <= 1:
        yield from map(work, stretches)
        return
    waiting = iter(stretches)
    first = list(islice(waiting, processes))
    crew = [Hand(work) for _ in first]
    try:
        turns: deque[Hand] = deque()
        for helper, stretch in zip(crew, first, strict=True):
            helper.give(stretch)
            turns.append(helper)
        for helper, stretch in zip(crew * (_AHEAD - 1), islice(waiting, len(crew) * (_AHEAD - 1)), strict=False):
            helper.give(stretch)
            turns.append(helper)
        while turns:
            helper = turns.popleft()
            made = helper.take()
            for stretch in islice(waiting, 1):
                helper.give(stretch)
                turns.append(helper)
            yield made
    finally:
        for helper in crew:
            helper.end()


class Hand:
    """One process that runs `main` of a module; it ends when its pipes do, so also when this process is killed."""

    def __init__(self, first: object, module: str = __name__) -> None:
        """Started, and given `first`: here, what it does with each stretch."""
        command = [sys.executable, "-c", f"import {module} as its; its.main()"]
        # A group of its own: Ctrl-C reaches only the one that all work for, and that one ends them.
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, process_group=0
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to = Connection(os.dup(self._process.stdin.fileno()), readable=False)
        self._from = Connection(os.dup(self._process.stdout.fileno()), writable=False)
        self._process.stdin.close()
        self._process.stdout.close()
        self.give(first)

    def give(self, stretch: object) -> None:
        """Something more for it; small."""
        with suppress(BrokenPipeError):  # it is gone: `take` says so
            self._to.send(stretch)

    def has_answered(self, within_s: float) -> bool:
        """Whether `take` has something, or the process is gone, within that time."""
        return self._from.poll(within_s)

    def take(self) -> Any:
        """Its next answer. Raises what it raised, KioskError where it was ended from outside."""
        try:
            done, made = self._from.recv()
        except (EOFError, ConnectionResetError) as error:
            raise KioskError("a process that helped was ended; start this again") from error
        if not done:
            kind, args, more = made
            fault: Exception = kind.__new__(kind, *args)
            fault.args = args  # where the class has an `__init__` of its own, nobody set them
            fault.__dict__.update(more)
            raise fault
        return made

    def end(self) -> None:
        """Closes its pipes, which ends it; waits until it is gone."""
        self._to.close()
        self._from.close()
        self._process.terminate()  # in the middle of a stretch that nobody wants any more
        try:
            self._process.wait(_LATE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _help(orders: Connection, answers: Connection) -> None:
    """Works on stretch after stretch until nobody asks any more."""
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        work = orders.recv()
        while True:
            answers.send(_answer(work, orders.recv()))


def _answer(work: Callable[[object], object], stretch: object) -> Sequence[object]:
    return answer(lambda: work(stretch))


def answer(work: Callable[[], object]) -> Sequence[object]:
    """What `work` makes, or the fault it ends with, as `Hand.take` understands it."""
    try:
        return True, work()
    except (KioskError, OSError, ValueError, TypeError, sqlite3.Error) as error:
        return False, (type(error), error.args, error.__dict__)  # a fault's own `__init__` may ask for more than args


def stand_back() -> tuple[Connection, Connection]:
    """What such a process does first: it gives way to everybody else. Where orders come from, where answers go."""
    with suppress(PermissionError):  # a service that may not: it works all the same
        os.nice(_NICE)
    pipe = os.dup(1)
    os.dup2(2, 1)  # what a library may print is no answer
    return Connection(os.dup(0), writable=False), Connection(pipe, readable=False)


def main() -> None:
    """Works for whoever started this process."""
    _help(*stand_back())
