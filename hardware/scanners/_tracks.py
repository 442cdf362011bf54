"""One code over several frames: found by its texture, followed as it moves, its last looks laid over each other.

No frame needs to show the whole code: glare wanders, moiré and noise differ from frame to frame, the code does not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.ports import Corners, Picture

LOOKS = 5  # laid over each other at most
POINTS, LEAST_POINTS = 150, 24  # followed from frame to frame; fewer that agree are no proof
ASTRAY_PX = 1.0  # how far off the common movement a point may be
AGREE = 0.3  # of the points, on the common movement
SHRUNK = 4  # times, to see the movement first coarsely
REACH = 24  # pixels of the shrunk picture that a code may move between two frames
MOST_MISSED = 1  # smeared frames in a row
MOST_FUSED = 900  # pixels a side of what looks are laid together in

Map = NDArray[np.float64]  # 3x3 homography


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
    modules are noise of one known scale, which little else in a street is.
    """
    small = cv2.resize(picture, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)
    rough = cv2.absdiff(small, cv2.blur(small, (7, 7)))
    density = cv2.blur(rough, (13, 13))
    if stirred is not None and stirred.any():
        density = cv2.multiply(density, cv2.resize(stirred, density.shape[::-1], interpolation=cv2.INTER_NEAREST))
    level = max(5.0, 0.4 * float(density.max()))
    _, mask = cv2.threshold(density, level, 255, cv2.THRESH_BINARY)
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    boxes = []
    for left, top, width, height, area in sorted(stats[1:count].tolist(), key=lambda part: -part[4])[: most * 2]:
        if min(width, height) >= 12 and max(width, height) < 3 * min(width, height) and area > 0.4 * width * height:
            boxes.append(Box(left * 3, top * 3, (left + width) * 3, (top + height) * 3))
    return boxes[:most]


@dataclass(slots=True)
class Look:
    """What one frame showed of the code, and the way from it to the next look."""

    part: Picture
    to_next: Map | None = None


class Track:
    """One code, as long as it can be followed."""

    def __init__(self, box: Box, picture: Picture) -> None:
        self.box = box
        self.seen = 1  # frames since it came
        self._looks: deque[Look] = deque([Look(box.cut(picture).copy())], maxlen=LOOKS)
        self._missed = 0

    @property
    def looks(self) -> int:
        """How many looks can be laid over each other; 0 while the newest frame is not one of them."""
        return 0 if self._missed else len(self._looks)

    def follow(self, box: Box, picture: Picture) -> None:
        """Takes the next look, at about `box`. One smeared frame is left out; after two it begins anew."""
        self.seen += 1
        self.box = box
        part = box.cut(picture).copy()
        last = self._looks[-1]
        last.to_next = way(last.part, part)
        if last.to_next is None:
            self._missed += 1
            if self._missed <= MOST_MISSED:
                return
            self._looks.clear()
        self._missed = 0
        self._looks.append(Look(part))

    def fused(self, how: Fuse) -> tuple[Picture, float] | None:
        """The last looks laid over each other, and how many times larger that is; None while there is one look only."""
        if self.looks < 2:
            return None
        newest = self._looks[-1].part
        by = 2 if max(newest.shape) * 2 <= MOST_FUSED else 1
        return how(list(self._aligned(newest, by))), by

    def _aligned(self, newest: Picture, by: int) -> Iterator[Picture]:
        """Every look as the newest would have it, in more pixels where there are few."""
        size = (newest.shape[1] * by, newest.shape[0] * by)
        onto = np.array([[by, 0, by / 2 - 0.5], [0, by, by / 2 - 0.5], [0, 0, 1.0]])
        for look in reversed(self._looks):
            if look.to_next is not None and look.part is not newest:
                onto = onto @ look.to_next
            yield cv2.warpPerspective(look.part, onto, size, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[misc]


Fuse = Callable[[list[Picture]], Picture]


def mean(looks: list[Picture]) -> Picture:
    """Noise, moiré and blocks of JPEG, which differ from look to look, are averaged away."""
    total = np.zeros(looks[0].shape, np.float32)
    for look in looks:
        cv2.accumulate(look, total)
    return cv2.convertScaleAbs(total, alpha=1 / len(looks))  # type: ignore[return-value]


def darkest(looks: list[Picture]) -> Picture:
    """The darkest of each point: a reflection only ever adds light, and it moves when the hand does."""
    result = looks[0]
    for look in looks[1:]:
        result = cv2.min(result, look)  # type: ignore[assignment]
    return result


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
