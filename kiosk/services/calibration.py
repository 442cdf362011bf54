"""How the lanes' thermometers stand, as their calibrations say; looked at anew when a file changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from kiosk.core.calibration import Record, Standing, is_due, standing
from kiosk.core.faults import SettingsError
from kiosk.core.ports import Clock
from kiosk.core.rules import TemperatureRules
from kiosk.settings import Places
from kiosk.store import calibrations

LOOK_EVERY_S = 5.0


class Answering(Protocol):
    """A lane's thermometer, as far as it is known: `facts` may have its `id`."""

    facts: dict[str, str]


class Calibrations:
    """The records of all lanes, held against the parts that answer there."""

    def __init__(self, at: Places, lanes: Mapping[str, Answering], clock: Clock) -> None:
        self._at, self._lanes, self._clock = at, lanes, clock
        self._records: dict[str, Record | None] = dict.fromkeys(lanes)
        self._changed: dict[str, tuple[int, int] | None] = dict.fromkeys(lanes)
        self._looked_s = float("-inf")

    def due(self, rules: TemperatureRules) -> bool:
        """Whether a lane's thermometer needs a comparison."""
        return any(is_due(found, rules) for found in self.standings(rules).values())

    def standings(self, rules: TemperatureRules) -> dict[str, Standing]:
        """How each lane stands."""
        self._look()
        now = self._clock.now()
        return {
            lane: standing(self._records[lane], rules, now, answering.facts.get("id", ""))
            for lane, answering in self._lanes.items()
        }

    def _look(self) -> None:
        now_s = self._clock.monotonic_s()
        if now_s - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = now_s
        for lane in self._lanes:
            path = self._at.calibration(lane)
            try:
                seen = path.stat()
                changed = (seen.st_mtime_ns, seen.st_size)
            except OSError:
                changed = None
            if changed != self._changed[lane]:
                try:
                    self._records[lane] = calibrations.load(path)
                except SettingsError:
                    self._records[lane] = None  # as if nobody had compared it; kiosk thermometer show says why
                self._changed[lane] = changed
