"""What stands in rules and settings, in words: the tables, the choices, and why a value is not taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kiosk.core.codecs.keys import Key, Takes, Wrong
from kiosk.locale import N_, gettext, words

TABLES: Mapping[str, str] = {
    "": N_("In general"),
    "groups.residents": N_("Residents: which checks, in which order"),
    "groups.visitors": N_("Visitors: which checks, in which order"),
    "groups.deliveries": N_("Deliveries: which checks, in which order"),
    "credential": N_("Codes: which count, what a bad one means"),
    "test": N_("Tests: how old they may be"),
    "country": N_("A country's own rules"),
    "temperature": N_("Temperature"),
    "venue": N_("Venue code"),
    "host": N_("Visitors: must somebody expect them"),
    "replay": N_("The same code twice"),
    "online": N_("Health codes that an online service reads"),
    "show": N_("How long things are shown"),
    "crowd": N_("How long things are shown in crowd mode"),
    "conditions": N_("Faults that concern everybody"),
    "conditions.remedies": N_("What a volunteer may decide about a fault"),
    "kiosk": N_("This kiosk"),
    "web": N_("Pages"),
    "screen": N_("Resident's screen"),
    "sound": N_("Voice and buzzer"),
    "retention": N_("How long personal data is kept"),
    "backup": N_("Backups"),
    "scanner": N_("Scanner"),
    "lane": N_("Devices of lane %(lane)s"),
}

_CHOICES: Mapping[str, str] = {
    "true": N_("yes"),
    "false": N_("no"),
    "heat_balance": N_("heat balance of skin and air"),
    "surface": N_("surface as measured"),
    "zh_Hans_CN": "中文",
    "en": "English",
    **words.OUTCOMES,
    **words.REMEDIES,
    **words.DIRECTIONS,
}

WRONG: Mapping[Wrong, str] = {
    Wrong.NOT_WHOLE: N_("This is no whole number."),
    Wrong.NOT_A_NUMBER: N_("This is no number."),
    Wrong.TOO_SMALL: N_("This is too small."),
    Wrong.TOO_LARGE: N_("This is too large."),
    Wrong.NOT_A_CHOICE: N_("This cannot be chosen here."),
    Wrong.TOO_LONG: N_("This is too long."),
    Wrong.BAD_FORM: N_("This is not written as it has to be."),
}


def table(path: tuple[str, ...]) -> str:
    """What the table at `path` is about."""
    if path[:1] == ("lane",):
        return gettext(TABLES[path[0]], lane=path[1])
    name = ".".join(path)
    return gettext(TABLES[name]) if name in TABLES else name


def choice(name: str) -> str:
    """One of the words that a key takes."""
    return gettext(_CHOICES[name]) if name in _CHOICES else name


def explained(key: Key) -> str:
    """What a key is for, in one sentence."""
    if key.whole_table:
        return words.say(words.CONDITIONS, key.path[-1])
    return gettext(key.sentence)


def wrong(key: Key, why: Wrong) -> str:
    """Why a value is not taken, and what is."""
    return " ".join(filter(None, (gettext(WRONG[why]), limits(key))))


def limits(key: Key) -> str:
    """From what to what a number may go; empty where any may, and for texts."""
    if key.takes not in (Takes.WHOLE, Takes.NUMBER):
        return ""
    if key.above is not None:
        return gettext("More than %(least)s, at most %(most)s.", least=f"{key.above:g}", most=f"{key.most:g}")
    if key.least is None or key.most is None:
        return ""
    return gettext("From %(least)s to %(most)s.", least=f"{key.least:g}", most=f"{key.most:g}")


def value(key: Key, held: Any) -> str:
    """A value as people read it."""
    if isinstance(held, bool):
        return choice("true" if held else "false")
    if isinstance(held, list):
        return ", ".join(choice(each) if key.takes is Takes.CHOICES else str(each) for each in held) or "–"
    if key.takes is Takes.CHOICE:
        return choice(str(held))
    said = str(held).removesuffix(".0") if isinstance(held, float) else str(held)
    return " ".join(filter(None, (said, key.unit))) or "–"
