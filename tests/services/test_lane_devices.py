"""The devices of a lane: they vanish and return, a call that nobody answers grows, a case that was opened is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hardware import i2c
from hardware.buttons.simulated import SimulatedButtons
from hardware.lamps.simulated import SimulatedLamp
from hardware.presences.simulated import SimulatedPresence
from hardware.tampers.simulated import SimulatedTamper
from hardware.thermometers import SensorCode
from hardware.thermometers.simulated import Simulated
from hardware.voices.simulated import SimulatedVoice
from kiosk.core.faults import LampFault
from kiosk.core.model import ConditionKind, Remedy
from kiosk.core.ports import Button, LampPattern, Phrase
from kiosk.core.requests import Decide
from kiosk.locale import words
from kiosk.services import devices, lane_devices
from kiosk.services.devices import ThermometerWorker
from kiosk.services.inbox import Inbox, Pressed, ThermometerRead
from kiosk.services.lane_devices import LaneDevices
from kiosk.services.sound import Sound
from kiosk.settings import Lane, SoundSection
from tests.support.bench_gate import BenchGate, bench_gate
from tests.support.clocks import HandClock

LANE = Lane(
    camera="none", thermometer="simulated", lamp="simulated", voice="simulated", buttons="simulated",
    presence="simulated", tamper="simulated",
)  # fmt: skip
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@dataclass
class Bench:
    """A lane whose parts can be taken away, and a clock that the test turns."""

    clock: HandClock = field(default_factory=HandClock)
    inbox: Inbox = field(default_factory=Inbox)
    parts: dict[str, Any] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    opened: list[str] = field(default_factory=list)

    def load(self, kind: str, _spec: str, **_: object) -> Any:
        self.opened.append(kind)
        if kind in self.missing:
            raise LampFault("/dev/gpiochip0 cannot be opened", "no_chip")
        made = {"lamp": SimulatedLamp, "voice": SimulatedVoice, "buttons": SimulatedButtons, "tamper": SimulatedTamper,
                "presence": SimulatedPresence, "thermometer": Simulated}  # fmt: skip
        self.parts[kind] = made[kind]()
        return self.parts[kind]

    def lane(self, sound: Sound | None = None) -> LaneDevices:
        return LaneDevices(LANE, "en", self.inbox, self.clock, sound)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench()
    made.clock.wall = NOON
    monkeypatch.setattr(ThermometerWorker, "start", lambda _: None)
    for module in (devices, lane_devices):
        monkeypatch.setattr(module, "load", made.load)
    return made


def state(lane: LaneDevices, name: str) -> str:
    return next(view.state for view in lane.views() if view.name == name)


@pytest.mark.parametrize("name", ["lamp", "buttons", "tamper", "voice"])
def test_a_device_that_is_missing_at_the_start_is_named_and_used_within_three_seconds_of_its_coming(
    bench: Bench, name: str
) -> None:
    bench.missing = {name}
    lane = bench.lane()
    lane.turned(0)
    assert state(lane, name) == "no_chip"
    bench.missing = set()
    for _ in range(25):
        bench.clock.mono += 0.1
        lane.turned(0)
        lane.say(Phrase.PASS)
    assert state(lane, name) == "ok"
    lane.close()


def test_buttons_that_vanish_are_named_and_those_that_return_are_heard(bench: Bench) -> None:
    lane = bench.lane()
    bench.parts["buttons"].fail()
    bench.clock.mono += 1
    lane.turned(0)
    assert state(lane, "buttons") == "fault"
    bench.clock.mono += 2
    lane.turned(0)
    assert state(lane, "buttons") == "ok"
    bench.parts["buttons"].press(Button.PASS)
    assert [message for message in bench.inbox.take(0) if isinstance(message, Pressed)]
    lane.close()


def test_a_stuck_button_is_named_and_the_others_are_heard(bench: Bench) -> None:
    lane = bench.lane()
    bench.parts["buttons"].jam(Button.CALL)
    lane.turned(0)
    view = next(view for view in lane.views() if view.name == "buttons")
    assert (view.ok, view.state) == (False, "held")
    assert "held down for too long: call" in view.detail
    bench.parts["buttons"].press(Button.DENY)
    assert len(bench.inbox.take(0)) == 1
    bench.parts["buttons"].jam()
    bench.clock.mono += 0.6
    lane.turned(0)
    assert state(lane, "buttons") == "ok"
    lane.close()


def test_what_is_told_grows_with_the_waiting_and_follows_the_hour(bench: Bench) -> None:
    sound = Sound(SoundSection(volume=0.5, night_volume=0.1))
    lane = bench.lane(sound)
    heard = []
    for urgency in range(4):
        lane.turned(urgency)
        lane.say(Phrase.VOLUNTEER)
        heard.append(bench.parts["voice"].loudness)
    assert heard == pytest.approx([0.5, 0.65, 0.8, 0.95])
    assert bench.parts["lamp"].urged == [(0, False), (1, False), (2, False), (3, False)]
    bench.clock.wall = NOON + timedelta(hours=11)
    lane.turned(3)
    lane.say(Phrase.VOLUNTEER)
    assert bench.parts["voice"].loudness == pytest.approx(0.5), "at night no louder than by day"
    assert bench.parts["lamp"].urged[-1] == (3, True)
    lane.close()


def test_a_presence_sensor_speaks_with_each_reading_and_its_fault_leaves_the_temperature(bench: Bench) -> None:
    lane = bench.lane()

    def seen() -> tuple[bool | None, float | None]:
        lane.thermometer.turn()
        reading = next(m.reading for m in reversed(bench.inbox.take(0)) if isinstance(m, ThermometerRead))
        return reading.somebody, reading.distance_cm

    assert seen() == (False, None)
    bench.parts["presence"].sees(True, 14.0)
    assert seen() == (None, 14.0)
    bench.parts["presence"].fail("nack")
    assert seen() == (None, None)
    assert state(lane, "presence") == "nack"
    bench.clock.mono += 2
    assert seen() == (False, None)
    assert state(lane, "presence") == "ok"
    lane.close()


def test_a_case_that_was_opened_stays_told_until_somebody_decided_and_it_is_shut(bench: Bench) -> None:
    lane = bench.lane()
    lane.turned(0)
    assert not lane.case_opened(frozenset())
    bench.parts["tamper"].open()
    bench.clock.mono += 1
    lane.turned(0)
    assert (lane.case_opened(frozenset({ConditionKind.CASE_OPENED})), state(lane, "tamper")) == (True, "opened")
    bench.parts["tamper"].shut()
    bench.clock.mono += 1
    lane.turned(0)
    bench.clock.mono += 1
    lane.turned(0)
    assert state(lane, "tamper") == "ok"
    assert lane.case_opened(frozenset())
    assert not lane.case_opened(frozenset({ConditionKind.CASE_OPENED}))
    lane.close()


def test_what_is_not_fitted_is_not_looked_for_nor_missed(bench: Bench) -> None:
    lane = LaneDevices(Lane(lamp="simulated"), "en", bench.inbox, bench.clock)
    lane.turned(0)
    assert {"presence", "tamper", "hand_scanner"}.isdisjoint(bench.opened)
    assert [view.name for view in lane.views()] == ["thermometer", "lamp", "voice", "buttons"]
    lane.close()


# --- On a whole gate ------------------------------------------------------------------------------------------


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BenchGate]:
    with bench_gate(tmp_path, monkeypatch) as made:
        yield made


def test_each_part_that_is_fitted_tells_how_its_self_test_ended(bench: Bench) -> None:
    def found(name: str) -> str:
        return next(view.facts.get("self_test", "") for view in lane.views() if view.name == name)

    bench.missing = {"buttons"}
    lane = bench.lane()
    assert [found(name) for name in ("lamp", "buttons", "thermometer")] == ["passed_lamp", "failed", ""]
    lane.thermometer.turn()
    assert found("thermometer") == "passed_thermometer"
    assert all(each in words.FACT_VALUES for each in ("failed", *(f"passed_{name}" for name in devices.TESTED)))
    lane.close()


def test_who_is_on_the_thermometers_bus_is_told_when_it_comes_and_when_it_goes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def scan(number: int) -> list[i2c.Found]:
        asked.append(number)
        return [i2c.Found(0x5B, "thermometer")]

    monkeypatch.setattr(i2c, "scan", scan)
    worker = ThermometerWorker("main", "mlx90614:address=0x5B,bus=3", bench.inbox, bench.clock)
    worker.turn()
    assert (asked, worker.watched.facts["bus"]) == ([3], "0x5b thermometer")
    worker.turn()
    assert asked == [3]
    bench.parts["thermometer"].fail_with(SensorCode.NACK)
    worker.turn()
    worker.turn()
    assert asked == [3, 3]


def test_a_call_that_nobody_answers_escalates_and_ends_when_somebody_comes(gate: BenchGate) -> None:
    gate.gate._inbox.post(Pressed("main", Button.CALL, gate.clock.now()))
    gate.runs(65.0)
    assert [urgency for urgency, _quiet in gate.lamp.urged] == [0, 1, 2, 3]
    assert gate.lamp.shown[-1] is LampPattern.ATTEND
    gate.somebody_else()
    gate.object_c = 34.5
    gate.runs(2.0, showing=True)
    gate.gate._inbox.post(Pressed("main", Button.PASS, gate.clock.now()))
    gate.runs(0.5)
    assert gate.green >= 1


def test_an_opened_case_is_a_row_and_a_banner_that_judges_nobody(
    gate: BenchGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    tamper = SimulatedTamper()
    lane = gate.gate._passages["main"].devices
    monkeypatch.setattr(lane._tamper, "_device", tamper)
    monkeypatch.setattr(lane, "_all", (*lane._all, lane._tamper))
    tamper.open()
    gate.runs(1.0)
    assert "case_opened" in gate.conditions
    tamper.shut()
    gate.object_c = 34.5
    gate.runs(4.0, showing=True)
    assert gate.green == 1
    assert "case_opened" in gate.conditions, "shut again is not seen to"
    decide = Decide(
        request_id="r1", by="wang", expires_at=gate.clock.now() + timedelta(seconds=9),
        condition=ConditionKind.CASE_OPENED, remedy=Remedy.ACCEPT, minutes=5,
    )  # fmt: skip
    gate.gate._gate_requests.append(decide)
    gate.runs(1.0)
    assert gate.conditions == set()
    details = [row.detail for row in gate.rows() if row.kind in ("condition", "decision")]
    assert details == ["case_opened opened", "case_opened accept 5 min", "case_opened closed"]
