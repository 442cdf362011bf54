"""The gate's socket: requests come in and wait for their reply, pages follow the state and the pictures.

A slow page gets the newest state when it is ready for it; it never holds up the gate or another page.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from pathlib import Path

from kiosk.core.reasons import Answer
from kiosk.core.requests import AnyRequest, Archived, Reply
from kiosk.core.view import GateView
from kiosk.services import link
from kiosk.services.inbox import Asked, Inbox
from kiosk.services.messages import Follow, PictureTaken, State

REPLY_WITHIN_S = 5.0
AT_LEAST_EVERY_S = 1.0

Archive = Callable[[Archived], Reply]


class _Follower:
    """One page that follows: the newest state and the newest picture of each lane that it has not had yet."""

    def __init__(self, pictures: bool) -> None:
        self.wants_pictures = pictures
        self._ready = threading.Condition()
        self._state: State | None = None
        self._pictures: dict[str, PictureTaken] = {}

    def offer(self, value: State | PictureTaken) -> None:
        """Replaces what was not fetched."""
        with self._ready:
            if isinstance(value, State):
                self._state = value
            elif self.wants_pictures:
                self._pictures[value.lane] = value
            self._ready.notify()

    def take(self) -> list[State | PictureTaken]:
        """What is new; empty after a while without anything."""
        with self._ready:
            if self._state is None and not self._pictures:
                self._ready.wait(AT_LEAST_EVERY_S)
            taken: list[State | PictureTaken] = [*([self._state] if self._state else []), *self._pictures.values()]
            self._state, self._pictures = None, {}
            return taken


class Audience:
    """Everybody who is connected to the gate."""

    def __init__(self, path: Path, inbox: Inbox, archive: Archive) -> None:
        self._inbox, self._archive = inbox, archive
        self._guard = threading.Lock()
        self._followers: set[_Follower] = set()
        self._newest: State | None = None
        self._server = link.Server(path, self._serve, most=64)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(None)
        while True:
            message = link.receive(connection, AnyRequest | Follow)
            if isinstance(message, Follow):
                connection.settimeout(REPLY_WITHIN_S)
                self._follow(connection, message)
                return
            if isinstance(message, Archived):
                link.send(connection, self._archive(message))
                continue
            reply: Future[Reply] = Future()
            self._inbox.post(Asked(message, reply))
            try:
                answer = reply.result(timeout=REPLY_WITHIN_S)
            except NotInTime:
                answer = Reply(request_id=message.request_id, answer=Answer.GATE_SILENT)
            link.send(connection, answer)

    def _follow(self, connection: socket.socket, message: Follow) -> None:
        follower = _Follower(message.pictures)
        with self._guard:
            self._followers.add(follower)
            newest = self._newest
        try:
            if newest is not None:
                link.send(connection, newest)
            while True:
                for value in follower.take():
                    link.send(connection, value)
        finally:
            with self._guard:
                self._followers.discard(follower)

    def show(self, view: GateView) -> None:
        """A new state for everybody."""
        state = State(view=view)
        with self._guard:
            self._newest = state
            followers = list(self._followers)
        for follower in followers:
            follower.offer(state)

    def picture(self, taken: PictureTaken) -> None:
        """A new picture for those who show pictures."""
        with self._guard:
            followers = list(self._followers)
        for follower in followers:
            follower.offer(taken)

    @property
    def wants_pictures(self) -> bool:
        """Whether any page shows pictures just now."""
        with self._guard:
            return any(follower.wants_pictures for follower in self._followers)

    def close(self) -> None:
        """Hangs up on everybody."""
        self._server.close()
