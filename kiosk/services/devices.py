"""The devices of one lane, each where it cannot hold up the gate: threads for what is slow, state in words."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from hardware import load
from hardware.thermometers.simulated import Simulated
from kiosk.core.faults import KioskError, LampFault, VoiceFault
from kiosk.core.model import Reading
from kiosk.core.ports import Button, Buttons, Clock, HandScanner, Lamp, LampPattern, Phrase, Thermometer, Voice
from kiosk.core.view import DeviceView
from kiosk.locale import catalogue, words
from kiosk.services.inbox import HandScanned, Inbox, Pressed, ThermometerRead
from kiosk.settings import Lane

READING_EVERY_S = 0.1
MEASURING_EVERY_S = 0.05
SILENT_AFTER_S = 1.5  # a bus that hangs; retries and opening take less
TOLD_EVERY_S = 2.0  # how often the pages are told a reading
WARM_C = 28.0  # something this warm is worth looking at more often
RETRY_S = 0.5

STILL_WORKS = frozenset({"ok", "dark", "blurred", "other_size"})  # noted, but nothing has to stop for it
FINE = frozenset({"ok", "dark"})  # a camera at night with the lights off is not broken

D = TypeVar("D")


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
        self.errors: dict[str, int] = {}
        self.facts: dict[str, str] = {}

    def became(self, code: str, detail: str = "") -> None:
        """Notes a state; `since` stays while the code does."""
        if code not in STILL_WORKS:
            self.errors = self.errors | {code: self.errors.get(code, 0) + 1}
            self._down_since_s = self._clock.monotonic_s() if self._down_since_s is None else self._down_since_s
        else:
            self._down_since_s = None
        if code == self.state.code:
            self.state = replace(self.state, detail=detail)
        else:
            self.state = State(code, self._clock.now(), self._clock.monotonic_s(), detail)

    def down_s(self) -> float:
        """For how long it has not worked, in whatever way, and whatever was done to the wall clock meanwhile."""
        return 0.0 if self._down_since_s is None else self._clock.monotonic_s() - self._down_since_s

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
            errors=self.errors,
            facts=self.facts,
        )


class ThermometerWorker:
    """Reads a lane's thermometer in a thread of its own, twice as often while something warm is there."""

    def __init__(self, lane: str, spec: str, inbox: Inbox, clock: Clock) -> None:
        self.watched = Watched("thermometer", spec, clock, lane)
        self._lane, self._spec, self._inbox, self._clock = lane, spec, inbox, clock
        self._turned_s = clock.monotonic_s()
        self._told_s = float("-inf")
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
            self.watched.became(getattr(error, "code", "absent"), str(error))
            return RETRY_S
        now_s = self._clock.monotonic_s()
        took_s, self._turned_s = now_s - self._turned_s, now_s
        if took_s > SILENT_AFTER_S:
            self.watched.became("slow", f"a reading takes {took_s:.1f} s; raise the speed of its bus")
            return READING_EVERY_S
        self.watched.became("ok")
        self._tell(self._device, reading)
        self._inbox.post(ThermometerRead(self._lane, reading))
        return READING_EVERY_S if reading.object_c < WARM_C else MEASURING_EVERY_S

    def _tell(self, device: Thermometer, reading: Reading) -> None:
        """What the pages show of it; seldom, because each change is pushed to all of them."""
        if self._turned_s - self._told_s >= TOLD_EVERY_S:
            self._told_s = self._turned_s
            self.watched.facts = dict(device.about())
            self.watched.reading = f"{reading.object_c:.1f} °C, {reading.ambient_c:.1f} °C"

    def code_shown(self) -> None:
        """A new code is before the camera; a simulated person then steps up to be measured."""
        if isinstance(self._device, Simulated):
            self._device.somebody_came()

    def check(self) -> None:
        """Notes when the device has hung, or the thread that reads it has died."""
        if self._clock.monotonic_s() - self._turned_s > SILENT_AFTER_S and self.watched.state.code != "silent":
            self.watched.became("silent")

    def close(self) -> None:
        """Stops reading."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)


class LaneDevices:
    """Lamp, voice, buttons, hand scanner and thermometer of one lane. A missing one is a state, no end of the gate."""

    def __init__(self, lane: Lane, language: str, inbox: Inbox, clock: Clock) -> None:
        self._language, self._clock, self._inbox, self._lane = language, clock, inbox, lane
        self._lamp_state = Watched("lamp", lane.lamp, clock, lane.name)
        self._voice_state = Watched("voice", lane.voice, clock, lane.name)
        self._buttons_state = Watched("buttons", lane.buttons, clock, lane.name)
        self._lamp: Lamp | None = _opened(self._lamp_state, lambda: load("lamp", lane.lamp))
        self._voice: Voice | None = _opened(self._voice_state, lambda: load("voice", lane.voice, wording=_wording))
        self._buttons: Buttons | None = _opened(self._buttons_state, lambda: load("buttons", lane.buttons))
        if self._buttons is not None:
            self._buttons.listen(self._pressed)
        self._hand_state = Watched("hand_scanner", lane.hand_scanner, clock, lane.name)
        self._hand: HandScanner | None = _opened(self._hand_state, lambda: load("hand_scanner", lane.hand_scanner))
        if self._hand is not None:
            self._hand.listen(self._read_by_hand, self._hand_state.became)
        self.thermometer = ThermometerWorker(lane.name, lane.thermometer, inbox, clock)
        self.thermometer.start()

    def _pressed(self, button: Button) -> None:
        self._inbox.post(Pressed(self._lane.name, button, self._clock.now()))

    def _read_by_hand(self, text: str) -> None:
        self._inbox.post(HandScanned(self._lane.name, text))

    def show(self, pattern: LampPattern) -> None:
        """Shows a pattern; a lamp that is broken is a state."""
        if self._lamp is None:
            self._lamp = _opened(self._lamp_state, lambda: load("lamp", self._lane.lamp))
        if self._lamp is None:
            return
        try:
            self._lamp.show(pattern)
        except LampFault as error:
            self._lamp_state.became("fault", str(error))
            with suppress(LampFault):
                self._lamp.close()
            self._lamp = None
        else:
            self._lamp_state.became("ok")

    def say(self, phrase: Phrase) -> None:
        """Says a phrase; a voice that is broken is a state."""
        if self._voice is None:
            return
        try:
            self._voice.say(phrase, self._language)
        except VoiceFault as error:
            self._voice_state.became("fault", str(error))
        else:
            self._voice_state.became("ok")

    def views(self) -> tuple[DeviceView, ...]:
        """All states."""
        watched = [self.thermometer.watched, self._lamp_state, self._voice_state, self._buttons_state]
        if self._lane.hand_scanner != "none":  # most lanes have none, and nobody misses it there
            watched.append(self._hand_state)
        return tuple(each.view() for each in watched)

    def close(self) -> None:
        """Dark and silent."""
        self.thermometer.close()
        for device in (self._lamp, self._voice, self._buttons, self._hand):
            if device is not None:
                device.close()


def _wording(phrase: Phrase, language: str) -> str:
    return catalogue(language).gettext(words.PHRASES[phrase])


def _opened(watched: Watched, open_device: Callable[[], D]) -> D | None:
    try:
        device = open_device()
    except KioskError as error:
        watched.became("absent", str(error))
        return None
    watched.became("ok")
    return device
