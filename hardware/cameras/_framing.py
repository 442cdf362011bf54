"""What of a camera's picture is used, and which way up: the settings of a camera that hangs as it must."""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2

from kiosk.core.ports import Picture

_CROP = re.compile(r"([0-9]{1,4})x([0-9]{1,4})\+([0-9]{1,4})\+([0-9]{1,4})")
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of the picture as the camera gives it, in pixels."""

    width: int
    height: int
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class Framing:
    """First cut, then turned clockwise by 0, 90, 180 or 270 degrees."""

    crop: Crop | None = None
    rotate: int = 0

    def apply(self, picture: Picture) -> Picture:
        """The part that is used, upright; the whole picture where nothing of the part is in it."""
        if self.crop is not None:
            cut = self.crop
            part = picture[cut.top : cut.top + cut.height, cut.left : cut.left + cut.width]
            picture = part if part.size else picture
        return cv2.rotate(picture, _TURNS[self.rotate]) if self.rotate else picture  # type: ignore[return-value]


def crop(text: str) -> Crop:
    """WIDTHxHEIGHT+LEFT+TOP"""
    found = _CROP.fullmatch(text)
    numbers = [int(number) for number in found.groups()] if found else []
    if not numbers or min(numbers[:2]) < 64:
        raise ValueError("must be as 960x720+160+0, at least 64 pixels a side")
    return Crop(*numbers)


def rotation(text: str) -> int:
    """0|90|180|270"""
    if text not in ("0", "90", "180", "270"):
        raise ValueError("must be 0, 90, 180 or 270")
    return int(text)


def framing(options: dict[str, object]) -> Framing:
    """What the options `crop` and `rotate` of a camera say."""
    return Framing(options.get("crop"), options.get("rotate", 0))  # type: ignore[arg-type]
