"""The machine's clock as the gate watches it: jumps and states become rows, a manager's word holds until boot."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.core.entry import Draft, EntryKind
from kiosk.core.reasons import Answer
from kiosk.core.requests import ConfirmTime
from kiosk.services import book as books
from kiosk.services import clock as clocks
from kiosk.services import discipline
from kiosk.services.book import Book
from kiosk.services.clock import ClockReason, ClockState, SystemClock
from kiosk.settings import Places, places
from kiosk.store.reader import Filter, Reader

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


class Watch(SystemClock):
    """A clock that a test turns: `passes` lets time pass, `jumps` only moves the hands."""

    def __init__(self) -> None:
        self.kernel: bool | None = None  # it does not tell
        super().__init__(kernel=lambda: self.kernel)
        self.wall, self.seconds = NOW, 100.0

    def now(self) -> datetime:
        return self.wall

    def elapsed_s(self) -> float:
        return self.seconds

    def monotonic_s(self) -> float:
        return self.seconds

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds

    def jumps(self, **by: float) -> None:
        self.wall += timedelta(**by)


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the network leaves its mark; there is none at first, nor a battery clock."""
    monkeypatch.setattr(clocks, "SYNCHRONISED", tmp_path / "synchronised")
    monkeypatch.setattr(clocks, "RTC", tmp_path / "rtc")
    return tmp_path / "synchronised"


@pytest.fixture
def watch(mark: Path) -> Watch:
    return Watch()


@pytest.fixture
def at(tmp_path: Path) -> Places:
    return places(tmp_path / "state")


@pytest.fixture
def book(at: Places, watch: Watch) -> Iterator[Book]:
    book = Book(at, "k1", watch)
    book.catch_up()
    yield book
    book.close()


def touch(mark: Path, at: datetime) -> None:
    mark.touch()
    os.utime(mark, (at.timestamp(), at.timestamp()))


def said(at: Places) -> list[str]:
    return [row.detail for row in Reader(at.logbook).rows(Filter(kind=EntryKind.CLOCK))]


def confirm(book: Book, watch: Watch, **off: float) -> Answer:
    expires = watch.wall + timedelta(seconds=5)
    request = ConfirmTime(request_id="c", by="wang", expires_at=expires, time=watch.wall + timedelta(**off))
    return book.answer(request).answer


@pytest.mark.parametrize(("hours", "detail"), [(3, "jump +10800"), (-3, "jump -10800")])
def test_a_jump_is_a_row_and_leaves_the_clock_in_doubt(
    book: Book, watch: Watch, at: Places, hours: int, detail: str
) -> None:
    watch.passes(10)
    book.catch_up()
    watch.jumps(hours=hours)
    book.catch_up()
    assert said(at) == [detail, "untrusted jumped"]
    assert watch.state() is ClockState.UNTRUSTED


def test_a_second_or_less_is_no_jump(book: Book, watch: Watch, at: Places) -> None:
    for _ in range(100):
        watch.passes(1)
        watch.jumps(seconds=0.01)
        book.catch_up()
    assert said(at) == []


def test_the_network_sets_a_wrong_clock_and_it_is_trusted(book: Book, watch: Watch, at: Places, mark: Path) -> None:
    watch.jumps(days=2)
    touch(mark, watch.wall)
    book.catch_up()
    assert said(at) == ["jump +172800", "trusted synchronised"]


def test_hands_moved_after_the_network_set_the_clock_are_not_trusted(book: Book, watch: Watch, mark: Path) -> None:
    touch(mark, watch.wall)
    book.catch_up()
    assert watch.state() is ClockState.TRUSTED
    watch.passes(60)
    watch.jumps(hours=5)
    book.catch_up()
    assert watch.verdict().reason is ClockReason.JUMPED
    touch(mark, watch.wall)
    assert watch.state() is ClockState.TRUSTED


def test_a_managers_word_makes_a_jumped_clock_usable_and_is_a_row(book: Book, watch: Watch, at: Places) -> None:
    watch.jumps(hours=3)
    book.catch_up()
    assert confirm(book, watch) is Answer.DONE
    assert watch.verdict().reason is ClockReason.CONFIRMED
    (row,) = Reader(at.logbook).page(Filter(kind=EntryKind.TIME_CONFIRMED))
    assert (row.volunteer, row.clock) == ("wang", "untrusted")
    watch.jumps(hours=3)
    book.catch_up()
    assert watch.state() is ClockState.UNTRUSTED


def test_a_watch_that_shows_another_time_confirms_nothing(book: Book, watch: Watch, at: Places) -> None:
    assert confirm(book, watch, minutes=10) is Answer.OUT_OF_RANGE
    assert not Reader(at.logbook).page(Filter(kind=EntryKind.TIME_CONFIRMED))


def test_nobody_confirms_a_time_below_the_floor(book: Book, watch: Watch, at: Places) -> None:
    book.append(Draft(EntryKind.START, watch.now()))
    watch.jumps(hours=-3)
    book.catch_up()
    assert confirm(book, watch) is Answer.NOT_ALLOWED
    assert not watch.confirm()
    assert watch.verdict().reason is ClockReason.BELOW_FLOOR
    assert not Reader(at.logbook).page(Filter(kind=EntryKind.TIME_CONFIRMED))


def test_the_word_holds_for_a_gate_started_anew_and_ends_with_the_boot(
    at: Places, watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot = tmp_path / "boot"
    boot.write_text("b1\n")
    monkeypatch.setattr(books, "BOOT_ID", boot)

    def gate(clock: Watch) -> Book:
        clock.wall, clock.seconds = watch.wall, watch.seconds
        book = Book(at, "k1", clock)
        book.catch_up()
        return book

    first = gate(watch)
    assert confirm(first, watch) is Answer.DONE
    first.close()
    again = Watch()
    gate(again).close()
    assert again.verdict().reason is ClockReason.CONFIRMED
    boot.write_text("b2\n")
    rebooted = Watch()
    gate(rebooted).close()
    assert rebooted.verdict().reason is ClockReason.NOT_CHECKED


def test_a_jump_is_remembered_by_a_gate_started_anew(at: Places, watch: Watch) -> None:
    first = Book(at, "k1", watch)
    first.catch_up()
    watch.jumps(hours=2)
    first.catch_up()
    first.close()
    again = Watch()
    again.wall = watch.wall
    Book(at, "k1", again).close()
    assert again.state() is ClockState.UNTRUSTED


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (NOW, ClockReason.RTC),
        (NOW - timedelta(hours=8), ClockReason.RTC_DISAGREES),
        (datetime(2000, 1, 1, tzinfo=UTC), ClockReason.NOT_CHECKED),  # its battery is empty
    ],
)
def test_a_battery_clock_is_asked(watch: Watch, shown: datetime, reason: ClockReason) -> None:
    clocks.RTC.write_text(f"{int(shown.timestamp())}\n")
    watch.look()
    assert watch.verdict().reason is reason


def test_the_floor_says_whose_it_is(watch: Watch) -> None:
    assert watch.floor[1] == "build"
    watch.at_least(NOW, "list")
    watch.at_least(NOW - timedelta(days=1), "row")
    assert watch.floor == (NOW, "list")


def test_rows_keep_their_order_whatever_the_clock_did(book: Book, watch: Watch, at: Places) -> None:
    for hours in (0, 5, -3, 1, -2):
        watch.passes(1)
        watch.jumps(hours=hours)
        book.append(Draft(EntryKind.VISIT, watch.now(), visit=f"v{hours}"))
    rows = [row for row in Reader(at.logbook).rows(Filter()) if row.kind is EntryKind.VISIT]
    assert [row.visit for row in rows] == ["v0", "v5", "v-3", "v1", "v-2"]
    assert [row.mono_ms for row in rows] == sorted(row.mono_ms for row in rows)


# --- The kernel knows, whichever program keeps its clock


def test_a_clock_that_the_kernel_takes_for_synchronised_is_trusted_without_a_mark(
    book: Book, watch: Watch, at: Places
) -> None:
    watch.kernel = True
    book.catch_up()
    assert watch.state() is ClockState.TRUSTED
    watch.kernel = False  # nobody has heard of the network for hours
    book.catch_up()
    assert said(at) == ["trusted synchronised", "degraded not_checked"]


def test_the_kernel_is_believed_before_an_old_mark(book: Book, watch: Watch, mark: Path) -> None:
    touch(mark, watch.wall)
    watch.kernel = False
    assert watch.state() is ClockState.DEGRADED


def test_hands_moved_while_the_network_keeps_the_clock_are_in_doubt_until_it_has_set_them_right(
    book: Book, watch: Watch, at: Places
) -> None:
    watch.kernel = True
    book.catch_up()
    watch.jumps(hours=3)
    watch.kernel = False  # the kernel knows that somebody set it
    book.catch_up()
    assert watch.state() is ClockState.UNTRUSTED
    watch.kernel = True  # the network says the same
    book.catch_up()
    assert watch.state() is ClockState.TRUSTED
    assert said(at) == ["trusted synchronised", "jump +10800", "untrusted jumped", "trusted synchronised"]


@pytest.mark.parametrize(
    ("state", "status", "synchronised"),
    [(0, 0x2001, True), (5, 0x40, False), (0, 0x40, False), (5, 0x1, False), (1, 0x11, True)],
)
def test_what_the_kernel_answers_is_understood(state: int, status: int, synchronised: bool) -> None:
    assert discipline.judged(state, status) is synchronised


def test_the_kernel_of_this_machine_is_asked_without_changing_anything() -> None:
    assert discipline.kernel_synchronised() in (True, False, None)
    assert ctypes.sizeof(discipline._Timex) == 208  # on 64-bit Linux, x86 and ARM alike
