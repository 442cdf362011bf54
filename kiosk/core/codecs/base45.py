"""Base45: bytes as the characters that a QR code packs tightest.  Source: RFC 9285."""

from __future__ import annotations

import struct

from kiosk.core.codecs import malformed

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_NONE = 0xFF
_VALUES = bytes(ALPHABET.find(chr(code)) & _NONE for code in range(256))  # by character; _NONE where it is not ours


def encode(data: bytes) -> str:
    """`data` in base 45: three characters for two bytes, two for a last single one."""
    out: list[str] = []
    for at in range(0, len(data) - 1, 2):
        high, rest = divmod(data[at] << 8 | data[at + 1], 45 * 45)
        middle, low = divmod(rest, 45)
        out += ALPHABET[low], ALPHABET[middle], ALPHABET[high]
    if len(data) % 2:
        middle, low = divmod(data[-1], 45)
        out += ALPHABET[low], ALPHABET[middle]
    return "".join(out)


def decode(text: str) -> bytes:
    """The bytes of `text`.

    Raises Rejected(MALFORMED) for a character outside the alphabet (lower case and line ends included), for a
    length that no encoder produces, and for a group whose value does not fit its bytes (RFC 9285 §4 and §6).
    """
    values = text.encode("ascii", "replace").translate(_VALUES)  # what is no ASCII becomes "?", which is none of ours
    if _NONE in values:
        raise malformed("base45: a character outside the alphabet")
    groups, left_over = divmod(len(values), 3)
    if left_over == 1:
        raise malformed("base45: a length that no encoder produces")
    end = 3 * groups
    low, middle, high = values[0:end:3], values[1:end:3], values[2:end:3]
    numbers = [a + 45 * b + 45 * 45 * c for a, b, c in zip(low, middle, high, strict=True)]
    try:
        whole = struct.pack(f">{groups}H", *numbers)
        return whole + bytes((values[-2] + 45 * values[-1],)) if left_over else whole
    except (struct.error, ValueError):
        raise malformed("base45: a group above its bytes") from None
