"""The V4L2 camera driver over OpenCV, on a camera of the kernel's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from hardware import load
from hardware.cameras import Asked, open_camera
from kiosk.core.faults import CameraFault
from kiosk.core.ports import Camera, Frame
from tests.support.gates import eventually, frame_with, wall
from tests.support.kernel_devices import PluggedCamera

SPEC = "opencv:/dev/video0"


@pytest.fixture
def opened() -> Iterator[Callable[..., Camera]]:
    """Opens the camera; whatever was opened is closed."""
    with ExitStack() as open_ones:

        def open_it(spec: str = SPEC, asked: Asked = Asked(640, 480, 10)) -> Camera:  # noqa: B008
            camera = open_camera(spec, asked)
            open_ones.callback(camera.close)
            return camera

        yield open_it


def picture(camera: Camera) -> Frame:
    return eventually(lambda: camera.frame(0.2), within_s=5)


def fault_of(camera: Camera) -> str:
    """What the camera says is wrong; nothing while it gives pictures."""
    try:
        camera.frame(0.2)
    except CameraFault as fault:
        return str(fault)
    return ""


def test_a_code_held_before_the_camera_is_read_to_the_letter(lens: PluggedCamera, opened) -> None:
    lens.sees(frame_with("HC1:GATE/2020 *$+", width=640, height=480))
    camera = opened()
    assert picture(camera).picture.shape == (480, 640, 3)
    scanner = load("scanner", "cascade")
    assert eventually(lambda: scanner.texts(picture(camera).picture), within_s=5) == ("HC1:GATE/2020 *$+",)


def test_a_camera_pulled_out_is_a_fault_within_two_seconds(lens: PluggedCamera, opened) -> None:
    camera = opened()
    picture(camera)
    lens.unplug()
    assert "unplugged" in eventually(lambda: fault_of(camera), within_s=2)


def test_a_camera_that_is_not_there_says_what_to_do_and_works_once_it_is_plugged_in(lens, opened) -> None:
    lens.unplug()
    with pytest.raises(CameraFault, match="plug it in"):
        opened()
    lens.plug_in()
    assert picture(eventually(opened, within_s=3)).picture.any()


def test_a_camera_that_gives_no_picture_any_more_is_given_up(lens: PluggedCamera, opened) -> None:
    camera = opened()
    picture(camera)
    lens.set(stalled=1)
    assert "stalled" in eventually(lambda: fault_of(camera), within_s=6)


def test_the_picture_of_a_camera_that_knows_another_size_is_taken_as_it_is(lens: PluggedCamera, opened) -> None:
    lens.size(1280, 720)
    lens.sees(frame_with("LARGER", width=1280, height=720))
    frame = picture(opened(asked=Asked(640, 480, 10)))
    assert frame.picture.shape == (720, 1280, 3)
    assert load("scanner", "cascade").texts(frame.picture) == ("LARGER",)


def test_nothing_is_read_from_a_dark_or_a_covered_lens(lens: PluggedCamera, opened) -> None:
    scanner, camera = load("scanner", "cascade"), opened()
    for seen in (wall(640, 480) // 16, wall(640, 480) * 0):
        lens.sees(seen)
        eventually(lambda: picture(camera).picture.mean() < 32, within_s=5)
        assert scanner.texts(picture(camera).picture) == ()


def test_a_second_reader_gets_a_fault_and_the_first_goes_on(lens: PluggedCamera, opened) -> None:
    lens.sees(wall(640, 480))
    camera = opened()
    picture(camera)
    with pytest.raises(CameraFault):
        opened().frame(2.0)
    assert picture(camera).picture.any()
