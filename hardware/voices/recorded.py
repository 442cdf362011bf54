"""Recorded voices: one WAV file per phrase, `FOLDER/<language>/<phrase>.wav`, as people of the place speak.

The part: a loudspeaker at the audio jack or on USB; nothing goes to the header. Packages: alsa-utils (or PipeWire,
PulseAudio). Each place has a folder of its own: Shaanxi dialect under zh_Hans_CN is as good as Mandarin. 16-bit PCM
WAV files follow the hour of the day and the urgency; others are played as loud as they were recorded. A phrase that
nobody recorded, as after an update that brings a new one, is said by espeak-ng where that is installed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from hardware import Wording
from hardware.voices import _sounds, espeak
from hardware.voices._player import Player
from hardware.voices._sounds import PROGRAMS, Sounds
from hardware.voices.espeak import EspeakVoice
from kiosk.core.faults import SettingsError, VoiceFault
from kiosk.core.ports import Phrase


class RecordedVoice:
    """Plays the recordings under `folder` with `program`; a phrase without one is `missing`, and said by `instead`."""

    def __init__(
        self,
        folder: Path,
        player: Player,
        program: str,
        *,
        instead: EspeakVoice | None = None,
        sounds: Sounds | None = None,
    ) -> None:
        self._folder = folder
        self._player = player
        self._program = program
        self._instead = instead
        self._sounds = sounds or Sounds()

    def say(self, phrase: Phrase, language: str, loudness: float = 1.0) -> None:
        """Starts playing `phrase` instead of what is being played. Raises VoiceFault."""
        recording = self._recording(Phrase(phrase), language)
        if recording.is_file():
            self._player.play(lambda: [self._program, str(self._sounds.at(recording, loudness))])
        else:
            self._player.play(self._instead.argv(phrase, language, loudness) if self._instead else None)

    def missing(self, language: str) -> tuple[Phrase, ...]:
        """The phrases that nobody recorded in `language`."""
        return tuple(phrase for phrase in Phrase if not self._recording(phrase, language).is_file())

    def close(self) -> None:
        """Falls silent; may be called twice."""
        self._player.close()
        self._sounds.close()

    def _recording(self, phrase: Phrase, language: str) -> Path:
        if not language.isidentifier():
            raise VoiceFault(f"{language!r} is no language")
        return self._folder / language / f"{phrase.value}.wav"


def open_device(arg: str, wording: Wording) -> RecordedVoice:
    """`recorded:FOLDER`. Raises SettingsError without a folder, VoiceFault where no player is installed."""
    folder = Path(arg).absolute()
    if not arg or not folder.is_dir():
        raise SettingsError(f"{arg or 'FOLDER'}: no such folder; it holds LANGUAGE/PHRASE.wav, as zh_Hans_CN/pass.wav")
    program = _sounds.program()
    if program is None:
        raise VoiceFault(f"recorded voices need one of {', '.join(PROGRAMS)}; install alsa-utils with apt")
    player, synthetic = Player(), shutil.which(espeak.PROGRAM)
    instead = EspeakVoice(wording, player, program=synthetic) if synthetic else None
    return RecordedVoice(folder, player, program, instead=instead)
