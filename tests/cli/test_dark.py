"""`kiosk dark` makes the lamps of every lane dark, and says which one it could not reach."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from gpiozero.pins.mock import MockFactory

from hardware.lamps import leds
from kiosk.cli.dark import command

TWO_LANES = (
    '[[lane]]\nname = "in"\nlamp = "leds:green=17,red=22"\n[[lane]]\nname = "out"\nlamp = "leds:green=5,red=6"\n'
)


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> MockFactory:
    """A header on which a killed gate left every lamp lit."""
    pins = MockFactory()
    for line in (17, 22, 5, 6):
        pins.pin(line).function = "output"
        pins.pin(line).state = True
    monkeypatch.setattr(leds, "open_pins", lambda chip: pins)
    monkeypatch.setattr(pins, "close", lambda: None)
    return pins


def settings(folder: Path, text: str) -> list[str]:
    (folder / "kiosk.toml").write_text(text)
    return ["--state", str(folder)]


def test_the_lamps_of_every_lane_go_dark(pins: MockFactory, tmp_path: Path) -> None:
    done = CliRunner().invoke(command, settings(tmp_path, TWO_LANES))
    assert (done.exit_code, done.output) == (0, "")
    assert not any(pins.pin(line).state for line in (17, 22, 5, 6))


def test_a_lamp_out_of_reach_is_named_and_the_others_go_dark_all_the_same(
    pins: MockFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = leds.Leds(pins, {leds.Colour.GREEN: 17, leds.Colour.RED: 22})
    done = CliRunner().invoke(command, settings(tmp_path, TWO_LANES))
    held.close()
    assert done.exit_code == 1
    assert done.stderr.startswith("kiosk dark: in: ")
    assert len(done.stderr.splitlines()) == 1
    assert not any(pins.pin(line).state for line in (5, 6))
