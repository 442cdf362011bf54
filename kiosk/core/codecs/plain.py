"""Text of strangers made safe to show: no control or bidirectional characters, and never longer than a line."""

from __future__ import annotations

import unicodedata

MAX_WORDS = 120  # characters of any one fact
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}  # parts of correct spelling in Persian and in Indic scripts


def words(value: object, limit: int = MAX_WORDS) -> str:
    """`value` as one line of visible text of at most `limit` characters; empty where it is not text."""
    if not isinstance(value, str):
        return ""
    spaced = " ".join(value[: 4 * limit].split())
    shown = "".join(c for c in spaced if c in _JOINERS or unicodedata.category(c) not in _DROPPED)
    return unicodedata.normalize("NFC", shown)[:limit].strip()


def has_controls(text: str) -> bool:
    """Whether `text` holds a control character (NUL, line ends, escape, C1) or half of a surrogate pair."""
    return any(unicodedata.category(c) in {"Cc", "Cs"} for c in text)
