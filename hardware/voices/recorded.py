"""Recorded voices: one WAV file per phrase, `FOLDER/<language>/<phrase>.wav`, as people of the place speak."""

from __future__ import annotations

import shutil
from pathlib import Path

from hardware import Wording
from hardware.voices._player import Player
from kiosk.core.faults import SettingsError, VoiceFault
from kiosk.core.ports import Phrase

PROGRAMS = ("pw-play", "paplay", "aplay")  # PipeWire, PulseAudio, ALSA: the first that is installed


class RecordedVoice:
    """Plays the recordings under `folder` with `program`; a phrase without one stays unsaid, and is `missing`."""

    def __init__(self, folder: Path, player: Player, program: str) -> None:
        self._folder = folder
        self._player = player
        self._program = program

    def say(self, phrase: Phrase, language: str) -> None:
        """Starts playing `phrase` instead of what is being played. Raises VoiceFault."""
        recording = self._recording(Phrase(phrase), language)
        self._player.play([self._program, str(recording)] if recording.is_file() else None)

    def missing(self, language: str) -> tuple[Phrase, ...]:
        """The phrases that nobody recorded in `language`."""
        return tuple(phrase for phrase in Phrase if not self._recording(phrase, language).is_file())

    def close(self) -> None:
        """Falls silent; may be called twice."""
        self._player.close()

    def _recording(self, phrase: Phrase, language: str) -> Path:
        if not language.isidentifier():
            raise VoiceFault(f"{language!r} is no language")
        return self._folder / language / f"{phrase.value}.wav"


def open_device(arg: str, _wording: Wording) -> RecordedVoice:
    """`recorded:FOLDER`. Raises SettingsError without a folder, VoiceFault where no player is installed."""
    folder = Path(arg).absolute()
    if not arg or not folder.is_dir():
        raise SettingsError(f"{arg or 'FOLDER'}: no such folder; it holds LANGUAGE/PHRASE.wav, as zh_Hans_CN/pass.wav")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise VoiceFault(f"recorded voices need one of {', '.join(PROGRAMS)}; install alsa-utils with apt")
    return RecordedVoice(folder, Player(), program)
