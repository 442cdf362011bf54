"""What finds QR codes in pictures: one file per decoder; `cascade` is the one that the gate uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot, sqrt

import cv2

from kiosk.core.ports import Corners, Picture, Sighting


@dataclass(frozen=True, slots=True)
class Found:
    """What was made of a picture: the codes seen in it, each text once, and the step that read the first."""

    sightings: tuple[Sighting, ...] = ()
    stage: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """What was read."""
        return tuple(seen.text for seen in self.sightings if seen.text is not None)

    @property
    def unread(self) -> int:
        """How many codes were seen and not read."""
        return sum(seen.text is None for seen in self.sightings)

    def over(self, before: Found) -> Found:
        """This and what was found before, whose texts came first."""
        return Found(merged(before.sightings, self.sightings), before.stage or self.stage)

    def scaled(self, by: float, left: float = 0, top: float = 0) -> Found:
        """The same in a picture `by` times as large, in which this one begins at (left, top)."""
        if (by, left, top) == (1, 0, 0):
            return self
        moved = (
            Sighting(seen.text, tuple((x * by + left, y * by + top) for x, y in seen.corners), seen.modules)
            for seen in self.sightings
        )
        return Found(tuple(moved), self.stage)


def merged(*parts: Iterable[Sighting]) -> tuple[Sighting, ...]:
    """Each text once, as the first part saw it; what was seen and not read only where nothing else was."""
    every = [seen for part in parts for seen in part]
    kept = {seen.text: seen for seen in reversed(every) if seen.text is not None}
    read = [seen for seen in every if seen.text is not None and kept[seen.text] is seen]
    unread: list[Sighting] = []
    for seen in every:
        if seen.text is None and not any(overlap(seen.corners, other.corners) for other in read + unread):
            unread.append(seen)
    return (*read, *unread)


def in_order(sightings: Iterable[Sighting], picture: Picture) -> tuple[Sighting, ...]:
    """Read ones first; then by how many of its own sides a code is away from the middle: large and central is first."""
    middle = (picture.shape[1] / 2, picture.shape[0] / 2)

    def away(seen: Sighting) -> tuple[bool, float]:
        x, y = centre(seen.corners)
        return seen.text is None, hypot(x - middle[0], y - middle[1]) / max(1.0, side(seen.corners))

    return tuple(sorted(sightings, key=away))


def centre(corners: Corners) -> tuple[float, float]:
    """The middle of four corners."""
    return sum(x for x, _ in corners) / 4, sum(y for _, y in corners) / 4


def side(corners: Corners) -> float:
    """The side, in pixels, of a square as large as what four corners enclose."""
    turns = zip(corners, (*corners[1:], corners[0]), strict=True)
    return sqrt(abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in turns)) / 2)


def overlap(one: Corners, other: Corners) -> bool:
    """Whether they can be the same code: the middle of one lies well within the other."""
    (x0, y0), (x1, y1) = centre(one), centre(other)
    return hypot(x1 - x0, y1 - y0) < 0.5 * max(side(one), side(other))


def clockwise(points: Iterable[tuple[float, float]]) -> Corners:
    """Four points in clockwise order as one sees them, beginning with the same one."""
    corners = tuple(points)
    turns = zip(corners, (*corners[1:], corners[0]), strict=True)
    if sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in turns) < 0:
        corners = (corners[0], *reversed(corners[1:]))
    return corners


def grey(picture: Picture) -> Picture:
    """The picture in shades of grey; itself when it has no colours."""
    return picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]
