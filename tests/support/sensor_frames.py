"""Frames as a webcam's sensor gives them: a scene, its light, noise, and the blocks of JPEG; for tests."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import cv2
import numpy as np

from kiosk.core.ports import Picture

DIFFERENT = 7  # frames, then they come again: only neighbours are ever compared


def scene(width: int = 1280, height: int = 720) -> Picture:
    """A gate: wall, bars, pavement, a bush; in focus as a small lens has everything."""
    picture = np.full((720, 1280, 3), (170, 165, 160), np.uint8)
    cv2.rectangle(picture, (0, 120), (320, 560), (120, 130, 145), -1)
    for x in range(360, 930, 38):
        cv2.line(picture, (x, 120), (x, 560), (60, 64, 70), 6)
    cv2.rectangle(picture, (960, 60), (1280, 560), (110, 120, 132), -1)
    cv2.ellipse(picture, (1120, 300), (130, 110), 0, 0, 360, (60, 110, 66), -1)
    cv2.rectangle(picture, (0, 560), (1280, 720), (130, 134, 138), -1)
    cv2.line(picture, (0, 640), (1280, 640), (180, 214, 222), 12)
    return cv2.resize(cv2.GaussianBlur(picture, (0, 0), 1.2), (width, height))  # type: ignore[return-value]


def uniform(shade: int, leak: float = 0.0) -> Picture:
    """What is seen through a hand or tape: one shade, brighter to one side where light leaks in."""
    across = np.linspace(1 - leak, 1 + leak, 1280)[None, :, None]
    return np.clip(np.full((720, 1280, 3), float(shade)) * across, 0, 255).astype(np.uint8)


def rained_on(picture: Picture) -> Picture:
    """A film of water and drops on the lens: every edge goes, and some places more than others."""
    soft = cv2.GaussianBlur(picture, (0, 0), 16)
    softer = cv2.GaussianBlur(picture, (0, 0), 40)
    chance = np.random.default_rng(3)
    drops = np.zeros(picture.shape[:2], np.float32)
    for x, y, radius in zip(chance.integers(0, 1280, 12), chance.integers(0, 720, 12), chance.integers(40, 120, 12),
                            strict=True):  # fmt: skip
        cv2.circle(drops, (int(x), int(y)), int(radius), 1.0, -1)
    share = cv2.GaussianBlur(drops, (0, 0), 10)[..., None]
    return (soft * (1 - share) + softer * share).astype(np.uint8)


def sensor(
    picture: Picture, *, light: float = 1.0, noise: float = 2.0, quality: int = 80, seed: int = 1
) -> Iterator[Picture]:
    """Endless frames of it; `noise` in shades, `quality` of the JPEG that a USB camera sends, 0 for none."""
    chance = np.random.default_rng(seed)
    lit = picture.astype(np.float32) * light
    frames: list[Picture] = []
    for _ in range(DIFFERENT):
        grain = chance.normal(0, noise, picture.shape[:2]).astype(np.float32)[..., None]
        frame = np.clip(lit + grain, 0, 255).astype(np.uint8)
        if quality:
            frame = cv2.imdecode(cv2.imencode(".jpg", frame, (cv2.IMWRITE_JPEG_QUALITY, quality))[1], cv2.IMREAD_COLOR)
        frames.append(frame)  # type: ignore[arg-type]
    return cycle(frames)
