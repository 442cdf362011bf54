"""How loud a phrase is, what is made only once, and who speaks where nobody recorded."""

from __future__ import annotations

import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from hardware.voices._sounds import Sounds
from hardware.voices.espeak import EspeakVoice
from hardware.voices.recorded import RecordedVoice
from kiosk.core.faults import VoiceFault
from kiosk.core.ports import Phrase
from kiosk.locale import catalogue
from kiosk.locale.words import PHRASES
from tests.support.sound_stage import Stage, words


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
