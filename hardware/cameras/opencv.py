"""A V4L2 camera (USB, or the Pi's own) through OpenCV.

A thread takes every picture at once and keeps the newest, so a slow reader never sees an old one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import cv2

from hardware import whole
from hardware.cameras import Asked, path_and_options
from kiosk.core.faults import CameraFault, SettingsError
from kiosk.core.ports import Frame, Picture

STALLED_S = 3.0  # a camera that gives nothing for so long is given up
MOTION_JPEG = int.from_bytes(b"MJPG", "little")  # fourcc: the only way to 720p at full rate over USB 2


class Capture(Protocol):
    """The part of cv2.VideoCapture that a running camera needs."""

    def read(self) -> tuple[bool, Picture]:
        """Whether there was a next picture, and the picture."""

    def release(self) -> None:
        """Lets go of the device."""


class OpencvCamera:
    """The newest picture of a camera that a thread of ours reads."""

    def __init__(self, capture: Capture, name: str, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._capture = capture
        self._name = name
        self._monotonic_s = monotonic_s
        self._fresh = threading.Condition()
        self._newest: Frame | None = None
        self._gone = False
        self._closing = False
        self._last_s = monotonic_s()
        self._thread = threading.Thread(target=self._take, name=f"camera {name}", daemon=True)
        self._thread.start()

    def frame(self, timeout_s: float) -> Frame | None:
        """The newest picture not yet given, or None. Raises CameraFault when the camera is unplugged or stalled."""
        with self._fresh:
            self._fresh.wait_for(lambda: self._newest is not None or self._gone, timeout_s)
            newest, self._newest = self._newest, None
            if newest is not None:
                self._last_s = newest.taken_s
                return newest
            if self._gone:
                raise CameraFault(f"camera {self._name} was unplugged or failed; plug it in again")
            if self._monotonic_s() - self._last_s > STALLED_S:
                raise CameraFault(f"camera {self._name} stalled: no picture for {STALLED_S:g} s; check cable and power")
            return None

    def close(self) -> None:
        """Stops the thread and lets go of the device; a device that hangs is left to the end of the process."""
        self._closing = True
        self._thread.join(2.0)
        if not self._thread.is_alive():
            self._capture.release()

    def _take(self) -> None:
        while not self._closing:
            whole_picture, picture = False, None
            with suppress(cv2.error):
                whole_picture, picture = self._capture.read()
            with self._fresh:
                if whole_picture and picture is not None:
                    self._newest = Frame(picture, self._monotonic_s())
                else:
                    self._gone = True
                self._fresh.notify()
            if self._gone:
                return


def open_device(arg: str, asked: Asked | None = None) -> OpencvCamera:
    """`opencv:INDEX` or `opencv:/dev/...`, with `,width=,height=,fps=` in place of the settings' where given.

    Raises CameraFault when there is no such camera, or somebody else has it.
    """
    asked = asked or Asked()
    place, options = path_and_options(arg, width=whole(16, 8192), height=whole(16, 8192), fps=whole(1, 240))
    if not (place.isascii() and place.isdecimal()) and not place.startswith("/dev/"):
        raise SettingsError("name a camera by its number or device, as in opencv:0 or opencv:/dev/video0")
    device = Path(place if place.startswith("/") else f"/dev/video{int(place)}")
    if not device.exists():
        raise CameraFault(f"camera {device} is not there; plug it in, or name another in `camera`")
    capture = cv2.VideoCapture(str(device), cv2.CAP_V4L2)
    if not capture.isOpened():
        capture.release()
        raise CameraFault(f"camera {device} cannot be opened; is another program using it, and are you in group video?")
    capture.set(cv2.CAP_PROP_FOURCC, MOTION_JPEG)
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, options.get("width", asked.width))
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, options.get("height", asked.height))
    capture.set(cv2.CAP_PROP_FPS, options.get("fps", max(asked.fps, 15)))
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return OpencvCamera(capture, str(device))  # type: ignore[arg-type]
