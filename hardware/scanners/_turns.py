"""What the live cascade remembers: the empty scene, what was read a moment ago, and how long each step takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.scanners._tracks import Box
from kiosk.core.ports import Picture

T = TypeVar("T")

UNKNOWN = 0.3  # of the budget: what a step is thought to take before it was measured
STAYS_READ = 10  # frames: a code that was read is not worked on again for a second


class InView:
    """Tells a scene with somebody in it from the empty one, which it learns by itself. 0.3 ms a 720p frame."""

    COLUMNS, ROWS = 80, 45  # of areas, whose mean shade is compared: noise is averaged away
    DIFFERENT = 8  # shades of grey
    SHARE = 0.006  # of the areas must differ: a code 100 pixels wide at 720p
    FORGETS = 1 / 300  # a parked bicycle is part of the scene after half a minute at 10 frames/s

    def __init__(self) -> None:
        self._usual: NDArray[np.float32] | None = None
        self._shape = (0, 0)
        self.stirred: Picture | None = None  # 1 in the areas that differ, and around them

    def changed(self, picture: Picture) -> bool:
        """Whether the grey `picture` differs from what is usual; the first one always does."""
        areas = cv2.resize(picture, (self.COLUMNS, self.ROWS), interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._usual is None or self._shape != picture.shape:
            self._usual, self._shape, self.stirred = areas, picture.shape, None
            return True
        difference = areas - self._usual
        self._usual += difference * self.FORGETS
        middle = difference.size // 2  # by hand, for numpy's median imports something when it is first used
        difference -= np.partition(difference, middle, axis=None)[
            middle
        ]  # a cloud, or the camera's exposure, is nobody
        different = np.abs(difference) > self.DIFFERENT
        self.stirred = cv2.dilate(different.astype(np.uint8), np.ones((3, 3), np.uint8))  # type: ignore[assignment]
        return bool(different.mean() > self.SHARE)


@dataclass(slots=True)
class Done:
    """Where a code was read, and for how many frames more that is believed."""

    box: Box
    frames_left: int = STAYS_READ


class Budget:
    """The time that one frame may take: no step is begun that would not end in time by what it took before."""

    FORGETS = 0.98  # of what a step took at most, with each frame: one slow moment does not rule it out for ever

    def __init__(self, budget_s: float, clock: Callable[[], float]) -> None:
        self._budget_s = budget_s
        self._clock = clock
        self._ends_s = 0.0
        self._per_pixel_s: dict[str, float] = {}

    def begin(self) -> None:
        """A frame begins."""
        self._ends_s = self._clock() + self._budget_s
        self._per_pixel_s = {step: took_s * self.FORGETS for step, took_s in self._per_pixel_s.items()}

    def spend(self, step: str, pixels: int, work: Callable[[], T]) -> T | None:
        """What `work` gives, or None where the time that is left does not suffice for so many pixels."""
        began_s = self._clock()
        per_pixel_s = self._per_pixel_s.get(step)
        takes_s = UNKNOWN * self._budget_s if per_pixel_s is None else per_pixel_s * pixels
        if began_s + takes_s > self._ends_s:
            return None
        result = work()
        took_s = (self._clock() - began_s) / max(1, pixels)
        self._per_pixel_s[step] = max(took_s, self._per_pixel_s.get(step, 0.0))
        return result
