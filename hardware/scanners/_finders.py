"""Finds a code by its three finder patterns, through blur, noise and haze in which no line shows 1:1:3:1:1 any more.

Decoders look along single lines for dark and light in that proportion. Here the whole pattern, 81 modules with the
light ones around it, is correlated with the picture at every size: noise averages out, and blur hardly matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.scanners._grid import Grid, Map
from hardware.scanners._symbol import MODULES
from kiosk.core.ports import Picture

PX = 2  # points a module, while looking
MOST_MODULES, LEAST_MODULES = 172, 25  # across the picture: codes of all sizes that about fill it
SMALLEST, STEP = 1.2, 1.25  # pixels a module that can be told apart, and the factor from size to size
LIGHT, DARK = 48, 33  # modules of a finder pattern and the light ones around it
FLAT = 1.0  # variance below which there is nothing to be seen
ALIKE = 0.42  # correlation of what may be a finder pattern
MOST = 9  # patterns looked at
MOST_GRIDS = 3  # handed on: two versions of the likeliest three patterns, one of the next
ASTRAY = 0.15  # by which the size of a module may be misjudged
MOST_TILTED = 0.16  # by which one finder may be farther away than the other, in parts of the distance
LIKELIEST = 4  # versions, by one timing pattern, for which the other is looked at too


@dataclass(frozen=True, slots=True)
class Finder:
    """Where one may be, its module in pixels, and how alike it is."""

    x: float
    y: float
    px: float
    alike: float


def finders(picture: Picture) -> list[Finder]:
    """What looks like a finder pattern of a code that about fills the picture, the most alike first. 6 to 10 ms."""
    found: list[Finder] = []
    across = max(picture.shape)
    px = max(SMALLEST, across / MOST_MODULES) / STEP
    while (px := px * STEP) < across / LEAST_MODULES:
        by = PX / px
        small = cv2.resize(picture, None, fx=by, fy=by, interpolation=cv2.INTER_AREA if by < 1 else cv2.INTER_LINEAR)
        alike = _alike(small.astype(np.float32))
        top = (alike >= cv2.dilate(alike, np.ones((7, 7), np.uint8))) & (alike > ALIKE)
        for y, x in np.argwhere(top):
            found.append(Finder(x / by - 0.5, y / by - 0.5, px, float(alike[y, x])))
    kept: list[Finder] = []
    for one in sorted(found, key=lambda finder: -finder.alike):
        if all(max(abs(one.x - other.x), abs(one.y - other.y)) > 3 * other.px for other in kept):
            kept.append(one)
    return kept[:MOST]


def _alike(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """The correlation with a finder pattern about each corner of four points: by means over squares within squares."""
    nine, seven, five, three = (cv2.blur(light, (side * PX, side * PX)) * side**2 for side in (9, 7, 5, 3))
    inner = seven - five + three
    contrast = (nine - inner) / LIGHT - inner / DARK
    mean = nine / 81
    variance = cv2.blur(light * light, (9 * PX, 9 * PX)) - mean * mean
    alike = contrast / np.sqrt(np.maximum(variance, FLAT)) * np.sqrt(LIGHT * DARK) / 81
    return np.asarray(alike, np.float32)


def grids(picture: Picture) -> Iterator[Grid]:
    """Where codes may be, the likeliest first."""
    candidates = []
    for corner, right, below in permutations(finders(picture), 3):
        likely = _likely(corner, right, below)
        if likely > 0:
            candidates.append((likely, corner, right, below))
    candidates.sort(key=lambda candidate: -candidate[0])
    for number, (_, *three) in enumerate(candidates[:2]):
        yield from _of_best_versions(picture, *three)[: MOST_GRIDS - 1 - number]


def _likely(corner: Finder, right: Finder, below: Finder) -> float:
    """How well three patterns make a code whose top left is `corner`, clockwise; 0 not at all."""
    ax, ay, bx, by = right.x - corner.x, right.y - corner.y, below.x - corner.x, below.y - corner.y
    a, b = np.hypot(ax, ay), np.hypot(bx, by)
    sizes = [finder.px for finder in (corner, right, below)]
    px = sum(sizes) / 3
    if ax * by - ay * bx < 0.8 * a * b or not 0.65 < a / b < 1.55 or max(sizes) > 1.6 * min(sizes):
        return 0.0
    if not 0.8 * 14 < (a + b) / 2 / px < 1.2 * 170:
        return 0.0
    return float(corner.alike + right.alike + below.alike - abs(np.log(a / b)) - np.log(max(sizes) / min(sizes)))


def _of_best_versions(picture: Picture, corner: Finder, right: Finder, below: Finder) -> list[Grid]:
    """The grids through three patterns, the one first whose timing patterns alternate best. 2 to 4 ms."""
    px = (corner.px + right.px + below.px) / 3
    spots = np.array([(f.x, f.y) for f in (corner, right, below)], np.float64)
    across = float(np.hypot(*(spots[1:] - spots[0]).T).mean())
    guess = (across / px + 7 - 17) / 4
    low, high = max(1, int(guess * (1 - ASTRAY) - 1)), min(40, int(guess * (1 + ASTRAY) + 1))
    rows = sorted(
        ((*_agreed(picture, spots, MODULES[version - 1], along=0), version) for version in range(low, high + 1)),
        reverse=True,
    )
    scored = []
    for row, across_tilt, version in rows[:LIKELIEST]:
        column, down_tilt = _agreed(picture, spots, MODULES[version - 1], along=1)
        scored.append((row + column, version, _onto(spots, MODULES[version - 1], across_tilt, down_tilt)))
    return [Grid(version, onto) for _, version, onto in sorted(scored, key=lambda s: -s[0])]


def _onto(spots: NDArray[np.float64], size: int, across: float, down: float) -> Map:
    """The way from modules to pixels, by three finders and how much farther away the right and the lower one are."""
    corner, right, below = np.column_stack([spots, np.ones(3)])
    from_corner = np.column_stack([right * (1 + across) - corner, below * (1 + down) - corner, corner])
    to_shares = np.array([[1 / (size - 7), 0, -3.5 / (size - 7)], [0, 1 / (size - 7), -3.5 / (size - 7)], [0, 0, 1]])
    onto = from_corner @ to_shares
    return np.asarray(onto / onto[2, 2], np.float64)


def _agreed(picture: Picture, spots: NDArray[np.float64], size: int, along: int) -> tuple[float, float]:
    """How well one timing pattern alternates where it would be, and by which tilt it does so best."""
    modules = np.arange(8, size - 8) + 0.5
    six = np.full_like(modules, 6.5)
    at = np.stack([modules, six, np.ones_like(modules)] if along == 0 else [six, modules, np.ones_like(modules)])
    tilts = np.arange(-MOST_TILTED, MOST_TILTED, 1.6 / size)
    maps = [_onto(spots, size, *((tilt, 0.0) if along == 0 else (0.0, tilt))) for tilt in tilts]
    x, y, w = np.stack(maps).transpose(1, 0, 2) @ at
    shades = cv2.remap(picture, (x / w).astype(np.float32), (y / w).astype(np.float32), cv2.INTER_LINEAR)
    shades = shades.astype(np.float32)
    shades = shades - cv2.blur(shades, (9, 1))
    wanted = np.where(np.arange(len(modules)) % 2, 1, -1).astype(np.float32)  # the first of them is dark
    agree = (shades * wanted).mean(axis=1) / np.maximum(1.0, shades.std(axis=1)) * np.sqrt(len(modules))
    best = int(agree.argmax())
    return float(agree[best]), float(tilts[best])
