"""Puts together the codes that make a credential only all together, in whatever order they are shown.

Pure: a lane keeps the tuple that comes back, and drops it when the visit ends.
"""

from __future__ import annotations

from kiosk.core.model import Part


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
