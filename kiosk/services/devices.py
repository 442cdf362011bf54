"""The devices of one lane, each where it cannot hold up the gate: threads for what is slow, state in words."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from hardware import load
from hardware.thermometers.simulated import Simulated
from kiosk.core.faults import KioskError, LampFault, SensorFault, VoiceFault
from kiosk.core.ports import Button, Buttons, Clock, Lamp, LampPattern, Phrase, Thermometer, Voice
from kiosk.core.view import DeviceView
from kiosk.locale import catalogue, words
from kiosk.services.inbox import Inbox, Pressed, ThermometerRead
from kiosk.settings import Lane

READING_EVERY_S = 0.1
MEASURING_EVERY_S = 0.05
SILENT_AFTER_S = 3.0  # a bus that hangs; retries and opening take less
WARM_C = 28.0  # something this warm is worth looking at more often
RETRY_S = 0.5

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
        """Whether it works."""
        return self.code == "ok"


class Watched:
    """The state of one device, changed by whoever uses it and read by the gate."""

    def __init__(self, name: str, driver: str, clock: Clock) -> None:
        self.name, self.driver = name, driver
        self._clock = clock
        self.state = State("starting", clock.now(), clock.monotonic_s())

    def became(self, code: str, detail: str = "") -> None:
        """Notes a state; `since` stays while the code does."""
        if code == self.state.code:
            self.state = replace(self.state, detail=detail)
        else:
            self.state = State(code, self._clock.now(), self._clock.monotonic_s(), detail)

    def down_s(self) -> float:
        """For how long it has not worked, whatever was done to the wall clock meanwhile."""
        return 0.0 if self.state.ok else self._clock.monotonic_s() - self.state.since_s

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
        )


class ThermometerWorker:
    """Reads a lane's thermometer in a thread of its own, twice as often while something warm is there."""

    def __init__(self, lane: str, spec: str, inbox: Inbox, clock: Clock) -> None:
        self.watched = Watched("thermometer", spec, clock)
        self._lane, self._spec, self._inbox, self._clock = lane, spec, inbox, clock
        self._turned_s = clock.monotonic_s()
        self._stop = threading.Event()
        self._device: Thermometer | None = None
        self._thread = threading.Thread(target=self._run, name=f"thermometer {lane}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._turned_s = self._clock.monotonic_s()
            try:
                device = load("thermometer", self._spec)
            except KioskError as error:
                self.watched.became(getattr(error, "code", "absent"), str(error))
                self._stop.wait(RETRY_S)
                continue
            with closing(device):
                self._read(device)

    def code_shown(self) -> None:
        """A new code is before the camera; a simulated person then steps up to be measured."""
        if isinstance(self._device, Simulated):
            self._device.somebody_came()

    def _read(self, device: Thermometer) -> None:
        self._device = device
        pause_s = READING_EVERY_S
        while not self._stop.wait(pause_s):
            self._turned_s = self._clock.monotonic_s()
            try:
                reading = device.read()
            except SensorFault as error:
                self.watched.became(error.code, str(error))
                pause_s = RETRY_S
            else:
                self.watched.became("ok")
                self._inbox.post(ThermometerRead(self._lane, reading))
                pause_s = READING_EVERY_S if reading.object_c < WARM_C else MEASURING_EVERY_S

    def check(self) -> None:
        """Notes when the device has hung, or the thread that reads it has died."""
        if self._clock.monotonic_s() - self._turned_s > SILENT_AFTER_S:
            self.watched.became("silent")

    def close(self) -> None:
        """Stops reading."""
        self._stop.set()
        self._thread.join(timeout=2)


class LaneDevices:
    """Lamp, voice, buttons and thermometer of one lane. A missing one is a state, never the end of the gate."""

    def __init__(self, lane: Lane, language: str, inbox: Inbox, clock: Clock) -> None:
        self._language, self._clock, self._inbox, self._lane = language, clock, inbox, lane
        self._lamp_state = Watched("lamp", lane.lamp, clock)
        self._voice_state = Watched("voice", lane.voice, clock)
        self._buttons_state = Watched("buttons", lane.buttons, clock)
        self._lamp: Lamp | None = _opened(self._lamp_state, lambda: load("lamp", lane.lamp))
        self._voice: Voice | None = _opened(self._voice_state, lambda: load("voice", lane.voice, wording=_wording))
        self._buttons: Buttons | None = _opened(self._buttons_state, lambda: load("buttons", lane.buttons))
        if self._buttons is not None:
            self._buttons.listen(self._pressed)
        self.thermometer = ThermometerWorker(lane.name, lane.thermometer, inbox, clock)

    def _pressed(self, button: Button) -> None:
        self._inbox.post(Pressed(self._lane.name, button, self._clock.now()))

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
        watched = (self.thermometer.watched, self._lamp_state, self._voice_state, self._buttons_state)
        return tuple(each.view() for each in watched)

    def close(self) -> None:
        """Dark and silent."""
        self.thermometer.close()
        for device in (self._lamp, self._voice, self._buttons):
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
