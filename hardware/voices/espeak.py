"""A synthetic voice: espeak-ng as a child process, one per phrase."""

from __future__ import annotations

import shutil

from hardware import Wording, arguments, whole
from hardware.voices._player import Player
from kiosk.core.faults import VoiceFault
from kiosk.core.ports import Phrase

PROGRAM = "espeak-ng"
VOICES = {"zh_Hans_CN": "cmn", "en": "en"}  # as `espeak-ng --voices` lists them


class EspeakVoice:
    """Says what `wording` gives for a phrase, `speed` words a minute, `volume` of 200."""

    def __init__(
        self, wording: Wording, player: Player, *, program: str = PROGRAM, speed: int = 150, volume: int = 100
    ) -> None:
        self._wording = wording
        self._player = player
        self._program = program
        self._speed = speed
        self._volume = volume

    def say(self, phrase: Phrase, language: str) -> None:
        """Starts saying `phrase` instead of what is being said. Raises VoiceFault."""
        if language not in VOICES:
            raise VoiceFault(f"espeak has no voice for {language!r}; known are {', '.join(VOICES)}")
        text = self._wording(Phrase(phrase), language)
        settings = ["-v", VOICES[language], "-s", str(self._speed), "-a", str(self._volume)]
        self._player.play([self._program, *settings, "--", text])

    def close(self) -> None:
        """Falls silent; may be called twice."""
        self._player.close()


def open_device(arg: str, wording: Wording) -> EspeakVoice:
    """`espeak[:speed=150,volume=100]`. Raises VoiceFault where espeak-ng is not installed."""
    given = arguments(arg, speed=whole(80, 450), volume=whole(0, 200))
    program = shutil.which(PROGRAM)
    if program is None:
        raise VoiceFault("the voice espeak needs the program espeak-ng; install it with apt")
    return EspeakVoice(wording, Player(), program=program, **given)
