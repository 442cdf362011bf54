"""Bytes of a trust list into a Trust: the kinds of lists are the modules beside this one, found by name.

A kind says `recognises(data)` and `parse(data, name)`; adding one means adding one file and its test.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from kiosk.core import trust
from kiosk.core.codecs import Rejected
from kiosk.core.faults import SettingsError
from kiosk.core.fence import fenced
from kiosk.core.trust import Trust


class ListKind(Protocol):
    """What a module of this folder offers."""

    def recognises(self, data: bytes) -> bool:
        """Whether `data` is a list of this kind, by its first look."""

    def parse(self, data: bytes, name: str) -> Trust:
        """The list. An entry that cannot be used becomes a note; raises SettingsError or Rejected when all is lost."""


@cache
def kinds() -> tuple[ListKind, ...]:
    """Every kind of list."""
    names = sorted(m.name for m in pkgutil.iter_modules(trust.__path__) if m.name != "parse")
    return tuple(cast(ListKind, import_module(f"{trust.__name__}.{name}")) for name in names)


def kind_of(data: bytes) -> ListKind | None:
    """The kind of list that `data` is, by its first look."""
    return next((kind for kind in kinds() if kind.recognises(data)), None)


def parse(data: bytes, name: str) -> Trust:
    """The trust list in `data`; `name` is what an error or a note calls the file.

    Raises SettingsError with file and reason when it is no list, broken, or has no entry that can be used.
    """
    kind = kind_of(data)
    if kind is None:
        raise SettingsError(f"{name}: not a trust list; PEM, DER and JSON lists are known (docs/formats.md)")
    try:
        parsed = fenced(
            lambda: kind.parse(data, name),
            lambda error: SettingsError(f"{name}: cannot be understood ({type(error).__name__}); get it again"),
            Rejected,
            SettingsError,
        )
    except Rejected as refusal:
        raise SettingsError(f"{name}: {refusal.detail or refusal.reason}") from refusal
    usable = (parsed.signers, parsed.denied, parsed.denied_until, parsed.revoked, parsed.contexts, parsed.flagged)
    if parsed.notes and not any(usable):
        raise SettingsError(f"{parsed.notes[0]}; no other entry can be used")
    return parsed
