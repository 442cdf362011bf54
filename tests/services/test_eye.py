"""How a camera is found to be, on frames with a sensor's noise; what is asked of its exposure; what is hinted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import islice, repeat

import cv2
import numpy as np
import pytest

from hardware.scanners import zxing
from kiosk.core.exposure import Exposure, Limits
from kiosk.core.hints import Hint
from kiosk.core.ports import Frame, Picture, Sighting
from kiosk.services.eye import Eye
from kiosk.services.messages import CameraState
from tests.support.pictures import qr
from tests.support.sensor_frames import rained_on, scene, sensor, uniform

FRAME_S = 0.1
SCENE = scene()
NIGHT = 0.03  # of daylight


class Camera:
    """A camera with a sensor; `obeys` says whether its exposure can be set."""

    def __init__(self, *, steered: bool = False, obeys: bool = True) -> None:
        self.remark = ""
        self.asked: list[Exposure] = []
        self._steered, self._obeys = steered, obeys

    def frame(self, timeout_s: float) -> Frame | None:
        return None

    def close(self) -> None:
        pass

    def limits(self) -> Limits | None:
        return Limits(100, 100_000) if self._steered else None

    def exposure(self) -> Exposure:
        return Exposure(10_000, 0.0)

    def expose(self, exposure: Exposure) -> bool:
        self.asked.append(exposure)
        return self._obeys


class Watching:
    """An eye, and the time that its frames take."""

    def __init__(self, camera: object | None = None) -> None:
        self.eye = Eye(camera or Camera())  # type: ignore[arg-type]
        self.now_s = 100.0

    @property
    def state(self) -> CameraState:
        return self.eye.state[0]

    def sees(
        self, frames: Iterator[Picture], seconds: float, sightings: tuple[Sighting, ...] = ()
    ) -> list[CameraState]:
        """Looks at frames for so long; the states after each."""
        states = []
        for frame in islice(frames, round(seconds / FRAME_S)):
            self.now_s += FRAME_S
            self.eye.look(frame, sightings, self.now_s)
            states.append(self.state)
        return states

    def until(self, frames: Iterator[Picture], state: CameraState, within_s: float) -> None:
        states = self.sees(frames, within_s)
        assert states[-1] is state, states


def frozen(last: Picture) -> Iterator[Picture]:
    return (last.copy() for _ in repeat(None))


@pytest.fixture(scope="module")
def usual() -> Callable[[], Watching]:
    """An eye that knows its scene."""

    def made() -> Watching:
        watching = Watching()
        assert set(watching.sees(sensor(SCENE), 6)) == {CameraState.OK}
        return watching

    return made


TROUBLE = {
    CameraState.FROZEN: lambda: frozen(next(sensor(SCENE))),
    CameraState.DARK: lambda: sensor(SCENE, light=NIGHT, noise=6),
    CameraState.COVERED: lambda: sensor(uniform(120, leak=0.4), noise=5),
    CameraState.BLURRED: lambda: sensor(rained_on(SCENE)),
}


@pytest.mark.parametrize("state", TROUBLE)
def test_a_trouble_is_named_within_two_seconds_and_forgotten_when_it_is_over(
    usual: Callable[[], Watching], state: CameraState
) -> None:
    watching = usual()
    watching.until(TROUBLE[state](), state, within_s=2.0)
    assert watching.eye.state[1].count("\n") == 0
    assert ";" in watching.eye.state[1]
    watching.until(sensor(SCENE), CameraState.OK, within_s=1.0)


@pytest.mark.parametrize("shade", [0, 40, 180, 255])
def test_whatever_covers_the_lens_is_told_but_black_is_dark(usual: Callable[[], Watching], shade: int) -> None:
    watching = usual()
    expected = CameraState.DARK if shade == 0 else CameraState.COVERED
    watching.until(sensor(uniform(shade), noise=2), expected, within_s=2.0)


@pytest.mark.parametrize(("noise", "quality"), [(0.7, 80), (1.0, 60), (2.0, 90), (6.0, 80), (0.7, 0)])
def test_a_scene_in_which_nothing_moves_is_never_taken_for_a_frozen_one(noise: float, quality: int) -> None:
    watching = Watching()
    assert set(watching.sees(sensor(SCENE, noise=noise, quality=quality), 8)) == {CameraState.OK}


def test_a_night_with_the_lights_off_is_dark_and_a_phone_held_up_in_it_is_seen() -> None:
    watching = Watching()
    watching.until(sensor(SCENE, light=NIGHT, noise=6), CameraState.DARK, within_s=2.0)
    held = (SCENE * NIGHT).astype(np.uint8)
    held[200:500, 500:800] = cv2.cvtColor(cv2.resize(qr("KP1:X"), (300, 300)), cv2.COLOR_GRAY2BGR)
    watching.until(sensor(held, noise=6), CameraState.OK, within_s=1.0)


@pytest.mark.parametrize("light", [0.5, 0.25, 0.15])
def test_dusk_is_neither_rain_nor_a_hand(usual: Callable[[], Watching], light: float) -> None:
    watching = usual()
    assert set(watching.sees(sensor(SCENE, light=light, noise=4), 4)) == {CameraState.OK}


def test_somebody_in_a_plain_coat_before_the_lens_is_neither_rain_nor_a_hand(usual: Callable[[], Watching]) -> None:
    watching = usual()
    near = SCENE.copy()
    cv2.ellipse(near, (640, 700), (420, 640), 0, 0, 360, (70, 60, 58), -1)
    near = cv2.GaussianBlur(near, (0, 0), 2)  # type: ignore[assignment]
    assert set(watching.sees(sensor(near), 5)) == {CameraState.OK}


def test_a_camera_that_faces_a_blank_wall_from_the_start_is_not_covered() -> None:
    watching = Watching()
    assert set(watching.sees(sensor(uniform(150, leak=0.1)), 10)) == {CameraState.OK}


def test_another_size_than_asked_is_a_state_of_its_own() -> None:
    camera = Camera()
    camera.remark = "camera x gives 640x480 where 1280x720 was asked of it"
    assert Watching(camera).eye.state == (CameraState.OTHER_SIZE, camera.remark)


def test_a_file_is_never_frozen_or_dark() -> None:
    class File:
        def frame(self, timeout_s: float) -> Frame | None:
            return None

        def close(self) -> None:
            pass

    assert set(Watching(File()).sees(frozen(np.zeros((720, 1280, 3), np.uint8)), 4)) == {CameraState.OK}


# --- Exposure ----------------------------------------------------------------------------------------------------


def a_code(picture: Picture) -> tuple[Sighting, ...]:
    return zxing.read(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)).sightings  # type: ignore[arg-type]


def test_a_code_that_is_too_bright_makes_the_next_frames_darker() -> None:
    camera = Camera(steered=True)
    burnt = np.full((720, 1280, 3), 60, np.uint8)
    burnt[200:500, 500:800] = cv2.cvtColor(cv2.resize(qr("KP1:X"), (300, 300)), cv2.COLOR_GRAY2BGR)
    watching = Watching(camera)
    watching.sees(sensor(burnt), 1, a_code(burnt))
    assert camera.asked
    assert camera.asked[-1].time_us < 10_000


def test_a_camera_that_refuses_is_asked_once_and_left_alone() -> None:
    camera = Camera(steered=True, obeys=False)
    Watching(camera).sees(sensor(SCENE, light=0.1), 5)
    assert len(camera.asked) == 1


def test_a_camera_that_steers_itself_is_never_asked() -> None:
    camera = Camera()
    Watching(camera).sees(sensor(SCENE, light=0.1), 3)
    assert camera.asked == []


# --- Hints -------------------------------------------------------------------------------------------------------


def unread(side_px: int, left: int = 500, top: int = 200) -> tuple[Sighting, ...]:
    right, bottom = left + side_px, top + side_px
    return (Sighting(None, ((left, top), (right, top), (right, bottom), (left, bottom))),)


@pytest.mark.parametrize(
    ("seen", "hint"),
    [(unread(70), Hint.TOO_FAR), (unread(690, top=10), Hint.TOO_CLOSE), (unread(300, left=0), Hint.OUT_OF_FRAME)],
)
def test_a_code_that_is_seen_but_not_read_gets_a_hint(seen: tuple[Sighting, ...], hint: Hint) -> None:
    watching = Watching()
    watching.sees(sensor(SCENE), 2, seen)
    assert watching.eye.hint is hint
    watching.sees(sensor(SCENE), 2)
    assert watching.eye.hint is None


def test_a_code_under_a_reflection_gets_the_hint_of_glare() -> None:
    shown = np.full((720, 1280, 3), 90, np.uint8)
    shown[200:500, 500:800] = cv2.cvtColor(cv2.resize(qr("KP1:" + "A7" * 60), (300, 300)), cv2.COLOR_GRAY2BGR) // 2 + 40
    cv2.ellipse(shown, (620, 320), (110, 120), 30, 0, 360, (252, 252, 252), -1)
    watching = Watching()
    watching.sees(sensor(shown), 2, unread(300))
    assert watching.eye.hint is Hint.GLARE


def test_corners_that_are_nonsense_do_no_harm() -> None:
    for x in (float("nan"), float("inf"), -1e30, 5e9):
        Watching().sees(sensor(SCENE), 1, (Sighting(None, ((x, 0), (0, x), (x, x), (0, 0))),))


def test_hints_and_health_cost_less_than_a_millisecond_a_frame() -> None:
    watching = Watching()
    frames = list(islice(sensor(SCENE), 10))
    watching.sees(iter(frames), 1, unread(300))
    best_ms, until_s = float("inf"), time.monotonic() + 5  # others may work on this machine too
    while best_ms >= 1.0 and time.monotonic() < until_s:
        began_s = time.process_time()
        watching.sees(iter(frames), 1, unread(300))
        best_ms = min(best_ms, (time.process_time() - began_s) * 100)
    assert best_ms < 1.0, f"{best_ms:.2f} ms a frame"
