"""How devices stand, in words; a device that may be missing; and the thermometer, read in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from hardware import i2c, load
from hardware.thermometers import SensorCode
from hardware.thermometers.simulated import Simulated
from kiosk.core.faults import KioskError, SensorFault
from kiosk.core.model import Reading
from kiosk.core.ports import Clock, Presence, Thermometer
from kiosk.core.spec import Spec
from kiosk.core.view import DeviceView
from kiosk.services.inbox import Inbox, ThermometerRead

READING_EVERY_S = 0.1
MEASURING_EVERY_S = 0.05
SILENT_AFTER_S = 1.5  # a bus that hangs; retries and opening take less
TOLD_EVERY_S = 2.0  # how often the pages are told a reading
WARM_C = 28.0  # something this warm is worth looking at more often
RETRY_S = 0.5
DOWN_AFTER_S = 1.0  # what fails for less is a hiccup
REOPEN_S = 2.0  # how often a device that is missing is tried again

STILL_WORKS = frozenset({"ok", "ended", "dark", "blurred", "other_size"})  # noted, but nothing has to stop for it
TESTED = ("camera", "thermometer", "lamp", "voice", "buttons", "presence", "tamper", "hand_scanner")
UNTESTED = frozenset({"starting", "restarting", "ended", "dark", "none"})  # nothing speaks for or against it now
FINE = frozenset({"ok", "ended", "dark"})  # a film that is over, or the night with the lights off, is no fault


class Device(Protocol):
    """What every device can do."""

    def close(self) -> None:
        """Lets go of it."""


D = TypeVar("D", bound=Device)


@dataclass(frozen=True, slots=True)
class State:
    """How a device is doing, since when, in a stable code and one line."""

    code: str
    since: datetime
    since_s: float  # the same, of the monotonic clock
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Whether it works as it should."""
        return self.code in FINE


class Watched:
    """The state of one device, changed by whoever uses it and read by the gate."""

    def __init__(self, name: str, driver: str, clock: Clock, lane: str = "") -> None:
        self.name, self.driver, self.lane = name, driver, lane
        self._clock = clock
        self.state = State("starting", clock.now(), clock.monotonic_s())
        self._down_since_s: float | None = self.state.since_s
        self.reading = ""
        self.celsius: tuple[float, float] | None = None
        self.errors: dict[str, int] = {}
        self.facts: dict[str, str] = {}

    def became(self, code: str, detail: str = "", tried_s: float | None = None) -> None:
        """Notes a state; `since` stays while the code does. A fault counts from `tried_s` on, the begin of the try."""
        if code not in STILL_WORKS:
            self.errors = self.errors | {code: self.errors.get(code, 0) + 1}
            if self._down_since_s is None:
                self._down_since_s = self._clock.monotonic_s() if tried_s is None else tried_s
        else:
            self._down_since_s = None
        if code == self.state.code:
            self.state = replace(self.state, detail=detail)
        else:
            self.state = State(code, self._clock.now(), self._clock.monotonic_s(), detail)

    def down_s(self) -> float:
        """For how long it has not worked, in whatever way, and whatever was done to the wall clock meanwhile."""
        return 0.0 if self._down_since_s is None else self._clock.monotonic_s() - self._down_since_s

    def is_down(self) -> bool:
        """Whether it has not worked for longer than a hiccup."""
        return self.down_s() > DOWN_AFTER_S

    def view(self) -> DeviceView:
        """The state as pages show it."""
        state = self.state
        return DeviceView(
            name=self.name,
            driver=self.driver,
            ok=state.ok,
            state=state.code,
            detail=state.detail,
            since=state.since,
            lane=self.lane,
            reading=self.reading,
            celsius=self.celsius,
            errors=self.errors,
            facts=self.facts | self._self_test(),
        )

    def _self_test(self) -> dict[str, str]:
        """Whether it passed what its driver tries when it is opened and goes on trying; for those that are fitted."""
        if self.name not in TESTED or self.driver == "none" or self.state.code in UNTESTED:
            return {}
        return {"self_test": f"passed_{self.name}" if self.state.ok else "failed"}


class Held(Generic[D]):
    """One device that may be missing or vanish: its state in words, and tried again until it is back."""

    def __init__(self, watched: Watched, clock: Clock, open_device: Callable[[], D]) -> None:
        self.watched = watched
        self._clock, self._open = clock, open_device
        self._tried_s = float("-inf")
        self._device: D | None = None

    @property
    def missing(self) -> bool:
        """Whether it is not open just now."""
        return self._device is None

    def there(self) -> D | None:
        """The device, opened where that is still to be done and it is time to try; None while it is missing."""
        now_s = self._clock.monotonic_s()
        if self._device is None and now_s - self._tried_s >= REOPEN_S:
            self._tried_s = now_s
            try:
                self._device = self._open()
            except KioskError as error:
                self.watched.became(getattr(error, "code", "") or "absent", str(error))
            else:
                self.watched.became("ok")
        return self._device

    def failed(self, error: KioskError) -> None:
        """It does not work: let go of, and opened anew when it is time."""
        self.watched.became(getattr(error, "code", "") or "fault", str(error))
        self._tried_s = self._clock.monotonic_s()
        self.close()

    def close(self) -> None:
        """Lets go of it."""
        device, self._device = self._device, None
        if device is not None:
            with suppress(KioskError):
                device.close()


class ThermometerWorker:
    """Reads a lane's thermometer in a thread of its own, twice as often while something warm is there.

    Where a presence sensor is fitted, what it sees goes with each reading; while it fails, the temperature decides.
    """

    def __init__(
        self, lane: str, spec: str, inbox: Inbox, clock: Clock, presence: Held[Presence] | None = None
    ) -> None:
        self._presence = presence
        self.watched = Watched("thermometer", spec, clock, lane)
        self._lane, self._spec, self._inbox, self._clock = lane, spec, inbox, clock
        self._turned_s = clock.monotonic_s()
        self._told_s = float("-inf")
        self._on_bus: dict[str, str] = {}
        self._stop = threading.Event()
        self._device: Thermometer | None = None
        self._thread = threading.Thread(target=self._run, name=f"thermometer {lane}", daemon=True)

    def start(self) -> None:
        """Reads from now on."""
        self._thread.start()

    def _run(self) -> None:
        pause_s = 0.0
        while not self._stop.wait(pause_s):
            pause_s = self.turn()
        if self._device is not None:
            self._device.close()

    def turn(self) -> float:
        """Reads once, opening the device where that is still to be done; for how long to wait then, in seconds."""
        self._turned_s = self._clock.monotonic_s()
        try:
            if self._device is None:
                self._device = load("thermometer", self._spec)
            reading = self._device.read()
        except KioskError as error:
            code = getattr(error, "code", "absent")
            if code == SensorCode.NACK != self.watched.state.code:
                self._look_round()
            self.watched.became(code, str(error), self._turned_s)
            return RETRY_S
        now_s = self._clock.monotonic_s()
        took_s, self._turned_s = now_s - self._turned_s, now_s
        if took_s > SILENT_AFTER_S:
            said = f"a reading takes {took_s:.1f} s; raise the speed of its bus"
            self.watched.became("slow", said, now_s - took_s)
            return READING_EVERY_S
        if not self.watched.state.ok:
            self._look_round()
        self.watched.became("ok")
        self._tell(self._device, reading)
        self._inbox.post(ThermometerRead(self._lane, self._in_front(reading)))
        return READING_EVERY_S if reading.object_c < WARM_C else MEASURING_EVERY_S

    def _in_front(self, reading: Reading) -> Reading:
        """The reading, with what the presence sensor sees at this moment."""
        sensor = self._presence.there() if self._presence is not None else None
        if self._presence is None or sensor is None:
            return reading
        try:
            front = sensor.look()
        except SensorFault as fault:
            self._presence.failed(fault)
            return reading
        if front is None:
            return reading
        if front.distance_cm is None:
            return replace(reading, somebody=front.somebody)
        self._presence.watched.reading = f"{front.distance_cm:.0f} cm"
        return replace(reading, distance_cm=front.distance_cm)

    def _tell(self, device: Thermometer, reading: Reading) -> None:
        """What the pages show of it; seldom, because each change is pushed to all of them."""
        if self._turned_s - self._told_s >= TOLD_EVERY_S:
            self._told_s = self._turned_s
            self.watched.facts = dict(device.about()) | self._on_bus
            self.watched.reading = f"{reading.object_c:.1f} °C, {reading.ambient_c:.1f} °C"
            self.watched.celsius = (round(reading.object_c, 2), round(reading.ambient_c, 2))

    def _look_round(self) -> None:
        """Who is on its bus, once each time that it comes or goes: a part at another address is found so."""
        bus = Spec.of(self._spec).bus
        if not bus:
            return
        with suppress(OSError, ValueError):
            self._on_bus = {"bus": ", ".join(map(str, i2c.scan(int(bus)))) or "-"}
            self.watched.facts = self.watched.facts | self._on_bus

    def code_shown(self) -> None:
        """A new code is before the camera; a simulated person then steps up to be measured."""
        if isinstance(self._device, Simulated):
            self._device.somebody_came()

    def check(self) -> None:
        """Notes when the device has hung, or the thread that reads it has died."""
        if self._clock.monotonic_s() - self._turned_s > SILENT_AFTER_S and self.watched.state.code != "silent":
            self.watched.became("silent", tried_s=self._turned_s)

    def is_down(self) -> bool:
        """Whether it has not worked, or not answered, for longer than a hiccup."""
        self.check()
        return self.watched.is_down()

    def close(self) -> None:
        """Stops reading."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)
