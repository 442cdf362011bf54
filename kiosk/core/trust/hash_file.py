"""Millions of revoked credentials in one file that is used where it lies: sorted numbers behind a line of text.

A line `kiosk-revoked 1 FORMAT prefix|whole`, filled with spaces to 64 bytes, then 64-bit little-endian numbers in
ascending order: the first 8 bytes of each SHA-256, read as a big-endian number; in `whole` lists, after all of these,
the next 8 bytes of each in the same order.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from kiosk.core.codecs import malformed
from kiosk.core.revoked import WORD, Hashes
from kiosk.core.trust import Trust

SUFFIX = ".revoked"
HEADER = 64  # bytes
AT_ONCE = 1 << 20  # numbers looked at together, so that checking the order needs no second copy
_LINE = re.compile(rb"kiosk-revoked 1 ([a-z_]{1,30}) (prefix|whole) *\n")


def recognises(data: bytes) -> bool:
    """Its first words."""
    return data[:16] == b"kiosk-revoked 1 "


def parse(data: bytes | memoryview, name: str) -> Trust:  # noqa: ARG001 - every kind of list is told its name
    """The list, as a view on `data`. Raises Rejected(MALFORMED) where it is not in order or cut short."""
    line = _LINE.fullmatch(bytes(data[:HEADER]))
    if line is None:
        raise malformed("not a file of hashes of version 1")
    whole = line[2] == b"whole"
    if (len(data) - HEADER) % (2 * WORD.itemsize if whole else WORD.itemsize):
        raise malformed("cut short")
    numbers = np.frombuffer(data, WORD, offset=HEADER)
    half = len(numbers) // 2 if whole else len(numbers)
    prefixes, rests = numbers[:half], numbers[half:]
    if not _ascends(prefixes, rests):
        raise malformed("not in order")
    return Trust(revoked=(Hashes(line[1].decode(), prefixes, rests),))


def dump(known: Hashes) -> bytes:
    """The list as `parse` reads it."""
    kind = "whole" if len(known.rests) else "prefix"
    line = f"kiosk-revoked 1 {known.format} {kind}".ljust(HEADER - 1) + "\n"
    return line.encode() + known.prefixes.astype(WORD).tobytes() + known.rests.astype(WORD).tobytes()


def _ascends(prefixes: NDArray[np.uint64], rests: NDArray[np.uint64]) -> bool:
    for at in range(0, len(prefixes), AT_ONCE):
        before, after = prefixes[at : at + AT_ONCE], prefixes[at + 1 : at + 1 + AT_ONCE]
        before = before[: len(after)]
        if (before > after).any():
            return False
        if len(rests):
            first, second = rests[at : at + len(after)], rests[at + 1 : at + 1 + len(after)]
            if ((before == after) & (first > second)).any():
                return False
    return True
