"""A camera that sees a flat code: its place in space, light, lens, exposure, sensor. No knowledge of any decoder.

Everything is linear light until the sensor: 1.0 is what saturates it. The code's plane is drawn finer than the sensor
sees it, taken through the lens at several points a pixel, and only then sampled, so that moiré, blur and noise come
about as they do in a camera, instead of being painted on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.ports import Picture

Light = NDArray[np.float32]  # (height, width) or (height, width, 3) RGB

FOCAL_720 = 985.0  # pixels: 66 degrees across 1280, a usual camera module
FINE, FINEST = 2, 4  # points a pixel: without, and with the display's own pixels
CELL = 6  # drawn points along a display's pixel


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the code's middle is, in mm before the lens, and how it is turned, in degrees."""

    x_mm: float
    y_mm: float
    z_mm: float
    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True)
class Lens:
    """Blur circles in pixels of the picture: the lens's own and what is out of focus; and drops of rain on it."""

    sharp_px: float = 0.4
    defocus_px: float = 0.0
    drops: tuple[tuple[float, float, float], ...] = ()  # x, y, radius


@dataclass(frozen=True, slots=True)
class Sensor:
    """How light becomes numbers. `aperture`: the share of a pixel's pitch that is lit; cheap ones skip lines."""

    photons: float = 4000.0  # that fill a pixel at this gain
    read_noise: float = 0.004  # of full scale
    aperture: float = 1.0
    jpeg: int = 0  # quality; 0: raw frames


def focal_px(height: int) -> float:
    """The focal length for pictures of this height: the same lens, more or fewer pixels."""
    return FOCAL_720 * height / 720


def onto(pose: Pose, width: int, height: int) -> NDArray[np.float64]:
    """The homography from millimetres on the code's plane to pixels."""
    yaw, pitch, roll = (radians(angle) for angle in (pose.yaw, pose.pitch, pose.roll))
    about_y = np.array([[cos(yaw), 0, sin(yaw)], [0, 1, 0], [-sin(yaw), 0, cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, cos(pitch), -sin(pitch)], [0, sin(pitch), cos(pitch)]])
    about_z = np.array([[cos(roll), -sin(roll), 0], [sin(roll), cos(roll), 0], [0, 0, 1]])
    turned = about_y @ about_x @ about_z
    plane = np.column_stack([turned[:, 0], turned[:, 1], (pose.x_mm, pose.y_mm, pose.z_mm)])
    focal = focal_px(height)
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    result: NDArray[np.float64] = camera @ plane
    return result


def display(modules: NDArray[np.uint8], pixels: int, white: float, black: float, *, lit: tuple[int, float]) -> Light:
    """The code on a display, each module `pixels` wide: red, green and blue stripes, and the dark grid between pixels.

    `lit`: how many sixths of a pixel's height shine, and how much of each stripe's second half: (4, 0.6) is an LCD
    below 200 ppi, (3, 0) an OLED or LED panel, of which a quarter shines.
    """
    cell = np.zeros((CELL, CELL, 3), np.float32)
    for stripe in range(3):
        cell[: lit[0], stripe * 2, stripe] = 1.0
        cell[: lit[0], stripe * 2 + 1, stripe] = lit[1]
    cell /= cell.mean(axis=(0, 1))
    level = np.where(modules > 0, black, white).astype(np.float32)
    level = np.kron(level, np.ones((pixels, pixels), np.float32))
    lit: Light = np.kron(level[:, :, None], np.ones((CELL, CELL, 1), np.float32))
    return np.asarray(lit * np.tile(cell, (*level.shape, 1)), np.float32)


def print_out(modules: NDArray[np.uint8], texels: int, white: float, black: float) -> Light:
    """The code as even areas: paper, and displays whose pixels are far finer than the sensor's."""
    level = np.where(modules > 0, black, white).astype(np.float32)
    return np.kron(level, np.ones((texels, texels), np.float32))


@lru_cache(maxsize=64)
def _disc(radius: float) -> NDArray[np.float32]:
    """The blur circle of a lens that is out of focus."""
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return disc / disc.sum()


def _line(dx: float, dy: float) -> NDArray[np.float32]:
    """The path of a point during the exposure."""
    reach = int(np.ceil(max(abs(dx), abs(dy)) / 2)) + 1
    path = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for part in np.linspace(-0.5, 0.5, max(3, 4 * reach)):
        x, y = reach + part * dx, reach + part * dy
        left, top = int(x), int(y)
        for column, row in ((left, top), (left + 1, top), (left, top + 1), (left + 1, top + 1)):
            if row <= 2 * reach and column <= 2 * reach:
                path[row, column] += max(0.0, 1 - abs(x - column)) * max(0.0, 1 - abs(y - row))
    return path / path.sum()


def expose(
    scene: Light, face: Light, mm: float, homography: NDArray[np.float64], moved_px: tuple[float, float],
    lens: Lens, sensor: Sensor, random: np.random.Generator,
) -> Picture:  # fmt: skip
    """One frame, BGR: the `face`, `mm` wide, before the `scene`, while it moves by `moved_px`."""
    height, width = scene.shape
    half = mm / 2
    corners = np.array([[(-half, -half), (half, -half), (half, half), (-half, half)]])
    seen = cv2.perspectiveTransform(corners, homography)[0]
    margin = 8 + max(abs(moved_px[0]), abs(moved_px[1])) + 2 * lens.defocus_px
    left, top = np.maximum(np.floor(seen.min(axis=0) - margin), 0).astype(int) // 2 * 2
    right, bottom = np.minimum(np.ceil(seen.max(axis=0) + margin), (width, height)).astype(int) // 2 * 2
    colours = face.ndim == 3
    frame = np.repeat(scene[:, :, None], 3, axis=2) if colours else scene.copy()
    if right - left > 8 and bottom - top > 8:
        behind = frame[top:bottom, left:right]
        frame[top:bottom, left:right] = _through(behind, face, mm, homography, (left, top), moved_px, lens, sensor)
    if lens.drops:
        frame = _rain(frame, lens.drops)
    return _digitise(frame, sensor, random)


def _through(
    behind: Light, face: Light, mm: float, homography: NDArray[np.float64], at: tuple[int, int],
    moved_px: tuple[float, float], lens: Lens, sensor: Sensor,
) -> Light:  # fmt: skip
    """The face before what is `behind` it, as the light falls onto the sensor and is gathered by its pixels."""
    points = FINEST if face.ndim == 3 else FINE
    size = (behind.shape[1] * points, behind.shape[0] * points)
    texels = face.shape[0]
    to_mm = np.array(
        [[mm / texels, 0, -mm / 2 + mm / texels / 2], [0, mm / texels, -mm / 2 + mm / texels / 2], [0, 0, 1]]
    )
    to_points = np.array(
        [[points, 0, points * (0.5 - at[0]) - 0.5], [0, points, points * (0.5 - at[1]) - 0.5], [0, 0, 1]]
    )
    warp = to_points @ homography @ to_mm
    per_texel = np.sqrt(abs(np.linalg.det(warp / warp[2, 2])[()]))  # roughly: points a texel
    if per_texel < 0.8:  # what is finer than the points must not alias before the lens
        face = cv2.GaussianBlur(face, (0, 0), 0.4 / per_texel)  # type: ignore[assignment]
    light = cv2.resize(behind, size, interpolation=cv2.INTER_LINEAR)
    cv2.warpPerspective(face, warp, size, dst=light, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
    if max(map(abs, moved_px)) > 0.3:
        light = cv2.filter2D(
            light, -1, _line(moved_px[0] * points, moved_px[1] * points), borderType=cv2.BORDER_REPLICATE
        )
    if lens.defocus_px > 0.3:
        light = cv2.filter2D(light, -1, _disc(round(lens.defocus_px * points, 1)), borderType=cv2.BORDER_REPLICATE)
    light = cv2.GaussianBlur(light, (0, 0), lens.sharp_px * points)
    lit = max(1, round(sensor.aperture * points))
    gathered = cv2.blur(light, (lit, lit))
    return np.asarray(gathered[points // 2 :: points, points // 2 :: points], np.float32)


def _rain(frame: Light, drops: tuple[tuple[float, float, float], ...]) -> Light:
    """Drops on the glass before the lens: what is behind one is spread over it, and brighter from the sky."""
    for x, y, radius in drops:
        reach = int(radius * 1.6)
        left, top = max(0, int(x) - reach), max(0, int(y) - reach)
        part = frame[top : int(y) + reach, left : int(x) + reach]
        if part.size:
            rows, columns = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]]
            inside = np.clip((radius * 1.25 - np.hypot(columns - x, rows - y)) / (radius * 0.5), 0, 1).astype(
                np.float32
            )
            spread = cv2.GaussianBlur(part, (0, 0), radius / 3) * 0.9 + 0.06
            part += (spread - part) * (inside if part.ndim == 2 else inside[:, :, None])
    return frame


_GAMMA = (np.where(
    (_lin := np.arange(4096) / 4095) <= 0.0031308, 12.92 * _lin, 1.055 * np.maximum(_lin, 1e-9) ** (1 / 2.4) - 0.055
) * 255 + 0.5).astype(np.uint8)  # sRGB, IEC 61966-2-1  # fmt: skip


@lru_cache(maxsize=1)
def _grain() -> NDArray[np.float32]:
    """Normal noise to cut from: drawing it anew for each frame would take longer than everything else."""
    return np.random.default_rng(11).standard_normal((1100, 1700)).astype(np.float32)


def _digitise(frame: Light, sensor: Sensor, random: np.random.Generator) -> Picture:
    """Photons, noise, colour filters where there are colours, gamma, eight bits, and the camera's own JPEG."""
    height, width = frame.shape[:2]
    raw = frame if frame.ndim == 2 else _mosaic(frame)
    top, left = random.integers(0, 1100 - height), random.integers(0, 1700 - width)
    noise = _grain()[top : top + height, left : left + width]
    raw = raw + noise * np.sqrt(np.maximum(raw, 0) / sensor.photons + sensor.read_noise**2)
    levels = (np.clip(raw, 0, 1) * 4095).astype(np.uint16)
    if frame.ndim == 3:
        coloured = np.minimum(cv2.demosaicing(levels, cv2.COLOR_BayerBG2BGR), 4095)
        picture = _GAMMA[coloured]
    else:
        picture = cv2.cvtColor(_GAMMA[levels], cv2.COLOR_GRAY2BGR)  # type: ignore[assignment]
    if sensor.jpeg:
        _, data = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, sensor.jpeg))
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)  # type: ignore[assignment]
    return picture


def _mosaic(frame: Light) -> Light:
    """What each pixel sees through its colour filter: red, green over green, blue (Bayer)."""
    raw = frame[:, :, 1].copy()
    raw[0::2, 0::2] = frame[0::2, 0::2, 0]
    raw[1::2, 1::2] = frame[1::2, 1::2, 2]
    return raw
