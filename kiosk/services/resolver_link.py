"""The gate's end of the resolver: it asks in the background, and the lane goes on meanwhile."""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict
from contextlib import suppress
from urllib.parse import urlsplit

from kiosk.core.faults import LinkDown
from kiosk.core.model import Credential, Holder, Kind, OnlineCode, Presented, Test, TestResult, VenueCode
from kiosk.core.ports import Clock
from kiosk.core.view import DeviceView
from kiosk.services import link
from kiosk.services.breaker import Breaker
from kiosk.services.clock import SystemClock
from kiosk.services.devices import Watched
from kiosk.services.inbox import Answered, Inbox
from kiosk.services.messages import AskAbout, Resolved
from kiosk.settings import Places, ResolverSection

WITHIN_S = 1.0  # the service's own time, and the way to it
AT_ONCE = 4  # questions under way: one slow answer does not hold up the other lanes
NO_RESOLVER = "silent"


class ResolverLink:
    """Holds the texts of the last opaque codes in memory, and asks the resolver about them while it answers."""

    def __init__(
        self, at: Places, inbox: Inbox, section: ResolverSection | None = None, clock: Clock | None = None
    ) -> None:
        section, self._clock = section or ResolverSection(), clock or SystemClock()
        self._path, self._inbox = at.resolver_socket, inbox
        self._breaker = Breaker(section.misses, section.pause_s)
        self._state = Watched("resolver", urlsplit(section.url).hostname or "", self._clock)
        self._state.became("ok")
        self._texts: OrderedDict[str, tuple[OnlineCode, str]] = OrderedDict()
        self._questions: queue.Queue[AskAbout | None] = queue.Queue(maxsize=16)
        self._threads = [threading.Thread(target=self._run, name="resolver", daemon=True) for _ in range(AT_ONCE)]
        for thread in self._threads:
            thread.start()

    @property
    def down(self) -> bool:
        """Whether so many questions in a row had no answer that nobody waits for the next one."""
        return self._breaker.open

    def view(self) -> DeviceView:
        """How the service does, for the pages: why the last question had no answer, once it counts as down."""
        return self._state.view()

    def remember(self, presented: Presented, text: str) -> None:
        """Keeps the text of an opaque code until it is asked about or sixteen newer ones came."""
        if isinstance(presented.read, OnlineCode):
            self._texts[presented.key] = presented.read, text
            while len(self._texts) > 16:
                self._texts.popitem(last=False)

    def ask(self, visit: str, key: str) -> None:
        """Asks; the answer arrives in the inbox. While the service is down it is not asked, but for a probe."""
        code, text = self._texts.pop(key, (None, ""))
        if code is None:
            return
        question = AskAbout(visit=visit, key=key, service=code.service, kind=code.kind, text=text)
        if self._questions.full() or not self._breaker.allows(self._clock.monotonic_s()):
            self._inbox.post(Answered(visit, key, None))
        else:
            self._questions.put_nowait(question)

    def _run(self) -> None:
        while (question := self._questions.get()) is not None:
            try:
                resolved = link.ask(self._path, question, Resolved, timeout_s=WITHIN_S)
            except LinkDown:
                resolved = Resolved(visit=question.visit, key=question.key, miss=NO_RESOLVER)
            self._note(resolved.miss)
            self._inbox.post(Answered(question.visit, question.key, said(question, resolved)))

    def _note(self, miss: str) -> None:
        if miss:
            self._breaker.missed(self._clock.monotonic_s())
        else:
            self._breaker.answered()
        self._state.became(miss if miss and self._breaker.open else "ok")

    def close(self) -> None:
        """Asks no more; what is still waiting is dropped."""
        with suppress(queue.Empty):
            while True:
                self._questions.get_nowait()
        for _ in self._threads:
            self._questions.put(None)
        for thread in self._threads:
            thread.join(timeout=WITHIN_S + 1)


def said(question: AskAbout, resolved: Resolved) -> Credential | VenueCode | None:
    """What the service said of a code, in the form in which every check understands it; None: nothing."""
    if resolved.miss:
        return None
    if question.kind is Kind.VENUE:
        if not resolved.venue_id:
            return None
        return VenueCode(
            "online_code", question.service, resolved.venue_id, resolved.venue_name, valid_until=resolved.valid_until,
            signed=True,
        )  # fmt: skip
    if resolved.colour is None:
        return None
    return Credential(
        format="online_code",
        kind=question.kind,
        issuer=question.service,
        credential_id=None,
        holder=Holder(resolved.name or None, resolved.birth_date or None, resolved.document or None),
        valid_from=None,
        valid_until=resolved.valid_until,
        tests=(Test(TestResult.NEGATIVE, resolved.tested_at),) if resolved.tested_at else (),
        colour=resolved.colour,
    )
