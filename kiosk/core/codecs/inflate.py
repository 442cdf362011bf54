"""Decompression that a bomb cannot abuse.  Source: RFC 1950, RFC 1951; a QR code's 2,953 bytes can inflate to 3 MB."""

from __future__ import annotations

import zlib

from kiosk.core.codecs import malformed

LIMIT = 64 * 1024  # bytes; the largest genuine certificate of the public suites needs 4 KiB


def inflate(data: bytes, limit: int = LIMIT, *, raw: bool = False) -> bytes:
    """The content of one whole zlib stream, or with `raw` of bare deflate, at most `limit` bytes.

    Raises Rejected(MALFORMED) when it is not such a stream, grows above `limit`, is cut short, or is followed by more.
    """
    stream = zlib.decompressobj(-zlib.MAX_WBITS if raw else zlib.MAX_WBITS)
    try:
        content = stream.decompress(data, limit + 1)
    except zlib.error:
        raise malformed("zlib: not a zlib stream") from None
    if len(content) > limit:
        raise malformed("zlib: larger than any code may be")
    if not stream.eof:
        raise malformed("zlib: cut short")
    if stream.unused_data:
        raise malformed("zlib: followed by more bytes")
    return content


def deflate(data: bytes) -> bytes:
    """`data` as a zlib stream, as small as it gets."""
    return zlib.compress(data, 9)
