"""What the voices say, how the newest phrase wins, and that no reason is ever spoken."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import hardware
from hardware.voices import espeak, recorded
from hardware.voices._player import Player, spawn
from hardware.voices.espeak import EspeakVoice
from hardware.voices.recorded import RecordedVoice
from hardware.voices.silent import SilentVoice
from hardware.voices.simulated import SimulatedVoice
from kiosk.core.faults import SettingsError, VoiceFault
from kiosk.core.ports import Phrase, Voice
from kiosk.core.reasons import Reason
from tests.support.sound_stage import Stage, words

MAKERS: dict[str, Callable[[Path, Player], Voice]] = {
    "silent": lambda _folder, _player: SilentVoice(),
    "simulated": lambda _folder, _player: SimulatedVoice(),
    "espeak": lambda _folder, player: EspeakVoice(words, player),
    "recorded": lambda folder, player: RecordedVoice(folder, player, "aplay"),
}


def test_every_shipped_voice_is_held_to_this_contract() -> None:
    assert set(hardware.names("voice")) == set(MAKERS)


@pytest.mark.parametrize("name", MAKERS)
def test_it_says_every_phrase_in_both_languages_closes_twice_and_is_silent_afterwards(
    name: str, recordings: Path
) -> None:
    voice = MAKERS[name](recordings, Stage().player)
    for phrase in Phrase:
        for language in ("zh_Hans_CN", "en"):
            voice.say(phrase, language)
            voice.say(phrase, language, 0.4)
    voice.close()
    voice.close()
    with pytest.raises(VoiceFault):
        voice.say(Phrase.PASS, "en")


@pytest.mark.parametrize("name", ["espeak", "recorded"])
@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_never_spoken(name: str, reason: Reason, recordings: Path) -> None:
    stage = Stage()
    voice = MAKERS[name](recordings, stage.player)
    with pytest.raises(ValueError, match="is not a valid Phrase"):
        voice.say(reason, "en")  # type: ignore[arg-type]
    voice.close()
    assert stage.programs == []


@pytest.mark.parametrize("name", ["espeak", "recorded"])
def test_what_a_program_is_given_depends_on_phrase_and_language_alone(name: str, recordings: Path) -> None:
    heard = []
    for _ in range(2):
        stage = Stage()
        voice = MAKERS[name](recordings, stage.player)
        voice.say(Phrase.SEE_VOLUNTEER, "zh_Hans_CN")
        heard.append(stage.started(1)[0].argv)
        voice.close()
    assert heard[0] == heard[1]
    assert not {reason.value for reason in Reason} & {Path(word).stem for word in heard[0]}


def test_espeak_gets_its_words_as_one_argument_and_never_through_a_shell() -> None:
    stage = Stage()
    EspeakVoice(lambda _phrase, _language: "--help; $(reboot)", stage.player, speed=120).say(Phrase.PASS, "en")
    assert stage.started(1)[0].argv == ["espeak-ng", "-v", "en", "-s", "120", "-a", "100", "--", "--help; $(reboot)"]


def test_espeak_speaks_mandarin() -> None:
    stage = Stage()
    EspeakVoice(words, stage.player).say(Phrase.PASS, "zh_Hans_CN")
    assert stage.started(1)[0].argv[2] == "cmn"


def test_an_unknown_language_is_a_fault_by_name() -> None:
    with pytest.raises(VoiceFault, match="no voice for 'tlh'; known are zh_Hans_CN, en"):
        EspeakVoice(words, Stage().player).say(Phrase.PASS, "tlh")


def test_the_newest_phrase_replaces_the_one_being_said_and_every_program_is_reaped() -> None:
    stage = Stage()
    voice = EspeakVoice(words, stage.player)
    voice.say(Phrase.SHOW_CODE, "en")
    stage.started(1)
    voice.say(Phrase.PASS, "en")
    first, second = stage.started(2)
    second.end()
    assert stage.player.idle(5)
    assert (first.killed, first.reaped, second.killed, second.reaped) == (True, True, False, True)


def test_of_many_phrases_at_once_the_last_is_said() -> None:
    stage = Stage()
    voice = EspeakVoice(words, stage.player)
    for phrase in Phrase:
        voice.say(phrase, "en")
    for program in stage.started(1):
        if not program.killed:
            program.end()
    assert stage.player.idle(5)
    assert stage.programs[-1].argv[-1] == words(list(Phrase)[-1], "en")
    assert all(program.killed for program in stage.programs[:-1])


def test_a_recording_is_played_from_the_folder_of_its_language(recordings: Path) -> None:
    stage = Stage()
    RecordedVoice(recordings, stage.player, "aplay").say(Phrase.STOP, "zh_Hans_CN")
    assert stage.started(1)[0].argv == ["aplay", str(recordings / "zh_Hans_CN" / "stop.wav")]


def test_a_phrase_without_a_recording_falls_silent_and_is_named(recordings: Path) -> None:
    stage = Stage()
    voice = RecordedVoice(recordings, stage.player, "aplay")
    voice.say(Phrase.STOP, "zh_Hans_CN")
    stage.started(1)
    voice.say(Phrase.EVACUATE, "zh_Hans_CN")
    assert stage.player.idle(5)
    assert stage.programs[0].killed
    assert len(stage.programs) == 1
    assert voice.missing("zh_Hans_CN") == (Phrase.EVACUATE,)
    assert set(voice.missing("en")) == set(Phrase)


def test_a_language_cannot_lead_out_of_the_folder(recordings: Path) -> None:
    with pytest.raises(VoiceFault, match="no language"):
        RecordedVoice(recordings, Stage().player, "aplay").say(Phrase.STOP, "../zh_Hans_CN")


def test_a_program_that_fails_is_told_at_the_next_phrase_which_is_said_all_the_same() -> None:
    stage = Stage()
    voice = EspeakVoice(words, stage.player)
    voice.say(Phrase.SHOW_CODE, "en")
    stage.started(1)[0].end(code=1)
    assert stage.player.idle(5)
    with pytest.raises(VoiceFault, match="exit code 1; check the sound card"):
        voice.say(Phrase.PASS, "en")
    stage.started(2)[1].end()
    assert stage.player.idle(5)
    voice.say(Phrase.PASS, "en")
    voice.close()


def test_a_program_that_hangs_is_killed_at_its_limit() -> None:
    stage = Stage(limit_s=0.01)
    voice = EspeakVoice(words, stage.player)
    voice.say(Phrase.SHOW_CODE, "en")
    assert stage.player.idle(5)
    assert (stage.programs[0].killed, stage.programs[0].reaped) == (True, True)
    with pytest.raises(VoiceFault, match="hung"):
        voice.say(Phrase.PASS, "en")


def test_a_program_that_went_missing_is_a_fault() -> None:
    stage = Stage()
    stage.missing = True
    voice = EspeakVoice(words, stage.player)
    voice.say(Phrase.SHOW_CODE, "en")
    assert stage.player.idle(5)
    with pytest.raises(VoiceFault, match="cannot be started"):
        voice.say(Phrase.PASS, "en")


def test_a_real_child_process_is_started_killed_and_reaped() -> None:
    started: list[subprocess.Popen[bytes]] = []
    seen = threading.Event()

    def start(argv: Sequence[str]) -> subprocess.Popen[bytes]:
        child = spawn(argv)
        assert isinstance(child, subprocess.Popen)
        started.append(child)
        seen.set()
        return child

    player = Player(start)
    player.play([sys.executable, "-c", "import signal; signal.pause()"])
    assert seen.wait(5)
    player.close()
    assert [child.returncode for child in started] == [-9]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("recorded", "no such folder"),
        ("recorded:/nowhere", "/nowhere: no such folder"),
        ("espeak:speed=9", "speed=9: must be a whole number from 80 to 450"),
        ("silent:x", "takes no argument"),
    ],
)
def test_wrong_settings_are_refused(spec: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        hardware.load("voice", spec, wording=words)


def test_a_machine_without_the_programs_says_which_to_install(
    monkeypatch: pytest.MonkeyPatch, recordings: Path
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(VoiceFault, match="install it with apt"):
        espeak.open_device("", words)
    with pytest.raises(VoiceFault, match="install alsa-utils"):
        recorded.open_device(str(recordings), words)


def test_the_simulated_voice_remembers_and_fails_on_command() -> None:
    voice = SimulatedVoice()
    voice.say(Phrase.PASS, "en")
    assert voice.said == [(Phrase.PASS, "en")]
    voice.fail()
    with pytest.raises(VoiceFault):
        voice.say(Phrase.PASS, "en")


def test_load_gives_the_words_to_the_voice() -> None:
    voice = hardware.load("voice", "simulated", wording=words)
    voice.say(Phrase.PASS, "en")
    voice.close()
