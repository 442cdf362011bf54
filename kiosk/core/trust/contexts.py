"""Contexts of JSON-LD credentials, so that nothing is ever fetched.

`{"kiosk_contexts": 1, "contexts": {"address": {"@context": {...}}, ...}}`, or one context as DIVOC's countries publish
it, whose prefix `vac` is its own address. Any other single context does not say its address and adds nothing.
"""

from __future__ import annotations

import json
import re
from typing import Any

from kiosk.core.codecs import malformed, strict_json
from kiosk.core.trust import Trust

_FIRST_LOOK = re.compile(rb'\A(?:\xef\xbb\xbf)?\s*\{\s*("@context"\s*:\s*[\[{]|"kiosk_contexts")')


def recognises(data: bytes) -> bool:
    """The name of its first member, and that a single context is no DID document."""
    return _FIRST_LOOK.match(data) is not None and b'"did:' not in data


def parse(data: bytes, name: str) -> Trust:  # noqa: ARG001 - every kind of list is told its name
    """The contexts. Raises Rejected(MALFORMED)."""
    match strict_json.decode(data):
        case {"kiosk_contexts": 1, "contexts": dict(listed)}:
            contexts = listed
        case {"@context": {"vac": str(address)}} as tree:
            contexts = {address: tree}
        case {"@context": dict() | list()}:
            contexts = {}
        case _:
            raise malformed("not a list of contexts of version 1")
    return Trust(contexts={address: json.dumps(_pinned(context)) for address, context in contexts.items()})


def _pinned(context: Any) -> dict[str, Any]:
    """A context that needs no other. Raises Rejected(MALFORMED)."""
    match context:
        case {"@context": dict(terms)} if not _refers(terms):
            return {"@context": terms}
        case _:
            raise malformed("a context that is none, or that needs another one")


def _refers(terms: Any) -> bool:
    match terms:
        case dict():
            return any(
                name == "@import" or (name == "@context" and not isinstance(value, dict)) or _refers(value)
                for name, value in terms.items()
            )
        case list():
            return any(map(_refers, terms))
        case _:
            return False
