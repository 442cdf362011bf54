"""What the lane wants done: plain values that the gate applies, in order. `Record` comes before any lamp."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.entry import Draft
from kiosk.core.ports import LampPattern, Phrase
from kiosk.core.reasons import Answer


@dataclass(frozen=True, slots=True)
class Record:
    """Write this row, durably, before the next effect."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class RecordLater:
    """Write this row now or when it can be: what it tells of has happened, and no lamp hangs on it."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class ShowLamp:
    """Show this pattern on the lane's lamp."""

    pattern: LampPattern


@dataclass(frozen=True, slots=True)
class Say:
    """Say this phrase, if nothing newer is being said."""

    phrase: Phrase


@dataclass(frozen=True, slots=True)
class AskOnline:
    """Ask the resolver what this visit's opaque code means. The gate holds the text, the core does not."""

    visit: str
    key: str


@dataclass(frozen=True, slots=True)
class Respond:
    """Answer a request."""

    request_id: str
    answer: Answer
    visit: str = ""


Effect = Record | RecordLater | ShowLamp | Say | AskOnline | Respond
