"""A QR code alone, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from itertools import groupby

import segno

KINDS = ("svg", "png")
QUIET_MODULES = 4  # ISO/IEC 18004 §6.3.8


def code(content: str, kind: str, *, error: str = "M") -> bytes:
    """The QR code of `content` with its quiet zone: `kind` is svg (scales) or png (8 pixels a module)."""
    out = BytesIO()
    segno.make_qr(content, error=error, boost_error=False).save(out, kind=kind, scale=8, border=QUIET_MODULES)
    return out.getvalue()


def path_of(matrix: Sequence[Sequence[int]]) -> str:
    """The dark modules as the path of an SVG, one unit a module, the quiet zone around them left free."""
    strokes = []
    for row, line in enumerate(matrix, start=QUIET_MODULES):
        column = QUIET_MODULES
        for dark, modules in groupby(line):
            count = len(list(modules))
            if dark:
                strokes.append(f"M{column} {row}h{count}v1h-{count}z")
            column += count
    return "".join(strokes)


def shape(content: str, *, error: str = "M") -> tuple[str, int]:
    """The QR code of `content` for a page: its path, and how many modules it is wide with its quiet zone."""
    matrix = segno.make_qr(content, error=error, boost_error=False).matrix
    return path_of(matrix), len(matrix) + 2 * QUIET_MODULES
