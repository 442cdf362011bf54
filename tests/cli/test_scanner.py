"""`kiosk scanner` finds its lane and camera, or says in one line what is wrong."""

from pathlib import Path

import pytest

from kiosk.cli.scanner import _lane, command
from kiosk.core.faults import SettingsError
from kiosk.settings import Lane, Settings

TWO = Settings(lane=(Lane(name="in", camera="opencv:0"), Lane(name="out", camera="opencv:2")))


def test_the_camera_is_the_lanes_unless_one_is_named() -> None:
    assert _lane(TWO, "out", None) == ("out", "opencv:2")
    assert _lane(TWO, "out", "none") == ("out", "none")


def test_the_only_lane_need_not_be_named() -> None:
    assert _lane(Settings(), None, None) == ("main", "opencv:0")


@pytest.mark.parametrize("name", [None, "side"])
def test_an_unknown_lane_is_refused_with_the_known_ones(name: str | None) -> None:
    with pytest.raises(SettingsError, match="name one of in, out"):
        _lane(TWO, name, None)


def test_a_wrong_setting_is_named_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "kiosk.toml").write_text("[scanner]\nfps = 0\n")
    with pytest.raises(SettingsError, match=r"scanner\.fps"):
        command.main(["--state", str(tmp_path)], standalone_mode=False)
