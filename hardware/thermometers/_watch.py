"""Watches what a thermometer answers from one reading to the next: values that freeze, and jumps that nothing makes.

A sensor that works is never still: its last digit flickers. And the air at a gate, which is what the part's own
body shows, does not jump; a forehead that steps in front of a wall does, by less than anything that burns.
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.thermometers import SensorCode

FROZEN_S, FROZEN_READINGS = 60.0, 100  # so long and so often the same to the last digit
AIR_JUMP_K, AIR_K_PER_S = 1.0, 1.0  # the part's own body changes by no more
OBJECT_JUMP_K = 60.0  # from a wall in the frost to a forehead is less
BELIEVED_AFTER = 3  # readings in a row that agree: then it is no glitch, however odd


@dataclass(slots=True)
class Watch:
    """What was seen so far. Temperatures in °C, times of a monotonic clock in seconds."""

    _last: tuple[float, float, float] | None = None  # object, ambient, when
    _odd: tuple[float, float] | None = None
    _odd_count: int = 0
    _same_since_s: float = 0.0
    _same_count: int = 0

    def forget(self) -> None:
        """Another part may be there now."""
        self._last, self._odd, self._odd_count, self._same_count = None, None, 0, 0

    def doubts(self, object_c: float, ambient_c: float, now_s: float) -> SensorCode | None:
        """Why this reading is not to be believed; None where nothing speaks against it."""
        last = self._last
        if last is None:
            self._believe(object_c, ambient_c, now_s)
            return None
        if (object_c, ambient_c) == last[:2]:
            self._same_count += 1
            still = self._same_count >= FROZEN_READINGS and now_s - self._same_since_s >= FROZEN_S
            self._last = (object_c, ambient_c, now_s)
            return SensorCode.FROZEN if still else None
        if self._jumped(object_c, ambient_c, now_s, last) and not self._again(object_c, ambient_c):
            return SensorCode.JUMPED
        self._believe(object_c, ambient_c, now_s)
        return None

    def _believe(self, object_c: float, ambient_c: float, now_s: float) -> None:
        self._last, self._same_since_s = (object_c, ambient_c, now_s), now_s
        self._odd, self._odd_count, self._same_count = None, 0, 0

    def _jumped(self, object_c: float, ambient_c: float, now_s: float, last: tuple[float, float, float]) -> bool:
        allowed_k = AIR_JUMP_K + AIR_K_PER_S * max(0.0, now_s - last[2])
        return abs(ambient_c - last[1]) > allowed_k or abs(object_c - last[0]) > OBJECT_JUMP_K

    def _again(self, object_c: float, ambient_c: float) -> bool:
        """Whether an odd value has been seen often enough to be true."""
        odd = self._odd
        agrees = odd is not None and abs(object_c - odd[0]) <= OBJECT_JUMP_K and abs(ambient_c - odd[1]) <= AIR_JUMP_K
        self._odd, self._odd_count = (object_c, ambient_c), self._odd_count + 1 if agrees else 1
        return self._odd_count >= BELIEVED_AFTER
