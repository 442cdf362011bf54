"""Codes read module by module: through blur, behind glare, from several looks that each show a part."""

import cv2
import numpy as np
import pytest

from hardware.scanners import zxing
from hardware.scanners._grid import Grid, fitted, soft
from hardware.scanners._measured import Measured, grid_of, measured
from hardware.scanners._symbol import MODULES
from kiosk.core.ports import Corners, Picture, Sighting
from tests.support.pictures import qr

TEXT = "HC1:" + "6BFOXN%TSMAHN-H" * 8
PX = 4
CODE = qr(TEXT, module_px=PX)
OTHER = qr(TEXT[::-1], module_px=PX)
SIZE = (len(CODE) // PX) - 8
VERSION = MODULES.index(SIZE) + 1
TILT = np.array([[0.92, 0.08, 60], [-0.06, 0.95, 70], [1e-4, -1e-4, 1]])


def held(spoil: float = 0, seed: int = 1, code: Picture = CODE) -> Picture:
    """A code, tilted, on a grey ground, with noise."""
    picture = cv2.warpPerspective(code, TILT, (480, 420), borderValue=110).astype(np.float32)  # type: ignore[call-overload]
    noise = np.random.default_rng(seed).normal(0, spoil, picture.shape)
    return np.clip(picture * 0.6 + 40 + noise, 0, 255).astype(np.uint8)


def corners(off: float = 0.0) -> Corners:
    """Where the code is in `held`; `off` pixels wrong, each corner in another direction."""
    far = len(CODE) - 4 * PX
    ends = np.array([[(16, 16), (far, 16), (far, far), (16, far)]], np.float64)
    true = cv2.perspectiveTransform(ends, TILT)[0]
    ways = np.array([(1, 0), (0, 1), (-1, 1), (1, -1)])
    return tuple((float(x), float(y)) for x, y in true + off * ways)


def seen(off: float = 0.0) -> Sighting:
    return Sighting(None, corners(off), SIZE)


def test_the_grid_is_found_to_a_fifth_of_a_module_from_corners_that_are_a_module_off() -> None:
    grid, _ = fitted(held(), Grid.of(VERSION, corners(off=PX)))
    assert np.allclose(grid.corners, corners(), atol=PX / 5)


def test_a_code_so_blurred_that_no_decoder_reads_it_is_measured() -> None:
    blurred = cv2.GaussianBlur(held(), (0, 0), 0.55 * PX)
    assert zxing.read(blurred).texts == ()
    found = measured(blurred, seen(off=1))
    assert found is not None
    assert found.text == TEXT
    assert np.allclose(found.corners, corners(), atol=2)


def test_white_on_black_is_measured_too() -> None:
    found = measured(255 - held(), seen())
    assert found is not None
    assert found.text == TEXT


def glared(x: int, y: int) -> Picture:
    picture = held(spoil=4, seed=x)
    spot = np.zeros(picture.shape, np.float32)
    cv2.circle(spot, (x, y), 44, 255.0, -1)
    return np.clip(picture + cv2.GaussianBlur(spot, (0, 0), 9), 0, 255).astype(np.uint8)


def test_glare_that_wanders_leaves_enough_in_all_looks_together() -> None:
    looks = [glared(*at) for at in ((150, 150), (190, 190), (120, 190))]
    assert all(zxing.read(look).texts == () for look in looks)
    assert all(measured(look, seen()) is None for look in looks)
    assert TEXT in said(*looks)


def said(*looks: Picture) -> list[str | None]:
    """What one code that is looked at in turn says after each look."""
    code, grid, texts = Measured(), grid_of(seen()), []
    assert grid is not None
    for look in looks:
        code.text = None
        code.look(look, grid)
        texts.append(code.text)
    return texts


def test_looks_at_another_code_are_not_mixed_with_those_before() -> None:
    assert said(held(code=OTHER), held()) == [TEXT[::-1], TEXT]


def test_where_there_is_no_code_the_known_patterns_say_so() -> None:
    random = np.random.default_rng(2)
    for _ in range(20):
        noise = cv2.GaussianBlur(random.integers(0, 256, (420, 480)).astype(np.uint8), (0, 0), random.uniform(0.5, 4))
        grid, upright = fitted(noise, Grid.of(VERSION, corners()))  # type: ignore[arg-type]
        assert soft(upright, grid.version) is None


@pytest.mark.parametrize("modules", [None, 0, 20, 23, 181])
def test_a_code_of_unknown_size_has_no_grid(modules: int | None) -> None:
    assert grid_of(Sighting(None, corners(), modules)) is None


def test_corners_that_make_no_sense_have_no_grid() -> None:
    for wrong in (((5.0, 5.0),) * 4, ((0, 0), (9, 9), (18, 18), (0, 0)), ((0, 0), (3, 0), (3, 3), (0, 3))):
        assert grid_of(Sighting(None, wrong, SIZE)) is None


def test_any_four_points_cost_no_more_than_a_missed_code() -> None:
    random = np.random.default_rng(5)
    picture = held()
    for _ in range(60):
        anywhere = tuple((float(x), float(y)) for x, y in random.uniform(-300, 800, (4, 2)))
        found = measured(picture, Sighting(None, anywhere, int(random.choice(MODULES))))
        assert found is None or found.text == TEXT
