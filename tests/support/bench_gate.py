"""A whole gate in one process on a clock that a test turns: a real logbook, a real driver, a modelled thermometer.

Time passes only in `runs` and while the modelled bus takes its time, so that "within two seconds" is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import hardware
from hardware.lamps.simulated import SimulatedLamp
from hardware.thermometers.mlx90614 import Mlx90614
from kiosk.core.faults import LampFault
from kiosk.core.model import Credential, RosterMatch
from kiosk.core.ports import LampPattern
from kiosk.services import devices, lane_devices
from kiosk.services import gate as gate_module
from kiosk.services.devices import ThermometerWorker
from kiosk.services.gate import GateService
from kiosk.services.inbox import ScannerLooked
from kiosk.services.messages import CameraState, Looked
from kiosk.services.notify import Notifier
from kiosk.services.street import Mint
from kiosk.settings import Lane, Places, Settings, places
from kiosk.store.entries import Entry
from kiosk.store.reader import Filter, Reader
from tests.support.clocks import HandClock
from tests.support.mlx90614_part import AMBIENT, OBJECT_1, FakeSMBus, Part, word

ROOM_C, SKIN_C = 22.0, 34.5
TURN_S = 0.1
FLICKER = (0, 1, -1, 2, 0, -2, 1)  # last digits of a sensor that works


class TurnedClock(HandClock):
    """A clock on which only the test's time passes, so that nothing ever seems to have jumped."""

    def __init__(self) -> None:
        super().__init__()
        self.wall = datetime.now(UTC)  # later than the lists that were just made

    def elapsed_s(self) -> float:
        return self.mono


class NoRoster:
    """A roster that knows nobody."""

    def match(self, credential: Credential) -> RosterMatch | None:
        return None

    def person(self, person: str) -> RosterMatch | None:
        return None


class BenchLamp(SimulatedLamp):
    """A lamp whose line or chip fails as `fault` says, and that can be opened again."""

    fault: LampFault | None = None

    def opened(self) -> BenchLamp:
        """As a driver's `open_device` gives it."""
        self._refuse_fault()
        self._closed = False
        return self

    def _refuse(self) -> None:
        self._refuse_fault()
        super()._refuse()

    def _refuse_fault(self) -> None:
        if self.fault is not None:
            raise self.fault


@dataclass
class BenchGate:
    """One gate, its clock, and the thermometer on its modelled wire."""

    at: Places
    clock: HandClock
    part: Part
    lamp: BenchLamp
    gate: GateService
    mint: Mint
    code: str
    bus_there: list[bool]
    camera: CameraState = CameraState.OK
    object_c: float = ROOM_C
    override: dict[int, int] = field(default_factory=dict)  # words that the part answers whatever it sees
    flickers: bool = True
    _next_s: float = 0.0
    _readings: int = 0

    @property
    def worker(self) -> ThermometerWorker:
        return self.gate._passages["main"].devices.thermometer

    @property
    def state(self) -> str:
        """How the thermometer is doing, as pages show it."""
        return self.worker.watched.state.code

    def device(self, name: str) -> Any:
        return next(device for device in self.gate._view().devices if device.name == name)

    @property
    def conditions(self) -> set[str]:
        """The open conditions."""
        return {condition.kind.value for condition in self.gate._gate.conditions}

    @property
    def green(self) -> int:
        """How often the lamp was green."""
        return self.lamp.shown.count(LampPattern.PASS)

    def camera_becomes(self, state: str) -> None:
        """The scanner says so of its camera; without a camera no code is seen."""
        self.camera = CameraState(state)
        self.gate._passages["main"].scanner.camera.became(state)

    def rows(self) -> list[Entry]:
        """Everything that was written down, oldest first."""
        return sorted(Reader(self.at.logbook).rows(Filter()), key=lambda entry: entry.seq)

    def somebody_else(self) -> None:
        """The next code that is shown is another person's."""
        self.code = self.mint.local_pass(f"Somebody at {self.clock.mono}")

    def passes(self, seconds: float) -> None:
        """Time passes on every clock."""
        self.clock.mono += seconds
        self.clock.wall += timedelta(seconds=seconds)

    def runs(self, seconds: float, *, showing: bool = False) -> None:
        """The gate turns for so long; `showing`: somebody holds up a good code."""
        end_s = self.clock.mono + seconds
        seen = showing and self.camera is CameraState.OK
        while self.clock.mono < end_s:
            if self.clock.mono >= self._next_s:
                self._flicker()
                self._next_s = self.worker.turn() + self.clock.mono
            self.gate._inbox.post(ScannerLooked("main", Looked(camera=self.camera, texts=(self.code,) if seen else ())))
            self.gate.turn(0)
            self.passes(TURN_S)

    def until(self, holds: Any, within_s: float) -> float:
        """Runs until something holds; after how many seconds it did. Fails when it does not come about in time."""
        began_s = self.clock.mono
        while not holds():
            assert self.clock.mono - began_s <= within_s, f"not within {within_s} s: {self.state}, {self.conditions}"
            self.runs(TURN_S)
        return self.clock.mono - began_s

    def turns_for(self, seconds: float) -> None:
        """The gate goes on turning while its thermometer's worker waits for the bus."""
        for _ in range(round(seconds / TURN_S)):
            self.gate.turn(0)
            self.passes(TURN_S)

    def _flicker(self) -> None:
        if not self.flickers:
            return
        self._readings += 1
        digit = FLICKER[self._readings % len(FLICKER)]
        self.part.ram |= {OBJECT_1: word(self.object_c) + digit, AMBIENT: word(ROOM_C) + digit // 2}
        self.part.ram |= self.override


@contextmanager
def bench_gate(folder: Path, monkeypatch: pytest.MonkeyPatch, rules: str = "") -> Iterator[BenchGate]:
    """The gate, with everything in order, for as long as the block lasts."""
    at = places(folder)
    at.runtime.mkdir(parents=True)
    if rules:
        at.rules.write_text(rules)
    clock, part, lamp, bus_there = TurnedClock(), Part(), BenchLamp(), [True]

    def open_bus() -> FakeSMBus:
        if not bus_there[0]:
            raise FileNotFoundError(2, "No such file or directory", "/dev/i2c-1")
        return FakeSMBus(part)

    thermometer = Mlx90614(open_bus, now=clock.now, monotonic_s=clock.monotonic_s)
    held = {"lamp": lamp.opened, "thermometer": lambda: thermometer}
    lend = lambda kind, _, **__: held[kind]() if kind in held else hardware.load(kind, "none")  # noqa: E731
    monkeypatch.setattr(devices, "load", lend)
    monkeypatch.setattr(lane_devices, "load", lend)
    monkeypatch.setattr(ThermometerWorker, "start", lambda _: None)
    monkeypatch.setattr(gate_module, "SystemClock", lambda: clock)
    mint = Mint.fresh(clock.now())
    mint.publish(folder / "lists")
    lane = Lane(camera="none", lamp="simulated", voice="silent", buttons="none")
    gate = GateService(
        replace(Settings(), lane=(lane,)), at, NoRoster(), trust=(folder / "lists",), notifier=Notifier(None)
    )
    scanner = gate._passages["main"].scanner
    monkeypatch.setattr(scanner, "check", lambda: True)
    scanner.scanner.became("ok")
    scanner.camera.became("ok")
    made = BenchGate(at, clock, part, lamp, gate, mint, mint.local_pass("Somebody"), bus_there)
    try:
        made.runs(1.0)
        yield made
    finally:
        gate.close()
