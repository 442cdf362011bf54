"""CBOR for codes of strangers: one item, plain types, no tag that was not asked for.  Source: RFC 8949.

The library under it would by itself follow shared references into cycles, build regular expressions and
numbers of any size, keep the last of two equal keys, and leave trailing bytes unread.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import Any

import cbor2
from cbor2 import CBORTag

from kiosk.core.codecs import malformed

MAX_DEPTH = 16
# Every tag that cbor2 gives a meaning of its own; `tests/core/codecs/test_cbor.py` tries all others too.
_KNOWN = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)
_SCALARS = frozenset({type(None), bool, int, str, bytes})


def _refuse(*_: object) -> Any:
    raise ValueError("a tag that was not asked for")


def _keep(tag: int) -> Any:
    """A decoder that leaves the tag as it is, instead of what cbor2 would make of it."""
    return lambda value, *_: CBORTag(tag, value)


@cache
def _meanings(tags: frozenset[int]) -> dict[int, Any]:
    """What is made of each tag that cbor2 knows, where `tags` are allowed."""
    return {tag: _keep(tag) if tag in tags else _refuse for tag in _KNOWN}


def decode(data: bytes, tags: frozenset[int] = frozenset()) -> Any:
    """The one item in `data`; allowed `tags` come back as CBORTag, with nothing made of them.

    The result holds only None, bool, int (64 bit), finite float, str, bytes, list, dict with str or int keys,
    and CBORTag. Raises Rejected(MALFORMED) for anything else, for equal keys, depth above 16, and bytes left over.
    """
    stream = BytesIO(data)
    decoder = cbor2.CBORDecoder(
        stream,
        tag_hook=lambda tag, *_: tag if tag.tag in tags else _refuse(),
        semantic_decoders=_meanings(tags),
        max_depth=MAX_DEPTH,
        allow_duplicate_keys=False,
    )
    try:
        item = decoder.decode()
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError):
        raise malformed("CBOR: not one well-formed item") from None
    if stream.tell() != len(data):
        raise malformed("CBOR: followed by more bytes")
    return _plain(item)


def encode(item: object) -> bytes:
    """`item` in the one deterministic form (RFC 8949 §4.2)."""
    return cbor2.dumps(item, canonical=True)


def _plain(item: object) -> Any:
    """`item` in plain types; refuses what JSON, the log or a screen could not carry.

    Inside a tag cbor2 gives tuples and frozen maps for lists and maps.
    """
    if type(item) in _SCALARS:
        return item
    if isinstance(item, dict):  # asked first: asking for any Mapping, which comes last, is slow
        return {_name(key): value if type(value) in _SCALARS else _plain(value) for key, value in item.items()}
    match item:
        case float() if math.isfinite(item):
            return item
        case list() | tuple():
            return [_plain(member) for member in item]
        case CBORTag():
            return CBORTag(item.tag, _plain(item.value))
        case Mapping():
            return {_name(key): _plain(value) for key, value in item.items()}
        case _:
            raise malformed("CBOR: a type that no code needs")


def _name(key: object) -> str | int:
    if type(key) is str or type(key) is int:
        return key
    raise malformed("CBOR: a key that is no name")
