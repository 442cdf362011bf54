"""Runs one short program at a time that makes sound: the newest replaces the one before, none outlives its limit."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from kiosk.core.faults import VoiceFault

Argv = Sequence[str]
Prepare = Callable[[], Argv]  # what is to be run, worked out in the player's thread; raises VoiceFault

LIMIT_S = 15.0  # no phrase takes so long: a hanging sound card is killed


class Process(Protocol):
    """What is used of `subprocess.Popen`."""

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; TimeoutExpired when it takes longer."""

    def kill(self) -> None:
        """Ends it at once."""


def spawn(argv: Sequence[str]) -> Process:
    """Starts `argv` without a shell, without input, and without a voice on our terminal."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen(argv, stdin=quiet, stdout=quiet, stderr=quiet)


class Player:
    """Plays in a thread of its own, so that `play` returns at once; every program is reaped there."""

    def __init__(self, start: Callable[[Sequence[str]], Process] = spawn, limit_s: float = LIMIT_S) -> None:
        self._start = start
        self._limit_s = limit_s
        self._changed = threading.Condition()
        self._next: Argv | Prepare | None = None
        self._asked = 0  # counts the calls of `play`: an older program is not to be heard
        self._playing: Process | None = None
        self._trouble: str | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="voice", daemon=True)
        self._thread.start()

    def play(self, argv: Argv | Prepare | None) -> None:
        """Plays `argv`, or what it comes to, instead of what is being played; None only falls silent. Never waits.

        Raises VoiceFault once, after starting, when an earlier program failed.
        """
        with self._changed:
            if self._closed:
                raise VoiceFault("the voice is closed; open it again")
            self._next = argv
            self._asked += 1
            self._kill()
            trouble, self._trouble = self._trouble, None
            self._changed.notify_all()
        if trouble is not None:
            raise VoiceFault(trouble)

    def idle(self, timeout_s: float) -> bool:
        """Waits until nothing is being played or waiting; False when that takes longer than `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._playing is None and self._next is None, timeout_s)

    def close(self) -> None:
        """Falls silent and reaps; may be called twice."""
        with self._changed:
            self._closed = True
            self._next = None
            self._asked += 1
            self._kill()
            self._changed.notify_all()
        self._thread.join(1.0)

    def _kill(self) -> None:
        if self._playing is not None:
            self._playing.kill()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._next is not None or self._closed)
                if self._closed:
                    return
                wanted, asked = self._next or (), self._asked
            self._play(wanted, asked)

    def _play(self, wanted: Argv | Prepare, asked: int) -> None:
        """One program from start to end. It is started without the lock: `play` must not wait for a fork."""
        try:
            argv = wanted() if callable(wanted) else wanted
        except VoiceFault as fault:
            self._done(str(fault), asked)
            return
        if asked != self._asked:  # something newer was asked for while this was being prepared
            return
        try:
            playing = self._start(argv)
        except OSError as error:
            self._done(f"{argv[0]} cannot be started ({error.strerror}); install it", asked)
            return
        with self._changed:
            self._playing = playing
            if asked == self._asked:
                self._next = None
            else:
                self._kill()
        self._done(self._waited(playing, argv[0]), asked)

    def _waited(self, playing: Process, program: str) -> str | None:
        """What went wrong until its end; being replaced is nothing wrong."""
        try:
            code = playing.wait(self._limit_s)
        except subprocess.TimeoutExpired:
            playing.kill()
            playing.wait()
            return f"{program} hung for {self._limit_s:g} s; check the sound card"
        return f"{program} failed with exit code {code}; check the sound card" if code > 0 else None

    def _done(self, trouble: str | None, asked: int) -> None:
        with self._changed:
            self._playing = None
            if asked == self._asked:
                self._next = None
            self._trouble = trouble or self._trouble
            self._changed.notify_all()
