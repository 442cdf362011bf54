"""What to tell somebody whose code is seen but not read: pure.

A hint is one of a few, each with a picture of its own on the screen; it stays long enough to be read, and nothing is
said to somebody whose code is being read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

AT_LEAST_S = 1.0  # a hint stands, or its absence
UNREAD_S = 0.4  # a code is seen for so long without being read, before anything is said
GONE_S = 0.6  # after so long without a sign of a code nothing is said any more
SMALLEST_PX = 110.0  # a side: a code of 57 modules has 2 pixels a module then, of which most are read
SMALL_PX = 260.0  # a dense certificate of 130 modules has 2 pixels a module then
LARGEST = 0.92  # of the frame's height
FINEST_PX = 1.7  # a module: what is finer is seldom read
SMEARS = 0.03  # of its own side, from frame to frame
SOFT = 0.12  # sharpness below which nothing is read
DIM_BELOW = 50.0  # shades of its white
BLIND_ABOVE = 0.25  # of its blocks show nothing dark


class Hint(StrEnum):
    """What the person can do; also the name of the hint's picture."""

    TOO_FAR = "too_far"
    TOO_CLOSE = "too_close"
    TOO_DARK = "too_dark"
    GLARE = "glare"
    HOLD_STILL = "hold_still"
    OUT_OF_FRAME = "out_of_frame"


@dataclass(frozen=True, slots=True)
class Sighted:
    """How a code that was not read looks in one frame."""

    side_px: float
    share: float  # of the frame's height
    cut: bool  # it touches the frame's edge
    moved: float  # since the frame before, in parts of its own side
    white: float  # shades of its light modules
    blind: float  # the share of its blocks that show nothing dark
    sharpness: float
    module_px: float | None = None  # where its number of modules could be told


@dataclass(frozen=True, slots=True)
class Hinting:
    """What is being said, since when, and what would be said next."""

    hint: Hint | None = None
    changed_s: float = float("-inf")
    unread_since_s: float | None = None
    unread_s: float = float("-inf")  # when one was last seen


def hint_for(seen: Sighted) -> Hint:
    """The one thing that helps most."""
    if seen.share > LARGEST:
        return Hint.TOO_CLOSE
    if seen.cut:
        return Hint.OUT_OF_FRAME
    if seen.white < DIM_BELOW:
        return Hint.TOO_DARK
    if _too_small(seen):
        return Hint.TOO_FAR
    if seen.moved > SMEARS:
        return Hint.HOLD_STILL
    if seen.blind > BLIND_ABOVE:
        return Hint.GLARE
    if seen.module_px is None and seen.side_px < SMALL_PX and seen.sharpness >= SOFT:
        return Hint.TOO_FAR
    return Hint.HOLD_STILL


def _too_small(seen: Sighted) -> bool:
    """By its modules where they are known: a large code of many is small, a small one of few is not."""
    return seen.side_px < SMALLEST_PX if seen.module_px is None else seen.module_px < FINEST_PX


def follow(hinting: Hinting, read: bool, seen: Sighted | None, now_s: float) -> Hinting:
    """One frame: whether a code was read in it, and the nearest one that was not."""
    if read:
        hinting = replace(hinting, unread_since_s=None)
        wanted = None
    elif seen is not None:
        since_s = now_s if hinting.unread_since_s is None else hinting.unread_since_s
        hinting = replace(hinting, unread_since_s=since_s, unread_s=now_s)
        wanted = hint_for(seen) if now_s - since_s >= UNREAD_S else hinting.hint
    else:
        gone = now_s - hinting.unread_s >= GONE_S
        hinting = replace(hinting, unread_since_s=None) if gone else hinting
        wanted = None if gone else hinting.hint
    if wanted is hinting.hint or now_s - hinting.changed_s < AT_LEAST_S:
        return hinting
    return replace(hinting, hint=wanted, changed_s=now_s)
