"""How a command reaches the gate: by its socket, or as the owner of the logbook while that is stopped."""

from __future__ import annotations

import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from kiosk.core.faults import KioskError, LinkDown
from kiosk.core.reasons import Answer
from kiosk.core.requests import Archived, Reply
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.services import link
from kiosk.services.book import Book
from kiosk.services.clock import SystemClock
from kiosk.settings import Places, Settings

BY = "cli"  # what the log calls the command line
WITHIN_S = 60.0


def request(kind: type[Any], *, by: str = BY, **values: Any) -> Archived:
    """A request of that kind, good for a minute."""
    expires = datetime.now(UTC) + timedelta(seconds=WITHIN_S)
    asked: Archived = kind(request_id=uuid.uuid4().hex, by=by, expires_at=expires, **values)
    return asked


def ask(
    places: Places, settings: Settings, kind: type[Any], *, by: str = BY, alone: bool = True, **values: Any
) -> Reply:
    """The reply to a request that the logbook answers; `alone`: also while the gate is stopped.

    Raises KioskError where there is no logbook, or nobody to answer.
    """
    asked = request(kind, by=by, **values)
    try:
        return link.ask(places.gate_socket, asked, Reply, timeout_s=WITHIN_S)
    except LinkDown:
        if not alone:
            raise
        if not places.logbook.exists():
            raise KioskError(_("%(path)s: there is no logbook yet", path=places.logbook)) from None
        with closing(Book(places, settings.kiosk.id, SystemClock())) as book:
            return book.answer(asked)


def done(reply: Reply) -> dict[str, Any]:
    """What the reply brought. Raises KioskError with one line where it was refused."""
    if reply.answer is not Answer.DONE:
        raise KioskError(str(reply.data.get("why") or words.answer(reply.answer)))
    return reply.data
