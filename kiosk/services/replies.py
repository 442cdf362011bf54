"""Who waits for which answer of the gate; a retry gets the answer that was given before."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future

from kiosk.core.requests import Reply, Request

_REMEMBERED = 1000  # answers


class Replies:
    """The answers of the gate's loop, which alone uses this."""

    def __init__(self) -> None:
        self._given: OrderedDict[str, Reply] = OrderedDict()
        self._waiting: dict[str, list[Future[Reply]]] = {}

    def is_new(self, request: Request, reply: Future[Reply]) -> bool:
        """Whether `request` is still to be done; one that was answered is answered again, and changes nothing."""
        known = self._given.get(request.request_id)
        if known is not None:
            reply.set_result(known)
            return False
        waiting = self._waiting.setdefault(request.request_id, [])
        waiting.append(reply)
        return len(waiting) == 1

    def give(self, reply: Reply) -> None:
        """Answers everybody who waits for it."""
        self._given[reply.request_id] = reply
        while len(self._given) > _REMEMBERED:
            self._given.popitem(last=False)
        for waiting in self._waiting.pop(reply.request_id, []):
            waiting.set_result(reply)
