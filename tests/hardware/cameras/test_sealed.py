"""Every camera goes on giving pictures when its process may open no file and start no thread any more."""

import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from hardware.simulation import Deck, Person, dump_deck
from tests.support.pictures import encoded

ROOT = Path(__file__).parents[3]


def brightness(spec: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.sealed_camera", spec],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(("suffix", "codec"), [("avi", "MJPG"), ("mp4", "mp4v")])
def test_a_video(tmp_path: Path, suffix: str, codec: str) -> None:
    file = tmp_path / f"queue.{suffix}"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*codec), 10, (640, 360))
    for shade in range(0, 240, 20):
        writer.write(np.full((360, 640, 3), shade, np.uint8))
    writer.release()
    unsealed = cv2.VideoCapture(str(file))
    expected = [float(unsealed.read()[1].mean()) for _ in range(12)]
    seen = brightness(f"video:{file},fast=yes")
    assert seen.pop() == "end"
    assert [float(shade) for shade in seen] == pytest.approx(expected, abs=0.1)
    assert max(expected) > 150


@pytest.mark.parametrize("kind", [".png", ".jpg", ".webp", ".bmp"])
def test_stills(tmp_path: Path, kind: str) -> None:
    (tmp_path / f"a{kind}").write_bytes(encoded(np.full((300, 400, 3), 150, np.uint8), kind))
    seen = brightness(f"stills:{tmp_path},frames=2")
    assert seen.pop() == "end"
    assert [float(shade) for shade in seen] == pytest.approx([150, 150], abs=2)


def test_the_simulated_street(tmp_path: Path) -> None:
    people = (Person(name="林", text="健康码"), Person(name="王", text="HC1:" + "AB12" * 100))
    start = time.time()
    for index, person in enumerate(people):
        dump_deck(Deck(people=(person,), start=start, walking_s=0.01, presenting_s=600), tmp_path / f"{index}.json")
        tmp_path.chmod(0o755)
        assert len(brightness(f"simulated:{tmp_path / f'{index}.json'}")) == 100
