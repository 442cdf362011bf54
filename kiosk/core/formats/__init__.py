"""The formats of QR codes, one module each, found by name: the longest prefix decides, then at most one sniff.

A module says `KIND`, its `PREFIXES`, and `decode(text, trust)`, which may raise Rejected; one without prefixes
says `sniff(text, trust)` instead. `read` is the only way in for everybody else.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module

from kiosk.core.codecs import Rejected, plain
from kiosk.core.fence import fenced
from kiosk.core.model import Credential, Kind, Read, Refusal, VenueCode
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust

MAX_BYTES = 8 * 1024  # of UTF-8; the largest QR code holds 2,953 bytes


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name is the module's."""

    name: str
    kind: Kind
    prefixes: tuple[str, ...]
    decode: Callable[[str, Trust], Read]
    sniff: Callable[[str, Trust], bool]


@cache
def all_formats() -> tuple[Format, ...]:
    """Every format beside this file, by name."""
    modules = ((m.name, import_module(f"{__name__}.{m.name}")) for m in pkgutil.iter_modules(__path__))
    return tuple(
        Format(name, module.KIND, module.PREFIXES, module.decode, getattr(module, "sniff", _never))
        for name, module in sorted(modules)
    )


def claimant(text: str, trust: Trust) -> Format | None:
    """The one format that `text` belongs to; None when there is none, or when several sniff it."""
    by_prefix = [(len(p), f) for f in all_formats() for p in f.prefixes if text.startswith(p)]
    if by_prefix:
        return max(by_prefix, key=lambda found: found[0])[1]
    by_sniff = [f for f in all_formats() if f.sniff(text, trust)]
    return by_sniff[0] if len(by_sniff) == 1 else None


def read(text: str, trust: Trust) -> Read:
    """What `text` is, its signature held against `trust`. Never raises; times are not judged here."""
    if not _acceptable(text):
        return Refusal("", Kind.UNKNOWN, Reason.MALFORMED)
    found = claimant(text, trust)
    if found is None:
        return Refusal("", Kind.UNKNOWN, Reason.UNSUPPORTED)
    try:
        result = fenced(lambda: found.decode(text, trust), lambda _: Rejected(Reason.MALFORMED), Rejected)
    except Rejected as refusal:
        return Refusal(found.name, found.kind, refusal.reason)
    if isinstance(result, Credential) and (withdrawn := trust.standing(result)):
        return Refusal(found.name, found.kind, withdrawn)
    if isinstance(result, VenueCode):
        if trust.denies(result.format, result.venue_id):
            return Refusal(found.name, Kind.VENUE, Reason.REVOKED)
        if flags := trust.flagged.get(f"{result.format}:{result.venue_id}"):
            return replace(result, flagged=flags)
    return result


def _acceptable(text: str) -> bool:
    """Whether `text` is worth a look: neither empty nor too long, no control character, whole characters only."""
    if not text or len(text) > MAX_BYTES or (plain.has_controls(text) and not _is_binary(text)):
        return False
    return len(text.encode()) <= MAX_BYTES


def _is_binary(text: str) -> bool:
    """Whether these are bytes, one a character as scanners hand them over, of a format whose prefix is not text."""
    prefixes = (p for f in all_formats() for p in f.prefixes if plain.has_controls(p))
    return text.startswith(tuple(prefixes)) and max(text) <= "\xff"


def _never(_text: str, _trust: Trust) -> bool:
    return False
