"""The pages' memory is deleted by a clock that can be believed, and by no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.core.clocks import ClockReason, ClockState
from kiosk.core.view import DeviceView, GateView
from kiosk.services.desk_forgetting import EVERY_S, DeskForgetting
from kiosk.store.desk import Desk
from tests.support import gate_stub

OLD, NEW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
YEARS = timedelta(days=3650)
AUDIT_DAYS = 180


@dataclass
class Kiosk:
    """A desk with an act of January and one of November, a clock to be set, and what the gate says of it."""

    desk: Desk
    now: datetime = OLD
    elapsed_s: float = 0.0
    said: GateView | None = None
    forgetting: DeskForgetting = field(init=False)

    def starts(self, now: datetime) -> None:
        self.now = now
        self.forgetting = DeskForgetting(
            self.desk, AUDIT_DAYS, lambda: self.said, now=lambda: self.now, monotonic_s=lambda: self.elapsed_s
        )

    def gate_says(self, state: str, reason: str) -> None:
        clock = DeviceView(name="clock", driver="system", ok=True, state=state, detail=reason)
        self.said = gate_stub.gate_view(devices=(clock,))

    def passes(self, time: timedelta) -> None:
        self.now += time
        self.elapsed_s += time.total_seconds()

    def kept(self) -> list[str]:
        self.forgetting.look()
        return [act.what for act in self.desk.audit.page()]


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    clock = [OLD]
    with closing(Desk.open(tmp_path / "desk.db", now=lambda: clock[0])) as desk:
        made = Kiosk(desk)
        for made.now, what in ((OLD, "january"), (NEW, "november")):
            clock[0] = made.now
            desk.audit.write(what, by="li")
        desk._now = lambda: made.now
        yield made


def test_a_clock_that_the_network_keeps_lets_old_acts_go_and_new_ones_stay(kiosk: Kiosk):
    kiosk.starts(NEW + timedelta(days=30))
    kiosk.gate_says(ClockState.TRUSTED, ClockReason.SYNCHRONISED)
    assert kiosk.kept() == ["november"]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (ClockState.UNTRUSTED, ClockReason.JUMPED),
        (ClockState.UNTRUSTED, ClockReason.BELOW_FLOOR),
        (ClockState.DEGRADED, ClockReason.NOT_CHECKED),
        (ClockState.DEGRADED, ClockReason.RTC_DISAGREES),
        (ClockState.DEGRADED, ClockReason.RTC),  # which set the clock at boot
        (ClockState.DEGRADED, "a word of another version"),
    ],
)
def test_a_clock_that_woke_up_years_ahead_takes_nothing(kiosk: Kiosk, state: ClockState, reason: str):
    kiosk.starts(NEW + YEARS)
    kiosk.gate_says(state, reason)
    assert kiosk.kept() == ["november", "january"]


def test_a_clock_in_doubt_takes_nothing_even_where_it_looks_right(kiosk: Kiosk):
    kiosk.starts(NEW)
    kiosk.gate_says(ClockState.UNTRUSTED, ClockReason.JUMPED)
    assert kiosk.kept() == ["november", "january"]


def test_while_the_gate_is_silent_nothing_goes_and_as_soon_as_it_speaks_it_does(kiosk: Kiosk):
    kiosk.starts(NEW)
    assert kiosk.kept() == ["november", "january"]
    kiosk.said = gate_stub.gate_view(devices=())
    assert kiosk.kept() == ["november", "january"]
    kiosk.gate_says(ClockState.TRUSTED, ClockReason.SYNCHRONISED)
    assert kiosk.kept() == ["november"]


def test_a_clock_that_nobody_vouches_for_counts_for_the_days_that_were_lived_through(kiosk: Kiosk):
    kiosk.starts(NEW + timedelta(days=1))
    kiosk.gate_says(ClockState.DEGRADED, ClockReason.NOT_CHECKED)
    assert kiosk.kept() == ["november"]
    kiosk.passes(timedelta(days=AUDIT_DAYS))
    assert kiosk.kept() == []


def test_it_is_done_once_an_hour(kiosk: Kiosk):
    kiosk.starts(NEW)
    kiosk.gate_says(ClockState.TRUSTED, ClockReason.SYNCHRONISED)
    assert kiosk.kept() == ["november"]
    kiosk.now += YEARS
    kiosk.elapsed_s += EVERY_S
    assert kiosk.kept() == ["november"]
    kiosk.elapsed_s += 1
    assert kiosk.kept() == []


def test_a_desk_in_which_nobody_has_done_anything_yet_needs_no_past(tmp_path: Path):
    with closing(Desk.open(tmp_path / "desk.db", now=lambda: NEW + YEARS)) as desk:
        kiosk = Kiosk(desk)
        kiosk.starts(NEW + YEARS)
        kiosk.gate_says(ClockState.DEGRADED, ClockReason.NOT_CHECKED)
        assert kiosk.kept() == []
