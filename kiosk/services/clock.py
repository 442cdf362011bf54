"""The machine's clock, and how far it can be trusted."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

SYNCHRONISED = Path("/run/systemd/timesync/synchronized")  # touched by systemd-timesyncd
BUILT = datetime(2026, 11, 1, tzinfo=UTC)  # no kiosk of this version ran before
SLACK = timedelta(seconds=2)


class ClockState(StrEnum):
    """How far the wall clock can be trusted."""

    TRUSTED = "trusted"  # set by the network
    DEGRADED = "degraded"  # not contradicted by anything
    UNTRUSTED = "untrusted"  # earlier than something that has already happened


class SystemClock:
    """The system's clock with a floor: the time of the newest row, list and build that are known."""

    def __init__(self) -> None:
        self._floor = BUILT

    def now(self) -> datetime:
        """The wall clock, aware UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Seconds of CLOCK_MONOTONIC, the same in all processes of the machine."""
        return time.monotonic()

    def at_least(self, moment: datetime | None) -> None:
        """Raises the floor: this has already happened."""
        if moment is not None:
            self._floor = max(self._floor, moment)

    def state(self) -> ClockState:
        """How far the clock can be trusted at this moment."""
        if self.now() < self._floor - SLACK:
            return ClockState.UNTRUSTED
        return ClockState.TRUSTED if SYNCHRONISED.exists() else ClockState.DEGRADED
