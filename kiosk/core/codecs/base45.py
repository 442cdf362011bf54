"""Base45: bytes as the characters that a QR code packs tightest.  Source: RFC 9285."""

from __future__ import annotations

from kiosk.core.codecs import malformed

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


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
    try:
        values = [_VALUES[character] for character in text]
    except KeyError:
        raise malformed("base45: a character outside the alphabet") from None
    left_over = len(values) % 3
    if left_over == 1:
        raise malformed("base45: a length that no encoder produces")
    out = bytearray()
    for at in range(0, len(values) - left_over, 3):
        number = values[at] + 45 * values[at + 1] + 2025 * values[at + 2]
        if number > 0xFFFF:
            raise malformed("base45: a group above two bytes")
        out += number.to_bytes(2, "big")
    if left_over:
        number = values[-2] + 45 * values[-1]
        if number > 0xFF:
            raise malformed("base45: a group above one byte")
        out.append(number)
    return bytes(out)
