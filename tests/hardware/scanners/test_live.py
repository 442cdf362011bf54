"""The live cascade: rests while nothing is there, keeps to its budget, follows a code, fuses its looks."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from hardware.scanners import Found
from hardware.scanners._steps import Stage, plain, stages
from hardware.scanners._tracks import textured, way
from hardware.scanners._turns import STAYS_READ, Budget, InView
from hardware.scanners.cascade import LiveCascade, Turn, turns
from hardware.scanners.zbar import Zbar
from kiosk.core.ports import Picture, Sighting
from tests.support.pictures import qr

EMPTY = np.full((360, 640), 90, np.uint8)
TEXT = "HC1:" + "6BFOXN%TSMAHN-H" * 8


def scene(code: Picture | None = None, left: int = 200, top: int = 80) -> Picture:
    picture = EMPTY.copy()
    if code is not None:
        picture[top : top + code.shape[0], left : left + code.shape[1]] = code
    return picture


def no_code() -> Picture:
    """Modules without any pattern: as restless as a code, and none."""
    modules = np.random.default_rng(8).integers(0, 2, (60, 60)).astype(np.uint8) * 255
    return np.kron(modules, np.ones((3, 3), np.uint8))


def stopped() -> float:
    """A clock that stands, so that a busy machine leaves out no step."""
    return 0.0


def real() -> LiveCascade:
    """What the gate uses, with all the time in the world."""
    zbar = Zbar()
    return LiveCascade(stages(zbar)[0], turns(zbar), clock=stopped)


class Steps:
    """Steps that read nothing, or what they are told to, and note who was called with how large a picture."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.sizes: list[tuple[int, int]] = []
        self.answers: dict[str, Found] = {}

    def stage(self, name: str) -> Stage:
        def read(picture: Picture) -> Found:
            self.calls.append(name)
            self.sizes.append((picture.shape[1], picture.shape[0]))
            return self.answers.get(name, Found())

        return Stage(name, plain, read)

    def live(self, rotating: str = "bc") -> LiveCascade:
        return LiveCascade(
            self.stage("first"),
            tuple(Turn(self.stage(name)) for name in rotating),
            clock=stopped,
        )


def test_an_empty_scene_costs_the_first_step_only() -> None:
    steps = Steps()
    live = steps.live()
    for _ in range(5):
        live.texts(EMPTY)
    assert steps.calls == ["first", "b", *["first"] * 4]  # the very first frame may be anything


def test_where_a_code_may_be_one_step_a_frame_has_its_turn_and_sees_that_part_only() -> None:
    steps = Steps()
    live = steps.live(rotating="bcd")
    live.texts(EMPTY)
    steps.calls.clear(), steps.sizes.clear()
    for _ in range(3):
        live.texts(scene(no_code()))
    assert steps.calls == ["first", "c", "first", "d", "first", "b"]
    assert all(100 < width < 360 for width, _ in steps.sizes[1::2])


def test_where_nothing_looks_like_a_code_the_whole_picture_gets_the_step() -> None:
    steps = Steps()
    live = steps.live()
    live.texts(EMPTY)
    steps.sizes.clear()
    somebody = EMPTY.copy()
    somebody[:, 200:400] = 200
    live.texts(somebody)
    assert steps.sizes == [(640, 360)] * 2


def test_a_code_that_was_read_is_not_worked_on_again_for_a_while() -> None:
    steps = Steps()
    live = steps.live()
    live.texts(EMPTY)
    code = no_code()
    corners = (
        (200.0, 80.0),
        (200.0 + len(code), 80.0),
        (200.0 + len(code), 80.0 + len(code)),
        (200.0, 80.0 + len(code)),
    )
    steps.answers["first"] = Found((Sighting("x", corners),))
    assert live.texts(scene(code)) == ("x",)
    steps.answers.clear()
    steps.calls.clear()
    for _ in range(STAYS_READ - 1):
        live.texts(scene(code))
    assert set(steps.calls) == {"first"}
    live.texts(scene(code))
    assert steps.calls[-1] in "bc"


def test_a_second_code_gets_its_steps_while_the_first_is_read() -> None:
    live = real()
    live.texts(EMPTY)
    soft = cv2.GaussianBlur(qr(TEXT, module_px=4), (0, 0), 1.9)
    picture = scene(soft, 330, 60)
    sharp = qr("KP1:SHARP", module_px=4)
    picture[60 : 60 + len(sharp), 20 : 20 + len(sharp)] = sharp
    seen = {text for _ in range(12) for text in live.texts(picture)}
    assert "KP1:SHARP" in seen


def test_no_step_is_begun_that_would_not_end_within_the_budget() -> None:
    now_s = [0.0]
    budget = Budget(0.05, lambda: now_s[0])

    def work() -> str:
        now_s[0] += 0.02
        return "done"

    budget.begin()
    assert [budget.spend("step", 100, work) for _ in range(4)] == ["done", "done", None, None]
    budget.begin()
    assert budget.spend("step", 300, work) is None
    assert budget.spend("step", 100, work) == "done"


def test_a_step_that_was_slow_once_is_tried_again_later() -> None:
    now_s, takes_s = [0.0], [0.2]
    budget = Budget(0.05, lambda: now_s[0])

    def work() -> str:
        now_s[0] += takes_s[0]
        return "done"

    answers = []
    for _ in range(300):
        budget.begin()
        answers.append(budget.spend("step", 100, work))
        takes_s[0] = 0.001
    assert answers[1] is None
    assert answers[-1] == "done"


def test_what_was_never_measured_is_not_begun_when_little_time_is_left() -> None:
    now_s = [0.0]
    budget = Budget(0.05, lambda: now_s[0])
    budget.begin()
    now_s[0] = 0.049
    assert budget.spend("new", 1_000_000, lambda: "done") is None


def test_what_stays_becomes_part_of_the_scene() -> None:
    view = InView()
    parked = EMPTY.copy()
    parked[100:200, 100:300] = 200
    view.changed(EMPTY)
    assert view.changed(parked)
    for _ in range(1200):
        view.changed(parked)
    assert not view.changed(parked)


def test_a_cloud_and_noise_are_nobody_and_a_small_code_is_somebody() -> None:
    view = InView()
    view.changed(EMPTY)
    noise = np.random.default_rng(1).normal(0, 8, EMPTY.shape)
    assert not view.changed(np.clip(EMPTY + 30.0 + noise, 0, 255).astype(np.uint8))
    assert view.changed(scene(qr("KP1:A", module_px=2)))


def test_a_code_is_found_by_its_texture_and_an_even_wall_is_not() -> None:
    code = qr(TEXT, module_px=3)
    (box,) = textured(scene(code, 300, 60))
    assert abs(box.left - 312) < 30
    assert abs(box.top - 72) < 30
    assert abs(box.right - (300 + len(code) - 12)) < 30
    assert textured(EMPTY) == []


def held(code: Picture, x: float, y: float, turn: float, size: float) -> Picture:
    """The code before the empty scene, moved, turned and scaled."""
    warp = cv2.getRotationMatrix2D((len(code) / 2, len(code) / 2), turn, size)
    warp[:, 2] += (x, y)
    return cv2.warpAffine(code, warp, (640, 360), dst=EMPTY.copy(), borderMode=cv2.BORDER_TRANSPARENT)  # type: ignore[return-value]


def test_the_movement_of_a_code_is_found_to_a_fraction_of_a_pixel() -> None:
    code = qr(TEXT, module_px=4)
    moved = way(held(code, 200, 40, 0, 1), held(code, 231.5, 29, 2, 1.03))
    assert moved is not None
    warp = cv2.getRotationMatrix2D((len(code) / 2, len(code) / 2), 2, 1.03)
    for x, y in ((30, 30), (150, 40), (100, 160)):
        wanted = warp @ (x, y, 1) + (231.5, 29)
        found = moved @ (x + 200, y + 40, 1)
        assert np.allclose(found[:2] / found[2], wanted, atol=0.7)


def test_another_code_at_the_same_place_is_not_taken_for_the_same_one() -> None:
    one, other = (
        held(qr(text * 8, module_px=4), 200, 40, 0, 1) for text in ("HC1:6BFOXN%TSMAHN-H", "KP1:9F3K%LLQ01ZZ0A")
    )
    assert way(one, other) is None


@pytest.mark.parametrize("size", [(480, 640), (720, 1280)])
def test_textured_frames_without_a_code_give_no_text(size: tuple[int, int]) -> None:
    live = real()
    random = np.random.default_rng(6)
    for number in range(12):
        coarse = random.integers(0, 256, (size[0] >> (number % 4), size[1] >> (number % 4))).astype(np.uint8)
        assert live.texts(cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_NEAREST)) == ()


def test_the_place_of_a_code_read_from_several_looks_is_told_in_the_newest_frame() -> None:
    code = qr(TEXT, module_px=4)
    random = np.random.default_rng(4)
    live = real()
    live.texts(EMPTY)
    for number in range(8):
        clean = held(code, 200 + 3 * number, 40, 0, 1).astype(np.float32) * 0.4 + 70
        found = live.read(np.clip(clean + random.normal(0, 42, clean.shape), 0, 255).astype(np.uint8))
        if found.texts:
            break
    assert found.texts == (TEXT,)
    assert found.stage != "zxing"
    inside = 16  # the quiet zone
    assert np.allclose(found.sightings[0].corners[0], (200 + 3 * number + inside, 40 + inside), atol=6)


SEALED = """
import cv2, numpy as np, segno
import hardware
from hardware.scanners.cascade import open_device
from kiosk.services.seal import seal
cv2.setNumThreads(1)
live = open_device("live")
live._budget._clock = lambda: 0.0
light = 1 - np.array(segno.make_qr("HC1:" + "6BFOXN%TSMAHN-H" * 8).matrix, np.uint8)
code = np.kron(np.pad(light, 4, constant_values=1), np.ones((4, 4), np.uint8)) * 100 + 70
random = np.random.default_rng(4)
steps = set()
live.texts(np.zeros((64, 64, 3), np.uint8))
seal(1024)
for number in range(9):
    frame = np.full((360, 640), 90.0)
    if number:
        frame[40 : 40 + len(code), 200 + number : 200 + number + len(code)] = code
    frame += random.normal(0, 42 + 20 * (number < 7), frame.shape)
    steps.add(live.read(np.clip(frame, 0, 255).astype(np.uint8)).stage)
print(*sorted(steps))
"""


def test_it_opens_and_imports_nothing_once_the_process_is_sealed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SEALED],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr
    assert "measured" in done.stdout.split()
