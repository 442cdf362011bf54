"""Charts as SVG: columns and bars whose parts differ by pattern, with axes; texts are escaped by the library.

No style stands in the picture (the pages' content policy forbids it): colours come from `records.css` by class,
patterns from fills. A chart never stands alone: its title and description are read aloud, a table lies beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from markupsafe import Markup, escape

WIDTH, LEFT, RIGHT = 420.0, 34.0, 6.0  # units; text of 12 is read on a phone's width
_HEIGHT, _TOP, _BASE = 200.0, 16.0, 22.0  # of a column chart: all of it, above and below the columns
_ROW, _BAR = 34.0, 11.0  # of a bar chart: a line of text with its bar, the bar
_PATTERNED = ("check", "deny", "open")  # fills that have a pattern; the others are plain


@dataclass(frozen=True, slots=True)
class Series:
    """One part of each column or bar. `fill`: pass, check, deny, open or plain."""

    fill: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Mark:
    """A line between two columns: `at` counts columns from the left, in fractions."""

    at: float
    text: str


def columns(
    name: str, title: str, told: str, labels: Sequence[str], series: Sequence[Series], mark: Mark | None = None
) -> Markup:
    """Stacked columns with a scale; empty labels are left out. `name` makes the ids of a page differ."""
    draw = _library()
    picture = _picture(name, title, told, _HEIGHT)
    most = _nice(max((sum(each.values[at] for each in series) for at in range(len(labels))), default=0))
    tall = _HEIGHT - _TOP - _BASE
    base = _HEIGHT - _BASE
    for part in (0, most // 2, most) if most > 1 else (0, most):
        y = base - tall * part / most
        picture.append(draw.Line(LEFT, y, WIDTH - RIGHT, y, class_="guide"))
        picture.append(draw.Text(str(part), 12, LEFT - 6, y + 4, class_="axis", text_anchor="end"))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    for at, label in enumerate(labels):
        left, top = LEFT + at * step, base
        for each in series:
            high = tall * each.values[at] / most
            top -= high
            if high:
                picture.append(draw.Rectangle(left + step * 0.1, top, step * 0.8, high, **_filled(name, each.fill)))
        if label:
            picture.append(draw.Text(label, 12, left + step / 2, base + 15, class_="axis", text_anchor="middle"))
    if mark is not None:
        x = LEFT + mark.at * step
        picture.append(draw.Line(x, _TOP - 4, x, base, class_="mark"))
        end = x > WIDTH * 0.75
        picture.append(
            draw.Text(
                mark.text, 12, x + (-5 if end else 5), 11, class_="mark-text", text_anchor="end" if end else "start"
            )
        )
    return _markup(picture)


def bars(name: str, title: str, told: str, lines: Sequence[tuple[str, str, int]]) -> Markup:
    """One line of text with its bar below for each label, fill and number; the longest fills the width."""
    draw = _library()
    picture = _picture(name, title, told, max(1, len(lines)) * _ROW + 4)
    most = max((number for _, _, number in lines), default=0) or 1
    for at, (label, fill, number) in enumerate(lines):
        y = at * _ROW
        picture.append(draw.Text(label, 12, 0, y + 13, class_="axis"))
        picture.append(draw.Text(str(number), 12, WIDTH - 1, y + 13, class_="axis number", text_anchor="end"))
        picture.append(draw.Rectangle(0, y + 18, WIDTH, _BAR, class_="rail"))
        if number:
            picture.append(draw.Rectangle(0, y + 18, max(2.0, WIDTH * number / most), _BAR, **_filled(name, fill)))
    return _markup(picture)


@cache
def _library() -> Any:
    return import_module("drawsvg")  # when it is needed: 46 ms that only a page with charts has to pay


def _picture(name: str, title: str, told: str, height: float) -> Any:
    draw = _library()
    names = {"role": "img", "aria_labelledby": f"{name}-title {name}-told", "class_": "chart"}
    picture = draw.Drawing(WIDTH, height, id_prefix=f"{name}-", **names)
    picture.append(
        draw.Raw(f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-told">{escape(told)}</desc>')
    )
    picture.append(draw.Raw("<defs>" + "".join(_pattern(f"{name}-{fill}", fill) for fill in _PATTERNED) + "</defs>"))
    return picture


def _pattern(name: str, fill: str) -> str:
    """Stripes for CHECK, a lattice for DENY, dots for people who left half-way: told apart without any colour."""
    drawn = {
        "check": '<path d="M-1 7 7-1M3 11l8-8" class="ink"/>',
        "deny": '<path d="M-1 7 7-1M3 11l8-8M-1 1l8 8M3-3l8 8" class="ink"/>',
        "open": '<circle cx="2" cy="2" r="1.2" class="ink"/><circle cx="6" cy="6" r="1.2" class="ink"/>',
    }[fill]
    return (
        f'<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse" class="of-{fill}">'
        f'<rect width="8" height="8" class="ground"/>{drawn}</pattern>'
    )


def _filled(name: str, fill: str) -> dict[str, str]:
    """How a part is filled: by a class, and by its pattern where it has one."""
    given = {"class_": f"part part-{fill}"}
    return given | {"fill": f"url(#{name}-{fill})"} if fill in _PATTERNED else given


def _nice(most: int) -> int:
    """A round number that is no smaller, for the top of the scale."""
    if most <= 4:
        return max(1, most)
    size = 10 ** (len(str(most)) - 1)
    return next(int(size * step) for step in (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10) if size * step >= most)


def _markup(picture: Any) -> Markup:
    return Markup(picture.as_svg(header=""))  # noqa: S704 - the library and `escape` did
