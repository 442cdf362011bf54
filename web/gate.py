"""The web's one ear at the gate: a thread that keeps the newest view and pictures, and asks on people's behalf."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kiosk.core.faults import LinkDown
from kiosk.core.reasons import Answer
from kiosk.core.requests import Reply, Request
from kiosk.core.view import GateView
from kiosk.services import link
from kiosk.services.messages import Follow, GatePush, PictureTaken

SILENT_S = 3.0  # after so long without a word the pages say that the gate does not answer
RETRY_S = 0.3  # between two attempts to reach it
ASK_S = 5.0  # how long a person waits for an answer


class Gate:
    """What the pages know about the gate. Many threads read; one follows."""

    def __init__(
        self,
        socket_path: Path,
        *,
        pictures: bool = True,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = socket_path
        self._pictures = pictures
        self._monotonic_s = monotonic_s
        self._news = threading.Condition()
        self._closing = threading.Event()
        self._view: GateView | None = None
        self._heard_s = float("-inf")
        self._version = 0
        self._line: socket.socket | None = None
        self._watchers = 0
        self._again_at_once = threading.Event()
        self._jpegs: dict[str, tuple[int, bytes]] = {}
        self._thread = threading.Thread(target=self._follow, name="gate follower", daemon=True)

    def start(self) -> None:
        """Begins to follow."""
        self._thread.start()

    def close(self) -> None:
        """Stops following and wakes everybody who waits; may be called twice."""
        self._closing.set()
        with self._news:
            self._news.notify_all()
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join(timeout=1)

    @property
    def closing(self) -> bool:
        """Whether streams should end."""
        return self._closing.is_set()

    @property
    def following(self) -> bool:
        """Whether the thread that follows is at work; without it the gate would look silent for ever."""
        return self._thread.is_alive()

    @property
    def silent(self) -> bool:
        """Whether nothing came for three seconds: what was known is not to be shown as if it were now."""
        return self._monotonic_s() - self._heard_s > SILENT_S

    @property
    def view(self) -> GateView | None:
        """The newest view; None when there is none that is fresh."""
        return None if self.silent else self._view

    def picture(self, lane: str) -> tuple[int, bytes]:
        """The newest picture of `lane` and its number; (0, nothing) when there is none."""
        return (0, b"") if self.silent else self._jpegs.get(lane, (0, b""))

    def wait(self, version: int, timeout_s: float) -> int:
        """The version of the newest news, waiting up to `timeout_s` for one other than `version`."""
        with self._news:
            self._news.wait_for(lambda: self._version != version or self.closing, timeout_s)
            return self._version

    def ask(self, request: Request) -> Reply:
        """The gate's answer; GATE_SILENT where it gives none."""
        try:
            return link.ask(self._path, request, Reply, timeout_s=ASK_S)
        except LinkDown:
            return Reply(request_id=request.request_id, answer=Answer.GATE_SILENT)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While a page is open that shows the picture; while there is none, the camera's are not even made."""
        self._watch(+1)
        try:
            yield
        finally:
            self._watch(-1)

    def _watch(self, change: int) -> None:
        with self._news:
            before, self._watchers = self._watchers, self._watchers + change
            turned = (before == 0) != (self._watchers == 0)
        if turned and self._pictures and self._line is not None:
            self._again_at_once.set()
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def _follow(self) -> None:
        while not self.closing:
            with suppress(OSError):  # LinkDown, and whatever a machine short of memory or descriptors says
                self._listen()
            if self._again_at_once.is_set():
                self._again_at_once.clear()
            else:
                self._closing.wait(RETRY_S)

    def _listen(self) -> None:
        with link.connect(self._path, timeout_s=SILENT_S) as line:
            self._line = line
            link.send(line, Follow(pictures=self._pictures and self._watchers > 0))
            while not self.closing:
                self._take(link.receive(line, GatePush))

    def _take(self, push: GatePush) -> None:
        with self._news:
            self._heard_s = self._monotonic_s()
            self._version += 1
            if isinstance(push, PictureTaken):
                self._jpegs[push.lane] = (self._version, push.jpeg)
            else:
                self._view = push.view
            self._news.notify_all()
