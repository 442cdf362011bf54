"""People of the roster as values, and how names, places and numbers are written so that they can be compared."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from kiosk.core.model import Group

_PLACE_WORDS = re.compile("号楼|號樓|单元|單元|[栋棟幢楼樓座室号號房#]")
_BUILDING_DIGITS = 2
_SEPARATORS = re.compile(r"[^\w]+|_+")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the roster."""

    id: str
    name: str
    building: str = ""
    unit: str = ""
    room: str = ""
    phone: str = ""
    birth_date: str = ""  # ISO 8601
    group: Group = Group.RESIDENTS
    tested_at: datetime | None = None
    passes: tuple[str, ...] = ()
    document: str = field(default="", repr=False)  # only on its way in: the roster keeps a keyed hash

    @property
    def place(self) -> str:
        """Building, unit and room as people say them: `3-1-502`."""
        return "-".join(filter(None, (self.building, self.unit, self.room)))

    @property
    def known_by(self) -> tuple[str, str]:
        """Name and place, by which somebody without an id is known again."""
        return name_key(self.name), place_key(self.place)


def folded(text: str) -> str:
    """`text` without differences of width, case and accent."""
    if text.isascii():
        return text.casefold()
    wide = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in wide if unicodedata.category(c) != "Mn"))


def name_key(name: str) -> str:
    """A name in a form in which spelling, order and punctuation no longer differ: `müller, Anna` is `anna muller`."""
    return " ".join(sorted(part for part in _SEPARATORS.split(folded(name)) if part))


def place_key(text: str) -> str:
    """A place as people write it in the form `3-1-502`: `3号楼1单元502室`, `3栋 502` and `３－５０２` alike."""
    spoken = _PLACE_WORDS.sub("-", folded(text))
    return "-".join(part for part in _SEPARATORS.split(spoken) if part)


def document_key(document: str) -> str:
    """A document number without spaces and signs, in capitals."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", document).upper())


def search_terms(text: str) -> tuple[str, ...]:
    """What a volunteer typed, as the beginnings of terms that all must be met.

    Numbers side by side are one place (`3 502` is `3-502`); a short one beside a name is a building (`王 3`).
    """
    pieces: list[str] = []
    places: list[str] = []
    for piece in [*text.split(), ""]:
        if any(c.isdigit() for c in piece):
            places.append(place_key(piece))
        else:
            if places:
                pieces.append("-".join(places))
                places = []
            pieces.append(_bare(piece))
    found = tuple(dict.fromkeys(piece for piece in pieces if piece))
    if len(found) == 1:
        return found
    return tuple(f"{piece}-" if len(piece) <= _BUILDING_DIGITS and piece.isdigit() else piece for piece in found)


def person_terms(person: Person, pinyin: tuple[str, ...]) -> frozenset[str]:
    """Everything by whose beginning a person is found; `pinyin` are the syllables of a Chinese name."""
    bare = _bare(person.name)
    terms = {bare, person.id.casefold(), *(part for part in _SEPARATORS.split(folded(person.name)))}
    if pinyin:
        terms |= {bare[1:], "".join(pinyin), "".join(pinyin[1:])}
        terms |= {"".join(syllable[0] for syllable in pinyin[start:]) for start in (0, 1)}
    building, unit, room = (place_key(part) for part in (person.building, person.unit, person.room))
    terms |= {"-".join(part for part in parts if part) for parts in ((building, unit, room), (building, room), (room,))}
    digits = "".join(c for c in person.phone if c.isdigit())
    terms |= {digits, digits[-8:], digits[-4:]}
    return frozenset(term for term in terms if term)


def _bare(name: str) -> str:
    return _SEPARATORS.sub("", folded(name))
