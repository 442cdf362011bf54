"""What a frame measures, at a cost that a gate can pay all day: one point in sixteen is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.camera import Measures
from kiosk.core.ports import Corners, Picture

COLUMNS = 320  # points across that are looked at
FORGETS = 1 / 240  # a parked bicycle is part of the scene after a minute at four measurements a second
UNLIKE = 12.0  # shades, of a picture whose mean is 100
TIMING_AGREES = 0.7  # of a code whose timing patterns alternate perfectly

Points = NDArray[np.uint8]


def points_of(picture: Picture) -> Points:
    """Green, or grey, of one point in sixteen of a 1280x720 frame; 0.1 ms."""
    step = max(1, picture.shape[1] // COLUMNS)
    return np.ascontiguousarray(picture[::step, ::step] if picture.ndim == 2 else picture[::step, ::step, 1])


class Gauge:
    """Measures frames of one camera; each with the one before it, and with the scene as it usually is."""

    def __init__(self) -> None:
        self._before: tuple[Picture, Points] | None = None
        self._usual: NDArray[np.float32] | None = None

    def remember(self, picture: Picture) -> None:
        """Keeps this frame, so that the next one can be compared with it."""
        self._before = picture, points_of(picture)

    def measure(self, picture: Picture) -> Measures:
        """About 0.5 ms for a 1280x720 frame."""
        points = points_of(picture)
        shades = _shades(points)
        cells = cv2.resize(points, (32, 18), interpolation=cv2.INTER_AREA)
        fine = cv2.resize(points, (160, 90), interpolation=cv2.INTER_AREA)
        same, self._before = self._same(picture, points), None
        return Measures(
            low=_percentile(shades, 0.05),
            middle=_percentile(shades, 0.5),
            bright=_percentile(shades, 0.99),
            burnt=float(shades[250:].sum() / points.size),
            shapes=_percentile(_shades(_steps(cells)), 0.98),
            edges=_percentile(_shades(_steps(fine)), 0.99),
            changed=self._changed(cells),
            same=same,
        )

    def _same(self, picture: Picture, points: Points) -> bool:
        if self._before is None:
            return False
        whole, before = self._before
        return np.array_equal(before, points) and np.array_equal(whole, picture)

    def _changed(self, cells: NDArray[Any]) -> float:
        now = cells * np.float32(100 / max(1.0, float(cells.mean())))
        if self._usual is None or self._usual.shape != now.shape:
            self._usual = now
        difference = now - self._usual
        self._usual += difference * FORGETS
        return float((np.abs(difference) > UNLIKE).mean())


@dataclass(frozen=True, slots=True)
class Patch:
    """What a part of a picture measures, where a code is."""

    white: float  # shades: of its light modules
    black: float  # and of its dark ones
    burnt: float  # the share of points at 250 and above
    blind: float  # the share of its blocks in which nothing is dark: hidden behind a reflection
    sharpness: float  # how steep its edges are, in parts of its contrast


def patch(picture: Picture, corners: Corners) -> Patch:
    """What a code's place measures; 0.3 ms for 400x400 pixels."""
    height, width = picture.shape[:2]
    x, y = np.clip(np.nan_to_num(np.array(corners, np.float64)), 0, max(width, height)).T
    left, top = max(0, min(width - 16, int(min(x)))), max(0, min(height - 16, int(min(y))))
    right, bottom = min(width, max(left + 16, int(max(x)))), min(height, max(top + 16, int(max(y))))
    cut = picture[top:bottom, left:right]
    grey = np.ascontiguousarray(cut if cut.ndim == 2 else cut[:, :, 1])
    shades = _shades(grey)
    white, black = _percentile(shades, 0.9), _percentile(shades, 0.1)
    darkest = cv2.resize(cv2.erode(grey, np.ones((9, 9), np.uint8)), (8, 8), interpolation=cv2.INTER_AREA)
    steps = cv2.absdiff(grey[:, 1:], grey[:, :-1])
    return Patch(
        white=white,
        black=black,
        burnt=float(shades[250:].sum() / grey.size),
        blind=float((darkest > black + 0.75 * (white - black)).mean()) if white - black > 20 else 0.0,
        sharpness=_percentile(_shades(steps), 0.98) / max(20.0, white - black),
    )


def _shades(points: NDArray[Any]) -> NDArray[np.float32]:
    """How many points have each of the 256 shades."""
    return cv2.calcHist([points], [0], None, [256], [0, 256]).ravel()  # type: ignore[return-value]


def _percentile(shades: NDArray[np.float32], share: float) -> float:
    sums = np.cumsum(shades)
    return float(np.searchsorted(sums, share * sums[-1]))


def _steps(cells: NDArray[Any]) -> NDArray[Any]:
    """How much each cell differs from the one to its right, and from the one below it."""
    across, down = cv2.absdiff(cells[:, 1:], cells[:, :-1]), cv2.absdiff(cells[1:], cells[:-1])
    return np.concatenate([across.ravel(), down.ravel()])


def modules(picture: Picture, corners: Corners) -> int | None:
    """How many modules a side a code has, told by its timing patterns; None where they cannot be made out.

    `corners` are clockwise from the code's own top left.  Source: ISO/IEC 18004, 6.3.5.
    """
    grey = picture if picture.ndim == 2 else picture[:, :, 1]
    ends = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    onto = cv2.getPerspectiveTransform(ends, np.array(corners, np.float32))
    if not np.isfinite(onto).all():
        return None
    scores = {count: _timing(grey, onto, count) for count in range(21, 178, 4)}
    best = max(scores, key=lambda count: scores[count])
    return best if scores[best] > TIMING_AGREES else None


def _timing(grey: NDArray[np.uint8], onto: NDArray[Any], count: int) -> float:
    """How well row 6 and column 6 alternate if the code has `count` modules: 1 perfectly, 0 not at all."""
    along = (np.arange(8, count - 8) + 0.5) / count
    across = np.full_like(along, 6.5 / count)
    lines = []
    for points in (np.stack([along, across], 1), np.stack([across, along], 1)):
        x, y = cv2.perspectiveTransform(points[None].astype(np.float64), onto)[0].T.astype(int)
        inside = (x >= 0) & (y >= 0) & (x < grey.shape[1]) & (y < grey.shape[0])
        if not inside.all():
            return 0.0
        shades = grey[y, x].astype(float)
        sign = np.where(np.arange(len(shades)) % 2, 1.0, -1.0)  # the first of them is dark
        lines.append(float(((shades - shades.mean()) * sign).mean() / max(1.0, shades.std())))
    return min(lines)
