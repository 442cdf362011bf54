"""No voice: for gates where the screen and the lamp are enough."""

from __future__ import annotations

from hardware import Wording, nothing
from kiosk.core.faults import VoiceFault
from kiosk.core.ports import Phrase


class SilentVoice:
    """Takes every phrase and says none."""

    _closed = False

    def say(self, phrase: Phrase, language: str, loudness: float = 1.0) -> None:
        """Says nothing."""
        if self._closed:
            raise VoiceFault("the voice is closed; open it again")

    def close(self) -> None:
        """Nothing to let go of; may be called twice."""
        self._closed = True


def open_device(arg: str, _wording: Wording) -> SilentVoice:
    """`silent`."""
    nothing(arg)
    return SilentVoice()
