"""What a code or a place is marked with: the colour of a health code, and the times in which a list flags a place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Colour(StrEnum):
    """What a health code says of its holder; not what the lamp shows."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Flag:
    """The time in which a list warns of a place; None: from ever, for ever."""

    since: datetime | None = None
    until: datetime | None = None
