"""How many real photographs are read, at what cost, and what a frame costs a camera's process."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

import hardware
from hardware.cameras import Asked
from hardware.cameras.simulated import Simulated
from hardware.pictures import decode, read_file
from hardware.scanners import grey
from hardware.simulation import Deck, Person, Street
from kiosk.core.ports import Picture
from kiosk.services.scanner import small_jpeg
from tests.support.figures import CannotMeasure, Figure, at_least, at_most

SHARED = Path(os.environ.get("KIOSK_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
DECODERS = ("cascade", "zxing", "zbar")
DENSE = "HC1:" + "6BFOXN%TSMAHN-HKTGX94G-ICWEXWP9H9M9ESIARGHXK*+D$055B9TUDP0J-MPW$" * 9
SMOKE_FILES, FRAMES, SMOKE_FRAMES = 20, 100, 10


@dataclass(frozen=True, slots=True)
class Photographs:
    """The photographs, grey, by name, and the texts that each is known to hold."""

    pictures: dict[str, Picture]
    texts: list[tuple[str, str]]


def photographs(most: int | None = None) -> Photographs:
    """The labelled ones of the shared data, the first `most` by name. Raises CannotMeasure."""
    manifest = SHARED / "qr" / "manifest.csv"
    if not manifest.exists():
        raise CannotMeasure(f"no {manifest}; set KIOSK_SHARED_DATA to where the photographs are")
    with manifest.open(encoding="utf-8", newline="") as file:
        texts = [
            (row["file"], row["expected_text"])
            for row in csv.DictReader(file)
            if row["label"] != "unreadable-by-oracle"
        ]
    names = sorted({name for name, _ in texts})[:most]
    pictures = {name: grey(decode(read_file(manifest.parent / name), name)) for name in names}
    return Photographs(pictures, [(name, text) for name, text in texts if name in pictures])


def as_written(text: str) -> str:
    """The manifest has line ends and outer blanks put in order; a text that is read has them as they are."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def cpu_ms(times: int, work: Callable[[], object]) -> float:
    """The mean CPU time of `work`, in milliseconds."""
    began_s = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began_s) / times * 1000


def recall(found: Photographs) -> Iterator[Figure]:
    """The share of codes read, exactly and but for white space, and the cost of a photograph, for each decoder."""
    count = len(found.texts)
    for spec in DECODERS:
        scanner = hardware.load("scanner", spec)
        began_s = time.process_time()
        read = {name: scanner.texts(picture) for name, picture in found.pictures.items()}
        each_ms = (time.process_time() - began_s) / len(read) * 1000
        exactly = sum(text in read[name] for name, text in found.texts) / count * 100
        loosely = sum(as_written(text) in map(as_written, read[name]) for name, text in found.texts) / count * 100
        title = f"{spec}, of {count} codes"
        yield (
            at_least(f"{title}: read exactly", exactly, "%", 85)
            if spec == "cascade"
            else Figure(f"{title}: read exactly", exactly, "%")
        )
        yield Figure(f"{title}: but for line ends and outer blanks", loosely, "%")
        yield Figure(f"{spec}: CPU time a photograph", each_ms, "ms")


def frames(times: int) -> Iterator[Figure]:
    """What a 1280x720 frame costs: empty, with a dense certificate, drawn by the simulated camera, shown on a page."""
    street = Street(Deck(people=(Person(name="a", text=DENSE),), presenting_s=500, walking_s=0.1, start=0, gap_s=500))
    camera = Simulated(street, Asked())
    empty, held_up = camera.picture(-1), camera.picture(100)
    for spec in ("cascade:live", "zxing", "zbar"):
        scanner = hardware.load("scanner", spec)
        scanner.texts(empty)
        yield Figure(f"{spec}: an empty 720p frame", cpu_ms(times, partial(scanner.texts, empty)), "ms")
        if scanner.texts(held_up):
            yield Figure(f"{spec}: a dense certificate", cpu_ms(times, partial(scanner.texts, held_up)), "ms")
    noise = np.random.default_rng(1)
    unreadable: list[Picture] = [empty + noise.integers(0, 90, empty.shape, np.uint8) for _ in range(4)]
    live = hardware.load("scanner", "cascade:live")
    live.texts(empty)
    slowest = max(cpu_ms(1, partial(live.texts, picture)) for picture in unreadable * 4)
    yield at_most("cascade:live: slowest frame with somebody in view and nothing read", slowest, "ms", 80)
    yield Figure("simulated camera: drawing a frame with a code", cpu_ms(times, partial(camera.picture, 100)), "ms")
    yield Figure("simulated camera: drawing an empty frame", cpu_ms(times, partial(camera.picture, -1)), "ms")
    yield Figure("a small picture for the pages", cpu_ms(times, partial(small_jpeg, held_up)), "ms")


def measure(*, smoke: bool = False) -> Iterable[Figure]:
    """The figures of scanning; `smoke` takes a few photographs and frames only."""
    cv2.setNumThreads(1)
    yield from frames(SMOKE_FRAMES if smoke else FRAMES)
    yield from recall(photographs(SMOKE_FILES if smoke else None))


def main() -> None:
    """`python -m tests.bench.scanning`: one line a figure."""
    for figure in measure():
        print(f"{figure.name}: {figure.text()} {figure.aim}", flush=True)


if __name__ == "__main__":
    main()
