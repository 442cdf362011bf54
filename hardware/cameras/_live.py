"""A camera with a sensor: a thread takes every picture at once and keeps the newest, so nobody ever sees an old one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

import cv2

from hardware.cameras._framing import Framing
from kiosk.core.exposure import Exposure, Limits
from kiosk.core.faults import CameraFault
from kiosk.core.ports import Frame, Picture

STALLED_S = 3.0  # a camera that gives nothing for so long is given up
CLOSES_WITHIN_S = 2.0  # a device that takes longer is let go of when it is free


class Capture(Protocol):
    """The part of cv2.VideoCapture that a running camera needs."""

    def read(self) -> tuple[bool, Picture]:
        """Whether there was a next picture, and the picture. Blocks until then."""

    def release(self) -> None:
        """Lets go of the device."""


class Controls(Protocol):
    """What sets the exposure of a device; the methods are those of a Sensor."""

    def limits(self) -> Limits | None:
        """What can be set."""

    def exposure(self) -> Exposure:
        """What is set."""

    def expose(self, exposure: Exposure) -> bool:
        """Sets it."""

    def close(self) -> None:
        """Leaves the camera to itself."""


class NoControls:
    """Those of a camera that steers itself."""

    def limits(self) -> None:
        """Nothing can be set."""

    def exposure(self) -> Exposure:
        """Nobody knows."""
        return Exposure(0, 0.0)

    def expose(self, exposure: Exposure) -> bool:
        """It never is."""
        return False

    def close(self) -> None:
        """Nothing to let go of."""


class LiveCamera:
    """The newest picture of a camera that a thread of ours reads. Offers what a Camera and a Sensor offer."""

    def __init__(
        self,
        capture: Capture,
        name: str,
        *,
        size: tuple[int, int] | None = None,
        framing: Framing = Framing(),  # noqa: B008 - frozen
        controls: Controls | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capture = capture
        self._name = name
        self._size = size  # width and height that were asked for
        self._framing = framing
        self._controls = controls or NoControls()
        self._monotonic_s = monotonic_s
        self._fresh = threading.Condition()
        self._newest: Frame | None = None
        self._gone = False
        self._closing = False
        self._last_s = monotonic_s()
        self.remark = ""
        self._thread = threading.Thread(target=self._take, name=f"camera {name}", daemon=True)
        self._thread.start()

    def frame(self, timeout_s: float) -> Frame | None:
        """The newest picture not yet given, or None. Raises CameraFault when the camera is unplugged or stalled."""
        with self._fresh:
            self._fresh.wait_for(lambda: self._newest is not None or self._gone, timeout_s)
            newest, self._newest = self._newest, None
            if newest is None and self._gone:
                raise CameraFault(f"camera {self._name} was unplugged or failed; plug it in again")
            if newest is None and self._monotonic_s() - self._last_s > STALLED_S:
                raise CameraFault(f"camera {self._name} stalled: no picture for {STALLED_S:g} s; check cable and power")
        if newest is None:
            return None
        self._last_s = newest.taken_s
        self._compare(newest.picture)
        return Frame(self._framing.apply(newest.picture), newest.taken_s)

    def limits(self) -> Limits | None:
        """What its exposure can be set to; None where it steers itself."""
        return self._controls.limits()

    def exposure(self) -> Exposure:
        """How it is set."""
        return self._controls.exposure()

    def expose(self, exposure: Exposure) -> bool:
        """Asks for an exposure; False where the camera refuses."""
        return self._controls.expose(exposure)

    def close(self) -> None:
        """Stops the thread and lets go of the device; where the device hangs, the thread does so once it is free."""
        with self._fresh:
            self._closing = True
        self._thread.join(CLOSES_WITHIN_S)
        if not self._thread.is_alive():
            self._let_go()

    def _let_go(self) -> None:
        self._controls.close()
        self._capture.release()

    def _compare(self, picture: Picture) -> None:
        """Notes a size that was not asked for; it may change while the camera runs."""
        height, width = picture.shape[:2]
        if self._size is None or (width, height) == self._size:
            self.remark = ""
            return
        asked = f"{self._size[0]}x{self._size[1]}"
        self.remark = (
            f"camera {self._name} gives {width}x{height} where {asked} was asked of it; if that is meant, "
            f"write width={width},height={height} after its name"
        )

    def _take(self) -> None:
        while not self._closing:
            whole_picture, picture = False, None
            try:
                whole_picture, picture = self._capture.read()
            except (cv2.error, OSError, RuntimeError, TimeoutError):
                whole_picture = False  # what captures raise when their device is gone
            with self._fresh:
                if whole_picture and picture is not None:
                    self._newest = Frame(picture, self._monotonic_s())
                else:
                    self._gone = True
                self._fresh.notify()
            if self._gone:
                break
        if self._closing:
            self._let_go()
