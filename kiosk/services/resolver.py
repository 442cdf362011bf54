"""The resolver: asks the configured online service about opaque codes. It has the network, and nothing else.

The service's contract is ours: POST the code as JSON `{"code": …}`, answered by
`{"colour": "green" | "yellow" | "red", "tested_at": "ISO 8601", optional}` within 0.8 s. Answers are kept in
memory for a minute; nothing is written down.
"""

from __future__ import annotations

import hashlib
import http.client
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from typing import Literal

import msgspec

from kiosk.core.faults import SettingsError
from kiosk.core.model import Outcome
from kiosk.core.ports import Clock
from kiosk.services import link
from kiosk.services.messages import AskAbout, Resolved
from kiosk.services.notify import Notifier
from kiosk.settings import Places, Settings

TIMEOUT_S = 0.8
KEPT_S = 60.0
LARGEST = 64 * 1024
COLOURS = {"green": Outcome.PASS, "yellow": Outcome.CHECK, "red": Outcome.DENY}


class ServiceAnswer(msgspec.Struct, frozen=True):
    """What the online service says of a code."""

    colour: Literal["green", "yellow", "red"]
    tested_at: datetime | None = None


class Resolver:
    """Asks, within its time, and remembers for a minute."""

    def __init__(self, url: str, clock: Clock) -> None:
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise SettingsError(f"resolver.url: {url!r} is not an http or https address")
        self._url, self._clock = url, clock
        self._kept: OrderedDict[bytes, tuple[float, ServiceAnswer]] = OrderedDict()
        self._guard = threading.Lock()

    def resolve(self, question: AskAbout) -> Resolved:
        """The service's answer; without an outcome where it is slow, absent or talks nonsense."""
        digest = hashlib.sha256(question.text.encode()).digest()
        with self._guard:
            at_s, answer = self._kept.get(digest, (float("-inf"), None))
        if answer is None or self._clock.monotonic_s() - at_s > KEPT_S:
            answer = self._ask(question.text)
            if answer is None:
                return Resolved(visit=question.visit, key=question.key)
            with self._guard:
                self._kept[digest] = self._clock.monotonic_s(), answer
                while len(self._kept) > 1000:
                    self._kept.popitem(last=False)
        return Resolved(
            visit=question.visit, key=question.key, outcome=COLOURS[answer.colour], tested_at=answer.tested_at
        )

    def _ask(self, text: str) -> ServiceAnswer | None:
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked when the service started
            self._url,
            data=msgspec.json.encode({"code": text}),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310
                return msgspec.json.decode(response.read(LARGEST), type=ServiceAnswer)
        except (OSError, http.client.HTTPException, msgspec.DecodeError):
            return None


def at_address(settings: Settings, url: str) -> Settings:
    """The settings with another service."""
    return replace(settings, resolver=replace(settings.resolver, url=url))


def run(settings: Settings, at: Places, clock: Clock, notifier: Notifier, stopping: threading.Event) -> None:
    """Serves the gate's questions until `stopping`."""
    resolver = Resolver(settings.resolver.url, clock)
    server = link.Server(
        at.resolver_socket, lambda connection: link.serve_requests(connection, AskAbout, resolver.resolve), most=8
    )
    notifier.ready()
    while not stopping.wait(1.0):
        notifier.turn_done()
    notifier.stopping()
    server.close()
