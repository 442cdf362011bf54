"""Everything at one lane but its camera: what it shows, says and hears, none of which can hold up the gate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hardware import load
from kiosk.core.faults import LampFault, VoiceFault
from kiosk.core.model import ConditionKind
from kiosk.core.ports import Button, Buttons, Clock, HandScanner, Lamp, LampPattern, Phrase, Presence, Tamper, Voice
from kiosk.core.view import DeviceView
from kiosk.locale import catalogue, words
from kiosk.services.devices import D, Held, ThermometerWorker, Watched
from kiosk.services.inbox import HandScanned, Inbox, Pressed
from kiosk.services.sound import Sound
from kiosk.settings import Lane

LOOK_EVERY_S = 0.5  # how often buttons and tamper switch are asked how they are


class LaneDevices:
    """The devices of one lane. One that is missing is a state, never the end of the gate, and may come back."""

    def __init__(self, lane: Lane, language: str, inbox: Inbox, clock: Clock, sound: Sound | None = None) -> None:
        self._language, self._clock, self._inbox, self._lane = language, clock, inbox, lane
        self._sound = sound or Sound()
        self._pattern = LampPattern.OFF
        self._urgency = 0
        self._looked_s = float("-inf")
        self._case_opened = False
        self._lamp: Held[Lamp] = self._held("lamp", lane.lamp, lambda: load("lamp", lane.lamp))
        self._voice: Held[Voice] = self._held("voice", lane.voice, lambda: load("voice", lane.voice, wording=_wording))
        self._buttons: Held[Buttons] = self._held("buttons", lane.buttons, self._listening_buttons)
        self._hand: Held[HandScanner] = self._held("hand_scanner", lane.hand_scanner, self._listening_hand)
        self._presence: Held[Presence] = self._held("presence", lane.presence, lambda: load("presence", lane.presence))
        self._tamper: Held[Tamper] = self._held("tamper", lane.tamper, lambda: load("tamper", lane.tamper))
        always, fitted = (self._lamp, self._voice, self._buttons), (self._hand, self._presence, self._tamper)
        self._all: tuple[Held[Any], ...] = (*always, *(each for each in fitted if each.watched.driver != "none"))
        for each in self._all:
            each.there()
        presence = self._presence if self._presence in self._all else None
        self.thermometer = ThermometerWorker(lane.name, lane.thermometer, inbox, clock, presence)
        self.thermometer.start()

    def _held(self, name: str, spec: str, open_device: Callable[[], D]) -> Held[D]:
        return Held(Watched(name, spec, self._clock, self._lane.name), self._clock, open_device)

    def _listening_buttons(self) -> Buttons:
        buttons = load("buttons", self._lane.buttons)
        buttons.listen(self._pressed)
        return buttons

    def _listening_hand(self) -> HandScanner:
        hand = load("hand_scanner", self._lane.hand_scanner)
        hand.listen(self._read_by_hand, self._hand.watched.became)
        return hand

    def _pressed(self, button: Button) -> None:
        self._inbox.post(Pressed(self._lane.name, button, self._clock.now()))

    def _read_by_hand(self, text: str) -> None:
        self._inbox.post(HandScanned(self._lane.name, text))

    def show(self, pattern: LampPattern) -> None:
        """Shows a pattern; a lamp that is broken is a state."""
        self._pattern = pattern
        lamp = self._lamp.there()
        if lamp is None:
            return
        try:
            lamp.show(pattern)
        except LampFault as error:
            self._lamp.failed(error)

    def say(self, phrase: Phrase) -> None:
        """Says a phrase as loud as the hour and its urgency ask; a voice that is broken is a state."""
        voice = self._voice.there()
        if voice is None:
            return
        try:
            voice.say(phrase, self._language, self._sound.loudness(phrase, self._urgency, self._clock.now()))
        except VoiceFault as error:
            self._voice.watched.became("fault", str(error))  # of the phrase before: this one is being said
        else:
            self._voice.watched.became("ok")

    def turned(self, urgency: int) -> None:
        """The gate finished a turn, at which the volunteer has been wanted in vain for so long (0 to 3)."""
        self._urgency = urgency
        self._lamp_turned()
        if self._clock.monotonic_s() - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = self._clock.monotonic_s()
            self._look_at_buttons()
            self._look_at_case()

    def _lamp_turned(self) -> None:
        """A lamp that is back shows what it missed, but no green: that was for whoever stood there then."""
        returns = self._lamp.missing
        lamp = self._lamp.there()
        if lamp is None:
            return
        try:
            if returns:
                lamp.show(LampPattern.OFF if self._pattern is LampPattern.PASS else self._pattern)
            lamp.turned(self._urgency, self._sound.quiet(self._clock.now()))
        except LampFault as error:
            self._lamp.failed(error)

    def _look_at_buttons(self) -> None:
        buttons = self._buttons.there()
        if buttons is None:
            return
        try:
            stuck = buttons.stuck()
        except LampFault as error:
            self._buttons.failed(error)
            return
        said = f"held down for too long: {', '.join(stuck)}; free the button, or mend its wire"
        self._buttons.watched.became("held" if stuck else "ok", said if stuck else "")

    def _look_at_case(self) -> None:
        tamper = self._tamper.there() if self._tamper in self._all else None
        if tamper is None:
            return
        try:
            is_open = tamper.opened()
        except LampFault as error:
            self._tamper.failed(error)
            return
        self._case_opened = self._case_opened or is_open
        self._tamper.watched.became("opened" if is_open else "ok")

    def case_opened(self, decided: frozenset[ConditionKind]) -> bool:
        """Whether the case is open, or was and nobody has decided about it since it was shut."""
        if ConditionKind.CASE_OPENED in decided and self._tamper.watched.state.ok:
            self._case_opened = False
        return self._case_opened

    def views(self) -> tuple[DeviceView, ...]:
        """All states; what most lanes do not have, and nobody misses there, only where it is fitted."""
        return tuple(watched.view() for watched in (self.thermometer.watched, *(each.watched for each in self._all)))

    def close(self) -> None:
        """Dark and silent."""
        self.thermometer.close()
        for each in self._all:
            each.close()


def _wording(phrase: Phrase, language: str) -> str:
    return catalogue(language).gettext(words.PHRASES[phrase])
