"""Lamps: each driver's `open_device(arg)` gives a `Lamp`. What each pattern looks and sounds like is data here.

Every pattern has a rhythm of its own, so that nobody needs to tell colours apart. Only PASS lights green
steadily. On two-lamp wiring (no amber) CHECK is green and red in turn. Nothing flashes faster than three
times a second (WCAG 2.3.1). While nobody answers, ATTEND flashes more often in a row and the buzzer beeps more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

from kiosk.core.ports import LampPattern


class Colour(StrEnum):
    """The lamps of a lane."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


Lit = frozenset[Colour]


@dataclass(frozen=True, slots=True)
class Step:
    """What is lit, and for how many seconds."""

    lit: Lit
    for_s: float


@dataclass(frozen=True, slots=True)
class Beep:
    """The buzzer for so many seconds on, then off."""

    on_s: float
    off_s: float


@dataclass(frozen=True, slots=True)
class Look:
    """One pattern: steps over and over, and beeps once (or over and over)."""

    steps: tuple[Step, ...]
    beeps: tuple[Beep, ...] = ()
    beeps_repeat: bool = False

    def lit_at(self, elapsed_s: float) -> tuple[Lit, float]:
        """What is lit so long after the start, and in how many seconds that changes (`inf`: never)."""
        if len(self.steps) == 1:
            return self.steps[0].lit, inf
        left_s = elapsed_s % sum(step.for_s for step in self.steps)
        for step in self.steps:
            if left_s < step.for_s:
                return step.lit, step.for_s - left_s
            left_s -= step.for_s
        return self.steps[0].lit, self.steps[0].for_s

    def beeps_at(self, elapsed_s: float) -> tuple[bool, float]:
        """Whether the buzzer sounds so long after the start, and in how many seconds that changes."""
        total_s = sum(beep.on_s + beep.off_s for beep in self.beeps)
        if not self.beeps or (elapsed_s >= total_s and not self.beeps_repeat):
            return False, inf
        left_s = elapsed_s % total_s
        for beep in self.beeps:
            if left_s < beep.on_s:
                return True, beep.on_s - left_s
            left_s -= beep.on_s
            if left_s < beep.off_s:
                return False, beep.off_s - left_s
            left_s -= beep.off_s
        return False, 0.01


GREEN, AMBER, RED = frozenset({Colour.GREEN}), frozenset({Colour.AMBER}), frozenset({Colour.RED})
DARK: Lit = frozenset()


def _flashes(lit: Lit, *rhythm_s: float) -> tuple[Step, ...]:
    """`lit` and dark in turn, each for the next number of seconds."""
    return tuple(Step(DARK if number % 2 else lit, for_s) for number, for_s in enumerate(rhythm_s))


def _looks(amber: Lit, check: tuple[Step, ...], everything: Lit, manual: Lit) -> dict[LampPattern, Look]:
    short, long = Beep(0.08, 0.12), Beep(0.6, 0.2)
    return {
        LampPattern.OFF: Look((Step(DARK, inf),)),
        LampPattern.READY: Look(_flashes(amber, 0.1, 2.9)),
        LampPattern.MEASURING: Look(_flashes(amber, 0.2, 0.2)),
        LampPattern.ATTEND: Look(_flashes(amber, 0.2, 0.2, 0.2, 1.0), (short,)),
        LampPattern.PASS: Look((Step(GREEN, inf),), (short,)),
        LampPattern.CHECK: Look(check, (short, short)),
        LampPattern.DENY: Look(_flashes(RED, 0.2, 0.2, 0.2, 0.2, 0.2, 0.6), (short, short, short)),
        LampPattern.MANUAL: Look(_flashes(manual, 1.6, 0.4), (long,)),
        LampPattern.EVACUATE: Look(
            _flashes(everything, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.6, 0.2, 0.6, 0.2, 0.6, 0.8),
            (short, short, short, long, long, long),
            beeps_repeat=True,
        ),
        LampPattern.OUT_OF_ORDER: Look(_flashes(RED, 1.5, 1.5)),
    }


THREE_LAMPS = _looks(
    amber=AMBER,
    check=_flashes(AMBER, 0.5, 0.5),
    everything=GREEN | AMBER | RED,
    manual=AMBER,
)

TWO_LAMPS = _looks(
    amber=GREEN | RED,
    check=(Step(GREEN, 0.4), Step(DARK, 0.1), Step(RED, 0.4), Step(DARK, 0.1)),
    everything=GREEN | RED,
    manual=RED,
)


# --- While nobody answers ------------------------------------------------------------------------------------

URGENT: tuple[tuple[Beep, ...], ...] = (
    (),
    (Beep(0.1, 3.9),),
    (Beep(0.1, 0.1), Beep(0.1, 2.7)),
    (Beep(0.3, 0.1), Beep(0.3, 0.1), Beep(0.3, 0.9)),
)
MOST_URGENT = len(URGENT) - 1


def attending(look: Look, urgency: int) -> Look:
    """ATTEND when nobody has come for so long (0 to 3): two flashes more in a row for each step."""
    return replace(look, steps=look.steps[:2] * (2 * urgency) + look.steps)


def insistent(urgency: int) -> Look:
    """What the buzzer does beside any pattern when nobody has come for so long (0 to 3): it beeps on and on."""
    return Look((Step(DARK, inf),), URGENT[urgency], beeps_repeat=True)
