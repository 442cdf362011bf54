"""How soon the lamp and the voice follow a decision, and what a lamp that blinks costs.

The edge is that of gpiozero's mock pins, so it is our side of it alone; `make test-devices` prints the real one.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from statistics import median

from gpiozero.pins.mock import MockFactory

from hardware.lamps import Colour
from hardware.lamps.leds import Leds
from hardware.voices._player import Player, Process, spawn
from hardware.voices.espeak import EspeakVoice
from kiosk.core.ports import LampPattern, Phrase
from kiosk.locale import catalogue, words
from tests.support.figures import CannotMeasure, Figure, at_most, percentile

LINES = {Colour.GREEN: 17, Colour.AMBER: 27, Colour.RED: 22}


def measure(smoke: bool) -> Iterable[Figure]:
    """A lamp of three with buzzer and relay; a voice whose sound card is a program that does nothing."""
    count = 200 if smoke else 5000
    edges_ms = _edges_ms(count)
    yield Figure("lamp edge after the decision, mock pins, median", median(edges_ms), "ms")
    yield at_most("lamp edge after the decision, mock pins, p99", percentile(edges_ms, 99), "ms", 5)
    yield at_most("a lamp that blinks, told of each turn", _blinking_share(1.0 if smoke else 10.0), "% of a core", 1)
    if shutil.which("espeak-ng") is None:
        raise CannotMeasure("espeak-ng is not installed, so there is no voice")
    few = 3 if smoke else 30
    yield Figure("voice: `say` comes back, median", median(_returns_ms(few)), "ms")
    yield Figure("voice: first sound of a phrase that is synthesised now, median", median(_first_sound_ms(few)), "ms")
    first_ms, again_ms = _file_starts_ms(few)
    yield Figure("voice: its file begins to play, the first time, median", median(first_ms), "ms")
    yield at_most("voice: its file begins to play, every other time, p99", percentile(again_ms, 99), "ms", 100)


def _edges_ms(count: int) -> list[float]:
    """From `show` to the level on the line, while the rhythm of the pattern before still goes on."""
    pins = MockFactory()
    lamp = Leds(pins, LINES, buzzer=18, relay=23)
    green, rose_s, took_ms = pins.pin(17), [0.0], []
    change = green._change_state

    def stamped(value: bool) -> bool:
        rose_s[0] = time.perf_counter()
        return bool(change(value))

    green._change_state = stamped
    for _ in range(count):
        lamp.show(LampPattern.MEASURING)
        decided_s = time.perf_counter()
        lamp.show(LampPattern.PASS)
        took_ms.append(1000 * (rose_s[0] - decided_s))
    lamp.close()
    return took_ms


def _blinking_share(seconds: float) -> float:
    lamp = Leds(MockFactory(), LINES, buzzer=18)
    lamp.show(LampPattern.MEASURING)
    turn, began, until_s = threading.Event(), time.process_time(), time.monotonic() + seconds
    while time.monotonic() < until_s:
        lamp.turned(3, quiet=False)
        turn.wait(0.1)
    share = 100 * (time.process_time() - began) / seconds
    lamp.close()
    return share


# --- The voice ------------------------------------------------------------------------------------------------


def _wording(phrase: Phrase, language: str) -> str:
    return catalogue(language).gettext(words.PHRASES[phrase])


class _Stamped:
    """A player's programs, with the moment at which each began."""

    def __init__(self) -> None:
        self.began_s = 0.0
        self.player = Player(self.start)

    def start(self, argv: Sequence[str]) -> Process:
        self.began_s = time.perf_counter()
        return spawn(argv)


def _returns_ms(count: int) -> list[float]:
    voice, took_ms = EspeakVoice(_wording, Player(), program="true"), []
    for _ in range(count):
        began_s = time.perf_counter()
        voice.say(Phrase.PASS, "zh_Hans_CN")
        took_ms.append(1000 * (time.perf_counter() - began_s))
    voice.close()
    return took_ms


def _first_sound_ms(count: int) -> list[float]:
    """From the start of espeak-ng to the first byte of sound that it gives."""
    voice, took_ms = EspeakVoice(_wording, Player()), []
    argv = voice.argv(Phrase.PASS, "zh_Hans_CN")
    voice.close()
    for _ in range(count):
        began_s = time.perf_counter()
        with subprocess.Popen([argv[0], "--stdout", *argv[1:]], stdout=subprocess.PIPE) as speaking:
            assert speaking.stdout is not None
            speaking.stdout.read(4096)
            took_ms.append(1000 * (time.perf_counter() - began_s))
            speaking.stdout.read()
    return took_ms


def _file_starts_ms(count: int) -> tuple[list[float], list[float]]:
    """From `say` to the start of the program that plays the file: synthesised now, and kept from before."""
    first_ms, again_ms = [], []
    for _ in range(count):
        stage = _Stamped()
        voice = EspeakVoice(_wording, stage.player, plays="true")
        for took_ms in (first_ms, *[again_ms] * 4):
            began_s = time.perf_counter()
            voice.say(Phrase.PASS, "zh_Hans_CN", 0.5)
            stage.player.idle(20)
            took_ms.append(1000 * (stage.began_s - began_s))
        voice.close()
    return first_ms, again_ms
