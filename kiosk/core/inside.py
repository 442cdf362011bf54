"""Who is inside: entries and exits paired, and how sure that is.

Somebody is *certain* by the roster or by a signed pass, *likely* by name and room, *unknown* otherwise: an opaque
code that another day shows differently, a companion, a person without a word. An exit that fits nobody takes the
oldest unknown one out, if it is itself of nobody known. A reset, with its reason in the log, begins anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kiosk.core.entry import iso
from kiosk.core.model import Direction, Group

LONG = timedelta(hours=48)


class Confidence(StrEnum):
    """How sure it is that an exit would have been noticed."""

    CERTAIN = "certain"
    LIKELY = "likely"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Passing:
    """Somebody went through. `pass_` and `name` are keys that are the same on every day."""

    visit: str
    seq: int
    at: datetime
    direction: Direction
    lane: str = ""
    group: Group | None = None
    day: str = ""  # of which `person` and `code` are: on another day the same one has others
    person: str = ""  # of the roster
    pass_: str = ""  # a signed pass or certificate
    code: str = ""  # any other code, which may look different the next time
    name: str = ""  # name and room as written

    @property
    def confidence(self) -> Confidence:
        """How well this person is known."""
        if self.person or self.pass_:
            return Confidence.CERTAIN
        return Confidence.LIKELY if self.name else Confidence.UNKNOWN

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """Everything by which this person can be found again, the surest first."""
        found = (("person", self.person), ("pass", self.pass_), ("code", self.code), ("name", self.name))
        of_a_day = ("person", "code")
        return tuple((kind, f"{self.day} {key}" if kind in of_a_day else key) for kind, key in found if key)


@dataclass(frozen=True, slots=True)
class Inside:
    """Who went in and did not come out, oldest first; and exits that fitted nobody."""

    people: tuple[Passing, ...]
    left_unseen: int
    since: datetime | None = None  # the last reset, where there was one
    begins: datetime | None = None  # whoever came in before this is not looked at
    until: datetime | None = None

    def count(self, confidence: Confidence) -> int:
        """How many of them are known so well."""
        return sum(self.confidence(one) is confidence for one in self.people)

    def is_long(self, one: Passing) -> bool:
        """Whether they have been inside for so long that an exit may well have gone unseen."""
        return self.until is not None and self.until - one.at > LONG

    def confidence(self, one: Passing) -> Confidence:
        """How sure it is that they are still inside."""
        return Confidence.LIKELY if one.confidence is Confidence.CERTAIN and self.is_long(one) else one.confidence


def who(
    passings: Iterable[Passing],
    *,
    reset: datetime | None = None,
    begins: datetime | None = None,
    until: datetime | None = None,
) -> Inside:
    """Who is inside at `until`, after everything that happened since the last `reset`, in the order it happened.

    Typed paper lines fall into their place, whenever they were typed.
    """
    inside = _Room()
    left_unseen = 0
    chosen = (one for one in passings if (reset is None or one.at > reset) and (until is None or one.at <= until))
    for one in sorted(chosen, key=lambda each: (each.at, each.seq)):
        known = inside.find(one)
        if known is None and one.direction is Direction.OUT and one.confidence is Confidence.UNKNOWN:
            known = next((each for each in inside.people.values() if each.confidence is Confidence.UNKNOWN), None)
        if known is not None:
            inside.remove(known)  # went out, or came in again: the exit between was not seen
        elif one.direction is Direction.OUT:
            left_unseen += 1
        if one.direction is Direction.IN:
            inside.add(one)
    return Inside(tuple(inside.people.values()), left_unseen, reset, begins, until)


class _Room:
    """Everybody inside, oldest first, found by any of their keys."""

    def __init__(self) -> None:
        self.people: dict[str, Passing] = {}
        self._by_key: defaultdict[tuple[str, str], dict[str, Passing]] = defaultdict(dict)

    def add(self, one: Passing) -> None:
        self.people[one.visit] = one
        for key in one.keys:
            self._by_key[key][one.visit] = one

    def remove(self, one: Passing) -> None:
        del self.people[one.visit]
        for key in one.keys:
            del self._by_key[key][one.visit]

    def find(self, one: Passing) -> Passing | None:
        """The same person by the surest key; never two whom the roster tells apart."""
        for key in one.keys:
            for each in self._by_key[key].values():
                apart = one.day == each.day and one.person and each.person and one.person != each.person
                if not apart:
                    return each
        return None


def told(inside: Inside) -> dict[str, object]:
    """What a page is told: numbers, and rows without names, which `Reveal` shows by their `seq`."""
    return {
        **{confidence.value: inside.count(confidence) for confidence in Confidence},
        "left_unseen": inside.left_unseen,
        "since": iso(inside.since) if inside.since else None,
        "begins": iso(inside.begins) if inside.begins else None,
        "long": sum(map(inside.is_long, inside.people)),
        "people": [
            {
                "seq": one.seq,
                "visit": one.visit,
                "at": iso(one.at),
                "lane": one.lane,
                "group": one.group.value if one.group else None,
                "confidence": inside.confidence(one).value,
                "long": inside.is_long(one),
            }
            for one in inside.people
        ],
    }
