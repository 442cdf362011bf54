"""How loud the kiosk is: by the hour of the day, by what it says, and by how long nobody has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, tzinfo

from kiosk.core.ports import Phrase
from kiosk.settings import ScreenSection, SoundSection

LOUDER = 0.15  # for each step of urgency


@dataclass(frozen=True, slots=True)
class Sound:
    """The settings of sound, the zone whose night is meant, and when it is night: while the screen is dark."""

    settings: SoundSection = field(default_factory=SoundSection)
    zone: tzinfo = UTC
    screen: ScreenSection = field(default_factory=ScreenSection)

    def night(self, now: datetime) -> bool:
        """Whether the neighbours sleep. A night that begins and ends at the same time is none."""
        begins, ends = time.fromisoformat(self.screen.dark_from), time.fromisoformat(self.screen.dark_until)
        here = now.astimezone(self.zone).time()
        return begins <= here < ends if begins <= ends else here >= begins or here < ends

    def quiet(self, now: datetime) -> bool:
        """Whether the buzzer is to stay still just now."""
        return self.night(now) and not self.settings.night_buzzer

    def loudness(self, phrase: Phrase, urgency: int, now: datetime) -> float:
        """How loud a phrase is said, 0 to 1: calls grow with `urgency` up to the loudest that the hour allows.

        That is all that the loudspeaker gives by day, and by night the volume of the day. An evacuation is always
        as loud as can be.
        """
        if phrase is Phrase.EVACUATE:
            return 1.0
        volume, limit = self.settings.volume, 1.0
        if self.night(now):
            volume, limit = min(volume, self.settings.night_volume), volume
        return min(limit, volume + LOUDER * urgency) if phrase is Phrase.VOLUNTEER else volume
