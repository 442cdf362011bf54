"""A code as a grid of modules, and its correction where it is known which modules cannot be seen."""

from itertools import product

import numpy as np
import pytest
import segno

from hardware.scanners import _reed_solomon, _symbol
from hardware.scanners._symbol import DATA, Modules, Soft, corrected, layout

TEXT = "HC1:6BFOXN%TSMAHN-H"


def code(version: int, level: str = "m") -> Modules:
    """A code of that version, filled with capitals."""
    made = segno.make_qr(TEXT[: 12 + 2 * version], error=level, version=version, boost_error=False)
    return np.array(made.matrix, np.uint8)


def seen(modules: Modules, certain: float = 4.0) -> Soft:
    return np.where(modules > 0, certain, -certain).astype(np.float32)


@pytest.mark.parametrize("version", range(1, 41))
def test_the_patterns_of_every_version_are_where_another_project_draws_them(version: int) -> None:
    modules = code(version)
    known = layout(version).known
    assert known.shape == modules.shape
    assert np.array_equal(known[known != DATA], modules[known != DATA])


@pytest.mark.parametrize(("version", "level"), [*product((2, 6, 7, 14, 21, 27, 32, 40), "lmqh")])
def test_a_code_of_which_a_corner_is_hidden_is_put_together_again(version: int, level: str) -> None:
    modules = code(version, level)
    soft = seen(modules)
    hidden = len(modules) // 6
    soft[-hidden:, -hidden:] = np.random.default_rng(version).normal(0, 0.2, (hidden, hidden))
    found = corrected(soft, version)
    assert found is not None
    assert np.array_equal(found, modules)


def test_lost_modules_cost_half_of_what_wrong_ones_do() -> None:
    modules = code(10, "q")
    lost, wrong = seen(modules), seen(modules)
    rows = slice(20, 35)
    lost[rows], wrong[rows] = 0, -wrong[rows]
    assert corrected(lost, 10) is not None
    assert corrected(wrong, 10) is None


@pytest.mark.parametrize("version", [1, 2, 5, 10, 27])
def test_nothing_is_made_of_noise(version: int) -> None:
    random = np.random.default_rng(version)
    size = _symbol.modules_of(version)
    patterns = layout(version).known
    for _ in range(40):
        soft = random.normal(0, 3, (size, size)).astype(np.float32)
        soft[patterns != DATA] = np.where(patterns > 0, 9, -9)[patterns != DATA]
        assert corrected(soft, version) is None


def _block(random: np.random.Generator, check: int) -> np.ndarray:
    """A sound block of 60 symbols: one that differs from noise by what erasures may mend."""
    noise = random.integers(0, 256, 60, np.uint8)
    doubts = np.zeros(60)
    doubts[-check:] = 1
    block = _reed_solomon.corrected(noise, doubts, check, spare=0)
    assert block is not None
    return block


def test_every_mixture_of_wrong_and_lost_symbols_within_reach_is_mended() -> None:
    random = np.random.default_rng(3)
    for wrong in range(8):
        sound = _block(random, 16)
        lost = 16 - 2 * wrong
        at = random.permutation(60)[: wrong + lost]
        spoilt = sound.copy()
        spoilt[at] ^= random.integers(1, 256, len(at), np.uint8)
        doubts = np.zeros(60)
        doubts[at[:lost]] = 1
        mended = _reed_solomon._solved(
            spoilt, _reed_solomon._syndromes(spoilt, 16).tolist(), at[:lost].tolist(), 16, spare=0
        )  # fmt: skip
        assert mended is not None
        assert np.array_equal(mended, sound)


def test_beyond_its_reach_a_block_is_given_up_and_not_guessed() -> None:
    random = np.random.default_rng(4)
    guessed = 0
    for _ in range(60):
        spoilt = _block(random, 16)
        spoilt[:40] = random.integers(0, 256, 40)
        guessed += _reed_solomon.corrected(spoilt, random.random(60), 16, spare=4) is not None
    assert guessed == 0
