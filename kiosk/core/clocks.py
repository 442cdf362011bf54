"""How far the wall clock can be trusted, and why: what set it, what contradicts it, whether it jumped.

The floor is the latest thing known to have happened: the newest row, the newest list, the making of this version.
Nothing and nobody makes a time below it good. A jump is where the wall clock and the seconds since boot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from kiosk.core.entry import EntryKind

SLACK = timedelta(seconds=2)  # a clock that is disciplined by the network goes back by less
NOTICED = timedelta(seconds=1)  # between two looks; slewing moves a clock by 0.5 ms in a second
DOUBTED = timedelta(minutes=5)  # a jump of more leaves codes and replays in doubt
RTC_AGREES = timedelta(seconds=60)
LIVED_THROUGH = timedelta(days=2)  # a weekend's power cut
SHELVED = timedelta(days=366)  # for so long may a kiosk have been off that only its battery clock remembers
WATCH_AGREES = timedelta(minutes=2)  # a person's watch, and the time it takes to press


class ClockState(StrEnum):
    """How far the wall clock can be trusted."""

    TRUSTED = "trusted"  # set by the network
    DEGRADED = "degraded"  # not contradicted by anything
    UNTRUSTED = "untrusted"  # earlier than something that has already happened, or jumped


class ClockReason(StrEnum):
    """Why the clock is in its state."""

    SYNCHRONISED = "synchronised"  # the network set it
    CONFIRMED = "confirmed"  # a manager vouched for it
    RTC = "rtc"  # the battery-backed clock agrees
    RTC_DISAGREES = "rtc_disagrees"
    NOT_CHECKED = "not_checked"  # nothing sets it and nothing contradicts it
    BELOW_FLOOR = "below_floor"
    JUMPED = "jumped"


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """What is known about the clock at one moment."""

    now: datetime
    floor: datetime
    synchronised: bool = False  # since the last jump
    rtc: datetime | None = None  # None: there is none, or its battery is empty
    confirmed_at: datetime | None = None  # in this boot, after the last jump
    jumped: timedelta = timedelta(0)  # by so much in this boot, and nothing made it good since


@dataclass(frozen=True, slots=True)
class ClockVerdict:
    """The state, and why."""

    state: ClockState
    reason: ClockReason


def judge(facts: ClockFacts) -> ClockVerdict:
    """The state that `facts` come to."""
    if facts.now < facts.floor - SLACK:
        return ClockVerdict(ClockState.UNTRUSTED, ClockReason.BELOW_FLOOR)
    if facts.synchronised:
        return ClockVerdict(ClockState.TRUSTED, ClockReason.SYNCHRONISED)
    if abs(facts.jumped) > DOUBTED:
        return ClockVerdict(ClockState.UNTRUSTED, ClockReason.JUMPED)
    if facts.confirmed_at is not None:
        return ClockVerdict(ClockState.DEGRADED, ClockReason.CONFIRMED)
    if facts.rtc is None:
        return ClockVerdict(ClockState.DEGRADED, ClockReason.NOT_CHECKED)
    agrees = abs(facts.now - facts.rtc) <= RTC_AGREES
    return ClockVerdict(ClockState.DEGRADED, ClockReason.RTC if agrees else ClockReason.RTC_DISAGREES)


def lets_forget(verdict: ClockVerdict, now: datetime, left_off: datetime | None, awake: timedelta) -> bool:
    """Whether days may be forgotten by this clock: keys are gone for ever, and a clock that is wrong by a year is not.

    Where nobody vouches for the clock, it is believed only about days that were lived through: `left_off` is the
    newest row from before the service came up, None where there was none, and `awake` for how long it has been up. A
    battery clock vouches for a year: at boot the wall clock is set by it, so that one which is years ahead agrees
    with the wall all the same.
    """
    if verdict.state is ClockState.UNTRUSTED:
        return False
    if left_off is None or verdict.reason in (ClockReason.SYNCHRONISED, ClockReason.CONFIRMED):
        return True
    return now - awake - left_off <= (SHELVED if verdict.reason is ClockReason.RTC else LIVED_THROUGH)


@dataclass(frozen=True, slots=True)
class Tick:
    """Both clocks at one look."""

    wall: datetime
    elapsed_s: float  # since boot, sleep included


def jump(before: Tick, after: Tick) -> timedelta | None:
    """By how much the wall clock jumped between two looks, forwards or backwards; None where it did not."""
    apart = (after.wall - before.wall) - timedelta(seconds=after.elapsed_s - before.elapsed_s)
    return apart if abs(apart) > NOTICED else None


def jump_said(by: timedelta) -> str:
    """A jump as a row's detail: `jump +3600`."""
    return f"jump {round(by.total_seconds()):+d}"


class Told(Protocol):
    """What this module needs of a row; newest first."""

    @property
    def kind(self) -> EntryKind: ...  # noqa: D102
    @property
    def boot(self) -> str: ...  # noqa: D102
    @property
    def recorded(self) -> datetime: ...  # noqa: D102
    @property
    def detail(self) -> str: ...  # noqa: D102


def remembered(rows: Iterable[Told], boot: str) -> tuple[datetime | None, timedelta]:
    """What `rows` (newest first) tell of this boot: when the time was confirmed, and the jumps after that."""
    jumped = timedelta(0)
    for row in rows:
        if row.boot != boot:
            break
        if row.kind is EntryKind.TIME_CONFIRMED:
            return row.recorded, jumped
        if row.kind is EntryKind.CLOCK and row.detail.startswith("jump "):
            jumped += timedelta(seconds=int(row.detail.split()[1]))
        if row.kind is EntryKind.CLOCK and row.detail.startswith(ClockState.TRUSTED.value):
            break
    return None, jumped


def agrees(now: datetime, watch: datetime) -> bool:
    """Whether a person's watch shows what the kiosk shows."""
    return abs(now - watch) <= WATCH_AGREES
