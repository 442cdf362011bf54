"""Spoilt pictures through the scanner under its limits: none hangs it, and a crash costs no more than that picture.

`make mutated` does 200,000. A picture's number says what it is, so it can be made again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache

import cv2
import numpy as np

from kiosk.services.still_reader import StillReader
from tests.support.figures import Figure, at_most
from tests.support.pictures import encoded, qr

COUNT, SMOKE_COUNT, BENCH_COUNT = 200_000, 60, 2_000
LONGEST_S = 1.0
TRIES = 4
TEXTS = ("KP1:ABC", "HC1:" + "6BFOXN%TSMAHN-H" * 25, "小区西门 健康码", "1234567890" * 12)
KINDS = (".png", ".jpg", ".webp", ".bmp")


@lru_cache(maxsize=32)
def _file(text: str, kind: str) -> bytes:
    return encoded(qr(text, module_px=3), kind)


def mutated(number: int) -> bytes:
    """The file of that number: sound, with broken bytes, or a sound file of a broken code."""
    random = np.random.default_rng(number)
    text, kind = TEXTS[random.integers(len(TEXTS))], KINDS[random.integers(len(KINDS))]
    if random.random() < 0.5:
        return encoded(_spoilt(qr(text, module_px=int(random.integers(1, 5))), random), kind)
    data = bytearray(_file(text, kind))
    for _ in range(random.integers(0, 12)):
        at = int(random.integers(len(data)))
        match random.integers(4):
            case 0:
                data[at] ^= 1 << int(random.integers(8))
            case 1:
                data[at : at + 4] = random.integers(0, 256, 4, np.uint8).tobytes()
            case 2:
                del data[at : at + int(random.integers(1, 64))]
            case _:
                data[at:at] = data[at // 2 : at // 2 + int(random.integers(1, 64))]
        if len(data) < 2:
            break
    return bytes(data)


def _spoilt(code: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A code with wrong modules, cut, stretched, mirrored, inverted: what upsets a decoder behind its finder."""
    picture = code.copy()
    height, width = picture.shape
    for _ in range(random.integers(1, 5)):
        y, x = int(random.integers(height)), int(random.integers(width))
        tall, wide = (int(random.integers(1, max(2, length // 2))) for length in (height, width))
        match random.integers(6):
            case 0:
                picture[y : y + tall, x : x + wide] = random.integers(0, 256)
            case 1:
                picture[y : y + tall, x : x + wide] ^= 255
            case 2:
                part = picture[y : y + tall, x : x + wide]
                part[:] = random.integers(0, 2, part.shape) * 255
            case 3:
                part = picture[y : y + tall, x : x + wide].copy()
                picture[: part.shape[0], : part.shape[1]] = part
            case 4:
                picture = np.ascontiguousarray(picture[:: 1 if random.random() < 0.5 else -1, ::-1])
            case _:
                wide, tall = int(random.integers(1, 500)), int(random.integers(1, 500))
                picture = cv2.resize(picture, (wide, tall), interpolation=cv2.INTER_AREA)
                height, width = picture.shape
    return picture


def outcomes(count: int) -> Iterator[tuple[float, str]]:
    """Seconds and error of each picture, from a child that is sealed as the scanner is."""
    with StillReader(at_most_s=10 * LONGEST_S) as reader:
        reader.read(mutated(0), "the first, for which the child is started")
        for number in range(count):
            data = mutated(number)
            began_s = time.monotonic()
            answer = reader.read(data, f"picture {number}")
            took_s = time.monotonic() - began_s
            for _ in range(TRIES):  # a busy machine is no hang: what hangs does so every time
                if took_s <= LONGEST_S:
                    break
                began_s = time.monotonic()
                answer = reader.read(data, f"picture {number}")
                took_s = time.monotonic() - began_s
            yield took_s, answer.error


def measure(smoke: bool = False, count: int | None = None) -> Iterable[Figure]:
    """How many there were, what became of them, and the longest."""
    count = count or (SMOKE_COUNT if smoke else BENCH_COUNT)
    on_screen = sys.stderr.isatty()
    longest_s, refused, died, hung = 0.0, 0, 0, 0
    for number, (took_s, error) in enumerate(outcomes(count)):
        longest_s = max(longest_s, took_s)
        refused += bool(error)
        died += "the decoder died" in error
        hung += took_s > LONGEST_S
        if number and number % (500 if on_screen else 10_000) == 0:
            print(f"{number} of {count}", end="\r" if on_screen else "\n", file=sys.stderr, flush=True)
    yield Figure("spoilt pictures", float(count))
    yield Figure("  refused or given up in one line", float(refused))
    yield Figure("  that killed the child, which was replaced", float(died))
    yield at_most(f"  that hung it for more than {LONGEST_S:g} s", float(hung), "", 0)
    yield Figure("  the longest", longest_s, "s")


def main() -> None:
    """`python -m tests.bench.stream_mutated [--count N]`."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.stream_mutated")
    parser.add_argument("--count", type=int, default=COUNT)
    for figure in measure(count=parser.parse_args().count):
        print(f"{figure.name}: {figure.text()} {figure.aim}")


if __name__ == "__main__":
    main()
