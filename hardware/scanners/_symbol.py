"""A QR code as a grid of modules: what is the same in every code of a version, and the order of what it says.

Source: ISO/IEC 18004:2015, 6.3 (patterns), 7.6 to 7.10 (blocks, placement, masks, format and version information).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from segno import consts

from hardware.scanners import _reed_solomon

DATA = -1  # of `Layout.known`: what differs from code to code
FORMATS = 2  # of the 32 kinds of format: the likeliest are tried
LIKELY = 0.6  # of the likeliest format's certainty, for another to be tried
FEW_CHECKED = 4  # symbols for correction that must stay unused in a whole code: one wrong result in 2^32
AGREES = 0.75  # of all certainty, on what was found: less is no code
LEVELS = (1, 0, 3, 2)  # L, M, Q, H as the format states them

MODULES = tuple(range(21, 178, 4))  # a side, of the versions 1 to 40

Soft = NDArray[np.float32]  # (modules, modules): how sure it is that a module is dark (above 0) or light, as log odds
Modules = NDArray[np.uint8]  # (modules, modules): 1 is dark


@dataclass(frozen=True, slots=True)
class Layout:
    """One version's grid."""

    modules: int  # a side
    known: NDArray[np.int8]  # 1 dark, 0 light, DATA
    order: NDArray[np.int64]  # of the data's modules, in the order of its bits, in the flattened grid
    format_at: NDArray[np.int64]  # 2 x 15, the least bit first
    centres: tuple[tuple[int, int, int], ...]  # x, y, reach of the finder and alignment patterns


def modules_of(version: int) -> int:
    """How many modules a side."""
    return 17 + 4 * version


@lru_cache(maxsize=40)
def layout(version: int) -> Layout:
    """The grid of a version, 1 to 40."""
    size = modules_of(version)
    known = np.full((size, size), DATA, np.int8)
    known[6, :] = known[:, 6] = 1 - np.arange(size) % 2
    finders = [(3, 3), (size - 4, 3), (3, size - 4)]
    aligned = _alignments(version, size)
    for x, y in finders:
        _rings(known, x, y, 4, light=(2, 4))
    for x, y in aligned:
        _rings(known, x, y, 2, light=(1,))
    at = _format_at(size)
    function = known != DATA
    function.ravel()[at.ravel()] = True
    known[size - 8, 8] = 1
    function[size - 8, 8] = True
    if version >= 7:
        stated = consts.VERSION_INFO[version - 7]
        for bit in range(18):
            x, y = size - 11 + bit % 3, bit // 3
            known[x, y] = known[y, x] = stated >> bit & 1
            function[x, y] = function[y, x] = True
    centres = tuple((x, y, 3) for x, y in finders) + tuple((x, y, 2) for x, y in aligned)
    return Layout(size, known, _order(function), at, centres)


def _alignments(version: int, size: int) -> list[tuple[int, int]]:
    at: tuple[int, ...] = consts.ALIGNMENT_POS[version - 2] if version > 1 else ()
    corners = {(6, 6), (6, size - 7), (size - 7, 6)}
    return [(x, y) for x in at for y in at if (x, y) not in corners]


def _rings(known: NDArray[np.int8], x: int, y: int, reach: int, light: tuple[int, ...]) -> None:
    """Squares within squares about (x, y), as far as they are in the grid."""
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            if 0 <= x + dx < len(known) and 0 <= y + dy < len(known):
                known[y + dy, x + dx] = max(abs(dx), abs(dy)) not in light


def _format_at(size: int) -> NDArray[np.int64]:
    """Where the two copies of the format are; (x, y), the least bit first."""
    one = [(8, i) for i in range(6)] + [(8, 7), (8, 8), (7, 8)] + [(14 - i, 8) for i in range(9, 15)]
    two = [(size - 1 - i, 8) for i in range(8)] + [(8, size - 15 + i) for i in range(8, 15)]
    return np.array([[y * size + x for x, y in copy] for copy in (one, two)])


def _order(function: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Two columns at a time from the right, up and down in turns, around what is the same in every code."""
    size = len(function)
    order = []
    for pair, right in enumerate([*range(size - 1, 6, -2), *range(5, 0, -2)]):
        rows = range(size) if pair % 2 else range(size - 1, -1, -1)
        order += [y * size + x for y in rows for x in (right, right - 1) if not function[y, x]]
    return np.array(order)


@lru_cache(maxsize=320)
def _masked(version: int, mask: int) -> NDArray[np.bool_]:
    """Which of the data's modules are inverted, in the order of its bits."""
    grid = layout(version)
    y, x = np.divmod(grid.order, grid.modules)
    rules = (
        (x + y) % 2, y % 2, x % 3, (x + y) % 3, (x // 3 + y // 2) % 2, x * y % 2 + x * y % 3,
        (x * y % 2 + x * y % 3) % 2, ((x + y) % 2 + x * y % 3) % 2,
    )  # fmt: skip
    return np.asarray(rules[mask] == 0, np.bool_)


@dataclass(frozen=True, slots=True)
class Blocks:
    """How a version's data is spread over blocks at one level of correction."""

    places: tuple[NDArray[np.int64], ...]  # of each block's symbols, its checking ones last, among all
    check: int


@lru_cache(maxsize=160)
def _blocks(version: int, level: int) -> Blocks:
    every: Any = consts.ECC
    groups = every[version][level]
    sizes = [(group.num_data, group.num_total - group.num_data) for group in groups for _ in range(group.num_blocks)]
    places: list[list[int]] = [[] for _ in sizes]
    at = 0
    for which in (0, 1):
        for turn in range(max(size[which] for size in sizes)):
            for block, size in enumerate(sizes):
                if turn < size[which]:
                    places[block].append(at)
                    at += 1
    return Blocks(tuple(np.array(block) for block in places), sizes[0][1])


def corrected(soft: Soft, version: int) -> Modules | None:
    """The whole code, as it was meant, from how dark its modules seem; None where too little is certain.

    1 to 5 ms. What is wrong nowhere near as often as it may be is found by any decoder; this one also knows which
    modules it can hardly see.
    """
    grid = layout(version)
    flat = soft.ravel()
    for level, mask in _formats(flat, grid):
        masked = _masked(version, mask)
        said = _said(np.where(masked, -flat[grid.order], flat[grid.order]), version, level)
        if said is None:
            continue
        modules = _drawn(said, version, level, mask)
        seen = np.abs(soft)
        if float(seen[(soft > 0) == (modules > 0)].sum()) > AGREES * float(seen.sum()):
            return modules
    return None


def _formats(flat: Soft, grid: Layout) -> list[tuple[int, int]]:
    """Level and mask, the likeliest first."""
    seen = flat[grid.format_at].sum(axis=0)
    stated = np.array(consts.FORMAT_INFO)
    bits = (stated[:, None] >> np.arange(15)) & 1
    scores = np.where(bits, seen, -seen).sum(axis=1)
    best = [int(number) for number in np.argsort(-scores)[:FORMATS]]
    return [(number >> 3, number & 7) for number in best if scores[number] > LIKELY * scores[best[0]]]


def _said(bits: Soft, version: int, level: int) -> Modules | None:
    """The bits of all blocks when every one of them can be corrected; the most doubtful first, which fails soonest."""
    blocks = _blocks(version, level)
    count = sum(map(len, blocks.places))
    by_symbol = bits[: count * 8].reshape(count, 8)
    symbols = np.packbits(by_symbol > 0, axis=1).ravel()
    doubts = (1 / (1 + np.exp(np.minimum(np.abs(by_symbol), 30.0)))).sum(axis=1)
    spare = 2 if len(blocks.places) > 1 else min(FEW_CHECKED, blocks.check - 2)
    hardest = sorted(blocks.places, key=lambda at: -float(np.sort(doubts[at])[-blocks.check :].sum()))
    for at in hardest:
        block = _reed_solomon.corrected(symbols[at], doubts[at], blocks.check, spare)
        if block is None:
            return None
        symbols[at] = block
    return np.unpackbits(symbols)


def _drawn(said: Modules, version: int, level: int, mask: int) -> Modules:
    """The code that says so."""
    grid = layout(version)
    modules = np.maximum(grid.known, 0).astype(np.uint8).ravel()
    bits = np.zeros(len(grid.order), np.uint8)
    bits[: len(said)] = said
    modules[grid.order] = bits ^ _masked(version, mask)
    stated = consts.FORMAT_INFO[level << 3 | mask]
    modules[grid.format_at] = stated >> np.arange(15) & 1
    return modules.reshape(grid.modules, grid.modules)
