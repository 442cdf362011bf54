"""The controls of a V4L2 camera as the kernel answers for them, for tests."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field

from hardware.cameras._v4l2 import _CONTROL, _QUERY, VIDIOC_G_CTRL, VIDIOC_QUERYCTRL, VIDIOC_S_CTRL


@dataclass
class Webcam:
    """`controls`: id → [least, most, step, flags]; `values`: what was set; `refuses`: ids that cannot be set."""

    controls: dict[int, tuple[int, int, int, int]]
    values: dict[int, int] = field(default_factory=dict)
    refuses: set[int] = field(default_factory=set)
    gone: bool = False

    def __call__(self, number: int, request: int, given: bytes) -> bytes:
        """In place of fcntl.ioctl."""
        control = int.from_bytes(given[:4], "little")
        if self.gone:
            raise OSError(errno.ENODEV, "no such device")
        if control not in self.controls:
            raise OSError(errno.EINVAL, "no such control")
        low, high, step, flags = self.controls[control]
        if request == VIDIOC_QUERYCTRL:
            assert len(given) == 68  # struct v4l2_queryctrl of linux/videodev2.h
            return _QUERY.pack(control, 1, b"x", low, high, step, low, flags)
        if request == VIDIOC_S_CTRL:
            value = _CONTROL.unpack(given)[1]
            if control in self.refuses:
                raise OSError(errno.EACCES, "refused")
            if not low <= value <= high:
                raise OSError(errno.ERANGE, "out of range")
            self.values[control] = value
            return given
        assert request == VIDIOC_G_CTRL
        return _CONTROL.pack(control, self.values.get(control, low))
