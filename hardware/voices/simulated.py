"""A voice that remembers what it was asked to say, for simulation and tests; it fails on command."""

from __future__ import annotations

from hardware import Wording, nothing
from kiosk.core.faults import VoiceFault
from kiosk.core.ports import Phrase


class SimulatedVoice:
    """`said` holds every phrase with its language, in order; `loudness` how loud the last one was."""

    def __init__(self) -> None:
        self.said: list[tuple[Phrase, str]] = []
        self.loudness = 1.0
        self._failing = False
        self._closed = False

    def say(self, phrase: Phrase, language: str, loudness: float = 1.0) -> None:
        """Remembers `phrase`. Raises VoiceFault while `fail` is in force."""
        if self._closed:
            raise VoiceFault("the voice is closed; open it again")
        if self._failing:
            raise VoiceFault("the simulated voice fails as it was told")
        self.said.append((phrase, language))
        self.loudness = loudness

    def fail(self, failing: bool = True) -> None:
        """From now on nothing can be said, or again."""
        self._failing = failing

    def close(self) -> None:
        """Falls silent; may be called twice."""
        self._closed = True


def open_device(arg: str, _wording: Wording) -> SimulatedVoice:
    """`simulated`."""
    nothing(arg)
    return SimulatedVoice()
