"""The one definition of every count: what a visit came to after overrides and undos, and how many of each there were.

- A visit counts once, at the time it happened, with the outcome it came to in the end: the volunteer's last
  decision that was not taken back, else the verdict.
- *passed*, *checked*, *denied*: visits by that outcome. *incomplete*: people who left half-way and were not decided.
- *entered*, *left*: visits that passed, by the lane's direction. A medical exit is *left* and nothing else.
- Vehicles and evacuations are not counted: nobody counted the people in them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from kiosk.core.entry import EntryKind
from kiosk.core.model import Direction, Outcome
from kiosk.core.view import Counts

COUNTED = frozenset({EntryKind.VISIT, EntryKind.INCOMPLETE, EntryKind.MEDICAL_EXIT})
DECIDING = frozenset({EntryKind.OVERRIDE, EntryKind.UNDO})


@dataclass(frozen=True, slots=True)
class Mark:
    """What counting needs to know of one row. `visit` is the visit that the row is about."""

    kind: EntryKind
    visit: str
    happened: datetime
    direction: Direction | None = None
    outcome: Outcome | None = None


@dataclass(slots=True)
class _Visit:
    base: Mark
    decisions: list[Mark] = field(default_factory=list)

    @property
    def last(self) -> Mark:
        return self.decisions[-1] if self.decisions else self.base

    @property
    def counted_as(self) -> tuple[str, ...]:
        """The names of the counts that this visit adds to."""
        if self.last.kind is EntryKind.INCOMPLETE:
            return ("incomplete",)
        if self.last.outcome is Outcome.PASS and self.base.direction is not None:
            return ("passed", _WAY[self.base.direction])
        return _NAMED[self.last.outcome]


_WAY = {Direction.IN: "entered", Direction.OUT: "left"}
_NAMED: dict[Outcome | None, tuple[str, ...]] = {
    Outcome.PASS: ("passed",),
    Outcome.CHECK: ("checked",),
    Outcome.DENY: ("denied",),
    None: (),
}


class Tally:
    """Folds rows, in the order they were written, into counts. Rows about visits it never saw are left out."""

    def __init__(self) -> None:
        self._visits: dict[str, _Visit] = {}
        self._counts: Counter[str] = Counter()

    def add(self, mark: Mark) -> None:
        """Takes one more row."""
        known = self._visits.get(mark.visit)
        if known is not None:
            self._counts.subtract(known.counted_as)
        if mark.kind is EntryKind.MEDICAL_EXIT:
            self._counts["left"] += 1
        elif mark.kind in COUNTED and known is None:
            known = self._visits[mark.visit] = _Visit(mark)
        elif mark.kind in COUNTED and known is not None:
            known.base = mark  # measured again: the same visit, a newer verdict
        elif mark.kind is EntryKind.OVERRIDE and known is not None:
            known.decisions.append(mark)
        elif mark.kind is EntryKind.UNDO and known is not None and known.decisions:
            known.decisions.pop()
        if known is not None:
            self._counts.update(known.counted_as)

    def counts(self) -> Counts:
        """How many of each."""
        return Counts(**self._counts)

    def last_pass(self, direction: Direction, since: datetime) -> datetime | None:
        """When a visit in `direction`, not before `since`, last came to PASS."""
        passes = [
            visit.last.happened
            for visit in self._visits.values()
            if visit.base.direction is direction and visit.last.outcome is Outcome.PASS
        ]
        return max((moment for moment in passes if moment >= since), default=None)
