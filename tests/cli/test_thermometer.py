"""`kiosk thermometer`: what it shows, the guided comparison, and the memory that is only written on command."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import hardware
from hardware.thermometers.mlx90614 import Mlx90614
from hardware.thermometers.simulated import Simulated
from kiosk.cli import thermometer
from kiosk.core.calibration import Method, Standing
from kiosk.core.faults import KioskError
from kiosk.core.rules import TemperatureRules
from kiosk.services.calibration import Calibrations
from kiosk.settings import places
from kiosk.store import calibrations
from tests.support.clocks import HandClock
from tests.support.mlx90614_part import EMISSIVITY, FakeSMBus, Part


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr(thermometer, "APART_S", 0)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Simulated:
    """The thermometer that the settings name, in the test's hand."""
    device = Simulated(noise=0.2)
    monkeypatch.setattr(device, "close", lambda: None)
    monkeypatch.setattr(hardware, "load", lambda *_: device)
    return device


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Part:
    """A real one's memory."""
    made = Part()
    monkeypatch.setattr(hardware, "load", lambda *_: Mlx90614(lambda: FakeSMBus(made), sleep=lambda _: None))
    return made


def run(state: Path, *arguments: str, answers: str = "") -> Result:
    return CliRunner().invoke(thermometer.command, [arguments[0], "--state", str(state), *arguments[1:]], input=answers)


def compare(state: Path, device: Simulated, bias: float, *more: str) -> Result:
    points = [35.0, 35.1, 35.0, 39.0, 39.1, 39.0]
    waiting = iter(points)

    def answer(*_: object, **__: object) -> str:
        point = next(waiting, None)
        if point is None:
            return ""
        device.hold(point + bias)
        return f"{point}"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thermometer.click, "prompt", answer)
        return run(state, "calibrate", "--method", "blackbody", "--reference", "BB35", "--by", "wang", *more)


def test_two_points_of_a_blackbody_make_a_dated_record_and_a_picture(tmp_path: Path, held: Simulated) -> None:
    done = compare(tmp_path, held, 0.1, "--picture", str(tmp_path / "today.svg"))
    assert done.exit_code == 0, done.output
    assert "bias +0.1" in done.output
    assert "due in 180 days" in done.output
    kept = calibrations.load(places(tmp_path).calibration("main"))
    assert kept is not None
    assert (kept.good, kept.method, kept.by, len(kept.pairs)) == (True, Method.BLACKBODY, "wang", 6)
    assert "<svg" in (tmp_path / "today.svg").read_text()
    shown = run(tmp_path, "show")
    assert "calibration: holds" in shown.output


def test_one_that_is_too_far_off_is_kept_as_failed_and_says_what_to_set(tmp_path: Path, held: Simulated) -> None:
    done = compare(tmp_path, held, -0.8)
    assert isinstance(done.exception, KioskError)
    assert "model_offset_c = 0.80" in str(done.exception)
    assert "was worse than allowed" in run(tmp_path, "show").output


def test_the_gate_takes_up_a_record_without_a_restart_and_notes_when_it_expires(
    tmp_path: Path, held: Simulated
) -> None:
    class Watched:
        facts = {"id": "simulated"}  # noqa: RUF012

    clock = HandClock()
    gate = Calibrations(places(tmp_path), {"main": Watched()}, clock)
    assert gate.standings(TemperatureRules()) == {"main": Standing.NEVER}
    compare(tmp_path, held, 0.0)
    kept = calibrations.load(places(tmp_path).calibration("main"))
    assert kept is not None
    clock.wall, clock.mono = kept.at + timedelta(minutes=1), clock.mono + 10
    assert not gate.due(TemperatureRules())
    assert gate.standings(TemperatureRules()) == {"main": Standing.HOLDS}
    clock.wall += timedelta(days=181)
    assert gate.due(TemperatureRules())
    Watched.facts = {"id": "another"}
    assert gate.standings(TemperatureRules()) == {"main": Standing.OTHER_PART}


def test_what_is_no_temperature_is_asked_again_and_too_few_keep_nothing(tmp_path: Path, held: Simulated) -> None:
    held.hold(34.5)
    done = run(
        tmp_path, "calibrate", "--reference", "ear", "--by", "wang", answers="warm\n366\n36.6\n36.4\n\n"
    )  # fmt: skip
    assert done.output.count("is no temperature") == 2
    assert "at least six comparisons" in str(done.exception)
    assert calibrations.load(places(tmp_path).calibration("main")) is None


def test_a_thermometer_that_fails_in_between_is_asked_again(tmp_path: Path, held: Simulated) -> None:
    held.fail_with("nack")
    done = run(tmp_path, "calibrate", "--reference", "ear", "--by", "wang", answers="36.6\n\n")
    assert "fails as it was told" in done.output


def test_an_emissivity_is_written_noted_and_put_back(tmp_path: Path, part: Part) -> None:
    done = run(tmp_path, "emissivity", "0.95")
    assert done.exit_code == 0, done.output
    assert "1.000 before, 0.950 now" in done.output
    assert part.ram[EMISSIVITY] == round(0.95 * 0xFFFF)
    assert isinstance(run(tmp_path, "show").exception, KioskError)  # the settings still say 1.0
    assert "emissivity: 0.950" in run(tmp_path, "show").output
    run(tmp_path, "emissivity", "0.9")
    assert "1.000 again" in run(tmp_path, "restore").output
    assert part.ram[EMISSIVITY] == 0xFFFF


def test_one_without_a_memory_and_a_lane_that_is_not_there_are_one_line(tmp_path: Path, held: Simulated) -> None:
    assert "keeps no emissivity" in str(run(tmp_path, "emissivity", "0.95").exception)
    assert "known are main" in str(run(tmp_path, "show", "--lane", "north").exception)
    assert run(tmp_path, "emissivity", "7").exit_code == 2


def test_a_file_that_is_no_calibration_is_one_line(tmp_path: Path, held: Simulated) -> None:
    file = places(tmp_path).calibration("main")
    file.parent.mkdir()
    file.write_text("{")
    assert "not a calibration" in str(run(tmp_path, "show").exception)
