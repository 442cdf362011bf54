"""Text and QR codes on a PDF page: millimetres, one built-in font for Latin letters, one system font for Chinese."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path

import segno
from fpdf import FPDF

from kiosk.core.faults import SettingsError

CJK_FONT = Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf")
CJK_PACKAGE = "fonts-droid-fallback"
_PLAINER = {"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "..."}  # not in the built-in font
QUIET_MODULES = 4  # the quiet zone of a QR code, ISO/IEC 18004 §6.3.8


class Paper:
    """One page of `width_mm` by `height_mm`, made at `made` (aware), which stands in the file."""

    def __init__(self, width_mm: float, height_mm: float, made: datetime, font: Path = CJK_FONT) -> None:
        self._pdf = FPDF(unit="mm", format=(width_mm, height_mm))
        self._pdf.set_creation_date(made)
        self._pdf.set_auto_page_break(False)
        self._pdf.set_margin(0)
        self._pdf.add_page()
        self._font = font
        self._has_cjk = False

    def text(
        self, x_mm: float, y_mm: float, words: str, *, size_pt: float, width_mm: float, centre: bool = False
    ) -> None:
        """Writes `words` on one line with its base line at `y_mm`, smaller where they are wider than `width_mm`.

        Raises SettingsError when they need the Chinese font and its package is not installed.
        """
        runs = [(self._family(cjk), text) for cjk, text in _runs(words)]
        while (wide := self._width(runs, size_pt)) > width_mm and size_pt > 4:
            size_pt -= 0.5
        at = x_mm + (width_mm - wide) / 2 if centre else x_mm
        for family, text in runs:
            self._pdf.set_font(family, size=size_pt)
            self._pdf.text(at, y_mm, text)
            at += self._pdf.get_string_width(text)

    def qr(self, x_mm: float, y_mm: float, side_mm: float, content: str, *, error: str) -> None:
        """Draws the QR code of `content` with its quiet zone in a square; `error` is L, M, Q or H."""
        matrix = segno.make_qr(content, error=error, boost_error=False).matrix
        module = side_mm / (len(matrix) + 2 * QUIET_MODULES)
        for row, line in enumerate(matrix, start=QUIET_MODULES):
            column = QUIET_MODULES
            for dark, modules in groupby(line):
                count = len(list(modules))
                if dark:
                    corner = (x_mm + column * module, y_mm + row * module)
                    self._pdf.rect(*corner, w=count * module, h=module, style="F")
                column += count

    def frame(self, x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> None:
        """Draws a thin rectangle, to cut along."""
        self._pdf.set_line_width(0.2)
        self._pdf.rect(x_mm, y_mm, w=width_mm, h=height_mm)

    def bar(self, x_mm: float, y_mm: float, width_mm: float, height_mm: float, grey: int = 0) -> None:
        """Fills a rectangle; `grey` is 0 for black, 255 for white."""
        self._pdf.set_fill_color(grey)
        self._pdf.rect(x_mm, y_mm, w=width_mm, h=height_mm, style="F")
        self._pdf.set_fill_color(0)

    def next_page(self) -> None:
        """Goes on with another page of the same size."""
        self._pdf.add_page()

    def pdf(self) -> bytes:
        """The file."""
        return bytes(self._pdf.output())

    def _family(self, cjk: bool) -> str:
        if not cjk:
            return "helvetica"
        if not self._has_cjk:
            if not self._font.is_file():
                raise SettingsError(f"no font for Chinese: install it with `apt install {CJK_PACKAGE}`")
            self._pdf.add_font("cjk", fname=self._font)
            self._has_cjk = True
        return "cjk"

    def _width(self, runs: list[tuple[str, str]], size_pt: float) -> float:
        total = 0.0
        for family, text in runs:
            self._pdf.set_font(family, size=size_pt)
            total += self._pdf.get_string_width(text)
        return total


def _runs(words: str) -> Iterator[tuple[bool, str]]:
    """`words` cut where the font changes: whether it is Chinese, and the text."""
    for cjk, characters in groupby(words, key=_is_cjk):
        text = "".join(characters)
        yield cjk, text if cjk else "".join(map(_latin, text))


def _is_cjk(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F") and unicodedata.category(character) != "So"


def _latin(character: str) -> str:
    """What the built-in font has for a character: itself, a plain one, its base letter, or a question mark."""
    if character in _PLAINER:
        return _PLAINER[character]
    for form in (character, unicodedata.normalize("NFKD", character)[0]):
        if ord(form) < 256:
            return form
    return "?"
