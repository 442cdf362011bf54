"""Enough DER to find what a certificate may be used for.  Source: ITU-T X.690 §8; RFC 5280 §4.1, §4.2.1.12.

Some certificates in real trust lists carry an extension that strict readers refuse, and then will not tell
any extension. This walk needs only the one that it is asked for to be whole.
"""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.core.codecs import malformed

SEQUENCE, OID, OCTET_STRING, EXTENSIONS = 0x30, 0x06, 0x04, 0xA3
_EXTENDED_KEY_USAGE = bytes.fromhex("551d25")  # 2.5.29.37


def extended_key_usages(tbs_certificate: bytes) -> tuple[str, ...]:
    """The dotted OIDs of the extended key usage; empty where the certificate has none, or an empty one.

    Raises Rejected(MALFORMED) where the way to that extension is broken.
    """
    for tag, body in members(only(tbs_certificate, SEQUENCE)):
        if tag == EXTENSIONS:
            for _, extension in members(only(body, SEQUENCE)):
                parts = list(members(extension))
                if parts and parts[0] == (OID, _EXTENDED_KEY_USAGE) and parts[-1][0] == OCTET_STRING:
                    return tuple(_dotted(oid) for kind, oid in members(only(parts[-1][1], SEQUENCE)) if kind == OID)
    return ()


def members(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Every (tag, body) in `data`, one after the other. Raises Rejected(MALFORMED) where one is cut short."""
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise malformed("DER: cut short")
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4:
                raise malformed("DER: a length that is none")
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > len(data):
            raise malformed("DER: cut short")
        yield tag, data[at : at + length]
        at += length


def encode(tag: int, body: bytes) -> bytes:
    """One element with its length in the one form that DER allows (X.690 §10.1)."""
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def only(data: bytes, tag: int) -> bytes:
    """The body of the one element in `data`. Raises Rejected(MALFORMED) where it is another one, or not alone."""
    match list(members(data)):
        case [(found, body)] if found == tag:
            return body
        case _:
            raise malformed("DER: not what stands here in a certificate")


def _dotted(oid: bytes) -> str:
    """The numbers of an object identifier (X.690 §8.19)."""
    numbers, number = [], 0
    for byte in oid:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2) if numbers else 0
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]])) if numbers else ""
