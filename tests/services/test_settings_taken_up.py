"""What the pages write over the settings while everything runs on one machine: who starts anew, and when."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from kiosk.cli._options import open_settings
from kiosk.cli.run import _Changes
from kiosk.services.supervisor import Child
from kiosk.settings import (
    PROCESSES,
    READ_BY,
    KioskSection,
    Lane,
    ScannerSection,
    ScreenSection,
    Settings,
    SoundSection,
    WebSection,
    concerned,
    places,
)


def test_a_change_is_told_once_to_whoever_reads_it_with_the_new_arguments(tmp_path: Path):
    at, after = places(tmp_path), replace(Settings(), sound=SoundSection(volume=0.1))
    children = [Child("web", ["web"], 1.0), Child("gate", ["gate", "--lamp=none"], 1.0)]
    changes = _Changes(at, Settings(), lambda: (after, children), None)
    assert changes.look() == {}
    at.written_settings.parent.mkdir()
    at.written_settings.write_text("[sound]\nvolume = 0.1\n")
    assert changes.look() == {"gate": ["gate", "--lamp=none"]}
    assert changes.look() == {}


@pytest.fixture
def read(tmp_path: Path):
    """Both files of settings as `kiosk run` reads them, and what it saw of their changes."""
    at = places(tmp_path)
    at.written_settings.parent.mkdir()
    (at.state / "kiosk.toml").write_text('[kiosk]\nid = "north"\n')

    def plan() -> tuple[Settings, list[Child]]:
        return open_settings(None, at), [Child("web", ["web"], 1.0), Child("gate", ["gate"], 1.0)]

    return at, _Changes(at, plan()[0], plan, None)


def test_a_broken_main_file_ends_nothing_when_a_page_saves_and_one_line_says_what_is_wrong(read, capsys):
    at, changes = read
    (at.state / "kiosk.toml").write_text('[kiosk]\nid = "north\n')
    at.written_settings.write_text("[sound]\nvolume = 0.1\n")
    assert [changes.look() for _ in range(3)] == [{}, {}, {}]
    (said,) = capsys.readouterr().out.splitlines()
    assert "kiosk.toml" in said
    (at.state / "kiosk.toml").write_text('[kiosk]\nid = "north"\n# right again\n')
    assert changes.look() == {"gate": ["gate"]}
    assert [changes.look() for _ in range(3)] == [{}, {}, {}]
    assert capsys.readouterr().out == ""


def test_a_main_file_that_is_edited_waits_for_the_next_start_while_nothing_is_refused(read):
    at, changes = read
    (at.state / "kiosk.toml").write_text('[kiosk]\nid = "south"\n')
    assert changes.look() == {}


@pytest.mark.parametrize(
    ("changed", "anew"),
    [
        ({}, set()),
        ({"kiosk": KioskSection(place="x")}, {"web"}),
        ({"kiosk": KioskSection(timezone="Asia/Urumqi")}, {"gate", "web"}),
        ({"screen": ScreenSection(announcements=("07:00-09:00 | 早 | Good morning",))}, {"web"}),
        ({"screen": ScreenSection(dark_from="20:00")}, {"gate", "web"}),  # voice and buzzer keep the same night
        ({"sound": SoundSection(volume=0.1)}, {"gate"}),
        ({"web": WebSection(picture_hz=2)}, {"gate"}),
        ({"scanner": ScannerSection(fps=5)}, {"scanner"}),
        ({"lane": (Lane(lamp="none"),)}, {"gate", "scanner", "web"}),
    ],
)
def test_only_what_reads_a_value_starts_anew(changed: dict[str, object], anew: set[str]):
    assert concerned(Settings(), replace(Settings(), **changed)) == anew


def test_somebody_reads_every_table_and_every_key_that_is_named_is_there():
    assert {each.name for each in fields(Settings)} == {name for name in READ_BY if "." not in name}
    for name in READ_BY:
        table, _, key = name.partition(".")
        assert not key or hasattr(getattr(Settings(), table), key), name
    assert {"gate", "web", "scanner", "resolver"} == PROCESSES
