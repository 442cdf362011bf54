"""`kiosk run`: what is missing is simulated, what is misspelt is refused before anything starts."""

from __future__ import annotations

import pytest

from kiosk.cli.run import _present_or_stand_in
from kiosk.core.faults import CameraFault, SettingsError


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
