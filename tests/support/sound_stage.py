"""Where a voice's programs are started instead of in the system, and end when the test says so."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence

from hardware.voices._player import Player
from kiosk.core.ports import Phrase


def words(phrase: Phrase, language: str) -> str:
    return f"{phrase.value} in {language}"


class Program:
    """A child process that plays until the test lets it end, or it is killed."""

    def __init__(self, argv: Sequence[str]) -> None:
        self.argv = list(argv)
        self.killed = False
        self.reaped = False
        self.code = 0
        self.ended = threading.Event()

    def wait(self, timeout: float | None = None) -> int:
        if not self.ended.wait(timeout):
            raise subprocess.TimeoutExpired(self.argv, timeout or 0)
        self.reaped = True
        return -9 if self.killed else self.code

    def kill(self) -> None:
        self.killed = True
        self.ended.set()

    def end(self, code: int = 0) -> None:
        self.code = code
        self.ended.set()


class Stage:
    """Where programs are started instead of in the system."""

    def __init__(self, limit_s: float = 15) -> None:
        self.programs: list[Program] = []
        self.missing = False
        self._changed = threading.Condition()
        self.player = Player(self.start, limit_s)

    def start(self, argv: Sequence[str]) -> Program:
        if self.missing:
            raise FileNotFoundError(2, "No such file or directory", argv[0])
        with self._changed:
            self.programs.append(Program(argv))
            self._changed.notify_all()
            return self.programs[-1]

    def started(self, count: int) -> list[Program]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.programs) >= count, 5)
        return self.programs
