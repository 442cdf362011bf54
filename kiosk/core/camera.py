"""How a camera is doing, from what its frames measure: pure, and for cameras with a sensor only.

What tells one trouble from another, each measured on simulated frames with a real sensor's noise (docs/scanner.md):
no bit differs between two frames (a sensor's noise never stands still), nothing is bright (night, lights off), nothing
has a shape where there was one (a hand, tape, fog inside), every edge has gone soft (rain, grease).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

DARK_BELOW = 32.0  # shades of grey: of the brightest hundredth; noise at full gain stays below
BLANK_BELOW = 0.12  # relief: a hand with light leaking in reaches 0.05 to 0.09, a scene at a sixth of its light 0.25
RELIEF_ABOVE = 0.18  # a scene of which it can be told that it is covered
SOFT_BELOW = 0.45  # of the usual crispness: drops that blur over 14 pixels of 1280 and more
CRISP_ABOVE = 0.15  # a scene of which it can be told that it is blurred
NOBODY_BELOW = 0.15  # of the picture changed: somebody's code is crisper than any scene, somebody's coat is softer
BURNT_OUT = 0.9  # of the points: such a picture stands still although its sensor lives
SUSPECTED_S = 1.0  # so long it must go on; with a look every third of a second it is told in 1.4 s, and must be in 2
LEARNT_S = 5.0  # so long the usual scene is learnt first
LEARNS = 0.1  # of the difference, with each measurement that shows more
FORGETS = 0.99997  # with each measurement that shows less: half in an hour and a half at four a second


class Sight(StrEnum):
    """What a camera sees, as the code of its state."""

    CLEAR = "ok"
    DARK = "dark"
    FROZEN = "frozen_picture"
    COVERED = "covered"
    BLURRED = "blurred"


@dataclass(frozen=True, slots=True)
class Measures:
    """What one frame measures, in shades of grey (0 to 255) where nothing else is said."""

    low: float  # the darkest twentieth is below
    middle: float  # half is below
    bright: float  # all but a hundredth is below
    burnt: float  # the share of points at 250 and above
    shapes: float  # how much neighbouring 32nds of the picture differ, all but the largest fiftieth of differences
    edges: float  # the same of 160ths, and the largest hundredth
    changed: float = 0.0  # the share of the picture that is not as usual
    same: bool = False  # not one bit differs from the frame before

    @property
    def relief(self) -> float:
        """Shapes in proportion to all contrast."""
        return self.shapes / max(20.0, self.bright - self.low)

    @property
    def crispness(self) -> float:
        """Edges in proportion to all contrast, so that dusk does not look like rain."""
        return self.edges / max(20.0, self.bright - self.low)


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a camera: what it sees, what is suspected, and the scene as it usually is."""

    sight: Sight = Sight.CLEAR
    suspected: Sight = Sight.CLEAR
    since_s: float = 0.0  # of the suspicion
    began_s: float | None = None
    relief: float = 0.0
    crispness: float = 0.0


def follow(health: Health, measures: Measures, now_s: float) -> Health:
    """The next measurement; `now_s` never goes back."""
    if health.began_s is None:
        health = replace(health, began_s=now_s, since_s=now_s)
    suspected = _suspected(health, measures, now_s)
    if suspected is Sight.CLEAR:
        nobody = measures.changed < NOBODY_BELOW
        return replace(
            health,
            sight=Sight.CLEAR,
            suspected=Sight.CLEAR,
            since_s=now_s,
            relief=_learnt(health.relief, measures.relief),
            crispness=_learnt(health.crispness, measures.crispness) if nobody else health.crispness,
        )
    since_s = health.since_s if suspected is health.suspected else now_s
    told = suspected if now_s - since_s >= SUSPECTED_S else health.sight
    return replace(health, suspected=suspected, since_s=since_s, sight=told)


def _suspected(health: Health, measures: Measures, now_s: float) -> Sight:
    if measures.bright < DARK_BELOW:
        return Sight.DARK
    if measures.same and measures.burnt < BURNT_OUT:
        return Sight.FROZEN
    learnt = health.began_s is not None and now_s - health.began_s >= LEARNT_S
    if learnt and measures.relief < BLANK_BELOW and health.relief > RELIEF_ABOVE:
        return Sight.COVERED
    soft = measures.crispness < SOFT_BELOW * health.crispness
    if learnt and soft and health.crispness > CRISP_ABOVE and measures.changed < NOBODY_BELOW:
        return Sight.BLURRED
    return Sight.CLEAR


def _learnt(usual: float, now: float) -> float:
    if not usual:
        return now
    return usual + LEARNS * (now - usual) if now > usual else usual * FORGETS
