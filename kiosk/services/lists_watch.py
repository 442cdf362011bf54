"""Keeps rules, country rules and trust lists fresh: read in the background, swapped whole, the last good ones kept."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from kiosk.core import rules as rules_file
from kiosk.core.codecs import plain
from kiosk.core.country_rules import RuleBook
from kiosk.core.faults import SettingsError
from kiosk.core.fence import fenced
from kiosk.core.formats import online_code
from kiosk.core.ports import Clock
from kiosk.core.rules import Rules
from kiosk.core.trust import Trust
from kiosk.services.devices import Watched
from kiosk.settings import Places
from kiosk.store import lists, rule_files

EVERY_S = 2.0
_SAID = 400  # characters of why a file was refused

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules and the trust that decide from now on."""

    rules: Rules
    trust: Trust


@dataclass(frozen=True, slots=True)
class _Country:
    """The rules of countries, and when the oldest of them came."""

    book: RuleBook = field(default_factory=RuleBook)
    as_of: datetime | None = None


class Lists:
    """The newest good policy. Reading it never waits."""

    def __init__(self, at: Places, more: tuple[Path, ...], clock: Clock) -> None:
        self.rules_state = Watched("rules", at.rules.name, clock)
        self.trust_state = Watched("trust", at.trust.name, clock)
        self.country_state = Watched("country_rules", at.country_rules.name, clock)
        self._at, self._more = at, more
        self._stop = threading.Event()
        self._seen: tuple[object, ...] | None = None
        self._own_rules, self._country = Rules(), _Country()
        self._imported: Trust | None = None
        self.policy = Policy(Rules(), Trust(services=online_code.services(())))
        self._refresh()
        self._thread = threading.Thread(target=self._watch, name="lists", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(EVERY_S):
            self._refresh()

    def _refresh(self) -> None:
        seen = self._stamp()
        if seen == self._seen:
            return
        self._seen = seen
        self._own_rules = self._kept(self.rules_state, self._rules, self._own_rules)
        self._country = self._kept(self.country_state, self._country_rules, self._country)
        rules = rule_files.put_into(self._own_rules, self._country.book)
        self._imported = imported = self._kept(self.trust_state, self._trust, self._imported) or self._last_good()
        asked = self._country.as_of if rules.country.code else None  # rules that are asked grow old like lists
        as_of = min((moment for moment in (imported.as_of, asked) if moment), default=None)
        services = online_code.services(rules.online.patterns)
        self.policy = Policy(rules, replace(imported, services=services, as_of=as_of))

    def _rules(self) -> Rules:
        path = self._at.rules
        rules = rules_file.parse(path.read_bytes(), str(path)) if path.exists() else Rules()
        try:
            online_code.services(rules.online.patterns)
        except SettingsError as error:  # a wrong pattern refuses the file
            raise SettingsError(f"{path}: {error}") from error
        return rules

    def _trust(self) -> Trust | None:
        return lists.of_kiosk(self._at, self._more)

    def _last_good(self) -> Trust:
        """At a start with a broken list: the copies of the last imports; nothing is believed where one lacks."""
        try:
            return _fenced(lambda: lists.last_good(self._at, self._more))
        except SettingsError:
            return Trust()

    def _country_rules(self) -> _Country:
        return _Country(rule_files.load(self._at.country_rules), rule_files.as_of(self._at.country_rules))

    def _kept(self, watched: Watched, read: Callable[[], P], old: P) -> P:
        try:
            new = _fenced(read)
        except SettingsError as error:
            watched.became("refused", plain.words(str(error), _SAID))
            return old
        watched.became("ok")
        return new

    def _stamp(self) -> tuple[object, ...]:
        """What tells that a file came, went or changed."""
        try:
            files = self._files()
        except OSError as error:  # reading them will say what is wrong
            return (str(error),)
        return tuple(
            (str(file), status.st_mtime_ns, status.st_size, status.st_ino)
            for file in sorted(files)
            if (status := _status(file))
        )

    def _files(self) -> list[Path]:
        folders = (self._at.trust, self._at.pass_keys, *self._more)
        files = [self._at.rules, *(file for folder in folders if folder.is_dir() for file in folder.iterdir())]
        files += [path for path in self._more if path.is_file()]
        files += self._at.country_rules.rglob("*.json")
        return files

    def close(self) -> None:
        """Stops looking."""
        self._stop.set()
        self._thread.join(timeout=2)


def _fenced(read: Callable[[], P]) -> P:
    """What `read` makes of its files. Raises SettingsError whatever they hold: the gate goes on with the last good."""
    try:
        return fenced(read, _not_understood, SettingsError, OSError)
    except OSError as error:
        raise SettingsError(str(error)) from error


def _not_understood(error: Exception) -> SettingsError:
    return SettingsError(f"cannot be understood: {type(error).__name__}: {error}")


def _status(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except OSError:
        return None
