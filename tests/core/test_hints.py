"""What somebody is told whose code is seen but not read."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.hints import Hint, Hinting, Sighted, follow, hint_for
from kiosk.locale import words

GOOD = Sighted(side_px=320, share=0.45, cut=False, moved=0.0, white=190, blind=0.0, sharpness=0.3)
FRAME_S = 0.1


@pytest.mark.parametrize(
    ("seen", "hint"),
    [
        (replace(GOOD, side_px=80), Hint.TOO_FAR),
        (replace(GOOD, side_px=200), Hint.TOO_FAR),
        (replace(GOOD, share=0.97), Hint.TOO_CLOSE),
        (replace(GOOD, white=30), Hint.TOO_DARK),
        (replace(GOOD, blind=0.5), Hint.GLARE),
        (replace(GOOD, moved=0.2), Hint.HOLD_STILL),
        (replace(GOOD, sharpness=0.05), Hint.HOLD_STILL),
        (replace(GOOD, cut=True), Hint.OUT_OF_FRAME),
        (replace(GOOD, cut=True, share=1.2), Hint.TOO_CLOSE),
        (replace(GOOD, moved=0.2, side_px=80), Hint.TOO_FAR),
        (replace(GOOD, module_px=1.5), Hint.TOO_FAR),
        (replace(GOOD, side_px=80, module_px=3.0, blind=0.5), Hint.GLARE),
        (replace(GOOD, side_px=200, module_px=3.0), Hint.HOLD_STILL),
    ],
)
def test_the_one_thing_that_helps_most_is_said(seen: Sighted, hint: Hint) -> None:
    assert hint_for(seen) is hint


def told(*frames: tuple[bool, Sighted | None]) -> list[Hint | None]:
    hinting, hints = Hinting(), []
    for number, (read, seen) in enumerate(frames):
        hinting = follow(hinting, read, seen, number * FRAME_S)
        hints.append(hinting.hint)
    return hints


def test_nothing_is_said_before_a_code_was_unread_for_a_moment() -> None:
    hints = told(*[(False, replace(GOOD, side_px=80))] * 8)
    assert hints[:4] == [None] * 4
    assert hints[-1] is Hint.TOO_FAR


def test_nothing_is_said_to_somebody_whose_code_is_read_or_to_nobody() -> None:
    assert set(told(*[(True, GOOD)] * 30)) == {None}
    assert set(told(*[(False, None)] * 30)) == {None}


def test_a_hint_goes_when_the_code_does() -> None:
    hints = told(*[(False, replace(GOOD, side_px=80))] * 15, *[(False, None)] * 15)
    assert hints[14] is Hint.TOO_FAR
    assert hints[-1] is None


_SEEN = st.one_of(st.none(), st.builds(
    Sighted, side_px=st.floats(0, 900), share=st.floats(0, 1.5), cut=st.booleans(), moved=st.floats(0, 1),
    white=st.floats(0, 255), blind=st.floats(0, 1), sharpness=st.floats(0, 1)))  # fmt: skip


@given(st.lists(st.tuples(st.booleans(), _SEEN), max_size=80))
def test_it_changes_at_most_once_a_second(frames: list[tuple[bool, Sighted | None]]) -> None:
    hints = [None, *told(*frames)]
    changes = [number for number in range(1, len(hints)) if hints[number] is not hints[number - 1]]
    assert all(later - earlier >= 10 for earlier, later in pairwise(changes))


def test_every_hint_has_words() -> None:
    assert set(words.HINTS) == set(Hint)
