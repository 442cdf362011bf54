"""The resolver: asks the configured online service about opaque codes. It has the network, and nothing else.

What it asks and which answers it believes is in `online_service.py` and docs/resolver.md. Answers are kept in memory
for a minute at most; nothing is written down.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime

from kiosk.core.codecs import plain
from kiosk.core.marks import Colour
from kiosk.core.ports import Clock
from kiosk.services import link
from kiosk.services.messages import AskAbout, Resolved
from kiosk.services.notify import Notifier
from kiosk.services.online_service import NotBelieved, ServiceAnswer, service
from kiosk.services.stopping import Stopping
from kiosk.settings import Places, ResolverSection, Settings

KEPT_S = 60.0
MOST_KEPT = 1000
UNKNOWN = "unknown"


class Resolver:
    """Asks, within its time, and remembers for a minute."""

    def __init__(self, section: ResolverSection, clock: Clock) -> None:
        self._service, self._clock = service(section), clock
        self._kept: OrderedDict[bytes, tuple[float, ServiceAnswer]] = OrderedDict()  # until when, oldest first
        self._guard = threading.Lock()

    def resolve(self, question: AskAbout) -> Resolved:
        """The service's answer; none, and why, where it is slow, absent or says what cannot be believed."""
        digest = hashlib.sha256(f"{question.kind}:{question.text}".encode(errors="surrogatepass")).digest()
        self.tidy()
        with self._guard:
            answer = self._kept.get(digest, (0.0, None))[1]
        if answer is None:
            try:
                answer = self._service.ask(question.text, question.kind, question.service, self._clock)
            except NotBelieved as reason:
                return Resolved(visit=question.visit, key=question.key, miss=reason.miss.value)
            with self._guard:
                self._kept[digest] = self._clock.monotonic_s() + KEPT_S, answer
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
        return _resolved(question, answer)

    def tidy(self) -> None:
        """Forgets what was kept long enough: people's names are in it."""
        now_s = self._clock.monotonic_s()
        with self._guard:
            for digest in [each for each, (until_s, _) in self._kept.items() if until_s <= now_s]:
                del self._kept[digest]


def _resolved(question: AskAbout, answer: ServiceAnswer) -> Resolved:
    known = answer.colour != UNKNOWN
    return Resolved(
        visit=question.visit,
        key=question.key,
        colour=Colour(answer.colour) if known else None,
        tested_at=_utc(answer.tested_at) if known else None,
        valid_until=_utc(answer.valid_until),
        name=plain.words(answer.holder.name),
        birth_date=answer.holder.birth_date,
        document=plain.words(answer.holder.document),
        venue_id=plain.words(answer.venue.id) if answer.venue else "",
        venue_name=plain.words(answer.venue.name) if answer.venue else "",
    )


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None


def at_address(settings: Settings, url: str) -> Settings:
    """The settings with another service."""
    return replace(settings, resolver=replace(settings.resolver, url=url))


def run(settings: Settings, at: Places, clock: Clock, notifier: Notifier, stopping: Stopping) -> None:
    """Serves the gate's questions until `stopping`."""
    resolver = Resolver(settings.resolver, clock)
    server = link.Server(
        at.resolver_socket, lambda connection: link.serve_requests(connection, AskAbout, resolver.resolve), most=8
    )
    notifier.ready()
    while not stopping.wait(1.0):
        resolver.tidy()
        notifier.turn_done()
    notifier.stopping()
    server.close()
