"""What gives pictures: one file per kind of camera.

After `open_device` returned, a driver opens no file, starts no thread and imports nothing any more: the scanner
process gives up those rights before the first picture is decoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hardware
from kiosk.core.ports import Camera

LONGEST_SIDE = 1920  # pixels; larger pictures of files are scaled down to what a camera would give


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a camera; it gives what it can."""

    width: int = 1280
    height: int = 720
    fps: float = 10.0


def open_camera(spec: str, asked: Asked) -> Camera:
    """The camera that `spec` (`DRIVER[:ARG]`) names, in about the size asked for.

    Raises SettingsError when the spec is wrong, CameraFault when the camera cannot be opened now.
    """
    return hardware.load("camera", spec, asked=asked)


def path_and_options(arg: str, **types: Callable[[str], Any]) -> tuple[str, dict[str, Any]]:
    """Splits `PATH,key=value,...` where the path itself may hold commas. Raises SettingsError."""
    keys = "|".join(types)
    tail = re.search(rf"(?:,(?:{keys})=[^,]*)+$", arg) if types else None
    path = arg[: tail.start()] if tail else arg
    return path, hardware.arguments(tail.group()[1:] if tail else "", **types)
