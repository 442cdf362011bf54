"""The gate's scanner: zxing-cpp on every picture, then ever stronger steps while something remains unread."""

from __future__ import annotations

from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from hardware.scanners import Found, grey, in_order, merged
from hardware.scanners._steps import Stage, stages
from hardware.scanners.zbar import Zbar
from kiosk.core.faults import SettingsError
from kiosk.core.ports import Picture, Sighting

SMALLEST = 21  # pixels a side: a code has no fewer modules (ISO/IEC 18004, 6.1)


class _Scanner:
    """What both cascades offer; `read` is theirs."""

    def read(self, picture: Picture) -> Found:
        """The codes in a picture, and the step that read the first."""
        picture = grey(picture)
        if min(picture.shape) < SMALLEST:
            return Found()
        found = self._look(picture)
        return Found(in_order(found.sightings, picture), found.stage)

    def texts(self, picture: Picture) -> tuple[str, ...]:
        """Every text found; the large and central code first."""
        return self.read(picture).texts

    def sightings(self, picture: Picture) -> tuple[Sighting, ...]:
        """Every code seen, read or not."""
        return self.read(picture).sightings

    def _look(self, picture: Picture) -> Found:
        raise NotImplementedError


class Cascade(_Scanner):
    """Every step, for single pictures: goes on until there is a text and nothing is left that was seen but not read."""

    def __init__(self, steps: tuple[Stage, ...]) -> None:
        self._steps = steps

    def _look(self, picture: Picture) -> Found:
        found = Found()
        for step in self._steps:
            more = step.run(picture)
            first = found.stage or (step.name if more.texts else "")
            found = Found(merged(found.sightings, more.sightings), first)
            if found.texts and not found.unread:
                break
        return found


class LiveCascade(_Scanner):
    """For a camera: the first step on every frame and, where it fails and somebody is in view, one more in rotation.

    An empty scene costs the first step and the look at what changed; what one frame's step misses, another's finds.
    """

    def __init__(self, steps: tuple[Stage, ...]) -> None:
        self._first = steps[0]
        self._others = cycle(steps[1:])
        self._in_view = InView()

    def _look(self, picture: Picture) -> Found:
        in_view = self._in_view.changed(picture)
        found = self._first.run(picture)
        if found.texts or not (in_view or found.unread):
            return found
        step = next(self._others)
        more = step.run(picture)
        return Found(merged(more.sightings, found.sightings), step.name if more.texts else "")


class InView:
    """Tells a scene with somebody in it from the empty one, which it learns by itself. About 0.1 ms a frame."""

    COLUMNS = 80
    DIFFERENT = 25  # shades of grey
    SHARE = 0.02  # of the points must differ
    FORGETS = 1 / 300  # a parked bicycle is part of the scene after half a minute at 10 frames/s

    def __init__(self) -> None:
        self._usual: NDArray[np.float32] | None = None

    def changed(self, picture: Picture) -> bool:
        """Whether the grey `picture` differs from what is usual; the first one always does."""
        step = max(1, picture.shape[1] // self.COLUMNS)
        points = picture[::step, ::step].astype(np.float32)
        if self._usual is None or self._usual.shape != points.shape:
            self._usual = points
            return True
        difference = points - self._usual
        self._usual += difference * self.FORGETS
        return bool((np.abs(difference) > self.DIFFERENT).mean() > self.SHARE)


def open_device(arg: str) -> Cascade | LiveCascade:
    """`cascade`: every step for each picture; `cascade:live`: at most two steps a frame."""
    if arg not in ("", "live"):
        raise SettingsError(f"{arg!r}: write nothing for every step, or live for at most two a frame")
    steps = stages(Zbar())
    return LiveCascade(steps) if arg else Cascade(steps)
