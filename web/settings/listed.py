"""What lists of keys and country rules hold, counted for their page: a file is read again only when it has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from flask import current_app

from kiosk.core import believed
from kiosk.core.believed import CountryRules, Keys
from kiosk.core.country_rules import RuleBook
from kiosk.core.faults import SettingsError
from kiosk.core.trust import Trust
from kiosk.locale import refusals

NAMED = 3  # issuers, beside a list's name
MOST_KEPT = 400  # summaries; whoever has more lists waits for them
_KEY = "settings.summaries"

Found = Trust | RuleBook | SettingsError


@dataclass(frozen=True, slots=True)
class Listed:
    """One list as the page shows it: counted, or with what is wrong with it."""

    name: str
    why: str = ""
    keys: tuple[Keys, ...] = ()  # of each format
    issuers: int = 0
    whose: tuple[str, ...] = ()  # the names of issuers, where there are few
    countries: tuple[CountryRules, ...] = ()
    value_sets: int = 0
    denied: int = 0
    flagged: int = 0
    contexts: int = 0
    notes: tuple[str, ...] = ()
    as_of: datetime | None = None
    stale: bool = False
    days: int = 0  # how old it is


def counted(name: str, found: Found, now: datetime, stale: timedelta) -> Listed:
    """What was read of one list. `stale`: how old a list may be."""
    if isinstance(found, SettingsError):
        return Listed(name, why=refusals.said(found).removeprefix(f"{name}: "))
    if isinstance(found, RuleBook):
        return Listed(name, countries=believed.of_countries(found), value_sets=len(found.value_sets))
    issuers = sorted({signer.issuer for signer in found.signers})
    shown = Listed(
        name,
        keys=believed.by_format(found, now),
        issuers=len(issuers),
        whose=tuple(issuer for issuer in issuers if issuer) if len(issuers) <= NAMED else (),
        denied=believed.denied(found),
        flagged=len(found.flagged),
        contexts=len(found.contexts),
        notes=tuple(refusals.said(note.removeprefix(f"{name}: ")) for note in found.notes),
        as_of=found.as_of,
    )
    return _aged(shown, now, stale)


def _aged(shown: Listed, now: datetime, stale: timedelta) -> Listed:
    """The same at another time."""
    if shown.as_of is None:
        return shown
    age = now - shown.as_of
    return replace(shown, stale=age > stale, days=max(0, age.days))


@dataclass(frozen=True, slots=True)
class _Kept:
    stamp: tuple[int, int, int]
    since: datetime
    until: datetime | None  # when one of its keys ends, and the count of those that ended changes
    shown: Listed

    def holds(self, stamp: tuple[int, int, int], now: datetime) -> bool:
        return self.stamp == stamp and self.since <= now and (self.until is None or now <= self.until)


@dataclass(slots=True)
class Summaries:
    """The summaries of files as they were last read, in this process's memory. Safe to use from several threads."""

    _guard: threading.Lock = field(default_factory=threading.Lock)
    _kept: dict[tuple[Path, str], _Kept] = field(default_factory=dict)

    def of(
        self, file: Path, name: str, read: Callable[[Path], Found], now: datetime, stale: timedelta, language: str
    ) -> Listed:
        """What `file` holds, told in `language`; `read` is asked only where it changed since it was last told."""
        stamp = _stamp(file)
        with self._guard:
            kept = self._kept.get((file, language))
        if kept is not None and stamp is not None and kept.holds(stamp, now):
            return _aged(kept.shown, now, stale)
        found = read(file)
        shown = counted(name, found, now, stale)
        if stamp is not None and stamp == _stamp(file):  # and did not change while it was read
            with self._guard:
                if len(self._kept) >= MOST_KEPT:
                    self._kept.clear()
                self._kept[file, language] = _Kept(stamp, now, _next_end(found, now), shown)
        return shown


def summaries() -> Summaries:
    """Those of the application that answers this request."""
    return cast("Summaries", current_app.extensions.setdefault(_KEY, Summaries()))


def _stamp(file: Path) -> tuple[int, int, int] | None:
    """By which a changed file is told; a change of its permissions counts as one."""
    try:
        told = file.stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_ctime_ns, told.st_size


def _next_end(found: Found, now: datetime) -> datetime | None:
    ends = (signer.valid_until for signer in found.signers) if isinstance(found, Trust) else ()
    return min((end for end in ends if end and end >= now), default=None)
