"""The gate's end of the resolver: it asks in the background, and the lane goes on meanwhile."""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict
from contextlib import suppress

from kiosk.core.faults import LinkDown
from kiosk.core.model import OnlineCode, Presented
from kiosk.services import link
from kiosk.services.inbox import Answered, Inbox
from kiosk.services.messages import AskAbout, Resolved
from kiosk.settings import Places

WITHIN_S = 2.0


class ResolverLink:
    """Holds the texts of the last opaque codes in memory, and asks the resolver about them."""

    def __init__(self, at: Places, inbox: Inbox) -> None:
        self.down = False
        self._path, self._inbox = at.resolver_socket, inbox
        self._texts: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._questions: queue.Queue[AskAbout | None] = queue.Queue(maxsize=16)
        self._thread = threading.Thread(target=self._run, name="resolver", daemon=True)
        self._thread.start()

    def remember(self, presented: Presented, text: str) -> None:
        """Keeps the text of an opaque code until it is asked about or sixteen newer ones came."""
        if isinstance(presented.read, OnlineCode):
            self._texts[presented.key] = presented.read.service, text
            while len(self._texts) > 16:
                self._texts.popitem(last=False)

    def ask(self, visit: str, key: str) -> None:
        """Asks; the answer arrives in the inbox, or the resolver is down."""
        service, text = self._texts.pop(key, ("", ""))
        if text and not self._questions.full():
            self._questions.put_nowait(AskAbout(visit=visit, key=key, service=service, text=text))

    def _run(self) -> None:
        while (question := self._questions.get()) is not None:
            try:
                resolved = link.ask(self._path, question, Resolved, timeout_s=WITHIN_S)
            except LinkDown:
                self.down = True
                resolved = Resolved(visit=question.visit, key=question.key)
            else:
                self.down = resolved.outcome is None
            self._inbox.post(Answered(resolved))

    def close(self) -> None:
        """Asks no more; what is still waiting is dropped."""
        with suppress(queue.Empty):
            while True:
                self._questions.get_nowait()
        self._questions.put(None)
        self._thread.join(timeout=WITHIN_S + 1)
