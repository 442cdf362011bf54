"""The machine's clock: what it shows, what it jumped by, and how far it can be trusted (`kiosk/core/clocks.py`)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.core import clocks
from kiosk.core.clocks import ClockFacts, ClockReason, ClockState, ClockVerdict, Tick
from kiosk.services.discipline import kernel_synchronised

__all__ = ["BUILT", "SLACK", "ClockReason", "ClockState", "SystemClock"]

# Where the kernel does not tell: touched by systemd-timesyncd each time it sets the clock.
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
RTC = Path("/sys/class/rtc/rtc0/since_epoch")  # seconds since 1970; Documentation/ABI/testing/sysfs-class-rtc
BUILT = datetime(2026, 11, 1, tzinfo=UTC)  # no kiosk of this version ran before
SLACK = clocks.SLACK
_SET_WITHIN = timedelta(seconds=10)  # of a jump: it was timesyncd that made it
_RTC_EVERY_S = 60.0  # reading one over I2C takes a millisecond


class SystemClock:
    """The system's clock with a floor: the time of the newest row, list and build that are known."""

    def __init__(self, kernel: Callable[[], bool | None] = kernel_synchronised) -> None:
        """`kernel` says whether the network keeps the clock, or None where it does not tell."""
        self._kernel = kernel
        self._floor = BUILT
        self._floor_of = "build"
        self._guard = threading.Lock()
        self._tick: Tick | None = None
        self._told: ClockVerdict | None = None
        self._jumped = timedelta(0)
        self._confirmed_at: datetime | None = None
        self._set_before: float | None = None  # the synchroniser's mark at the last jump that was not its own
        self._rtc: datetime | None = None
        self._rtc_s = float("-inf")

    def now(self) -> datetime:
        """The wall clock, aware UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Seconds of CLOCK_MONOTONIC, the same in all processes of the machine."""
        return time.monotonic()

    def elapsed_s(self) -> float:
        """Seconds since boot, sleep included: waking up is no jump."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def at_least(self, moment: datetime | None, of: str = "row") -> None:
        """Raises the floor: this has already happened."""
        if moment is not None and moment > self._floor:
            self._floor, self._floor_of = moment, of

    @property
    def floor(self) -> tuple[datetime, str]:
        """The earliest time that can be right, and whose it is: "row", "list" or "build"."""
        return self._floor, self._floor_of

    def state(self) -> ClockState:
        """How far the clock can be trusted at this moment."""
        return self.verdict().state

    def verdict(self) -> ClockVerdict:
        """The state at this moment, and why."""
        return clocks.judge(self.facts())

    def facts(self) -> ClockFacts:
        """Everything that is known about the clock at this moment."""
        with self._guard:
            return ClockFacts(
                now=self.now(),
                floor=self._floor,
                synchronised=self._synchronised(),
                rtc=self._rtc,
                confirmed_at=self._confirmed_at,
                jumped=self._jumped,
            )

    def look(self) -> list[str]:
        """What is to be written down since the last look: jumps, and a state that changed."""
        said = self._watch()
        verdict = self.verdict()
        if verdict.state is ClockState.TRUSTED:
            self._jumped = timedelta(0)
        if self._told is not None and verdict != self._told:
            said.append(f"{verdict.state.value} {verdict.reason.value}")
        self._told = verdict
        return said

    def _watch(self) -> list[str]:
        with self._guard:
            tick = Tick(self.now(), self.elapsed_s())
            before, self._tick = self._tick, tick
            if tick.elapsed_s - self._rtc_s > _RTC_EVERY_S:
                self._rtc, self._rtc_s = _read_rtc(), tick.elapsed_s
            by = clocks.jump(before, tick) if before else None
            if by is None:
                return []
            self._jumped += by
            self._confirmed_at = None
            self._rtc_s = float("-inf")
            mark = _mark()
            fresh = mark is not None and abs(tick.wall.timestamp() - mark) < _SET_WITHIN.total_seconds()
            self._set_before = None if fresh else mark
            return [clocks.jump_said(by)]

    def _synchronised(self) -> bool:
        told = self._kernel()
        if told is not None:
            return told
        mark = _mark()
        return mark is not None and mark != self._set_before

    def confirm(self) -> bool:
        """A manager vouches for the time, until the next boot or jump; False below the floor."""
        below = replace(self.facts(), synchronised=True, jumped=timedelta(0))
        if clocks.judge(below).state is ClockState.UNTRUSTED:
            return False
        with self._guard:
            self._confirmed_at, self._jumped = self.now(), timedelta(0)
        return True

    def remember(self, confirmed_at: datetime | None, jumped: timedelta) -> None:
        """What the log tells of this boot, for a gate that was started anew in it."""
        with self._guard:
            self._confirmed_at, self._jumped = confirmed_at, jumped


def _mark() -> float | None:
    """When the network last set the clock, by the wall; None where it did not since boot."""
    try:
        return SYNCHRONISED.stat().st_mtime
    except OSError:
        return None


def _read_rtc() -> datetime | None:
    """The battery-backed clock; None where there is none, or it lost its time."""
    try:
        shown = datetime.fromtimestamp(int(RTC.read_text()), UTC)
    except (OSError, ValueError, OverflowError):
        return None
    return shown if shown >= BUILT else None
