"""Puts together the codes that make a credential only all together, in whatever order they are shown.

Pure: a lane keeps the tuple that comes back, and drops it when the visit ends.
"""

from __future__ import annotations

from collections.abc import Iterable

from kiosk.core import formats
from kiosk.core.model import Part, Read, Refusal
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust

MIXED = frozenset({Reason.BAD_SIGNATURE, Reason.MALFORMED})  # what parts of two people make


def collect(held: tuple[Part, ...], part: Part) -> tuple[tuple[Part, ...], str | None]:
    """The parts held after `part` came, and the one text that they make, once all are there.

    A part that does not fit those before it (another format or count, or another text in its place) is somebody
    else's, and begins anew.
    """
    fits = all(
        (p.format, p.kind, p.count) == (part.format, part.kind, part.count) and (p.index != part.index or p == part)
        for p in held
    )
    parts = {p.index: p for p in (*(held if fits else ()), part)}
    if len(parts) < part.count:
        return tuple(parts.values()), None
    return (), "".join(parts[index].text for index in sorted(parts))


def read_next(held: tuple[Part, ...], text: str, trust: Trust) -> tuple[tuple[Part, ...], Read]:
    """What `text` is, together with the parts held so far, and the parts held from now on.

    The last missing part is read as the whole that it completes; parts that make nothing that can be believed were
    of two people, and the newest begins anew.
    """
    found = formats.read(text, trust)
    if not isinstance(found, Part):
        return held, found
    held, whole = collect(held, found)
    if whole is None:
        return held, found
    read = formats.read(whole, trust)
    return ((found,), found) if is_mixed(read) else ((), read)


def read_all(texts: Iterable[str], trust: Trust) -> tuple[Read, ...]:
    """What the codes of one visit are; parts count only as the whole that they become."""
    reads: list[Read] = []
    held: tuple[Part, ...] = ()
    for text in texts:
        held, found = read_next(held, text, trust)
        reads.append(found)
    return tuple(read for read in reads if not isinstance(read, Part))


def is_mixed(read: Read) -> bool:
    """Whether joined parts made something that nobody can have issued."""
    return isinstance(read, Refusal) and read.reason in MIXED
