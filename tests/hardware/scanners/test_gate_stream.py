"""The simulated people of the bench: always the same, as hard as they are meant to be; and spoilt pictures."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import cv2
import numpy as np
import pytest

from hardware.scanners import grey, zxing
from kiosk.core.ports import Picture
from tests.bench.stream import HARD, live
from tests.bench.stream_mutated import mutated, outcomes
from tests.bench.stream_people import CONDITIONS, FRAMES, Person, modules_of, presentation, text_of

SIZE = (1280, 720)
PEOPLE = 3  # of each condition: a sample, so its bounds are wider than the bench's


@lru_cache(maxsize=1)
def alone() -> Counter[str]:
    """How many of each condition zxing-cpp alone reads within eight frames."""
    return Counter(condition for condition in CONDITIONS for number in range(PEOPLE) if _read_alone(condition, number))


def _read_alone(condition: str, number: int) -> bool:
    who = presentation(condition, number)
    return any(who.text in zxing.read(grey(frame)).texts for frame in Person(who, *SIZE).frames())


def test_zxing_alone_reads_about_as_many_as_the_stream_is_calibrated_for() -> None:
    share = alone().total() / (PEOPLE * len(CONDITIONS))
    assert 0.45 <= share <= 0.70


@pytest.mark.parametrize("condition", HARD)
def test_what_is_meant_to_be_hard_is_hard(condition: str) -> None:
    assert alone()[condition] / PEOPLE <= HARD[condition] / 100 + 1 / PEOPLE


@pytest.mark.parametrize("condition", ["plain", "dark mode"])
def test_what_is_meant_to_be_easy_is_easy(condition: str) -> None:
    assert alone()[condition] == PEOPLE


def test_a_person_looks_the_same_whenever_they_are_drawn() -> None:
    first, again = ([*Person(presentation("glare", 1), 640, 480).frames()] for _ in range(2))
    assert len(first) == FRAMES
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert not np.array_equal(first[0], first[1])


def test_the_payloads_are_real_and_as_large_as_in_life() -> None:
    assert text_of("dcc", 1).startswith("HC1:")
    assert text_of("smart", 1).startswith("shc:/")
    assert len(modules_of(text_of("dcc", 1), quiet=0)) >= 73  # version 14 and up
    assert text_of("pass", 1) == text_of("pass", 1) != text_of("pass", 2)


def test_the_gates_scanner_reads_from_several_looks_what_no_single_frame_shows() -> None:
    read = 0
    for number in range(PEOPLE):
        who = presentation("moire", number)
        person = Person(who, *SIZE)
        scanner = live(budget_s=1e9)
        scanner.texts(person.empty())
        read += any(who.text in scanner.texts(frame) for frame in person.frames())
    assert read > alone()["moire"]


def test_spoilt_pictures_never_hang_or_kill_the_decoder() -> None:
    for took_s, error in outcomes(80):
        assert took_s < 5  # a child's start on a busy machine included
        assert "the decoder" not in error or "gave up" in error


def test_spoilt_frames_pass_through_the_live_cascade() -> None:
    scanner = live()
    for number in range(40):
        picture: Picture | None = cv2.imdecode(np.frombuffer(mutated(number), np.uint8), cv2.IMREAD_COLOR)  # type: ignore[assignment]
        if picture is not None:
            scanner.texts(cv2.resize(picture, (640, 480)))  # type: ignore[arg-type]
