"""Exposure and gain of a V4L2 camera.  Source: linux/v4l2-controls.h, and the V4L2 API's "User Controls".

OpenCV can set these but does not tell their limits; so they are asked for through a second file of the device, which
the kernel allows while the first one streams, and which stays open when the scanner may open none any more.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.core.exposure import Exposure, Limits

AUTOGAIN, GAIN = 0x00980912, 0x00980913  # V4L2_CID_BASE + 18, + 19
EXPOSURE_AUTO, EXPOSURE_ABSOLUTE, EXPOSURE_AUTO_PRIORITY = 0x009A0901, 0x009A0902, 0x009A0903  # camera class
MANUAL, APERTURE_PRIORITY = 1, 3  # of EXPOSURE_AUTO
DISABLED, READ_ONLY = 0x0001, 0x0004  # flags of a control
UNIT_US = 100  # of EXPOSURE_ABSOLUTE

_QUERY = struct.Struct("=II32siiiiI8x")  # struct v4l2_queryctrl
_CONTROL = struct.Struct("=Ii")  # struct v4l2_control
VIDIOC_G_CTRL, VIDIOC_S_CTRL, VIDIOC_QUERYCTRL = 0xC008561B, 0xC008561C, 0xC0445624

Ioctl = Callable[[int, int, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Range:
    """What a control can be set to."""

    low: int
    high: int
    step: int

    def at(self, share: float) -> int:
        """The value so far up, on a step."""
        return self.nearest(self.low + share * (self.high - self.low))

    def nearest(self, value: float) -> int:
        """The value on a step that is nearest."""
        step = max(1, self.step)
        on_step = self.low + round((value - self.low) / step) * step
        return max(self.low, min(self.high, on_step))


class Controls:
    """The controls of one open device. `number` is its file, which this closes."""

    def __init__(self, number: int, ioctl: Ioctl = fcntl.ioctl) -> None:
        self._number = number
        self._ioctl = ioctl
        self._time = self._range(EXPOSURE_ABSOLUTE)
        self._gain = self._range(GAIN)
        self._steered = self._time is not None and self._take_over()

    def limits(self) -> Limits | None:
        """What can be set; None where the camera steers itself."""
        if not self._steered or self._time is None:
            return None
        shortest_us = max(1, self._time.low) * UNIT_US
        longest_us = max(shortest_us, self._time.high * UNIT_US)
        return Limits(shortest_us, longest_us, 4.0 if self._gain else 0.0)

    def exposure(self) -> Exposure:
        """How it is set."""
        time_us = (self._get(EXPOSURE_ABSOLUTE) or 1) * UNIT_US
        if self._gain is None or self._gain.high == self._gain.low:
            return Exposure(time_us, 0.0)
        gain = self._get(GAIN)
        return Exposure(time_us, ((gain or self._gain.low) - self._gain.low) / (self._gain.high - self._gain.low))

    def expose(self, exposure: Exposure) -> bool:
        """Sets both; where the camera refuses, it is left to itself again."""
        if not self._steered or self._time is None:
            return False
        taken = self._set(EXPOSURE_ABSOLUTE, self._time.nearest(exposure.time_us / UNIT_US))
        if taken and self._gain is not None:
            taken = self._set(GAIN, self._gain.at(exposure.gain))
        if not taken:
            self._let_go()
        return taken

    def close(self) -> None:
        """Leaves the camera to itself; may be called twice."""
        if self._number >= 0:
            self._let_go()
            os.close(self._number)
            self._number = -1

    def _take_over(self) -> bool:
        """Whether the camera lets itself be steered by hand."""
        if self._range(EXPOSURE_AUTO) is not None and not self._set(EXPOSURE_AUTO, MANUAL):
            return False
        self._set(AUTOGAIN, 0)  # most have none
        self._set(EXPOSURE_AUTO_PRIORITY, 0)  # or a dark scene would halve the frames a second
        if self._time is not None and not self._set(EXPOSURE_ABSOLUTE, self._time.nearest(100)):
            self._let_go()
            return False
        return True

    def _let_go(self) -> None:
        self._steered = False
        self._set(EXPOSURE_AUTO, APERTURE_PRIORITY)
        self._set(AUTOGAIN, 1)

    def _range(self, control: int) -> Range | None:
        try:
            asked = _QUERY.pack(control, 0, b"", 0, 0, 0, 0, 0)
            _, _, _, low, high, step, _, flags = _QUERY.unpack(self._ioctl(self._number, VIDIOC_QUERYCTRL, asked))
        except OSError:
            return None
        usable = not flags & (DISABLED | READ_ONLY) and high > low
        return Range(low, high, step) if usable else None

    def _get(self, control: int) -> int | None:
        try:
            value: int = _CONTROL.unpack(self._ioctl(self._number, VIDIOC_G_CTRL, _CONTROL.pack(control, 0)))[1]
        except OSError:
            return None
        return value

    def _set(self, control: int, value: int) -> bool:
        try:
            self._ioctl(self._number, VIDIOC_S_CTRL, _CONTROL.pack(control, value))
        except OSError:
            return False
        return True
