"""A synthetic voice: espeak-ng says the phrases in Mandarin or English.

The part: a loudspeaker at the audio jack or on USB; nothing goes to the header. Packages: espeak-ng, and alsa-utils
(or PipeWire, PulseAudio). Where a program that plays files is there, each phrase is synthesised once and then played
from its file, which begins sooner; otherwise espeak-ng speaks it anew each time. Options as in `man espeak-ng`.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from hardware import Wording, arguments, whole
from hardware.voices import _sounds
from hardware.voices._player import Player
from hardware.voices._sounds import Sounds
from kiosk.core.faults import VoiceFault
from kiosk.core.ports import Phrase

PROGRAM = "espeak-ng"
VOICES = {"zh_Hans_CN": "cmn", "en": "en"}  # as `espeak-ng --voices` lists them
WITHIN_S = 10.0  # a phrase is synthesised in a small part of a second, on a Pi too


class EspeakVoice:
    """Says what `wording` gives for a phrase, `speed` words a minute, `volume` of 200; `plays` is what plays files."""

    def __init__(
        self,
        wording: Wording,
        player: Player,
        *,
        program: str = PROGRAM,
        speed: int = 150,
        volume: int = 100,
        plays: str | None = None,
        sounds: Sounds | None = None,
    ) -> None:
        self._wording = wording
        self._player = player
        self._program = program
        self._speed = speed
        self._volume = volume
        self._plays = plays
        self._sounds = sounds or Sounds()

    def say(self, phrase: Phrase, language: str, loudness: float = 1.0) -> None:
        """Starts saying `phrase` instead of what is being said. Raises VoiceFault."""
        argv = self.argv(phrase, language, loudness)
        self._player.play(argv if self._plays is None else lambda: self._from_file(phrase, language, loudness))

    def argv(self, phrase: Phrase, language: str, loudness: float = 1.0) -> list[str]:
        """How espeak-ng is called to say `phrase`. Raises VoiceFault for a language without a voice."""
        if language not in VOICES:
            raise VoiceFault(f"espeak has no voice for {language!r}; known are {', '.join(VOICES)}")
        text = self._wording(Phrase(phrase), language)
        amplitude = round(self._volume * max(0.0, min(1.0, loudness)))
        return [self._program, "-v", VOICES[language], "-s", str(self._speed), "-a", str(amplitude), "--", text]

    def close(self) -> None:
        """Falls silent; may be called twice."""
        self._player.close()
        self._sounds.close()

    def _from_file(self, phrase: Phrase, language: str, loudness: float) -> list[str]:
        """How the phrase's file is played, synthesised now where it is the first time."""
        spoken = self._sounds.folder / f"{language}-{phrase.value}.wav"
        if not spoken.exists():
            self._synthesise(self.argv(phrase, language), spoken)
        return [self._plays or "", str(self._sounds.at(spoken, loudness))]

    def _synthesise(self, argv: list[str], spoken: Path) -> None:
        fresh = spoken.with_suffix(".new")
        try:
            subprocess.run([argv[0], "-w", str(fresh), *argv[1:]], check=True, capture_output=True, timeout=WITHIN_S)
            fresh.replace(spoken)
        except (OSError, subprocess.SubprocessError) as error:
            raise VoiceFault(f"{argv[0]} cannot say a phrase ({error}); reinstall espeak-ng") from error


def open_device(arg: str, wording: Wording) -> EspeakVoice:
    """`espeak[:speed=150,volume=100]`. Raises VoiceFault where espeak-ng is not installed."""
    given = arguments(arg, speed=whole(80, 450), volume=whole(0, 200))
    program = shutil.which(PROGRAM)
    if program is None:
        raise VoiceFault("the voice espeak needs the program espeak-ng; install it with apt")
    return EspeakVoice(wording, Player(), program=program, plays=_sounds.program(), **given)
