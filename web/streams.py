"""Event streams (server-sent events): capped in number, ended with the service, silent never longer than a second."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import msgspec
from flask import Response, stream_with_context

from web.gate import Gate

BEAT_S = 1.0  # a page that hears nothing for three of these says that the connection is lost
_RETRY_AFTER_S = 5


def event(name: str, value: object) -> str:
    """One event with a JSON value."""
    return f"event: {name}\ndata: {msgspec.json.encode(value, enc_hook=str).decode()}\n\n"


class Streams:
    """The open event streams of this process."""

    def __init__(self, most: int) -> None:
        self._places = threading.BoundedSemaphore(most)

    def follow(self, gate: Gate, news: Callable[[], Iterator[str]]) -> Response:
        """A stream of what `news` gives at each change of the gate and at least once a second.

        503 with Retry-After where too many are open already.
        """
        if not self._places.acquire(blocking=False):
            return Response(status=503, headers={"Retry-After": str(_RETRY_AFTER_S)})

        def run() -> Iterator[str]:
            yield "retry: 1000\n\n"
            version = -1
            with gate.watched():
                while not gate.closing:
                    told = False
                    for text in news():
                        told = True
                        yield text
                    if not told:
                        yield event("beat", None)
                    version = gate.wait(version, BEAT_S)

        response = Response(stream_with_context(run()), mimetype="text/event-stream")
        response.headers["X-Accel-Buffering"] = "no"
        response.call_on_close(self._places.release)
        return response
