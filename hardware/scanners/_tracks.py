"""One code over several frames: found by its texture, and followed as it moves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.scanners._grid import Grid, Map
from hardware.scanners._measured import Measured
from kiosk.core.ports import Corners, Picture

POINTS, LEAST_POINTS = 150, 24  # followed from frame to frame; fewer that agree are no proof
ASTRAY_PX = 1.0  # how far off the common movement a point may be
AGREE = 0.3  # of the points, on the common movement
SHRUNK = 4  # times, to see the movement first coarsely
REACH = 24  # pixels of the shrunk picture that a code may move between two frames


@dataclass(frozen=True, slots=True)
class Box:
    """An upright part of a picture, in whole pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def of(cls, picture: Picture) -> Box:
        """The whole picture."""
        return cls(0, 0, picture.shape[1], picture.shape[0])

    @classmethod
    def around(cls, corners: Corners) -> Box:
        """What encloses a code, as far as it is in the picture."""
        x, y = zip(*corners, strict=True)
        return cls(max(0, int(min(x))), max(0, int(min(y))), max(1, int(max(x)) + 1), max(1, int(max(y)) + 1))

    @property
    def pixels(self) -> int:
        """How many."""
        return max(0, self.right - self.left) * max(0, self.bottom - self.top)

    def cut(self, picture: Picture) -> Picture:
        """That part of the picture."""
        return picture[self.top : self.bottom, self.left : self.right]

    def grown(self, by: int, picture: Picture) -> Box:
        """With `by` pixels more on each side, as far as the picture reaches."""
        height, width = picture.shape
        return Box(
            max(0, self.left - by), max(0, self.top - by), min(width, self.right + by), min(height, self.bottom + by)
        )

    def meets(self, other: Box) -> bool:
        """Whether they overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def meets_any(self, others: Iterable[Box]) -> bool:
        """Whether it overlaps one of them."""
        return any(self.meets(other) for other in others)


def textured(picture: Picture, stirred: Picture | None = None, most: int = 3) -> list[Box]:
    """Where a picture is as restless as a code, largest first: squarish areas that differ everywhere from their mean.

    `stirred` is 1 where the picture differs from the empty scene, in any size. 1.5 ms for a 720p frame. A code's
    modules are noise of one known scale, which little else in a street is. What is faint counts too where it has a
    code's shape by itself: behind haze, or in dusk beside a lit edge.
    """
    small = cv2.resize(picture, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)
    rough = cv2.absdiff(small, cv2.blur(small, (7, 7)))
    density = cv2.blur(rough, (13, 13))
    if stirred is not None and stirred.any():
        density = cv2.multiply(density, cv2.resize(stirred, density.shape[::-1], interpolation=cv2.INTER_NEAREST))
    strongest = float(density.max())
    boxes: list[Box] = []
    for level in (max(5.0, 0.2 * strongest), max(5.0, 0.4 * strongest)):
        boxes += [box for box in _squarish(density, level, most) if not box.meets_any(boxes)]
    return boxes[:most]


def _squarish(density: NDArray[Any], level: float, most: int) -> list[Box]:
    """The squarish parts above a level, largest first."""
    _, mask = cv2.threshold(density, level, 255, cv2.THRESH_BINARY)
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    return [
        Box(left * 3, top * 3, (left + width) * 3, (top + height) * 3)
        for left, top, width, height, area in sorted(stats[1:count].tolist(), key=lambda part: -part[4])[: most * 2]
        if min(width, height) >= 12 and max(width, height) < 3 * min(width, height) and area > 0.4 * width * height
    ]


class Track:
    """One code, as long as it can be followed: where it may be, and what was measured of it so far."""

    def __init__(self, box: Box, picture: Picture) -> None:
        self.box = box
        self.seen = 1  # frames since it came
        self.measured = Measured()
        self._part = box.cut(picture).copy()
        self._before: tuple[Box, Picture, Grid] | None = None

    def follow(self, box: Box, picture: Picture) -> None:
        """Takes the next frame, in which the code is at about `box`."""
        self.seen += 1
        grid, self.measured.grid = self.measured.grid, None
        self._before = (self.box, self._part, grid) if grid is not None else None
        self.box, self._part = box, box.cut(picture).copy()

    @property
    def followed(self) -> bool:
        """Whether the frame before showed where its modules are."""
        return self._before is not None

    def expected(self) -> Grid | None:
        """Where the modules that the frame before showed must be in this one; None where that cannot be told. 3 ms."""
        if self._before is None:
            return None
        box, part, grid = self._before
        moved = way(part, self._part)
        if moved is None:
            return None
        return grid.moved(shifted(self.box.left, self.box.top) @ moved @ shifted(-box.left, -box.top))


def shifted(x: float, y: float) -> Map:
    """The way from a part of a picture that begins at (x, y) to the whole picture."""
    return np.array([[1.0, 0, x], [0, 1, y], [0, 0, 1]])


def way(before: Picture, after: Picture) -> Map | None:
    """The homography that takes `before` to `after`; None when they do not show the same. About 3 ms.

    First the shift of the shrunk middle, by correlation; then points, by their optical flow, and what they agree on.
    """
    size = [max(lengths) for lengths in zip(before.shape, after.shape, strict=True)]
    before, after = _padded(_relief(before), size), _padded(_relief(after), size)
    shift = _shift(before, after)
    if shift is None:
        return None
    points = cv2.goodFeaturesToTrack(before, POINTS, 0.02, max(4, min(size) // 20), blockSize=5)
    if points is None or len(points) < LEAST_POINTS:
        return None
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        before,
        after,
        points,
        (points + np.array(shift)).astype(np.float32),
        winSize=(15, 15),
        maxLevel=3,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    kept = found.ravel() == 1
    if kept.sum() < LEAST_POINTS:
        return None
    homography, agree = cv2.findHomography(points[kept], moved[kept], cv2.RANSAC, ASTRAY_PX, maxIters=300)
    if homography is None or agree.sum() < max(LEAST_POINTS, AGREE * len(agree)):
        return None
    return np.asarray(homography, np.float64)


def _relief(picture: Picture) -> Picture:
    """What is darker or brighter than its surroundings, without reflections and shadows, which do not move along."""
    around = cv2.blur(picture, (15, 15))
    return cv2.convertScaleAbs(cv2.subtract(picture, around, dtype=cv2.CV_16S) + 128)  # type: ignore[return-value]


def _padded(picture: Picture, size: list[int]) -> Picture:
    height, width = picture.shape
    return cv2.copyMakeBorder(picture, 0, size[0] - height, 0, size[1] - width, cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def _shift(before: Picture, after: Picture) -> tuple[float, float] | None:
    """By how much the middle has moved, to the pixel of the shrunk picture."""
    one, two = (
        cv2.resize(p, None, fx=1 / SHRUNK, fy=1 / SHRUNK, interpolation=cv2.INTER_AREA) for p in (before, after)
    )
    rows, columns = one.shape
    middle = one[rows // 5 : rows - rows // 5, columns // 5 : columns - columns // 5]
    if min(middle.shape) < 8 or middle.shape[0] > two.shape[0] or middle.shape[1] > two.shape[1]:
        return None
    alike = cv2.matchTemplate(two, middle, cv2.TM_CCOEFF_NORMED)
    _, _, _, (x, y) = cv2.minMaxLoc(alike)
    return float((x - columns // 5) * SHRUNK), float((y - rows // 5) * SHRUNK)
