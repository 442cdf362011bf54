"""What arrives at the gate between two turns: one queue, many senders, one reader."""

from __future__ import annotations

import queue
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

from kiosk.core.model import Credential, Reading, VenueCode
from kiosk.core.ports import Button
from kiosk.core.requests import Reply, Request
from kiosk.services.messages import Looked

WORTH_KEEPING = 1000  # messages; a gate that is further behind has other troubles


@dataclass(frozen=True, slots=True)
class ScannerLooked:
    """A lane's scanner finished a turn."""

    lane: str
    looked: Looked


@dataclass(frozen=True, slots=True)
class ThermometerRead:
    """A lane's thermometer gave a reading."""

    lane: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asked something, and waits for the reply."""

    request: Request
    reply: Future[Reply]


@dataclass(frozen=True, slots=True)
class Pressed:
    """A lane's button was pressed."""

    lane: str
    button: Button
    at: datetime


@dataclass(frozen=True, slots=True)
class HandScanned:
    """Somebody read a code with a lane's hand scanner."""

    lane: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """The online service answered about the code of a visit; None: nothing that could be believed."""

    visit: str
    key: str
    read: Credential | VenueCode | None


Message = ScannerLooked | ThermometerRead | Asked | Pressed | HandScanned | Answered


class Inbox:
    """A bounded queue; when it is full, the newest reading or look is dropped, never what a person did."""

    def __init__(self) -> None:
        # No SimpleQueue: its `get` waits for ever where a signal comes as its time runs out, and SIGTERM may.
        self._queue: queue.Queue[Message] = queue.Queue()

    def post(self, message: Message) -> None:
        """Leaves a message; never blocks."""
        if self._queue.qsize() < WORTH_KEEPING or isinstance(message, Asked | Pressed | HandScanned):
            self._queue.put(message)

    def take(self, timeout_s: float) -> list[Message]:
        """Everything that arrived, waiting up to `timeout_s` for the first of it."""
        messages: list[Message] = []
        try:
            messages.append(self._queue.get(timeout=timeout_s))
            while True:
                messages.append(self._queue.get_nowait())
        except queue.Empty:
            return messages
