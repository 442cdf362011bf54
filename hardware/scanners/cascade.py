"""The gate's scanner: zxing-cpp on every picture, then ever stronger steps while something remains unread."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import cycle

from hardware.scanners import Found, grey, in_order, merged
from hardware.scanners._finders import grids
from hardware.scanners._grid import Grid
from hardware.scanners._measured import grid_of, measured
from hardware.scanners._steps import Stage, stages
from hardware.scanners._tracks import Box, Track, shifted, textured
from hardware.scanners._turns import Budget, Done, InView
from hardware.scanners.zbar import Zbar
from kiosk.core.faults import SettingsError
from kiosk.core.ports import Picture, Sighting

SMALLEST = 21  # pixels a side: a code has no fewer modules (ISO/IEC 18004, 6.1)
BUDGET_S = 0.05  # of a frame; half of the time between two at ten a second
MARGIN = 12  # pixels around an area, for the quiet zone and what the texture missed
MOST_AREAS = 2  # that get extra steps in one frame
PATIENCE = 4  # frames that a code is in view before zbar, which costs most, is asked


class _Scanner(ABC):
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

    @abstractmethod
    def _look(self, picture: Picture) -> Found: ...


class Cascade(_Scanner):
    """Every step, for single pictures: goes on until there is a text and nothing is left that was seen but not read.

    What a step sees and does not read is measured module by module at once (`_measured.py`).
    """

    def __init__(self, steps: tuple[Stage, ...]) -> None:
        self._steps = steps

    def _look(self, picture: Picture) -> Found:
        found = Found()
        for step in self._steps:
            more = step.run(picture)
            found = Found(merged(found.sightings, more.sightings), found.stage or (step.name if more.texts else ""))
            unread = [seen for seen in more.sightings if seen.text is None and seen in found.sightings]
            read = [code for seen in unread[:MOST_AREAS] if (code := measured(picture, seen))]
            if read:
                found = Found(merged(found.sightings, read), found.stage or "measured")
            if found.texts and not found.unread:
                break
        return found


@dataclass(frozen=True, slots=True)
class Turn:
    """One extra step for the part of a frame in which a code may be."""

    step: Stage
    after: int = 0  # frames that the code must have been in view


def turns(zbar: Zbar) -> tuple[Turn, ...]:
    """The extra steps of the live cascade, of which one a frame has its turn."""
    step = {stage.name: stage for stage in stages(zbar)}
    return (
        Turn(step["doubled"]),
        Turn(step["darkened"]),
        Turn(step["thresholded"]),
        Turn(step["sharpened"]),
        Turn(step["brightened"]),
        Turn(step["closed"]),
        Turn(step["halved_zbar"], after=PATIENCE),
    )


class LiveCascade(_Scanner):
    """For a camera: the first step on every frame; where it fails and somebody is in view, as much more as fits.

    An empty scene costs the first step and the look at what changed. Otherwise the code in each restless area is
    measured module by module, over all frames in which it is followed; one more step, in rotation, looks at the area.
    No step is begun that would not end within `budget_s` of the frame's beginning.
    """

    def __init__(
        self,
        first: Stage,
        rotating: tuple[Turn, ...],
        budget_s: float = BUDGET_S,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._first = first
        self._rotating = cycle(rotating)
        self._rotation = len(rotating)
        self._in_view = InView()
        self._budget = Budget(budget_s, clock)
        self._tracks: list[Track] = []
        self._done: list[Done] = []

    def _look(self, picture: Picture) -> Found:
        self._budget.begin()
        in_view = self._in_view.changed(picture)
        found = self._first.run(picture)
        self._remember(found)
        if found.texts and not found.unread:
            return found
        if not in_view and not found.unread:
            self._tracks = []
            return found
        return self._harder(found, picture)

    def _remember(self, found: Found) -> None:
        """What was read a moment ago needs no more work, even where a frame does not show it well."""
        read = [Done(Box.around(seen.corners)) for seen in found.sightings if seen.text is not None]
        for done in self._done:
            done.frames_left -= 1
        boxes = [new.box for new in read]
        self._done = [*read, *(old for old in self._done if old.frames_left > 0 and not old.box.meets_any(boxes))]

    def _harder(self, found: Found, picture: Picture) -> Found:
        """What more can be read in the areas where a code may be."""
        self._tracks = [self._followed(area, picture) for area in self._areas(found, picture)]
        if not self._tracks and not self._done:
            return self._next_turn(Track(Box.of(picture), picture), picture).over(found)
        for track in self._tracks:
            more = self._read(track, found, picture)
            if more.texts:
                self._done += [Done(Box.around(seen.corners)) for seen in more.sightings if seen.text is not None]
            found = more.over(found)
        return found

    def _areas(self, found: Found, picture: Picture) -> list[Box]:
        """Where a code is seen or may be, and has not been read a moment ago."""
        unread = [Box.around(seen.corners) for seen in found.sightings if seen.text is None]
        restless = self._budget.spend("textured", picture.size, partial(textured, picture, self._in_view.stirred)) or []
        areas = unread + [box for box in restless if not box.meets_any(unread)]
        done = [old.box for old in self._done]
        return [area.grown(MARGIN, picture) for area in areas if not area.meets_any(done)][:MOST_AREAS]

    def _followed(self, area: Box, picture: Picture) -> Track:
        """The track that leads to this area, or a new one."""
        for track in self._tracks:
            if track.box.meets(area):
                track.follow(area, picture)
                return track
        return Track(area, picture)

    def _read(self, track: Track, seen: Found, picture: Picture) -> Found:
        """What its modules say, where it can be told where they are; and what the step whose turn it is says."""
        measured = self._measure(track, self._places(track, seen, picture), picture)
        if measured.texts:
            return measured
        found = self._next_turn(track, picture)
        if track.measured.grid is None and not found.texts:
            return self._measure(track, self._seen(track, found), picture).over(found)
        return found

    def _places(self, track: Track, found: Found, picture: Picture) -> Iterator[Grid]:
        """Where its modules may be: where a decoder saw them, where they have moved to, where finders are."""
        yield from self._seen(track, found)
        if track.followed and (expected := self._budget.spend("expected", track.box.pixels, track.expected)):
            yield expected
        part = track.box.cut(picture)
        for grid in self._budget.spend("finders", track.box.pixels, lambda: list(grids(part))) or ():
            yield grid.moved(shifted(track.box.left, track.box.top))

    def _seen(self, track: Track, found: Found) -> Iterator[Grid]:
        """Where a decoder saw the code."""
        for seen in found.sightings:
            if seen.text is None and Box.around(seen.corners).meets(track.box) and (grid := grid_of(seen)):
                yield grid

    def _measure(self, track: Track, places: Iterator[Grid], picture: Picture) -> Found:
        """The code's text, if this look at the first place where it really is, and those before, suffice."""
        code = track.measured
        for at in places:
            pixels = at.modules**2
            self._budget.spend("measured", pixels, partial(code.look, picture, at))
            if code.grid is None:
                continue
            text = code.text or self._budget.spend("flattened", pixels, code.flatten)
            return Found((Sighting(text, code.grid.corners, code.grid.modules),), "measured" if text else "")
        return Found()

    def _next_turn(self, track: Track, picture: Picture) -> Found:
        """The next rotating step for which this track is ready, in the coordinates of the whole picture."""
        for _ in range(self._rotation):
            turn = next(self._rotating)
            if track.seen >= turn.after:
                return self._take(turn.step, track.box, picture)
        return Found()

    def _take(self, step: Stage, box: Box, picture: Picture) -> Found:
        """What one step sees in a part; nothing where the time does not suffice."""
        found = self._budget.spend(step.name, box.pixels, partial(step.run, box.cut(picture))) or Found()
        return Found(found.scaled(1, box.left, box.top).sightings, step.name if found.texts else "")


def open_device(arg: str) -> Cascade | LiveCascade:
    """`cascade`: every step for each picture; `cascade:live`: for a camera, within a budget for each frame."""
    if arg not in ("", "live"):
        raise SettingsError(f"{arg!r}: write nothing for every step, or live for a camera")
    if not arg:
        return for_stills()
    zbar = Zbar()
    return LiveCascade(stages(zbar)[0], turns(zbar))


def for_stills() -> Cascade:
    """Every step for each picture; it tells which one read."""
    return Cascade(stages(Zbar()))
