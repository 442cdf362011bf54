"""One-screen mode's log-ins: whoever opened the strip of the shared display is logged out when nobody touches it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from flask import current_app, session

from kiosk.core.faults import DeskUnwritable
from web.parts import parts

_MARK = "strip"  # in the signed cookie of a log-in that began at the strip
_KEY = "strip"


class Unlocked:
    """When each of these log-ins was last used, in this process's memory. Safe to use from several threads."""

    def __init__(self, idle_s: float, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self.idle_s = idle_s
        self._monotonic_s = monotonic_s
        self._guard = threading.Lock()
        self._used_s: dict[str, float] = {}

    def use(self, token: str) -> None:
        """It is used now, for the first time or again."""
        with self._guard:
            self._used_s[token] = self._monotonic_s()

    def holds(self, token: str) -> bool:
        """Whether it was used not long ago; one of before a restart was not."""
        with self._guard:
            used_s = self._used_s.get(token)
            return used_s is not None and self._monotonic_s() - used_s < self.idle_s

    def forget(self, token: str) -> None:
        """It holds no longer."""
        with self._guard:
            self._used_s.pop(token, None)


def unlocked() -> Unlocked:
    """Those of the application that answers this request."""
    kept = current_app.extensions.get(_KEY)
    if kept is None:
        kept = current_app.extensions.setdefault(_KEY, Unlocked(parts().settings.screen.strip_idle_s))
    return cast("Unlocked", kept)


def begins(token: str) -> None:
    """The log-in of this browser's session began at the strip."""
    session[_MARK] = True
    unlocked().use(token)


def is_here() -> bool:
    """Whether this browser was logged in at the strip."""
    return bool(session.get(_MARK))


def leaves() -> None:
    """This browser's next log-in is any other's."""
    session.pop(_MARK, None)


def goes_on(token: str, *, touched: bool) -> bool:
    """Whether a log-in of the strip holds still; otherwise it is ended on the server. `touched`: somebody used it."""
    kept = unlocked()
    if kept.holds(token):
        if touched:
            kept.use(token)
        return True
    kept.forget(token)
    with suppress(DeskUnwritable):  # nobody is let in by it anyway
        parts().desk.sessions.close(token)
    return False
