"""`kiosk lamp check`: one part at a time, a question each, and what to look at where the answer is no."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from gpiozero.pins.mock import MockFactory

from hardware.lamps import leds, rgb
from kiosk.cli.lamp import command
from kiosk.core.faults import SettingsError

ALL = "leds:green=17,amber=27,red=22,buzzer=18,relay=23"


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> MockFactory:
    pins = MockFactory()
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for driver in (leds, rgb):
        monkeypatch.setattr(driver, "open_pins", lambda chip: pins)
    return pins


def asked(folder: Path, answers: str, *options: str) -> Result:
    return CliRunner().invoke(command, ["check", "--state", str(folder), *options], input=answers)


def test_each_part_is_lit_alone_and_asked_about_and_the_relay_only_on_demand(pins: MockFactory, tmp_path: Path) -> None:
    done = asked(tmp_path, "y\n" * 5, "--lamp", ALL)
    assert done.exit_code == 0, done.output
    questions = [line.partition(":")[0] for line in done.output.splitlines() if ": is this one on" in line]
    assert questions == ["red", "amber", "green", "buzzer"]
    assert "relay: not tried" in done.output
    tried = asked(tmp_path, "y\n" * 6, "--lamp", ALL, "--relay")
    assert "relay: is this one on" in tried.output


def test_a_part_that_is_not_the_right_one_is_named_with_what_to_look_at(pins: MockFactory, tmp_path: Path) -> None:
    done = asked(tmp_path, "y\nn\ny\ny\nn\n", "--lamp", ALL)
    assert done.exit_code == 1
    first, second = done.stderr.splitlines()
    assert first.startswith("amber: compare its line")
    assert "active_low=yes" in second


def test_a_check_that_is_broken_off_leaves_everything_dark(pins: MockFactory, tmp_path: Path) -> None:
    lines = [pins.pin(line) for line in (17, 22, 27)]
    done = asked(tmp_path, "y\n", "--lamp", "rgb:red=22,green=17,blue=27")
    assert done.exit_code == 1
    assert not any(line.states[-1].state for line in lines)


def test_a_lamp_without_lines_and_an_unknown_lane_are_said_in_one_line(pins: MockFactory, tmp_path: Path) -> None:
    for options, said in ((("--lamp", "console"), "console has no parts"), (("--lane", "north"), "known are main")):
        done = asked(tmp_path, "", *options)
        assert isinstance(done.exception, SettingsError)
        assert said in str(done.exception)
