"""What the voices say, how the newest phrase wins, and that no reason is ever spoken."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

import hardware
from hardware.voices import espeak, recorded
from hardware.voices._player import Player, spawn
from hardware.voices._sounds import Sounds
from hardware.voices.espeak import EspeakVoice
from hardware.voices.recorded import RecordedVoice
from hardware.voices.silent import SilentVoice
from hardware.voices.simulated import SimulatedVoice
from kiosk.core.faults import SettingsError, VoiceFault
from kiosk.core.ports import Phrase, Voice
from kiosk.core.reasons import Reason
from kiosk.locale import catalogue
from kiosk.locale.words import PHRASES


def words(phrase: Phrase, language: str) -> str:
    return f"{phrase.value} in {language}"


class Program:
    """A child process that plays until the test lets it end, or it is killed."""

    def __init__(self, argv: Sequence[str]) -> None:
        self.argv = list(argv)
        self.killed = False
        self.reaped = False
        self.code = 0
        self.ended = threading.Event()

    def wait(self, timeout: float | None = None) -> int:
        if not self.ended.wait(timeout):
            raise subprocess.TimeoutExpired(self.argv, timeout or 0)
        self.reaped = True
        return -9 if self.killed else self.code

    def kill(self) -> None:
        self.killed = True
        self.ended.set()

    def end(self, code: int = 0) -> None:
        self.code = code
        self.ended.set()


class Stage:
    """Where programs are started instead of in the system."""

    def __init__(self, limit_s: float = 15) -> None:
        self.programs: list[Program] = []
        self.missing = False
        self._changed = threading.Condition()
        self.player = Player(self.start, limit_s)

    def start(self, argv: Sequence[str]) -> Program:
        if self.missing:
            raise FileNotFoundError(2, "No such file or directory", argv[0])
        with self._changed:
            self.programs.append(Program(argv))
            self._changed.notify_all()
            return self.programs[-1]

    def started(self, count: int) -> list[Program]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.programs) >= count, 5)
        return self.programs


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "zh_Hans_CN"
    folder.mkdir()
    for phrase in Phrase:
        if phrase is not Phrase.EVACUATE:
            (folder / f"{phrase.value}.wav").write_bytes(b"RIFF")
    return tmp_path


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


def a_recording(file: Path, *, width: int = 2, top: int = 20_000) -> None:
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(width)
        sound.setframerate(22_050)
        tone = (top * np.sin(np.arange(4000) / 20)).astype("<i2").tobytes()
        sound.writeframes(tone)


def loudest(file: Path) -> int:
    with wave.open(str(file), "rb") as sound:
        return int(np.abs(np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(int)).max())


@pytest.mark.parametrize(("loudness", "top"), [(1.0, 20_000), (0.5, 10_000), (0.1, 2_000), (0.0, 0), (7.0, 20_000)])
def test_a_recording_is_played_as_loud_as_asked_and_made_quieter_only_once(
    recordings: Path, tmp_path: Path, loudness: float, top: int
) -> None:
    a_recording(recordings / "zh_Hans_CN" / "volunteer.wav")
    made = tmp_path / "made"
    made.mkdir()
    stage = Stage()
    voice = RecordedVoice(recordings, stage.player, "aplay", sounds=Sounds(made))
    for count in (1, 2):
        voice.say(Phrase.VOLUNTEER, "zh_Hans_CN", loudness)
        stage.started(count)[-1].end()
        assert stage.player.idle(5)
    played = [Path(program.argv[1]) for program in stage.programs]
    assert loudest(played[0]) == pytest.approx(top, abs=2)
    assert played[0] == played[1]
    assert len(list(made.iterdir())) == (0 if top == 20_000 else 1)
    voice.close()


def test_a_recording_that_is_no_16_bit_wav_is_played_as_it_is(recordings: Path) -> None:
    wide = recordings / "zh_Hans_CN" / "stop.wav"
    a_recording(wide, width=4)
    for broken in (b"RIFF", b"", b"ID3\x03"):
        (recordings / "zh_Hans_CN" / "pass.wav").write_bytes(broken)
        stage = Stage()
        voice = RecordedVoice(recordings, stage.player, "aplay")
        voice.say(Phrase.PASS, "zh_Hans_CN", 0.3)
        assert stage.started(1)[0].argv[1].endswith("/pass.wav")
        voice.say(Phrase.STOP, "zh_Hans_CN", 0.3)
        assert stage.started(2)[1].argv[1] == str(wide)
        voice.close()


def test_a_phrase_that_nobody_recorded_is_said_by_the_synthetic_voice_where_there_is_one(recordings: Path) -> None:
    stage = Stage()
    voice = RecordedVoice(recordings, stage.player, "aplay", instead=EspeakVoice(words, stage.player))
    voice.say(Phrase.EVACUATE, "zh_Hans_CN")
    assert stage.started(1)[0].argv[0] == "espeak-ng"
    assert voice.missing("zh_Hans_CN") == (Phrase.EVACUATE,)
    voice.close()


def test_a_place_without_room_for_quieter_copies_says_so_and_goes_on(recordings: Path, tmp_path: Path) -> None:
    a_recording(recordings / "zh_Hans_CN" / "stop.wav")
    stage = Stage()
    voice = RecordedVoice(recordings, stage.player, "aplay", sounds=Sounds(tmp_path / "nowhere"))
    voice.say(Phrase.STOP, "zh_Hans_CN", 0.5)
    assert stage.player.idle(5)
    with pytest.raises(VoiceFault, match="cannot be made quieter"):
        voice.say(Phrase.STOP, "zh_Hans_CN")
    assert stage.started(1)[0].argv[0] == "aplay"
    voice.close()


def test_espeak_speaks_as_loud_as_asked() -> None:
    voice = EspeakVoice(words, Stage().player, volume=80)
    amplitudes = [voice.argv(Phrase.PASS, "en", loudness)[6] for loudness in (0, 0.5, 1.0, 9)]
    assert amplitudes == ["0", "40", "80", "80"]
    voice.close()


def test_where_files_can_be_played_a_phrase_is_synthesised_once(tmp_path: Path) -> None:
    recipe = tmp_path / "espeak"
    recipe.write_text(f"#!/bin/sh\necho called >> {tmp_path}/calls\ncp {tmp_path}/tone.wav $2\n")
    recipe.chmod(0o755)
    a_recording(tmp_path / "tone.wav")
    stage = Stage()
    voice = EspeakVoice(words, stage.player, program=str(recipe), plays="aplay")
    for count, loudness in enumerate((1.0, 1.0, 0.5), 1):
        voice.say(Phrase.PASS, "en", loudness)
        stage.started(count)[-1].end()
        assert stage.player.idle(5)
    full, again, half = (Path(program.argv[1]) for program in stage.programs)
    assert full == again
    assert (loudest(full), loudest(half)) == (19_999, pytest.approx(10_000, abs=2))
    assert (tmp_path / "calls").read_text() == "called\n"
    voice.close()
    assert not full.exists(), "what was synthesised goes with the voice"


@pytest.mark.parametrize("script", ["exit 3", "rm -f $2"])
def test_a_synthesis_that_fails_is_a_fault_in_one_line(tmp_path: Path, script: str) -> None:
    recipe = tmp_path / "espeak"
    recipe.write_text(f"#!/bin/sh\n{script}\n")
    recipe.chmod(0o755)
    stage = Stage()
    voice = EspeakVoice(words, stage.player, program=str(recipe), plays="aplay")
    voice.say(Phrase.PASS, "en")
    assert stage.player.idle(10)
    with pytest.raises(VoiceFault, match="cannot say a phrase"):
        voice.say(Phrase.PASS, "en")
    voice.close()


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")
@pytest.mark.parametrize("phrase", Phrase)
def test_the_real_espeak_makes_a_sound_of_every_phrase_in_mandarin(phrase: Phrase, tmp_path: Path) -> None:
    voice = EspeakVoice(lambda phrase, language: catalogue(language).gettext(PHRASES[phrase]), Stage().player)
    argv = voice.argv(phrase, "zh_Hans_CN")
    voice.close()
    spoken = tmp_path / "spoken.wav"
    subprocess.run([argv[0], "-w", str(spoken), *argv[1:]], check=True, timeout=20)
    assert loudest(spoken) > 1000


def test_load_gives_the_words_to_the_voice() -> None:
    voice = hardware.load("voice", "simulated", wording=words)
    voice.say(Phrase.PASS, "en")
    voice.close()
