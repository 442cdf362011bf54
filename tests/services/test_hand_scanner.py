"""A lane's hand scanner: what it reads reaches the lane, whatever else there is; how it is, is told in words."""

from __future__ import annotations

from pathlib import Path

import pytest

import hardware
from hardware.hand_scanners.simulated import SimulatedHandScanner
from kiosk.core.model import Outcome
from kiosk.locale import words
from kiosk.services import inbox, lane_devices
from kiosk.services.devices import ThermometerWorker
from kiosk.services.inbox import HandScanned, Inbox, ThermometerRead
from kiosk.services.lane_devices import LaneDevices
from kiosk.settings import Lane
from tests.support.bench_gate import SKIN_C, bench_gate
from tests.support.clocks import HandClock


def test_a_code_read_by_hand_is_a_visit_and_the_log_says_where_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bench_gate(tmp_path, monkeypatch) as gate:
        gate.gate._inbox.post(HandScanned("main", gate.code))
        gate.object_c = SKIN_C
        gate.runs(4.0)
        visits = [row for row in gate.rows() if row.kind == "visit"]
        assert [(row.outcome, row.source) for row in visits] == [(Outcome.PASS, "hand")]


def test_nothing_that_is_read_by_hand_is_dropped_however_far_behind_the_gate_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbox, "WORTH_KEEPING", 2)
    box = Inbox()
    for _ in range(5):
        box.post(ThermometerRead("main", None))  # type: ignore[arg-type]
        box.post(HandScanned("main", "KP1:X"))
    assert [isinstance(message, HandScanned) for message in box.take(0)].count(True) == 5


def test_its_state_is_among_the_lanes_devices_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    scanner, box = SimulatedHandScanner(), Inbox()
    monkeypatch.setattr(ThermometerWorker, "start", lambda _: None)
    monkeypatch.setattr(
        lane_devices, "load", lambda kind, _, **__: scanner if kind == "hand_scanner" else hardware.load(kind, "none")
    )
    lane = Lane(camera="none", hand_scanner="simulated")
    held = LaneDevices(lane, "en", box, HandClock())
    scanner.scan("KP1:X")
    assert box.take(0) == [HandScanned("main", "KP1:X")]
    for change, ok, state in ((scanner.unplug, False, "unplugged"), (scanner.plug_in, True, "ok")):
        change()
        seen = next(device for device in held.views() if device.name == "hand_scanner")
        assert (seen.ok, seen.state) == (ok, state)
        assert seen.name in words.DEVICES
    held.close()
    scanner.scan("after the end")
    assert box.take(0) == []


def test_a_lane_without_one_says_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ThermometerWorker, "start", lambda _: None)
    lane = Lane(camera="none", lamp="none", thermometer="none")
    held = LaneDevices(lane, "en", Inbox(), HandClock())
    assert "hand_scanner" not in [device.name for device in held.views()]
    held.close()
