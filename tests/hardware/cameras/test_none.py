"""No camera at all."""

import pytest

import hardware
from kiosk.core.faults import SettingsError


def test_a_lane_without_a_camera_has_a_source_that_has_ended() -> None:
    camera = hardware.load("camera", "none")
    with pytest.raises(EOFError):
        camera.frame(0)
    camera.close()
    camera.close()


def test_it_takes_no_argument() -> None:
    with pytest.raises(SettingsError, match="no argument"):
        hardware.load("camera", "none:0")
