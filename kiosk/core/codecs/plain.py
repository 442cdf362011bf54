"""Text of strangers made safe to show: no control or bidirectional characters, and never longer than a line."""

from __future__ import annotations

import binascii
import re
import unicodedata
from base64 import b64decode

from kiosk.core.codecs import malformed

MAX_WORDS = 120  # characters of any one fact
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_JOINERS = {"\u200c", "\u200d"}  # parts of correct spelling in Persian and in Indic scripts


def words(value: object, limit: int = MAX_WORDS) -> str:
    """`value` as one line of visible text of at most `limit` characters; empty where it is not text."""
    if not isinstance(value, str):
        return ""
    if len(value) <= limit and value.isascii() and value.isprintable() and "  " not in value:
        return value.strip()  # most facts are such, and need none of the rest
    spaced = " ".join(value[: 4 * limit].split())
    shown = "".join(c for c in spaced if c in _JOINERS or unicodedata.category(c) not in _DROPPED)
    return unicodedata.normalize("NFC", shown)[:limit].strip()


def has_controls(text: str) -> bool:
    """Whether `text` holds a control character (NUL, line ends, escape, C1) or half of a surrogate pair."""
    return _CONTROLS.search(text) is not None


def base64url(text: str) -> bytes:
    """The bytes of `text` in base64url, with or without its padding (RFC 4648 §5).

    Raises Rejected(MALFORMED) for any other character, and for a length that no encoder produces.
    """
    bare = text.rstrip("=")
    try:
        return b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise malformed("base64url: not an encoding of bytes") from None
