"""A V4L2 camera (USB, or the Pi's own) through OpenCV."""

from __future__ import annotations

import os
from pathlib import Path

import cv2

from hardware import flag, whole
from hardware.cameras import Asked, path_and_options
from hardware.cameras._framing import crop, framing, rotation
from hardware.cameras._live import Controls, LiveCamera, NoControls
from hardware.cameras._v4l2 import Controls as KernelControls
from kiosk.core.faults import CameraFault, SettingsError

MOTION_JPEG = int.from_bytes(b"MJPG", "little")  # fourcc: the only way to 720p at full rate over USB 2


def open_device(arg: str, asked: Asked | None = None) -> LiveCamera:
    """`opencv:INDEX` or `opencv:/dev/...`, with `,width=,height=,fps=` in place of the settings' where given.

    `mjpg=no` takes whatever format the camera prefers, `auto=yes` leaves its exposure to itself; `rotate=90` and
    `crop=960x720+160+0` say which way up, and which part of its picture is used. Raises CameraFault when there is no
    such camera, or somebody else has it.
    """
    asked = asked or Asked()
    place, options = path_and_options(
        arg,
        width=whole(16, 8192),
        height=whole(16, 8192),
        fps=whole(1, 240),
        mjpg=flag,
        auto=flag,
        rotate=rotation,
        crop=crop,
    )
    if not (place.isascii() and place.isdecimal()) and not place.startswith("/dev/"):
        raise SettingsError("name a camera by its number or device, as in opencv:0 or opencv:/dev/video0")
    device = Path(place if place.startswith("/") else f"/dev/video{int(place)}")
    if not device.exists():
        raise CameraFault(f"camera {device} is not there; plug it in, or name another in `camera`")
    capture = cv2.VideoCapture(str(device), cv2.CAP_V4L2)
    if not capture.isOpened():
        capture.release()
        raise CameraFault(f"camera {device} cannot be opened; is another program using it, and are you in group video?")
    size = options.get("width", asked.width), options.get("height", asked.height)
    if options.get("mjpg", True):
        capture.set(cv2.CAP_PROP_FOURCC, MOTION_JPEG)
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
    capture.set(cv2.CAP_PROP_FPS, options.get("fps", max(asked.fps, 15)))
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    controls = NoControls() if options.get("auto", False) else _controls(device)
    return LiveCamera(capture, str(device), size=size, framing=framing(options), controls=controls)  # type: ignore[arg-type]


def _controls(device: Path) -> Controls:
    """The device's exposure; where it cannot be opened twice, its own automatic stays."""
    try:
        return KernelControls(os.open(device, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError:
        return NoControls()
