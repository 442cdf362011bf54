"""A video file as a camera."""

import collections
from pathlib import Path

import cv2
import numpy as np
import pytest

import hardware
from hardware.cameras.video import Video
from hardware.pictures import BadPicture
from kiosk.core.faults import CameraFault, SettingsError

FRAMES, FPS = 40, 20.0


class Clock:
    """A clock that runs only while somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two seconds, each frame a little brighter than the one before."""
    path = tmp_path / "queue.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (160, 120))
    for number in range(FRAMES):
        writer.write(np.full((120, 160, 3), 5 * number, np.uint8))
    writer.release()
    return path


def in_real_time(path: Path, clock: Clock) -> Video:
    return Video(cv2.VideoCapture(str(path)), path.name, monotonic_s=clock, sleep=clock.sleep)


def number_of(frame: object) -> int:
    return round(frame.picture.mean() / 5)  # type: ignore[attr-defined]


def test_fast_gives_every_frame_and_then_the_end(file: Path) -> None:
    camera = hardware.load("camera", f"video:{file},fast=yes")
    assert [number_of(camera.frame(0.1)) for _ in range(FRAMES)] == list(range(FRAMES))
    for _ in range(2):
        with pytest.raises(EOFError):
            camera.frame(0.1)


def test_in_real_time_frames_that_were_missed_stay_missed(file: Path) -> None:
    clock = Clock()
    camera = in_real_time(file, clock)
    assert number_of(camera.frame(0.1)) == 0
    clock.now_s += 0.5
    assert number_of(camera.frame(0.1)) == 10


def test_in_real_time_no_frame_comes_before_its_time(file: Path) -> None:
    clock = Clock()
    camera = in_real_time(file, clock)
    camera.frame(0.1)
    assert camera.frame(0.01) is None
    assert number_of(camera.frame(1.0)) == 1
    assert clock.now_s == pytest.approx(100.05, abs=0.001)


def test_a_video_that_is_cut_off_says_so_once_and_ends(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    camera = hardware.load("camera", f"video:{file},fast=yes")
    with pytest.raises(BadPicture, match=r"queue.avi: cut off after \d+ of 40 frames"):
        collections.deque(iter(lambda: camera.frame(0.1), None), maxlen=0)
    with pytest.raises(EOFError):
        camera.frame(0.1)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"not a video" * 100])
def test_what_is_no_video_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(data)
    with pytest.raises(CameraFault, match="not a video"):
        hardware.load("camera", f"video:{path}")


def test_a_missing_file_and_a_wrong_spec_are_named(tmp_path: Path) -> None:
    with pytest.raises(CameraFault, match="no such file"):
        hardware.load("camera", f"video:{tmp_path / 'x.mp4'}")
    with pytest.raises(SettingsError, match="name a video file"):
        hardware.load("camera", "video")


def test_it_may_be_closed_twice(file: Path) -> None:
    camera = hardware.load("camera", f"video:{file}")
    camera.close()
    camera.close()
