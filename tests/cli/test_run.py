"""`kiosk run`: what is missing is simulated, what is misspelt is refused before anything starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from click.testing import CliRunner, Result

import hardware
from kiosk.cli import run
from kiosk.cli.run import STANDS_IN, _Equipment, _present_or_stand_in
from kiosk.core.faults import CameraFault, LampFault, SettingsError
from kiosk.core.model import Direction
from kiosk.settings import Lane, places


@pytest.mark.parametrize(
    ("kind", "spec", "says"),
    [
        ("camera", "stil:/pictures", "did you mean stills?"),
        ("camera", "stills:", "name a picture file"),
        ("thermometer", "mlx90614:buss=1", "buss"),
        ("lamp", "lamps:green=17", "no such driver"),
    ],
)
def test_a_device_that_is_misspelt_is_refused_in_one_line(kind, spec, says):
    with pytest.raises(SettingsError, match=says.replace("?", r"\?")) as refused:
        _present_or_stand_in(kind, spec)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("spec", ["stills:/no/such/folder", "video:/no/such/film.mp4"])
def test_pictures_that_are_not_there_are_not_replaced_by_simulated_people(spec):
    with pytest.raises(CameraFault, match="/no/such"):
        _present_or_stand_in("camera", spec)


def test_a_camera_that_is_not_plugged_in_is_simulated_and_one_line_says_so(capsys):
    assert _present_or_stand_in("camera", "opencv:/dev/video-none") == "simulated"
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize(("kind", "spec"), [("thermometer", "none"), ("camera", "simulated"), ("lamp", "console")])
def test_what_needs_no_device_is_taken_as_it_is(kind, spec):
    assert _present_or_stand_in(kind, spec) == spec


class Devices:
    """The devices of a machine, as `hardware.load` gives them; those in `taken` are held by somebody."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tried: list[str] = []
        self.taken: set[str] = set()
        monkeypatch.setattr(hardware, "load", self.load)

    def load(self, kind: str, spec: str) -> Mock:
        self.tried.append(spec)
        if spec in self.taken:
            raise LampFault(f"{kind} is held by another program", "busy")
        return Mock()


REAL = Lane(
    camera="opencv:0", thermometer="mlx90614:bus=1", lamp="leds:green=17", voice="espeak", buttons="gpio:pass=5"
)
ASKED_FOR_NOTHING = dict.fromkeys(STANDS_IN)


@pytest.fixture
def devices(monkeypatch):
    return Devices(monkeypatch)


@pytest.fixture
def equipment(tmp_path):
    return _Equipment(ASKED_FOR_NOTHING, places(tmp_path))


def test_saving_a_setting_tries_no_device_again_and_none_is_replaced(devices, equipment):
    assert equipment.of(REAL) == (REAL, [])
    devices.taken = set(devices.tried)  # by our own gate and scanner
    devices.tried.clear()
    assert equipment.of(replace(REAL, direction=Direction.OUT)) == (replace(REAL, direction=Direction.OUT), [])
    assert devices.tried == []


def test_the_simulated_people_and_the_trust_in_them_stay_when_a_setting_is_saved(devices, equipment):
    devices.taken = {REAL.camera, REAL.thermometer}
    first, lists = equipment.of(REAL)
    before = {path: path.read_bytes() for path in [Path(first.camera.partition(":")[2]), *lists[0].iterdir()]}
    assert equipment.of(REAL) == (first, lists)
    assert {path: path.read_bytes() for path in before} == before


def test_only_a_device_that_is_another_one_now_is_tried(devices, equipment, capsys):
    devices.taken = {REAL.camera, REAL.buttons}
    first, _ = equipment.of(replace(REAL, thermometer="simulated"))
    assert first.camera == first.thermometer != "simulated"  # both see the same people
    capsys.readouterr()
    devices.tried.clear()
    after, lists = equipment.of(replace(REAL, thermometer="simulated", camera="opencv:1"))
    assert devices.tried == ["opencv:1"]
    assert (after.camera, after.thermometer, after.buttons, lists) == ("opencv:1", "simulated", "none", [])
    assert equipment.of(replace(REAL, thermometer="simulated", camera="opencv:1", buttons="gpio:pass=6"))[0] == replace(
        after, buttons="gpio:pass=6"
    )


def test_lines_that_our_own_gate_holds_are_not_taken_to_be_somebody_elses(devices, equipment, capsys):
    equipment.of(REAL)
    devices.taken = {"leds:green=17,red=22"}  # GPIO17 is lit by our own gate until that starts anew
    assert equipment.of(replace(REAL, lamp="leds:green=17,red=22"))[0].lamp == "leds:green=17,red=22"
    assert capsys.readouterr().out == ""


def test_a_device_that_is_missing_is_stood_in_for_when_nothing_real_was_there_before(devices, equipment, capsys):
    devices.taken = {REAL.lamp, "leds:green=18"}
    assert equipment.of(REAL)[0].lamp == "console"
    assert equipment.of(replace(REAL, lamp="leds:green=18"))[0].lamp == "console"
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_device_that_an_option_names_stays_whatever_the_settings_say(devices, tmp_path):
    equipment = _Equipment(ASKED_FOR_NOTHING | {"lamp": "rgb"}, places(tmp_path))
    assert equipment.of(REAL)[0].lamp == "rgb"
    devices.tried.clear()
    assert equipment.of(replace(REAL, lamp="leds:green=18"))[0].lamp == "rgb"
    assert devices.tried == []


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """Runs the command up to where the processes would start; its outcome, and their arguments by their names."""
    (tmp_path / "kiosk.toml").write_text('[[lane]]\ncamera = "none"\nthermometer = "none"\nlamp = "none"\n')
    written = places(tmp_path).written_settings
    written.parent.mkdir()
    written.write_text('[lane.main]\nlamp = "ledz:green=17"\n')
    kept = Mock()
    monkeypatch.setattr(run, "Supervisor", kept)

    def begin(*options: str) -> tuple[Result, dict[str, list[str]]]:
        result = CliRunner().invoke(run.command, ["--state", str(tmp_path), *options])
        return result, {child.name: child.arguments for child in kept.call_args.args[0]} if kept.called else {}

    return begin


def test_a_driver_that_was_misspelt_on_a_page_keeps_no_kiosk_from_starting(begun):
    result, children = begun()
    assert result.exception is None
    assert "ledz" in result.output
    assert "--lamp=none" in children["gate"]


def test_a_driver_that_is_misspelt_in_an_option_is_refused_before_anything_starts(begun):
    result, children = begun("--voice", "silent", "--buttons", "gpioo")
    assert isinstance(result.exception, SettingsError)
    assert "gpioo" in str(result.exception)
    assert children == {}
