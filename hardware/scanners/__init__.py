"""What finds QR codes in pictures: one file per decoder; `cascade` is the one that the gate uses."""

from __future__ import annotations

from dataclasses import dataclass

import cv2

from kiosk.core.ports import Picture


@dataclass(frozen=True, slots=True)
class Found:
    """What a decoder made of a picture: the texts, how many codes it saw but could not read, and what read first."""

    texts: tuple[str, ...] = ()
    unread: int = 0
    stage: str = ""


def grey(picture: Picture) -> Picture:
    """The picture in shades of grey; itself when it has no colours."""
    return picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]
