"""Where a code's modules are in a picture, and how dark each one is: measured, not guessed from one threshold.

A decoder asks of each module whether one point is darker than its surroundings. Here the patterns that are the same in
every code (finders, timing, alignment) say first where the grid is, to a tenth of a module, and then what blur, glare
and noise have made of black and white in this very picture: the filter is fitted that makes these known modules come
out best, and every other module is seen through it (a trained equaliser).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.scanners import side
from hardware.scanners._symbol import DATA, Soft, layout, modules_of
from kiosk.core.ports import Corners, Picture

FINE, COARSE = 4, 3  # points a module, in the picture made upright, and where bends are sought
MARGIN = 3  # modules around the code that are looked at too
SEEK = (1.6, 0.8)  # modules: how far off a pattern may be, in the first and in the second look
ALIKE = 0.55  # correlation of a pattern that was found
ASTRAY = 0.35  # modules by which patterns that agree on a movement may still differ
PART, BENDS = 9, 0.8  # modules: how large the parts are that are sought again, and how far
NEAR, CLOSE = 0.05, 0.5  # modules by which the grid moved: so little that it needs no new picture, no second look
LEAST_FIT = 0.35  # of the known modules' variance that the filter explains, or it is no code
AROUND = 15  # halves of a module: the neighbourhood whose light is put even
FAINT = 0.25  # of the usual contrast; what is fainter counts less
STIFF = 0.02  # of the filter's power: keeps it from fitting noise
TAPS = 6  # halves of modules, along and across, that the filter sees: a module and one on each side of it
LEAST_ERROR = 0.02  # of the known modules, or one look would be believed too much
MOST = 12.0  # log odds of one module in one look

Map = NDArray[np.float64]  # 3x3, from modules to pixels


@dataclass(frozen=True, slots=True)
class Grid:
    """A code of a version, and the way from its modules, counted from its own top left, to a picture's pixels."""

    version: int
    onto: Map

    @classmethod
    def of(cls, version: int, corners: Corners) -> Grid:
        """The grid whose corners were seen there."""
        size = modules_of(version)
        ends = np.array([(0, 0), (size, 0), (size, size), (0, size)], np.float32)
        return cls(version, np.asarray(cv2.getPerspectiveTransform(ends, np.array(corners, np.float32)), np.float64))

    @property
    def modules(self) -> int:
        """How many a side."""
        return modules_of(self.version)

    @property
    def corners(self) -> Corners:
        """Where its corners are."""
        size = modules_of(self.version)
        ends = np.array([[(0, 0), (size, 0), (size, size), (0, size)]], np.float64)
        return tuple((float(x), float(y)) for x, y in cv2.perspectiveTransform(ends, self.onto)[0])

    def moved(self, by: Map) -> Grid:
        """The same code after the picture moved."""
        return Grid(self.version, by @ self.onto)


def fitted(picture: Picture, grid: Grid) -> tuple[Grid, Picture]:
    """The grid where its patterns really are, and the picture made upright for it. 1 to 3 ms."""
    upright = _upright(picture, grid)
    for seek in SEEK:
        moved = _moved(_found(upright, grid.version, seek))
        if moved is None or not np.isfinite(moved).all():
            continue
        better = Grid(grid.version, grid.onto @ moved)
        if not np.isfinite(better.onto).all():
            break
        far = np.abs(np.subtract(better.corners, grid.corners)).max() / max(1.0, side(grid.corners)) * grid.modules
        grid = better
        if far > NEAR:
            upright = _upright(picture, grid)
        if far < CLOSE:
            break
    return grid, upright


def _to_modules() -> Map:
    """From points of the upright picture to modules."""
    shift = 0.5 / FINE - MARGIN
    return np.array([[1 / FINE, 0, shift], [0, 1 / FINE, shift], [0, 0, 1.0]])


def _upright(picture: Picture, grid: Grid) -> Picture:
    """The code with FINE points a module and MARGIN modules around it."""
    side = (modules_of(grid.version) + 2 * MARGIN) * FINE
    onto = grid.onto @ _to_modules()
    return cv2.warpPerspective(  # type: ignore[return-value]
        picture, onto, (side, side), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )


@lru_cache(maxsize=4)
def _pattern(reach: int) -> Picture:
    """A finder (3) or alignment pattern (2) as it looks, a little soft, with a light module around the finder."""
    wide = reach + (reach == 3)
    far = np.maximum(*np.abs(np.mgrid[-wide : wide + 1, -wide : wide + 1]))
    dark = (far != 2) & (far < 4) if reach == 3 else far != 1
    drawn = np.kron(np.where(dark, 0, 255), np.ones((FINE, FINE))).astype(np.uint8)
    return cv2.GaussianBlur(drawn, (0, 0), 0.4 * FINE)  # type: ignore[return-value]


def _found(upright: Picture, version: int, seek: float) -> Iterator[tuple[float, float, float, float]]:
    """x, y of each pattern that is there, in modules, and how far off it is."""
    reach_px = round(seek * FINE)
    for x, y, reach in layout(version).centres:
        pattern = _pattern(reach)
        left, top = ((at + MARGIN) * FINE + FINE // 2 - len(pattern) // 2 - reach_px for at in (x, y))
        wide = len(pattern) + 2 * reach_px
        if left < 0 or top < 0:
            left, top = max(0, left), max(0, top)
        part = upright[top : top + wide, left : left + wide]
        if min(part.shape) < len(pattern):
            continue
        alike = cv2.matchTemplate(part, pattern, cv2.TM_CCOEFF_NORMED)
        _, best, _, (across, down) = cv2.minMaxLoc(alike)
        if best < ALIKE:
            continue
        ax, ay = _peak(alike, across, down)
        middle = (len(pattern) - 1) / 2
        dx = (left + ax + middle + 0.5) / FINE - MARGIN - (x + 0.5)
        dy = (top + ay + middle + 0.5) / FINE - MARGIN - (y + 0.5)
        yield x + 0.5, y + 0.5, dx, dy


def _peak(alike: NDArray[Any], x: int, y: int) -> tuple[float, float]:
    """The top of the parabolas through the highest point and its neighbours."""

    def top(low: float, mid: float, high: float) -> float:
        bend = low - 2 * mid + high
        return 0.0 if bend >= -1e-9 else float(np.clip((low - high) / (2 * bend), -0.5, 0.5))

    height, width = alike.shape
    across = top(*alike[y, x - 1 : x + 2]) if 0 < x < width - 1 else 0.0
    down = top(*alike[y - 1 : y + 2, x]) if 0 < y < height - 1 else 0.0
    return x + across, y + down


def _moved(found: Iterator[tuple[float, float, float, float]]) -> Map | None:
    """The homography on which the patterns found agree; None from fewer than three, or where they do not agree."""
    every = np.array(list(found), np.float32).reshape(-1, 4)
    if len(every) < 3:
        return None
    at, to = every[:, :2].copy(), every[:, :2] + every[:, 2:]
    if len(every) == 3:
        return np.vstack([cv2.getAffineTransform(at, to), (0, 0, 1)])
    few = len(every) < 6  # all of them are needed, and finders are seldom mistaken
    onto, agree = cv2.findHomography(at, to, 0 if few else cv2.RANSAC, ASTRAY, maxIters=200)
    if onto is None or agree.sum() < min(5, len(every)):
        return None
    return np.asarray(onto, np.float64)


def flattened(upright: Picture, certain: Soft, version: int) -> Picture:
    """The upright picture without what bends the code: film, a bottle, a fold, a lens. 1 to 4 ms.

    The code as it is thought to be is sought in it, part by part (optical flow); most of its modules are right even
    where too many are wrong for correction.
    """
    known = layout(version).known
    light = np.where(known == DATA, certain < 0, known == 0).astype(np.uint8) * 255
    around = np.pad(light, MARGIN, constant_values=255)
    wide = len(around) * COARSE
    thought = cv2.GaussianBlur(cv2.resize(around, (wide, wide), interpolation=cv2.INTER_NEAREST), (0, 0), 0.4 * COARSE)
    there = _in_relief(cv2.resize(upright, (wide, wide), interpolation=cv2.INTER_AREA))
    at = np.arange(MARGIN + PART // 2, len(around) - MARGIN, PART // 2) * COARSE
    points = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 1, 2).astype(np.float32)
    window = (PART * COARSE, PART * COARSE)
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        _in_relief(thought), there, points, points.copy(), winSize=window, maxLevel=0
    )
    off = (moved - points).reshape(len(at), len(at), 2)
    kept = (found.reshape(len(at), len(at)) > 0) & (np.abs(off).max(axis=2) < BENDS * COARSE)
    sums = cv2.blur(np.dstack([np.where(kept[:, :, None], off, 0), kept]).astype(np.float32), (3, 3))
    shift = sums[:, :, :2] / (sums[:, :, 2:] + 0.05) * (FINE / COARSE)
    y, x = np.mgrid[0 : len(upright), 0 : len(upright)].astype(np.float32)
    first, step = float(at[0] * FINE / COARSE), float((at[1] - at[0]) * FINE / COARSE)
    moves = cv2.remap(shift, (x - first) / step, (y - first) / step, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cv2.remap(upright, x + moves[:, :, 0], y + moves[:, :, 1], cv2.INTER_LINEAR)  # type: ignore[return-value]


def _in_relief(picture: NDArray[Any]) -> Picture:
    """Its light and contrast made even."""
    light = picture.astype(np.float32)
    box = (2 * PART * COARSE, 2 * PART * COARSE)
    mean = cv2.blur(light, box)
    contrast = np.sqrt(np.maximum(cv2.blur(light * light, box) - mean * mean, 4.0))
    return cv2.convertScaleAbs(np.clip((light - mean) / contrast * 50 + 128, 0, 255))  # type: ignore[return-value]


def soft(upright: Picture, version: int) -> Soft | None:
    """How sure it is that each module is dark; None where the known modules say that there is no code. 1 to 2 ms."""
    light, weight = _evened(upright)
    known = layout(version).known
    there = known != DATA
    wanted = np.where(known[there] > 0, 1, -1).astype(np.float32)
    share = weight[there]
    taps = _taps(_around(light, np.argwhere(there)), wanted, share)
    values = _through(light, taps, len(known))
    error = float((share * (values[there] - wanted) ** 2).sum() / max(1e-6, share.sum()))
    if error > 1 - LEAST_FIT:
        return None
    return np.clip(2 * weight * values / max(error, LEAST_ERROR), -MOST, MOST)  # type: ignore[no-any-return]


def _evened(upright: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The upright picture in halves of modules, its light and contrast made even; and how much each module tells."""
    halves = cv2.resize(upright, None, fx=2 / FINE, fy=2 / FINE, interpolation=cv2.INTER_AREA).astype(np.float32)
    mean = cv2.blur(halves, (AROUND, AROUND))
    square = cv2.blur(halves * halves, (AROUND, AROUND))
    contrast = np.sqrt(np.maximum(square - mean * mean, 0.25))
    cut = MARGIN * 2
    inner = contrast[cut:-cut, cut:-cut]
    usual = float(np.mean(inner))
    light = (halves - mean) / np.maximum(contrast, FAINT * usual)
    weight = cv2.resize(np.minimum(inner / usual, 1), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.asarray(light, np.float32), np.asarray(weight * weight, np.float32)


def _around(light: NDArray[np.float32], at: NDArray[np.int64]) -> NDArray[np.float32]:
    """The 6x6 halves of modules around each of these modules (y, x), and a 1: (modules, 37)."""
    tap = np.arange(TAPS)
    y, x = (2 * (at + MARGIN) - (TAPS - 2) // 2).T
    seen = light[y[:, None, None] + tap[:, None], x[:, None, None] + tap]
    return np.concatenate([seen.reshape(len(at), -1), np.ones((len(at), 1), np.float32)], axis=1)


def _taps(seen: NDArray[np.float32], wanted: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """The filter through which the known modules come out best: weighted least squares, kept from fitting noise."""
    weighted, none = seen * weight[:, None], np.empty(0, np.float32)
    square = cv2.gemm(weighted, seen, 1, none, 0, flags=cv2.GEMM_1_T)  # not numpy's: its threads would spin
    square = square + np.eye(len(square), dtype=np.float32) * np.float32(
        STIFF * float(np.trace(square)) / len(square) + 1e-6
    )
    target = cv2.gemm(weighted, wanted[:, None], 1, none, 0, flags=cv2.GEMM_1_T)
    _, taps = cv2.solve(square, target, flags=cv2.DECOMP_CHOLESKY)
    return np.asarray(taps, np.float32).ravel()


def _through(light: NDArray[np.float32], taps: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Every module seen through the filter."""
    kernel = taps[:-1].reshape(TAPS, TAPS)
    seen = cv2.filter2D(light, cv2.CV_32F, kernel, anchor=((TAPS - 2) // 2, (TAPS - 2) // 2))
    begin = 2 * MARGIN
    return seen[begin : begin + 2 * size : 2, begin : begin + 2 * size : 2] + taps[-1]  # type: ignore[no-any-return]
