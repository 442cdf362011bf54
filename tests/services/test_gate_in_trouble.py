"""The gate while something around it is wrong: clocks that are set, devices that hang, values that are hostile."""

from __future__ import annotations

import json
import socket
import sqlite3
import struct
import threading
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.core.entry import EntryKind
from kiosk.core.faults import LampFault, LogbookUnwritable
from kiosk.core.model import ConditionKind, Direction, Outcome
from kiosk.core.ports import LampPattern
from kiosk.core.requests import Override, SetDirection, Vehicle
from kiosk.services import link
from kiosk.services.inbox import Asked
from kiosk.services.lists_watch import Lists
from kiosk.services.messages import AskAbout
from kiosk.services.resolver_link import ResolverLink
from kiosk.services.scanner_link import SEND_AT_MOST_US
from kiosk.settings import places
from kiosk.store import owning

SOON = timedelta(seconds=9)


def set_clock(house, monkeypatch, by: timedelta) -> None:
    monkeypatch.setattr(house.gate._clock, "now", lambda: datetime.now(UTC) + by)


# --- The clock is set ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-3, 3])
def test_green_goes_out_when_the_clock_is_set(house, monkeypatch, hours):
    house.shows("王小明")
    house.measures()
    assert house.lamp.shown[-1] is LampPattern.PASS
    set_clock(house, monkeypatch, timedelta(hours=hours))
    house.turns()
    assert house.lamp.shown[-1] is not LampPattern.PASS


def test_a_code_is_verified_anew_after_the_clock_was_set_back(house, monkeypatch):
    house.shows("王小明")
    (verified,) = house.gate._passers._verified.values()
    set_clock(house, monkeypatch, timedelta(hours=-3))
    house.shows("王小明")
    (again,) = house.gate._passers._verified.values()
    assert again.at < verified.at


def test_a_device_is_down_when_it_is_down_whatever_the_wall_clock_says(house, monkeypatch):
    house.thermometer.fail_with("nack")
    house.until(lambda: house.gate._passages["main"].devices.thermometer.watched.state.code == "nack")
    set_clock(house, monkeypatch, timedelta(hours=-3))
    house.until(lambda: ConditionKind.THERMOMETER_DOWN in house.gate._gate.open)


# --- Devices ------------------------------------------------------------------------------------------------


def test_a_thermometer_that_hangs_is_a_condition_like_one_that_fails(house, monkeypatch):
    hangs, release = threading.Event(), threading.Event()

    def hang():
        hangs.set()
        release.wait(10)
        return house.thermometer.__class__.read(house.thermometer)

    monkeypatch.setattr(house.thermometer, "read", hang)
    assert hangs.wait(5)
    late_s = house.gate._clock.monotonic_s()
    monkeypatch.setattr(house.gate._clock, "monotonic_s", lambda: late_s + 4)
    house.turns()
    monkeypatch.setattr(house.gate._clock, "monotonic_s", lambda: late_s + 6)
    house.turns()
    release.set()
    assert ConditionKind.THERMOMETER_DOWN in house.gate._gate.open


def test_a_lamp_that_cannot_even_go_dark_does_not_keep_the_logbook_open(house, monkeypatch):
    def broken():
        raise LampFault("the line is gone")

    with monkeypatch.context() as last_moment:
        last_moment.setattr(house.lamp, "close", broken)
        house.gate.close()
    assert house.gate._book._logbook is None


def test_a_scanner_that_reads_nothing_does_not_hold_up_the_gate(house):
    gate_end = house.gate._passages["main"].scanner
    with socket.socket(socket.AF_UNIX) as scanner:
        scanner.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        scanner.connect(str(house.at.scanner_socket("main")))
        house.until(lambda: gate_end._current is not None)
        timeout = gate_end._current.getsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, 16)
        assert struct.unpack("ll", timeout)[1] == pytest.approx(SEND_AT_MOST_US, abs=20_000)
        for wish in range(100_000):
            gate_end.pictures(float(wish % 7 + 1))
            if gate_end._current is None:
                break
        assert gate_end._current is None


# --- Hostile values -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        {"action": "call", "lane": "main", "expires_at": "2100-01-01T00:00:00"},
        {"action": "reveal", "seqs": [10**30], "reason": "q", "expires_at": "2100-01-01T00:00:00Z"},
        {"action": "purge", "before": "2026-11-01T00:00:00", "expires_at": "2100-01-01T00:00:00Z"},
    ],
)
def test_a_time_without_a_zone_and_a_number_without_bound_are_hung_up_on(house, request_):
    data = json.dumps({"request_id": "x", "by": "x"} | request_).encode()
    with link.connect(house.at.gate_socket) as stranger:
        stranger.sendall(len(data).to_bytes(4, "big") + data)
        assert stranger.recv(1) == b""
    house.shows("李娜")
    assert house.lamp.shown[-1] is LampPattern.DENY


def test_a_picture_full_of_codes_is_looked_at_only_so_far(house, monkeypatch):
    held_up = []
    monkeypatch.setattr(house.gate._passages["main"], "hold_up", lambda text, *_: held_up.append(text))
    house.looks(*(f"code {number}" for number in range(1000)))
    assert len(held_up) == 16


# --- The logbook --------------------------------------------------------------------------------------------


def test_nobodys_lamp_waits_for_those_who_read_the_log(house, monkeypatch):
    order, shown, append = [], house.lamp.show, house.gate._book.append
    monkeypatch.setattr("kiosk.store.holding.GROWN_BYTES", 0)
    monkeypatch.setattr(owning, "begin_log_anew", lambda *_: order.append("readers") or True)
    monkeypatch.setattr(house.gate._book, "append", lambda draft: (append(draft), order.append("row")))
    monkeypatch.setattr(house.lamp, "show", lambda pattern: (shown(pattern), order.append(pattern)))
    house.shows("王小明")
    house.measures()
    green = order.index(LampPattern.PASS)
    assert (order[green - 1], order[green + 1]) == ("row", "readers")


def test_a_code_held_up_while_the_logbook_cannot_be_read_does_not_end_the_gate(house):
    house.gate._book._logbook._db.close()
    house.shows("王小明")
    assert not house.gate._book.writable
    house.gate._book._tried_s = float("-inf")
    house.measures()
    assert house.green == 1
    assert house.rows()[-1].outcome == "pass"


def test_counts_that_cannot_be_read_stay_as_they_were(house, monkeypatch):
    house.shows("李娜")
    counts = house.gate._counts
    assert counts.denied == 1

    def broken(_):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(house.gate._book._logbook._tally, "counts", broken)
    assert house.gate._book.counts(house.gate._zone) == counts
    assert not house.gate._book.writable


def test_requests_answered_before_the_row_that_failed_keep_their_answer(house, monkeypatch):
    append = house.gate._book._logbook.append

    def only_directions(draft):
        if draft.kind is not EntryKind.DIRECTION:
            raise LogbookUnwritable("disk full")
        return append(draft)

    monkeypatch.setattr(house.gate._book._logbook, "append", only_directions)
    expires_at = datetime.now(UTC) + SOON
    asked = (
        SetDirection(request_id="turned", by="li", expires_at=expires_at, lane="main", direction=Direction.OUT),
        Vehicle(request_id="through", by="li", expires_at=expires_at, lane="main"),
        Override(request_id="gone", by="li", expires_at=expires_at, visit="gone", outcome=Outcome.PASS),
    )
    replies: list[Future] = [Future() for _ in asked]
    for request, reply in zip(asked, replies, strict=True):
        house.gate._inbox.post(Asked(request, reply))
    house.turns()
    assert [reply.result(1).answer.value for reply in replies] == ["done", "not_recorded", "visit_ended"]
    assert house.lamp.shown[-1] is LampPattern.MANUAL
    assert house.green == 0


# --- The rest of its surroundings ---------------------------------------------------------------------------


def test_a_folder_of_lists_that_cannot_be_looked_into_is_a_state(tmp_path, house, monkeypatch):
    at = places(tmp_path / "other")

    def forbidden(_):
        raise PermissionError("no")

    monkeypatch.setattr(Lists, "_files", forbidden)
    watching = Lists(at, (), house.gate._clock)
    watching._refresh()
    assert watching._thread.is_alive()
    watching.close()


def test_questions_that_wait_for_the_resolver_do_not_hold_up_the_end(tmp_path, house):
    at = places(tmp_path)
    resolver = ResolverLink(at, house.gate._inbox)
    while not resolver._questions.full():
        resolver._questions.put_nowait(AskAbout(visit="v", key="k", service="s", text="t"))
    resolver.close()
    assert not any(thread.is_alive() for thread in resolver._threads)
