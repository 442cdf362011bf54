"""Voice and buzzer by the hour: quiet at night, louder while nobody comes, never beyond the limit of the hour."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from kiosk.core.faults import SettingsError
from kiosk.core.ports import Phrase
from kiosk.services.sound import Sound
from kiosk.settings import ScreenSection, SoundSection, parse

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON, MIDNIGHT = datetime(2026, 1, 5, 4, tzinfo=UTC), datetime(2026, 1, 5, 16, tzinfo=UTC)
SOUND = Sound(SoundSection(volume=0.6, night_volume=0.2), SHANGHAI)


@pytest.mark.parametrize(
    ("local", "night"), [("21:29", False), ("21:30", True), ("00:00", True), ("05:59", True), ("06:00", False)]
)
def test_the_night_is_that_of_the_place_and_goes_over_midnight(local: str, night: bool) -> None:
    now = datetime.fromisoformat(f"2026-01-05T{local}:00").replace(tzinfo=SHANGHAI).astimezone(UTC)
    assert SOUND.night(now) is night
    assert SOUND.quiet(now) is night
    assert not Sound(SoundSection(night_buzzer=True), SHANGHAI).quiet(now)


def test_a_night_may_lie_within_one_day_or_not_be_at_all() -> None:
    siesta = Sound(SoundSection(), SHANGHAI, ScreenSection(dark_from="12:00", dark_until="14:00"))
    assert (siesta.night(NOON), siesta.night(MIDNIGHT)) == (True, False)
    never = Sound(SoundSection(), SHANGHAI, ScreenSection(dark_from="06:00", dark_until="06:00"))
    assert not any(never.night(NOON.replace(hour=hour)) for hour in range(24))


def test_a_call_grows_louder_up_to_the_limit_of_the_hour_and_nothing_else_does() -> None:
    by_day = [SOUND.loudness(Phrase.VOLUNTEER, urgency, NOON) for urgency in range(4)]
    by_night = [SOUND.loudness(Phrase.VOLUNTEER, urgency, MIDNIGHT) for urgency in range(4)]
    assert by_day == pytest.approx([0.6, 0.75, 0.9, 1.0])
    assert by_night == pytest.approx([0.2, 0.35, 0.5, 0.6])
    for phrase in set(Phrase) - {Phrase.VOLUNTEER, Phrase.EVACUATE}:
        assert SOUND.loudness(phrase, 3, NOON) == 0.6
        assert SOUND.loudness(phrase, 3, MIDNIGHT) == 0.2


def test_an_evacuation_is_as_loud_as_can_be_at_any_hour() -> None:
    still = Sound(SoundSection(volume=0.0, night_volume=0.0), SHANGHAI)
    assert [still.loudness(Phrase.EVACUATE, 0, when) for when in (NOON, MIDNIGHT)] == [1.0, 1.0]
    assert still.loudness(Phrase.PASS, 0, NOON) == 0.0


@pytest.mark.parametrize("line", ["volume = 1.1", "night_volume = -1"])
def test_a_wrong_volume_is_refused(line: str) -> None:
    with pytest.raises(SettingsError, match="sound"):
        parse(f"[sound]\n{line}\n".encode(), "kiosk.toml")
