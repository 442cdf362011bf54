"""Phrases as sound files: the program that plays them, and copies of them at other loudnesses, made once each.

Players differ in whether they take a volume, and `aplay` does not: so the file itself is made quieter.
"""

from __future__ import annotations

import shutil
import tempfile
import wave
from pathlib import Path

import numpy as np

from kiosk.core.faults import VoiceFault

PROGRAMS = ("pw-play", "paplay", "aplay")  # PipeWire, PulseAudio, ALSA: the first that is installed
STEPS = 10  # loudnesses that are told apart
LARGEST = 8 * 1024 * 1024  # bytes of a recording: minutes of speech


def program() -> str | None:
    """The program that plays a file; None where none is installed."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Sounds:
    """What was made once, in a folder of its own; it is gone when the voice is closed."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._own: tempfile.TemporaryDirectory[str] | None = None

    @property
    def folder(self) -> Path:
        """The folder, made when it is first needed. Raises VoiceFault when it cannot be."""
        if self._folder is None:
            try:
                self._own = tempfile.TemporaryDirectory(prefix="kiosk-voice-")
            except OSError as error:
                raise VoiceFault(f"the voice has no room for its sounds ({error.strerror}); free some") from error
            self._folder = Path(self._own.name)
        return self._folder

    def at(self, recording: Path, loudness: float) -> Path:
        """`recording` at this loudness, 0 to 1; itself where it is to be as loud as it is, or is no 16-bit WAV.

        Raises VoiceFault when it cannot be read or the copy not be written.
        """
        step = max(0, min(STEPS, round(loudness * STEPS)))
        if step == STEPS:
            return recording
        try:
            about = recording.stat()
            copy = self.folder / f"{recording.parent.name}-{recording.stem}-{about.st_mtime_ns}-{step}.wav"
            if copy.exists():
                return copy
            if about.st_size > LARGEST or not _quieter(recording, copy, step / STEPS):
                return recording
        except OSError as error:
            raise VoiceFault(f"{recording}: cannot be made quieter ({error.strerror})") from error
        return copy

    def close(self) -> None:
        """Forgets everything that was made; may be called twice."""
        if self._own is not None:
            self._own.cleanup()


def _quieter(recording: Path, copy: Path, share: float) -> bool:
    """Writes `recording`, scaled, to `copy`; False for a format that is left as it is."""
    try:
        with wave.open(str(recording), "rb") as sound:
            shape, data = sound.getparams(), sound.readframes(sound.getnframes())
    except (wave.Error, EOFError):
        return False
    if shape.sampwidth != 2:
        return False
    scaled = np.frombuffer(data[: len(data) // 2 * 2], "<i2") * share
    fresh = copy.with_suffix(".new")
    with fresh.open("wb") as file, wave.open(file, "wb") as sound:
        sound.setparams(shape)
        sound.writeframes(scaled.astype("<i2").tobytes())
    fresh.replace(copy)
    return True
