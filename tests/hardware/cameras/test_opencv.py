"""A V4L2 camera, with a capture device of our own in place of the kernel's."""

import queue
from collections.abc import Iterator

import numpy as np
import pytest

import hardware
from hardware.cameras.opencv import STALLED_S, OpencvCamera
from kiosk.core.faults import CameraFault, SettingsError
from kiosk.core.ports import Picture

LONG_S = 10.0  # nobody waits so long unless something is broken


class Device:
    """Gives what a test puts into it; None is an unplugged cable. Blocks while there is nothing, as V4L2 does."""

    def __init__(self) -> None:
        self.pictures: queue.Queue[Picture | None] = queue.Queue()
        self.taken: queue.Queue[int] = queue.Queue()
        self.released = 0
        self._count = 0

    def read(self) -> tuple[bool, Picture]:
        self.taken.put(self._count)  # the one before was handed over
        self._count += 1
        picture = self.pictures.get()
        return picture is not None, np.zeros((2, 2), np.uint8) if picture is None else picture

    def release(self) -> None:
        self.released += 1

    def hold_up(self, *shades: int) -> None:
        """Returns when the camera has taken each of them."""
        for shade in shades:
            self.taken.get(timeout=LONG_S)
            self.pictures.put(np.full((2, 2, 3), shade, np.uint8))
        self.taken.get(timeout=LONG_S)
        self.taken.put(0)


@pytest.fixture
def device() -> Iterator[Device]:
    device = Device()
    yield device
    device.pictures.put(None)


def test_the_newest_picture_wins_and_no_backlog_is_kept(device: Device) -> None:
    camera = OpencvCamera(device, "test")
    device.hold_up(1, 2, 3)
    frame = camera.frame(LONG_S)
    assert frame is not None
    assert frame.picture[0, 0, 0] == 3
    assert camera.frame(0) is None


def test_a_picture_is_stamped_when_it_was_complete(device: Device) -> None:
    camera = OpencvCamera(device, "test", monotonic_s=lambda: 77.0)
    device.hold_up(1)
    frame = camera.frame(LONG_S)
    assert frame is not None
    assert frame.taken_s == 77.0


def test_an_unplugged_camera_is_named_after_its_last_picture_was_given(device: Device) -> None:
    camera = OpencvCamera(device, "/dev/video7")
    device.hold_up(1)
    device.pictures.put(None)
    camera._thread.join(LONG_S)
    assert camera.frame(LONG_S) is not None
    for _ in range(2):
        with pytest.raises(CameraFault, match="/dev/video7 was unplugged"):
            camera.frame(LONG_S)


def test_a_camera_that_stalls_is_given_up(device: Device) -> None:
    now_s = [0.0]
    camera = OpencvCamera(device, "/dev/video7", monotonic_s=lambda: now_s[0])
    assert camera.frame(0) is None
    now_s[0] = STALLED_S + 0.1
    with pytest.raises(CameraFault, match="stalled"):
        camera.frame(0)


def test_closing_lets_go_of_the_device_and_may_happen_twice(device: Device) -> None:
    camera = OpencvCamera(device, "test")
    device.pictures.put(None)
    camera.close()
    assert device.released >= 1
    camera.close()


def test_a_camera_that_is_not_there_is_named() -> None:
    with pytest.raises(CameraFault, match="/dev/video97 is not there; plug it in"):
        hardware.load("camera", "opencv:97")


@pytest.mark.parametrize("spec", ["opencv", "opencv:front", "opencv:/etc/passwd", "opencv:0,widht=5"])
def test_a_wrong_spec_is_named(spec: str) -> None:
    with pytest.raises(SettingsError):
        hardware.load("camera", spec)
