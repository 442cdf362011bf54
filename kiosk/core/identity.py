"""Who a code is about, in forms that can be compared without keeping the code, the name or the document."""

from __future__ import annotations

import hmac
import unicodedata

from kiosk.core.model import Credential, Holder, Read, VenueCode

_KEY = b"code"
_DOCUMENT = b"document"


def key(read: Read, text: str, secret: bytes) -> str:
    """The identity that replay goes by: HMAC-SHA256 in hex over (format, issuer, credential id, else holder),
    else over the text itself where nothing in it can be believed.
    """
    parts: tuple[str, ...]
    match read:
        case Credential() if named := read.credential_id or _holder(read.holder):
            parts = (read.format, read.issuer, named)
        case VenueCode():
            parts = (read.format, read.issuer, read.venue_id)
        case _:
            parts = (text,)
    return _tag(secret, _KEY, *parts)


def document_key(document: str, secret: bytes) -> str:
    """HMAC-SHA256 in hex of a document's number, however it was spaced and hyphenated; empty for an empty one."""
    number = "".join(c for c in unicodedata.normalize("NFKC", document).upper() if c.isalnum())
    return _tag(secret, _DOCUMENT, number) if number else ""


def normalised_name(name: str) -> str:
    """`name` as it is compared: without case, accents, punctuation and order of its parts.

    A name in Chinese, Japanese or Korean characters is compared without its spaces. Not for display.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    letters = "".join(c if c.isalnum() else " " for c in folded if not unicodedata.combining(c))
    parts = unicodedata.normalize("NFC", letters).split()
    return "".join(parts) if any(map(_is_cjk, letters)) else " ".join(sorted(parts))


def _holder(holder: Holder) -> str:
    """What tells one holder from another; empty where the credential names nobody."""
    if holder.person or holder.document:
        return f"{holder.person or ''}|{holder.document or ''}"
    return f"{normalised_name(holder.name)}|{holder.birth_date or ''}" if holder.name else ""


def _is_cjk(character: str) -> bool:
    return unicodedata.name(character, "").startswith(("CJK", "HANGUL", "HIRAGANA", "KATAKANA"))


def _tag(secret: bytes, purpose: bytes, *parts: str) -> str:
    """Every part is preceded by its length, so that no two different tuples look alike."""
    message = b"".join(
        len(part).to_bytes(4, "big") + part
        for part in (purpose, *(part.encode("utf-8", "surrogatepass") for part in parts))
    )
    return hmac.digest(secret, message, "sha256").hex()
