"""JSON without its traps: equal keys, NaN, numbers that do not fit, depth, and half characters.  Source: RFC 8259."""

from __future__ import annotations

import json
import math
from typing import Any

from kiosk.core.codecs import malformed

MAX_DEPTH = 32
_INT_LIMIT = 2**63  # what SQLite and most other readers can hold


def decode(data: bytes | str, depth: int = MAX_DEPTH) -> Any:
    """The one value in `data`, which is UTF-8 where it is bytes.

    Raises Rejected(MALFORMED) for what is not JSON, and for JSON that two readers could understand differently:
    equal keys, NaN and infinity, integers beyond 64 bits, lone surrogates, nesting deeper than `depth`.
    """
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse, parse_float=_float, parse_int=_integer
        )
    except (ValueError, RecursionError) as error:
        where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise malformed(f"not JSON{where}") from None
    _require_plain(value, depth)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise malformed("JSON: the same key twice")
    return members


def _refuse(_constant: str) -> Any:
    raise malformed("JSON: not a finite number")


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise malformed("JSON: not a finite number")
    return value


def _integer(digits: str) -> int:
    value = int(digits) if len(digits) <= 20 else _INT_LIMIT
    if not -_INT_LIMIT <= value < _INT_LIMIT:
        raise malformed("JSON: a number beyond 64 bits")
    return value


def _require_plain(value: Any, depth: int) -> None:
    if depth == 0:
        raise malformed("JSON: nested too deeply")
    match value:
        case str():
            if any("\ud800" <= c <= "\udfff" for c in value):
                raise malformed("JSON: half of a character")
        case list():
            for member in value:
                _require_plain(member, depth - 1)
        case dict():
            for key, member in value.items():
                _require_plain(key, depth - 1)
                _require_plain(member, depth - 1)
