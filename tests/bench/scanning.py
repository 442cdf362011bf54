"""How many real photographs are read, at what cost, and what a frame costs a camera's process."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

import hardware
from hardware.cameras import Asked
from hardware.cameras.simulated import Simulated
from hardware.pictures import decode, read_file
from hardware.scanners import Found, grey, merged
from hardware.scanners._measured import measured
from hardware.scanners._steps import stages
from hardware.scanners.zbar import Zbar
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
    """The share of codes read and the cost of a photograph, for each decoder.

    A label has its line ends and outer blanks put in order by whoever made the list, so what is read is compared after
    the same was done to it; the codes themselves hold them, and the scanner gives them, as they are.
    """
    count = len(found.texts)
    costs: dict[str, float] = {}
    for spec in DECODERS:
        scanner = hardware.load("scanner", spec)
        began_s = time.process_time()
        read = {name: scanner.texts(picture) for name, picture in found.pictures.items()}
        costs[spec] = (time.process_time() - began_s) / len(read) * 1000
        equal = {(name, text) for name, text in found.texts if text in map(as_written, read[name])}
        share, title = len(equal) / count * 100, f"{spec}, of {count} codes: read, but for line ends and outer blanks"
        yield at_least(title, share, "%", 91) if spec == "cascade" else Figure(title, share, "%")
        for half in (0, 1):
            names = [name for name, _ in found.texts if half_of(name) == half]
            read_there = sum(half_of(name) == half for name, _ in equal)
            yield Figure(f"{spec}: half {'AB'[half]} of the photographs", 100 * read_there / max(1, len(names)), "%")
        verbatim = sum(text in read[name] for name, text in found.texts) / count * 100
        yield Figure(f"{spec}, of {count} codes: read letter by letter as the list has them", verbatim, "%")
        yield Figure(f"{spec}: CPU time a photograph", costs[spec], "ms")
        if spec == "cascade":
            yield from contradicting(found, read)
    yield at_most("cascade: CPU time a photograph", costs["cascade"] / costs["zxing"], "times zxing-cpp's", 8)


def half_of(name: str) -> int:
    """Which half of the photographs a file belongs to: what was chosen by looking at one is told for the other too."""
    return sha256(name.encode()).digest()[0] & 1


def contradicting(found: Photographs, read: dict[str, tuple[str, ...]]) -> Iterator[Figure]:
    """The texts that no label knows, named; docs/scanner.md explains those of the shared photographs."""
    known = {(name, text) for name, text in found.texts}
    extra = [
        (name, text) for name, texts in read.items() for text in map(as_written, texts) if (name, text) not in known
    ]
    yield Figure("cascade: texts that no label knows", float(len(extra)))
    for name, text in extra:
        yield Figure(f"  {Path(name).name}", repr(text[:40]))


def by_step(found: Photographs) -> Iterator[Figure]:
    """What each step adds on what the steps before it left, and its cost for a picture that came so far."""
    wanted = {name: {text for other, text in found.texts if other == name} for name in found.pictures}
    so_far = {name: Found() for name in found.pictures}
    tries, gained, took_s = 0, 0, 0.0
    for step in stages(Zbar()):
        left = [name for name, seen in so_far.items() if seen.unread or not seen.texts]
        before = _count(wanted, so_far)
        began_s = time.process_time()
        seen = {name: step.run(found.pictures[name]) for name in left}
        each_ms = (time.process_time() - began_s) / max(1, len(left)) * 1000
        so_far |= {name: more.over(so_far[name]) for name, more in seen.items()}
        after, began_s = _count(wanted, so_far), time.process_time()
        for name, more in seen.items():
            unread = [code for code in more.sightings if code.text is None and code in so_far[name].sightings]
            tries += len(unread)
            read = [text for code in unread if (text := measured(found.pictures[name], code))]
            so_far[name] = Found(merged(so_far[name].sightings, read), so_far[name].stage)
        took_s += time.process_time() - began_s
        gained += _count(wanted, so_far) - after
        yield Figure(f"step {step.name}: +{after - before}, {len(left)} pictures", each_ms, "ms each")
    yield Figure(
        f"measured, what a step saw and did not read: +{gained}, {tries} times",
        took_s / max(1, tries) * 1000,
        "ms each",
    )


def _count(wanted: dict[str, set[str]], so_far: dict[str, Found]) -> int:
    return sum(len(texts & set(map(as_written, so_far[name].texts))) for name, texts in wanted.items())


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
    yield at_most("cascade:live: slowest frame with somebody in view and nothing read", slowest, "ms", 60)
    yield Figure("simulated camera: drawing a frame with a code", cpu_ms(times, partial(camera.picture, 100)), "ms")
    yield Figure("simulated camera: drawing an empty frame", cpu_ms(times, partial(camera.picture, -1)), "ms")
    yield Figure("a small picture for the pages", cpu_ms(times, partial(small_jpeg, held_up)), "ms")


def measure(*, smoke: bool = False) -> Iterable[Figure]:
    """The figures of scanning; `smoke` takes a few photographs and frames only."""
    cv2.setNumThreads(1)
    yield from frames(SMOKE_FRAMES if smoke else FRAMES)
    found = photographs(SMOKE_FILES if smoke else None)
    yield from recall(found)
    yield from by_step(found)


def main() -> None:
    """`python -m tests.bench.scanning`: one line a figure."""
    for figure in measure():
        print(f"{figure.name}: {figure.text()} {figure.aim}", flush=True)


if __name__ == "__main__":
    main()
