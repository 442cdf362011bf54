"""The steps of the cascade: each makes a picture easier and gives it to one decoder.

Gains are counted on 588 labelled codes in 463 photographs, as additional codes after all steps before; costs are CPU
milliseconds for one of the pictures that came so far (median size 0.6 megapixels, one x86 core; a Pi 4 takes three to
four times as long). `make bench ARGS=scanning` counts them again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from hardware.scanners import Found, zxing
from hardware.scanners.zbar import Zbar
from kiosk.core.ports import Picture

LARGEST_DOUBLED = 1_500_000  # pixels; larger pictures have fine modules already, and doubling costs too much

Read = Callable[[Picture], Found]

_SHADES = np.arange(256) / 255
_DARKER = (255 * _SHADES**2.5).astype(np.uint8)
_BRIGHTER = (255 * _SHADES**0.4).astype(np.uint8)


def plain(picture: Picture) -> Picture:
    """As it is."""
    return picture


def brightened(picture: Picture) -> Picture:
    """Gamma 0.4, which spreads the dark shades: dusk, shadow, and black that reflections have made grey. +9, 1.8 ms."""
    return cv2.LUT(picture, _BRIGHTER)  # type: ignore[return-value]


def darkened(picture: Picture) -> Picture:
    """Gamma 2.5, which spreads the bright shades: burnt phones, glare, mist on the glass. +12, 1.3 ms."""
    return cv2.LUT(picture, _DARKER)  # type: ignore[return-value]


def halved(picture: Picture) -> Picture:
    """Half the size: moiré and noise are averaged away. +1, 5.6 ms."""
    return cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def quartered(picture: Picture) -> Picture:
    """A quarter of the size, for large codes with dirt or a display's pixels on them. +6, 1.8 ms."""
    return cv2.resize(picture, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def sharpened(picture: Picture) -> Picture:
    """Unsharp mask, for codes a little out of focus. +2, 3.6 ms."""
    return unsharp(picture, 3.0, 1.5)


def thresholded(picture: Picture) -> Picture:
    """Sharpened, then black and white by each pixel's neighbourhood: low contrast and uneven light. +5, 7.4 ms."""
    return neighbourhood(unsharp(picture, 2.0, 2.0), 31, 5)


def closed(picture: Picture) -> Picture:
    """Fine dark marks painted over: dots, scratches, the dark grid between a display's pixels. +1, 0.7 ms."""
    return cv2.morphologyEx(picture, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))  # type: ignore[return-value]


def thickened(picture: Picture) -> Picture:
    """Dark parts grown by a pixel, for modules that bright light has eaten into or that are printed as dots."""
    return cv2.erode(picture, np.ones((3, 3), np.uint8))  # type: ignore[return-value]


def doubled(picture: Picture) -> Picture:
    """Twice the size and sharpened, for codes too small or too dense. +1, 18 ms."""
    if picture.size <= LARGEST_DOUBLED:
        picture = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)  # type: ignore[assignment]
    return unsharp(picture, 3.0, 1.5)


def smoothed(picture: Picture) -> Picture:
    """Gaussian blur of three pixels, for coarse noise and codes made of separate dots. +1, 3.1 ms."""
    return cv2.GaussianBlur(picture, (0, 0), 3.0)  # type: ignore[return-value]


def unsharp(picture: Picture, sigma: float, amount: float) -> Picture:
    """The picture and `amount` times what differs from its own blur."""
    blurred = cv2.GaussianBlur(picture, (0, 0), sigma)
    return cv2.addWeighted(picture, 1 + amount, blurred, -amount, 0)  # type: ignore[return-value]


def neighbourhood(picture: Picture, block: int, below: int) -> Picture:
    """Black where a pixel is `below` shades darker than the mean around it, `block` pixels wide."""
    return cv2.adaptiveThreshold(  # type: ignore[return-value]
        picture, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY, block, below
    )


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: its name, as `kiosk scan` reports it, what it makes of a picture, and who reads that."""

    name: str
    prepare: Callable[[Picture], Picture]
    read: Read

    def run(self, picture: Picture) -> Found:
        """The codes found, in the coordinates of `picture` itself."""
        prepared = self.prepare(picture)
        return self.read(prepared).scaled(picture.shape[1] / prepared.shape[1])


def global_histogram(picture: Picture) -> Found:
    """zxing-cpp with one threshold for each row instead of one for each neighbourhood."""
    return zxing.read(picture, global_threshold=True)


def stages(zbar: Zbar) -> tuple[Stage, ...]:
    """The steps in their order; the first runs on every picture."""
    return (
        Stage("zxing", plain, zxing.read),
        Stage("brightened", brightened, zxing.read),
        Stage("darkened", darkened, zxing.read),
        Stage("quartered_zbar", quartered, zbar.read),
        Stage("sharpened", sharpened, zxing.read),
        Stage("closed", closed, global_histogram),
        Stage("thickened", thickened, zxing.read),
        Stage("thresholded", thresholded, zxing.read),
        Stage("halved_zbar", halved, zbar.read),
        Stage("doubled", doubled, zxing.read),
        Stage("smoothed", smoothed, zxing.read),
    )
