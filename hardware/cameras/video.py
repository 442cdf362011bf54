"""A video file as a camera, in its own time or as fast as it is read."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import cv2

from hardware import flag
from hardware.cameras import LONGEST_SIDE, Asked, path_and_options
from hardware.pictures import BadPicture, fit
from kiosk.core.faults import CameraFault, SettingsError
from kiosk.core.ports import Frame, Picture

USUAL_FPS = 25.0  # where the file does not say
MOST_PIXELS = 3840 * 2160


class Video:
    """The frames of one file; in real time those that nobody asked for in time are skipped."""

    def __init__(
        self,
        capture: cv2.VideoCapture,
        name: str,
        *,
        real_time: bool = True,
        monotonic_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._capture = capture
        self._name = name
        self._real_time = real_time
        self._monotonic_s = monotonic_s
        self._sleep = sleep
        fps = capture.get(cv2.CAP_PROP_FPS)
        self._fps = fps if 0 < fps <= 1000 else USUAL_FPS
        self._promised = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._given = 0
        self._start_s: float | None = None
        self._ended = False

    def frame(self, timeout_s: float) -> Frame | None:
        """The frame of this moment. Raises BadPicture once when the file is cut off, EOFError at its end."""
        if self._real_time and not self._wait(timeout_s):
            return None
        due = self._due() if self._real_time else self._given + 1
        while self._given < due:
            if self._ended or not self._capture.grab():
                self._end()
            self._given += 1
        whole, picture = self._capture.retrieve()
        if not whole:
            self._end()
        grown: Picture = fit(picture, LONGEST_SIDE)  # type: ignore[arg-type]
        return Frame(grown, self._monotonic_s(), self._name)

    def close(self) -> None:
        """Closes the file."""
        self._ended = True
        self._capture.release()

    def _due(self) -> int:
        """How many frames should have been given by now."""
        if self._start_s is None:
            self._start_s = self._monotonic_s()
        return int((self._monotonic_s() - self._start_s) * self._fps + 1e-6) + 1

    def _wait(self, timeout_s: float) -> bool:
        """Waits for the next frame's time, at most `timeout_s`; whether it has come."""
        if self._due() > self._given:
            return True
        assert self._start_s is not None
        left = self._start_s + self._given / self._fps - self._monotonic_s()
        self._sleep(max(0.0, min(left, timeout_s)))
        return self._due() > self._given

    def _end(self) -> None:
        if not self._ended and self._given < 0.9 * self._promised:  # counts are estimates in some containers
            self._ended = True
            raise BadPicture(f"{self._name}: cut off after {self._given} of {self._promised} frames; copy it again")
        self._ended = True
        raise EOFError("that was the last frame")


def open_device(arg: str, asked: Asked | None = None) -> Video:  # noqa: ARG001 - what files give is as it is
    """`video:FILE[,fast=yes]`: in real time, or every frame as fast as it is read.

    Raises CameraFault when the file is missing, no video, or larger than 4K.
    """
    path, options = path_and_options(arg, fast=flag)
    if not path:
        raise SettingsError("name a video file, as in video:gate.mp4")
    file = Path(path)
    if not file.is_file():
        raise CameraFault(f"{path}: no such file; check the path")
    # One thread: more would be started with the first picture, when the scanner may start none any more.
    capture = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG, (cv2.CAP_PROP_N_THREADS, 1))
    if not capture.isOpened():
        raise CameraFault(f"{path}: not a video, or cut off before its index; copy it again")
    if capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT) > MOST_PIXELS:
        capture.release()
        raise CameraFault(f"{path}: larger than 3840x2160; scale it down")
    return Video(capture, file.name, real_time=not options.get("fast", False))
