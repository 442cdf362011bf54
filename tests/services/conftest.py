"""A whole gate in one process: real logbook, real sockets, real decisions; devices that can be held and broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import hardware
import hardware.simulation
from hardware.lamps.simulated import SimulatedLamp
from hardware.thermometers.simulated import Simulated
from kiosk.core.model import Credential, Reading, RosterMatch
from kiosk.core.ports import LampPattern
from kiosk.core.requests import Reply, Request
from kiosk.services import devices, lane_devices
from kiosk.services.gate import GateService
from kiosk.services.inbox import Asked, ScannerLooked, ThermometerRead
from kiosk.services.messages import CameraState, Looked
from kiosk.services.notify import Notifier
from kiosk.services.street import SimulatedStreet, make
from kiosk.settings import Lane, Places, Settings, places
from kiosk.store.reader import Filter, Reader


@dataclass
class FakeRoster:
    """A roster of whoever a test puts in."""

    people: dict[str, RosterMatch] = field(default_factory=dict)

    def match(self, credential: Credential) -> RosterMatch | None:
        return self.people.get(credential.holder.name or "")

    def person(self, person: str) -> RosterMatch | None:
        return self.people.get(person)


@dataclass
class House:
    """One gate under test, turned by hand."""

    at: Places
    gate: GateService
    lamp: SimulatedLamp
    thermometer: Simulated
    roster: FakeRoster
    street: SimulatedStreet
    texts: dict[str, str]
    asked: int = 0

    def turns(self, count: int = 1) -> None:
        for _ in range(count):
            self.gate.turn(0)

    def until(self, holds: Callable[[], bool], within_s: float = 5.0) -> None:
        """Turns until something holds that another thread brings about."""
        end = datetime.now(UTC) + timedelta(seconds=within_s)
        while not holds():
            assert datetime.now(UTC) < end, "did not come about in time"
            self.gate.turn(0.02)

    def looks(self, *texts: str, camera: CameraState = CameraState.OK) -> None:
        self.gate._inbox.post(ScannerLooked("main", Looked(camera=camera, texts=texts)))
        self.turns()

    def shows(self, name: str) -> None:
        self.looks(self.texts[name])

    def measures(self, object_c: float = 34.5, count: int = 5) -> None:
        for _ in range(count):
            self.gate._inbox.post(ThermometerRead("main", Reading(object_c, 22.0, datetime.now(UTC))))
        self.turns()

    def asks(self, request: type[Request], **more: Any) -> Reply:
        self.asked += 1
        values = {"request_id": f"r{self.asked}", "by": "li", "expires_at": datetime.now(UTC) + timedelta(seconds=9)}
        reply: Future[Reply] = Future()
        self.gate._inbox.post(Asked(request(**(values | more)), reply))
        self.turns()
        return reply.result(timeout=1)

    @property
    def lane(self) -> Any:
        return self.gate._passages["main"].lane

    @property
    def visit(self) -> str:
        phase = self.lane.phase
        return phase.visit.id if hasattr(phase, "visit") else phase.ended.visit.id

    @property
    def green(self) -> int:
        return self.lamp.shown.count(LampPattern.PASS)

    def rows(self) -> list[Any]:
        reader = Reader(self.at.logbook)
        return sorted(reader.rows(Filter()), key=lambda entry: entry.seq)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    at = places(tmp_path)
    at.runtime.mkdir()
    at.rules.write_text("[show]\nleast_s = 0\n")  # nobody waits in a test
    street = make(at, datetime.now(UTC))
    people = hardware.simulation.load_street(street.deck).deck.people
    lamp, thermometer = SimulatedLamp(), Simulated()
    held = {"lamp": lamp, "thermometer": thermometer}
    for module in (devices, lane_devices):
        monkeypatch.setattr(module, "load", lambda kind, _, **__: held.get(kind) or hardware.load(kind, "none"))
    lane = Lane(camera="none", thermometer="simulated", lamp="simulated", voice="silent", buttons="none")
    settings = replace(Settings(), lane=(lane,))
    roster = FakeRoster()
    gate = GateService(settings, at, roster, trust=(street.trust,), notifier=Notifier(None))
    monkeypatch.setattr(gate._passages["main"].scanner, "check", lambda: True)
    gate._passages["main"].scanner.scanner.became("ok")
    gate._passages["main"].scanner.camera.became("ok")
    house = House(at, gate, lamp, thermometer, roster, street, {person.name: person.text for person in people})
    yield house
    gate.close()
