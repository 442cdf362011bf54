"""kiosk camera aim: what the installer is told, on pictures of files and on the simulated street."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
from click.testing import CliRunner

from hardware.measures import modules
from hardware.scanners import zxing
from hardware.simulation import Deck, Person, dump_deck
from kiosk.cli.camera import command
from kiosk.core.ports import Picture
from tests.support.pictures import encoded

ROOT = Path(__file__).parents[2]


def held_up(version: int, module_px: int, *, blur: float = 0.6) -> Picture:
    """A code of that version in a 1280x720 picture."""
    code = segno.make("KP1:" + "A7" * 8, version=version, error="l", micro=False)
    cells = np.array([[0 if cell else 235 for cell in row] for row in code.matrix_iter(border=4)], np.uint8)
    cells = np.kron(cells, np.ones((module_px, module_px), np.uint8))
    picture = np.full((720, 1280, 3), 120, np.uint8)
    top, left = (720 - len(cells)) // 2, (1280 - len(cells)) // 2
    picture[top : top + len(cells), left : left + len(cells)] = cells[..., None]
    return cv2.GaussianBlur(picture, (0, 0), blur)  # type: ignore[return-value]


def aim(folder: Path, *more: str) -> list[dict[str, object]]:
    done = CliRunner().invoke(command, ["aim", "--state", str(folder), "--json", *more])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.output.splitlines()]


@pytest.mark.parametrize(("version", "module_px"), [(2, 8), (7, 5), (15, 4), (25, 3)])
def test_a_codes_modules_are_counted_and_their_pixels_told(tmp_path: Path, version: int, module_px: int) -> None:
    (tmp_path / "x.png").write_bytes(encoded(held_up(version, module_px)))
    told = aim(tmp_path, "--camera", f"stills:{tmp_path / 'x.png'},frames=1")[-1]
    assert told["modules"] == 17 + 4 * version
    assert told["px_per_module"] == pytest.approx(module_px, rel=0.06)
    assert told["read"] is True
    assert "good" in str(told["hint"])


def test_a_code_that_is_turned_has_as_many_modules() -> None:
    straight = held_up(10, 5)
    turn = cv2.getRotationMatrix2D((640, 360), 33, 0.9)
    turned = cv2.warpAffine(straight, turn, (1280, 720), borderMode=cv2.BORDER_REPLICATE)
    for picture in (straight, turned):
        seen = zxing.read(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)).sightings  # type: ignore[arg-type]
        assert modules(picture, seen[0].corners) == 57  # type: ignore[arg-type]


def test_where_there_is_no_code_nothing_is_counted() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (400, 400), np.uint8)
    square = ((50, 50), (350, 50), (350, 350), (50, 350))
    assert modules(noise, square) is None
    assert modules(noise, ((0, 0), (0, 0), (0, 0), (0, 0))) is None


def test_without_a_code_the_installer_is_asked_to_hold_one_up(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(encoded(np.full((720, 1280, 3), 120, np.uint8)))
    done = CliRunner().invoke(
        command, ["aim", "--state", str(tmp_path), "--camera", f"stills:{tmp_path / 'x.png'},loop=yes", "--count", "2"]
    )
    assert done.exit_code == 0
    assert done.output.count("\n") == 2


def test_sharpness_falls_when_the_focus_is_lost_and_the_best_is_kept(tmp_path: Path) -> None:
    for name, blur in (("a", 0.5), ("b", 4.0)):
        (tmp_path / f"{name}.png").write_bytes(encoded(held_up(2, 12, blur=blur)))
    sharp, soft = (
        aim(tmp_path, "--camera", f"stills:{tmp_path / name}.png,frames=1")[-1]["sharpness"] for name in "ab"
    )
    assert float(str(sharp)) > 2 * float(str(soft))


def test_the_simulated_street_in_a_process_of_its_own(tmp_path: Path) -> None:
    deck = Deck(people=(Person(name="林", text="KP1:HELLO"),), walking_s=0.01, presenting_s=600, start=0, gap_s=0)
    dump_deck(deck, tmp_path / "deck.json")
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "camera", "aim", "--state", str(tmp_path), "--json", "--count", "3",
         "--camera", f"simulated:{tmp_path / 'deck.json'}"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == 3
    assert told[-1]["read"]
    assert told[-1]["state"] == "ok"


def test_a_camera_that_is_missing_and_a_lane_that_is_unknown_are_one_line(tmp_path: Path) -> None:
    for more, says in ((["--camera", "opencv:97"], "plug it in"), (["--lane", "back"], "known are main")):
        done = subprocess.run(
            [sys.executable, "-m", "kiosk", "camera", "aim", "--state", str(tmp_path), *more],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env={"LANG": "C.UTF-8"},
        )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert says in done.stderr
