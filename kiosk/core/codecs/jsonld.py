"""JSON-LD as the sorted statements that a signature covers, with contexts that are pinned here and never fetched.

Source: W3C JSON-LD 1.1; RDF Dataset Canonicalization (URDNA2015); N-Quads. What a document says is read from these
statements alone: a member that no context knows, or that only repeats another, is in none of them and so is no fact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyld import jsonld

from kiosk.core.codecs import malformed
from kiosk.core.codecs.jsonld_terms import CONTEXTS

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
MAX_NODES = 16  # naming nodes without a name takes time that grows with the power of their number
MAX_ALIKE, MAX_VALUES, MAX_CONTEXTS = 2, 32, 4
_QUAD = re.compile(r'(<[^>]*>|_:\w+) <([^>]*)> (<[^>]*>|_:\w+|"(?:[^"\\]|\\.)*"(?:\^\^<[^>]*>|@[\w-]+)?) \.')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Statements:
    """(subject, predicate) to the objects, sorted: names bare, nodes without a name as `_:`, literals as their text."""

    by_subject: Mapping[tuple[str, str], tuple[str, ...]]

    def objects(self, subject: str, predicate: str) -> tuple[str, ...]:
        """What is said of `subject` by `predicate`."""
        return self.by_subject.get((subject, predicate), ())

    def subjects(self, predicate: str, value: str) -> tuple[str, ...]:
        """Of whom `value` is said by `predicate`."""
        return tuple(s for (s, p), objects in self.by_subject.items() if p == predicate and value in objects)


def canonical(document: dict[str, Any], more: Mapping[str, str]) -> str:
    """The document's statements as canonical N-Quads.

    `more` holds further contexts as JSON text by their address. Raises Rejected(MALFORMED) for a context that is not
    known or stands in the document itself, for keywords, for names that only look like nodes without one, and for
    more nodes than a credential has.
    """
    addresses = document.get("@context")
    named = addresses if isinstance(addresses, list) else [addresses]
    if not all(isinstance(address, str) for address in named) or len(named) > MAX_CONTEXTS:
        raise malformed("JSON-LD: a context of its own, or more than a credential needs")
    _require_simple({name: value for name, value in document.items() if name != "@context"}, [0])

    def load(address: str, _options: object) -> dict[str, Any]:
        if address in CONTEXTS:
            context: Any = CONTEXTS[address]
        elif address in more:
            context = json.loads(more[address])
        else:
            raise malformed("JSON-LD: a context that is not known")
        return {"contextUrl": None, "documentUrl": address, "document": context}

    try:
        quads = jsonld.normalize(
            document, {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}
        )
    except (jsonld.JsonLdError, ValueError, TypeError, KeyError, AttributeError):
        raise malformed("JSON-LD: not a document of these contexts") from None
    return str(quads)


def statements(quads: str) -> Statements:
    """Canonical N-Quads as what they say. Raises Rejected(MALFORMED)."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in quads.splitlines():
        match = _QUAD.fullmatch(line)
        if match is None:
            raise malformed("JSON-LD: a statement of a kind that no credential has")
        found.setdefault((_bare(match[1]), match[2]), []).append(_bare(match[3]))
    return Statements({place: tuple(sorted(objects)) for place, objects in found.items()})


def _bare(term: str) -> str:
    if term.startswith("<"):
        return term[1:-1]
    if term.startswith('"'):
        return _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), term[1 : term.rindex('"')])
    return term


def _require_simple(value: Any, nodes: list[int]) -> None:
    match value:
        case dict():
            nodes[0] += 1
            if nodes[0] > MAX_NODES or any(name.startswith("@") for name in value):
                raise malformed("JSON-LD: more than a credential has")
            for member in value.values():
                _require_simple(member, nodes)
        case list():
            nested = sum(isinstance(member, dict | list) for member in value)
            if nested > MAX_ALIKE or len(value) > MAX_VALUES:
                raise malformed("JSON-LD: more than a credential has")
            for member in value:
                _require_simple(member, nodes)
        case str() if value.startswith("_:"):
            raise malformed("JSON-LD: a name for what has none")
