"""How far the clock can be trusted, and what a jump is."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kiosk.core import clocks
from kiosk.core.clocks import ClockFacts, ClockReason, ClockState, Tick
from kiosk.core.entry import EntryKind

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
FACTS = ClockFacts(NOW, NOW - timedelta(hours=1))
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("facts", "state", "reason"),
    [
        (FACTS, ClockState.DEGRADED, ClockReason.NOT_CHECKED),
        (replace(FACTS, synchronised=True), ClockState.TRUSTED, ClockReason.SYNCHRONISED),
        (replace(FACTS, rtc=NOW), ClockState.DEGRADED, ClockReason.RTC),
        (replace(FACTS, rtc=NOW - HOUR), ClockState.DEGRADED, ClockReason.RTC_DISAGREES),
        (replace(FACTS, confirmed_at=NOW), ClockState.DEGRADED, ClockReason.CONFIRMED),
        (replace(FACTS, jumped=HOUR), ClockState.UNTRUSTED, ClockReason.JUMPED),
        (replace(FACTS, jumped=-HOUR), ClockState.UNTRUSTED, ClockReason.JUMPED),
        (replace(FACTS, jumped=timedelta(minutes=4)), ClockState.DEGRADED, ClockReason.NOT_CHECKED),
        (replace(FACTS, jumped=HOUR, synchronised=True), ClockState.TRUSTED, ClockReason.SYNCHRONISED),
        (replace(FACTS, now=NOW - 2 * HOUR), ClockState.UNTRUSTED, ClockReason.BELOW_FLOOR),
    ],
)
def test_the_state_follows_from_what_is_known(facts: ClockFacts, state: ClockState, reason: ClockReason) -> None:
    verdict = clocks.judge(facts)
    assert (verdict.state, verdict.reason) == (state, reason)


def test_nothing_makes_a_time_below_the_floor_good() -> None:
    facts = ClockFacts(NOW - 2 * HOUR, NOW, synchronised=True, rtc=NOW - 2 * HOUR, confirmed_at=NOW - 2 * HOUR)
    assert clocks.judge(facts).state is ClockState.UNTRUSTED
    assert clocks.judge(replace(facts, now=NOW - clocks.SLACK)).state is ClockState.TRUSTED


@pytest.mark.parametrize("seconds", [3600, -3600, 2, -2])
def test_a_jump_either_way_is_noticed_with_its_size(seconds: int) -> None:
    after = Tick(NOW + timedelta(seconds=10 + seconds), 110)
    by = clocks.jump(Tick(NOW, 100), after)
    assert by == timedelta(seconds=seconds)
    assert clocks.jump_said(by) == f"jump {seconds:+d}"


def test_time_that_passes_and_a_clock_that_is_slewed_are_no_jump() -> None:
    assert clocks.jump(Tick(NOW, 100), Tick(NOW + HOUR, 3700)) is None
    assert clocks.jump(Tick(NOW, 100), Tick(NOW + timedelta(seconds=10.005), 110)) is None


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Shanghai"])
def test_the_two_nights_in_which_clocks_change_are_no_jump(zone: str) -> None:
    local = ZoneInfo(zone)
    moment, before = datetime(2026, 1, 1, tzinfo=UTC), None
    for quarter in range(4 * 24 * 365):
        wall = (moment + timedelta(minutes=15 * quarter)).astimezone(local)
        tick = Tick(wall.astimezone(UTC), 900.0 * quarter)
        assert before is None or clocks.jump(before, tick) is None
        before = tick


@dataclass(frozen=True)
class Row:
    kind: EntryKind
    detail: str = ""
    boot: str = "b1"
    recorded: datetime = NOW


CONFIRMED = Row(EntryKind.TIME_CONFIRMED)
JUMP = Row(EntryKind.CLOCK, "jump +3600")


def test_a_gate_that_is_started_anew_remembers_this_boot() -> None:
    assert clocks.remembered([JUMP, CONFIRMED], "b1") == (NOW, HOUR)
    assert clocks.remembered([CONFIRMED, JUMP], "b1") == (NOW, timedelta(0))
    assert clocks.remembered([JUMP, JUMP], "b1") == (None, 2 * HOUR)
    assert clocks.remembered([Row(EntryKind.CLOCK, "trusted synchronised"), JUMP], "b1") == (None, timedelta(0))


def test_another_boot_has_nothing_to_do_with_this_one() -> None:
    assert clocks.remembered([replace(CONFIRMED, boot="b0"), JUMP], "b1") == (None, timedelta(0))
    assert clocks.remembered([], "b1") == (None, timedelta(0))


def test_a_watch_agrees_within_two_minutes() -> None:
    assert clocks.agrees(NOW, NOW + timedelta(seconds=119))
    assert not clocks.agrees(NOW, NOW + timedelta(seconds=121))


@pytest.mark.parametrize(
    ("reason", "days_since", "forgets"),
    [
        (ClockReason.SYNCHRONISED, 4000, True),
        (ClockReason.CONFIRMED, 4000, True),
        (ClockReason.RTC, 100, True),  # a season in a cupboard
        (ClockReason.RTC, 4000, False),  # it set the wall clock wrong at boot, and agrees with it
        (ClockReason.NOT_CHECKED, 1, True),
        (ClockReason.NOT_CHECKED, 100, False),
        (ClockReason.RTC_DISAGREES, 100, False),
    ],
)
def test_how_far_from_the_newest_row_a_clock_may_be_that_forgets(
    reason: ClockReason, days_since: int, forgets: bool
) -> None:
    verdict = clocks.ClockVerdict(ClockState.DEGRADED, reason)
    left_off, just_up = NOW - timedelta(days=days_since), timedelta()
    assert clocks.lets_forget(verdict, NOW, left_off, just_up) is forgets
    assert clocks.lets_forget(verdict, NOW, None, just_up)
    assert not clocks.lets_forget(replace(verdict, state=ClockState.UNTRUSTED), NOW, None, just_up)


def test_days_that_a_service_lived_through_count_for_a_clock_that_nobody_vouches_for() -> None:
    verdict = clocks.ClockVerdict(ClockState.DEGRADED, ClockReason.NOT_CHECKED)
    left_off = NOW - timedelta(days=100)
    assert clocks.lets_forget(verdict, NOW, left_off, awake=timedelta(days=99))
    assert not clocks.lets_forget(verdict, NOW, left_off, awake=timedelta(days=90))
