"""The hourly deletion of what `desk.db` has kept long enough, by a clock that the gate does not doubt."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from kiosk.core import clocks
from kiosk.core.clocks import ClockReason, ClockState, ClockVerdict
from kiosk.core.faults import DeskUnwritable
from kiosk.core.view import GateView
from kiosk.store.desk import Desk

EVERY_S = 3600.0


class DeskForgetting:
    """Knows when to delete. Who looked is gone for ever; a clock that woke up in another year is not."""

    def __init__(
        self,
        desk: Desk,
        audit_days: int,
        view: Callable[[], GateView | None],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`view` gives the gate's newest, None while it is silent."""
        self._desk, self._audit_days = desk, audit_days
        self._view, self._now, self._monotonic_s = view, now, monotonic_s
        self._left_off = next((act.at for act in desk.audit.page(limit=1)), None)
        self._began_s = monotonic_s()
        self._done_s = float("-inf")

    def look(self) -> None:
        """Deletes where an hour has passed since the last time, or as soon after it as the clock can be believed."""
        if self._monotonic_s() - self._done_s <= EVERY_S or not self._clock_is_believed():
            return
        self._done_s = self._monotonic_s()
        with suppress(DeskUnwritable):  # the desk's own state says so
            self._desk.forget_on_time(self._audit_days)

    def _clock_is_believed(self) -> bool:
        verdict = _verdict(self._view())
        if verdict is None:
            return False
        awake = timedelta(seconds=self._monotonic_s() - self._began_s)
        return clocks.lets_forget(verdict, self._now(), self._left_off, awake)


def _verdict(view: GateView | None) -> ClockVerdict | None:
    """What the gate says of the clock; None where it says nothing, or a word that nobody here knows."""
    clock = next((device for device in view.devices if device.name == "clock"), None) if view else None
    if clock is None:
        return None
    try:
        return ClockVerdict(ClockState(clock.state), ClockReason(clock.detail))
    except ValueError:
        return None
