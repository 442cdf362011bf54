"""What every camera with a sensor does, held against each driver: a device of our own stands in for the kernel's."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

import hardware
from hardware.cameras import _live, opencv
from hardware.cameras._live import STALLED_S, LiveCamera
from hardware.cameras.picamera2 import Frames, PicameraControls
from kiosk.core.exposure import Exposure
from kiosk.core.faults import CameraFault, SettingsError
from kiosk.core.ports import Picture, Sensor

LONG_S = 10.0  # nobody waits so long unless something is broken


class Device:
    """Gives what a test puts into it; None is an unplugged cable. Blocks while there is nothing, as a camera does."""

    def __init__(self) -> None:
        self.pictures: queue.Queue[Picture | None] = queue.Queue()
        self.taken: queue.Queue[int] = queue.Queue()
        self.released = 0

    def next(self) -> Picture | None:
        self.taken.put(0)  # the one before was handed over
        return self.pictures.get()

    def hold_up(self, *pictures: Picture) -> None:
        """Returns when the camera has taken each of them."""
        for picture in pictures:
            self.taken.get(timeout=LONG_S)
            self.pictures.put(picture)
        self.taken.get(timeout=LONG_S)
        self.taken.put(0)


class V4l2Capture:
    """cv2.VideoCapture over such a device."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def read(self) -> tuple[bool, Picture]:
        picture = self._device.next()
        return picture is not None, np.zeros((2, 2), np.uint8) if picture is None else picture

    def release(self) -> None:
        self._device.released += 1


class FakePicamera2:
    """Picamera2 as its manual documents it, over such a device."""

    device: Device
    cameras = 1

    def __init__(self, camera_num: int = 0) -> None:
        if camera_num >= self.cameras:
            raise IndexError("list index out of range")
        self.camera_controls = {"ExposureTime": (75, 66_666, 20_000), "AnalogueGain": (1.0, 16.0, 1.0)}
        self.asked: dict[str, Any] = {}
        self.configuration: dict[str, Any] = {}
        self.started = False

    def create_video_configuration(self, **wanted: Any) -> dict[str, Any]:
        assert set(wanted) <= {"main", "lores", "raw", "transform", "colour_space", "buffer_count", "controls",
                               "display", "encode", "queue", "sensor", "use_case"}  # fmt: skip
        return wanted

    def configure(self, configuration: dict[str, Any]) -> None:
        self.configuration = configuration

    def start(self) -> None:
        self.started = True

    def capture_array(self, name: str = "main") -> Picture:
        assert self.started
        picture = self.device.next()
        if picture is None:
            raise RuntimeError("Camera frontend has timed out!")
        return picture

    def set_controls(self, controls: dict[str, Any]) -> None:
        for name in controls:
            if name not in self.camera_controls and name != "AeEnable":
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        self.asked |= controls

    def close(self) -> None:
        self.started = False
        self.device.released += 1


def grey(shade: int, width: int = 64, height: int = 36) -> Picture:
    return np.full((height, width, 3), shade, np.uint8)


@pytest.fixture
def device() -> Iterator[Device]:
    device = Device()
    yield device
    device.pictures.put(None)


Opened = Callable[..., LiveCamera]


@pytest.fixture(params=["opencv", "picamera2"])
def opened(request: pytest.FixtureRequest, device: Device) -> Opened:
    """Opens a driver's camera over the device."""
    if request.param == "opencv":
        return lambda **more: LiveCamera(V4l2Capture(device), "test camera", **more)
    fake = FakePicamera2()
    fake.device = device
    fake.start()
    return lambda **more: LiveCamera(Frames(fake), "test camera", **more)


def test_the_newest_picture_wins_and_no_backlog_is_kept(opened: Opened, device: Device) -> None:
    camera = opened()
    device.hold_up(grey(1), grey(2), grey(3))
    frame = camera.frame(LONG_S)
    assert frame is not None
    assert frame.picture[0, 0, 0] == 3
    assert camera.frame(0) is None


def test_a_picture_is_stamped_when_it_was_complete(opened: Opened, device: Device) -> None:
    camera = opened(monotonic_s=lambda: 77.0)
    device.hold_up(grey(1))
    frame = camera.frame(LONG_S)
    assert frame is not None
    assert frame.taken_s == 77.0


def test_an_unplugged_camera_is_named_after_its_last_picture_was_given(opened: Opened, device: Device) -> None:
    camera = opened()
    device.hold_up(grey(1))
    device.pictures.put(None)
    camera._thread.join(LONG_S)
    assert camera.frame(LONG_S) is not None
    for _ in range(2):
        with pytest.raises(CameraFault, match="test camera was unplugged"):
            camera.frame(LONG_S)


def test_a_camera_that_stalls_is_given_up(opened: Opened) -> None:
    now_s = [0.0]
    camera = opened(monotonic_s=lambda: now_s[0])
    assert camera.frame(0) is None
    now_s[0] = STALLED_S + 0.1
    with pytest.raises(CameraFault, match="stalled"):
        camera.frame(0)


def test_closing_lets_go_of_the_device_and_may_happen_twice(opened: Opened, device: Device) -> None:
    camera = opened()
    device.pictures.put(None)
    camera.close()
    assert device.released >= 1
    camera.close()


def test_a_size_that_was_not_asked_for_is_named_until_it_is_right(opened: Opened, device: Device) -> None:
    camera = opened(size=(64, 36))
    device.hold_up(grey(1))
    camera.frame(LONG_S)
    assert camera.remark == ""
    device.taken.get(timeout=LONG_S)
    device.taken.put(0)
    device.hold_up(grey(1, 32, 24))
    frame = camera.frame(LONG_S)
    assert frame is not None
    assert frame.picture.shape == (24, 32, 3)
    assert "gives 32x24 where 64x36 was asked" in camera.remark
    assert "width=32,height=24" in camera.remark


def test_its_picture_can_be_cut_and_turned(opened: Opened, device: Device) -> None:
    from hardware.cameras._framing import Crop, Framing

    picture = grey(0, 200, 100)
    picture[10:74, 20:116] = 50
    picture[10, 20] = 200  # the part's top left
    camera = opened(size=(200, 100), framing=Framing(Crop(96, 64, 20, 10), rotate=90))
    device.hold_up(picture)
    frame = camera.frame(LONG_S)
    assert frame is not None
    assert frame.picture.shape == (96, 64, 3)
    assert frame.picture[0, 63, 0] == 200
    assert camera.remark == "", "what was asked is what the camera gives, not what is cut from it"


def test_it_is_a_sensor_whose_exposure_may_be_asked(opened: Opened) -> None:
    camera = opened()
    assert isinstance(camera, Sensor)
    assert camera.limits() is None
    assert camera.exposure() == Exposure(0, 0.0)
    assert not camera.expose(Exposure(100, 0.0))


# --- Each driver's own ---------------------------------------------------------------------------------------------


def test_a_camera_that_is_not_there_is_named() -> None:
    with pytest.raises(CameraFault, match="/dev/video97 is not there; plug it in"):
        hardware.load("camera", "opencv:97")


@pytest.mark.parametrize(
    "spec",
    ["opencv", "opencv:front", "opencv:/etc/passwd", "opencv:0,widht=5", "opencv:0,rotate=45",
     "opencv:0,crop=10x10+0+0", "opencv:0,crop=big", "picamera2:front", "picamera2:0,rotate=1"],
)  # fmt: skip
def test_a_wrong_spec_is_named(spec: str) -> None:
    with pytest.raises(SettingsError):
        hardware.load("camera", spec)


def test_motion_jpeg_and_the_size_are_asked_of_a_webcam(monkeypatch: pytest.MonkeyPatch, device: Device) -> None:
    asked: dict[int, float] = {}

    class Capture(V4l2Capture):
        def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
            return True

        def set(self, what: int, value: float) -> bool:
            asked[what] = value
            return True

    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: Capture(device))
    camera = hardware.load("camera", "opencv:/dev/null,width=640,height=480")
    assert (asked[cv2.CAP_PROP_FRAME_WIDTH], asked[cv2.CAP_PROP_FRAME_HEIGHT]) == (640, 480)
    assert asked[cv2.CAP_PROP_FOURCC] == opencv.MOTION_JPEG
    assert isinstance(camera, LiveCamera)
    assert camera.limits() is None, "the device has no controls, so it keeps its automatic"
    asked.clear()
    hardware.load("camera", "opencv:/dev/null,mjpg=no,auto=yes")
    assert cv2.CAP_PROP_FOURCC not in asked


@pytest.fixture
def picamera2(monkeypatch: pytest.MonkeyPatch, device: Device) -> type[FakePicamera2]:
    """picamera2 as if it were installed."""
    module = ModuleType("picamera2")
    made = type("Picamera2", (FakePicamera2,), {"device": device})
    module.Picamera2 = made  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    return made


def test_picamera2_is_set_up_for_the_newest_frames_in_opencvs_order(
    picamera2: type[FakePicamera2], device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[FakePicamera2] = []
    create = picamera2.__init__
    monkeypatch.setattr(picamera2, "__init__", lambda self, number=0: (create(self, number), made.append(self))[0])
    camera = hardware.load("camera", "picamera2:0,width=1536,height=864,fps=20")
    assert made[0].configuration == {
        "main": {"size": (1536, 864), "format": "RGB888"}, "controls": {"FrameRate": 20.0}, "buffer_count": 2,
    }  # fmt: skip
    device.hold_up(grey(9))
    frame = camera.frame(LONG_S)
    assert frame is not None
    assert frame.picture[0, 0, 0] == 9
    assert isinstance(camera, LiveCamera)
    limits = camera.limits()
    assert limits is not None
    assert (limits.shortest_us, limits.longest_us, limits.gain_stops) == (100, 66_666, 4.0)
    assert camera.expose(Exposure(5_000, 0.5))
    assert made[0].asked == {"AeEnable": False, "ExposureTime": 5_000, "AnalogueGain": pytest.approx(4.0)}
    assert camera.exposure() == Exposure(5_000, 0.5)


def test_picamera2_without_exposure_controls_keeps_its_automatic() -> None:
    fake = FakePicamera2()
    fake.camera_controls = {"FrameDurationLimits": (1, 2, 1)}  # type: ignore[dict-item]
    controls = PicameraControls(fake)
    assert controls.limits() is None
    assert fake.asked == {}


def test_picamera2_that_is_missing_or_has_no_such_camera_is_one_line(
    picamera2: type[FakePicamera2], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CameraFault, match=r"picamera2:1 cannot be opened .*check its ribbon"):
        hardware.load("camera", "picamera2:1")
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraFault, match="apt install"):
        hardware.load("camera", "picamera2")


def test_picamera2_that_refuses_a_size_lets_go_of_the_camera(
    picamera2: type[FakePicamera2], monkeypatch: pytest.MonkeyPatch, device: Device
) -> None:
    def refuse(self: object) -> None:
        raise RuntimeError("Failed to start camera")

    monkeypatch.setattr(picamera2, "start", refuse)
    with pytest.raises(CameraFault, match="ask it for another size"):
        hardware.load("camera", "picamera2")
    assert device.released == 1


def test_a_camera_that_hangs_while_it_is_closed_is_let_go_of_once_it_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging:
        def __init__(self) -> None:
            self.free, self.released = threading.Event(), threading.Event()

        def read(self) -> tuple[bool, Any]:
            self.free.wait(10)
            return False, None

        def release(self) -> None:
            self.released.set()

    monkeypatch.setattr(_live, "CLOSES_WITHIN_S", 0.01)
    capture = Hanging()
    camera = _live.LiveCamera(capture, "that hangs")
    camera.close()
    assert not capture.released.is_set()
    capture.free.set()
    assert capture.released.wait(5)
