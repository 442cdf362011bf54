"""Whom a manager looks for: kept for an hour under a number that says nothing, so that no address names anybody."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from flask import current_app

KEPT_FOR = timedelta(hours=1)
_MOST = 200


@dataclass(frozen=True, slots=True)
class Search:
    """One person, as somebody chose them: the pseudonyms of the days that are not forgotten."""

    by: str
    name: str = field(repr=False)
    tags: tuple[str, ...] = field(repr=False)
    until: datetime


class Searches:
    """What was looked for lately. Safe to use from several threads."""

    KEY = "records.searches"

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._guard = threading.Lock()
        self._kept: OrderedDict[str, Search] = OrderedDict()

    def keep(self, by: str, name: str, tags: tuple[str, ...]) -> str:
        """The number under which `by` finds it again."""
        token = secrets.token_hex(8)
        with self._guard:
            self._kept[token] = Search(by, name, tags, self._now() + KEPT_FOR)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return token

    def find(self, token: str, by: str) -> Search | None:
        """What `by` looked for; None for anybody else, and when its hour is over."""
        with self._guard:
            found = self._kept.get(token)
            if found is not None and found.until < self._now():
                found = self._kept.pop(token, None) and None
        return found if found is not None and found.by == by else None


def searches() -> Searches:
    """Those of the application that answers this request."""
    return cast("Searches", current_app.extensions[Searches.KEY])
