"""What the detail of a logbook's row means, in words: a row itself keeps codes and numbers, whatever the language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from kiosk.core.entry import EntryKind
from kiosk.locale import gettext as _
from kiosk.locale import words

_Words = Callable[..., str]


def _condition(condition: str, word: str) -> str:
    about = words.say(words.CONDITIONS, condition)
    return _("%(condition)s: begun", condition=about) if word == "opened" else _("%(condition)s: over", condition=about)


def _decision(condition: str, remedy: str, minutes: str) -> str:
    said = words.say(words.CONDITIONS, condition), words.say(words.REMEDIES, remedy), _for(minutes)
    return " · ".join(said)


def _for(minutes: str) -> str:
    return _("for %(minutes)s min", minutes=minutes)


def _switched(word: str) -> str:
    return _("begun") if word == "on" else _("ended")


def _clock(state: str, reason: str) -> str:
    return f"{words.say(words.CLOCKS, state)} · {words.say(words.CLOCK_REASONS, reason)}"


def _jumped(seconds: str) -> str:
    by = int(seconds)
    return _("set forward by %(seconds)s s", seconds=by) if by > 0 else _("set back by %(seconds)s s", seconds=-by)


def _parcels(number: str) -> str:
    return _("Parcels: %(number)s", number=number)


def _sheet(sheet: str, line: str, typist: str | None) -> str:
    where = _("Sheet %(sheet)s, line %(line)s", sheet=sheet, line=line)
    return " · ".join((where, _("typed by %(who)s", who=typist))) if typist else where


# By the kind of the row: how its detail is written (see `kiosk.core.entry.Draft.detail`), and what that means.
_SAID: tuple[tuple[EntryKind | None, str, _Words], ...] = (
    (None, r"refused", lambda: _("could not be written as it was")),
    (EntryKind.START, r"cut_short", lambda: _("The power went in the middle of a visit")),
    (EntryKind.EVACUATION, r"(on|off)", _switched),
    (EntryKind.CROWD, r"(off)", _switched),
    (EntryKind.CROWD, r"on (\d+) min", _for),
    (EntryKind.CONDITION, r"(\w+) (opened|closed)", _condition),
    (EntryKind.DECISION, r"(\w+) (\w+) (\d+) min", _decision),
    (EntryKind.CLOCK, r"jump ([+-]\d+)", _jumped),
    (EntryKind.CLOCK, r"(\w+) (\w+)", _clock),
    (EntryKind.VISIT, r"(\d+) parcels", _parcels),
    (EntryKind.DROP_OFF, r"(\d+) parcels", _parcels),
    (EntryKind.VISIT, r"sheet (\d+) line (\d+)(?: typed by (.+))?", _sheet),
    (EntryKind.LOOKED, r"person", lambda: _("Everything about one person")),
    (EntryKind.LOOKED, r"(\d+) entries", lambda number: _("Entries: %(number)s", number=number)),
    (EntryKind.EXPORTED, r"names", lambda: _("With names")),
    (EntryKind.EXPORTED, r"pseudonyms", lambda: _("Without names")),
    (EntryKind.PURGED, r"(\S+)(?: .+)?", lambda day: _("of every day before %(day)s", day=day)),
)
_SHAPES: Mapping[str, re.Pattern[str]] = {shape: re.compile(shape) for _kind, shape, _words in _SAID}


def detail(kind: EntryKind, code: str) -> str:
    """The detail of a row of that kind in the language in use; as it stands where it is a name or a number."""
    for of, shape, say in _SAID:
        if of in (None, kind) and (found := _SHAPES[shape].fullmatch(code)):
            return say(*found.groups())
    return code
