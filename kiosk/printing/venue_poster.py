"""The poster with a place's check-in code, A4 or A5, to hang where people enter: as PDF or SVG, in both languages.

Whoever reads it did not choose the kiosk's language, so Chinese stands large and English below it on every poster.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from kiosk.printing.code import shape
from kiosk.printing.paper import Paper

SIZES_MM = {"a4": (210.0, 297.0), "a5": (148.0, 210.0)}  # ISO 216
CODE_MM, MARGIN_MM = 140.0, 15.0  # on A4; A5 is that, smaller
_WIDTH_MM, _CODE_TOP_MM = SIZES_MM["a4"][0], 98.0
_PT_MM = 25.4 / 72
_FONTS = "'Droid Sans Fallback','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif"


@dataclass(frozen=True, slots=True)
class VenuePoster:
    """What stands on one poster. `text` is the content of its QR code, `until` a local day or empty."""

    text: str
    name: str
    venue_id: str
    issuer: str
    name_en: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """One centred line: its base line and size on A4."""

    y_mm: float
    words: str
    size_pt: float


def as_pdf(poster: VenuePoster, size: str, made: datetime) -> bytes:
    """The poster as a PDF of one page; `size` is a4 or a5. Raises SettingsError when the Chinese font is missing."""
    width, height = SIZES_MM[size]
    scale = width / _WIDTH_MM
    paper = Paper(width, height, made)
    margin, across = MARGIN_MM * scale, (_WIDTH_MM - 2 * MARGIN_MM) * scale
    for line in _lines(poster):
        paper.text(
            margin, line.y_mm * scale, line.words, size_pt=line.size_pt * scale, width_mm=across, centre=True
        )  # fmt: skip
    paper.qr((width - CODE_MM * scale) / 2, _CODE_TOP_MM * scale, CODE_MM * scale, poster.text, error="Q")
    return paper.pdf()


def as_svg(poster: VenuePoster, size: str) -> bytes:
    """The poster as an SVG that prints at its size; letters are set in a Chinese font of whoever opens it."""
    width, height = SIZES_MM[size]
    across = _WIDTH_MM - 2 * MARGIN_MM
    left = (_WIDTH_MM - CODE_MM) / 2
    path, modules = shape(poster.text, error="Q")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {_WIDTH_MM:g} {_WIDTH_MM * height / width:.2f}" font-family="{_FONTS}">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<path transform="translate({left:g} {_CODE_TOP_MM:g}) scale({CODE_MM / modules:.5f})" d="{path}"/>',
    ]
    for line in _lines(poster):
        size_mm = min(line.size_pt * _PT_MM, across / max(1.0, _ems(line.words)))
        parts.append(
            f'<text x="{_WIDTH_MM / 2:g}" y="{line.y_mm:g}" font-size="{size_mm:.2f}" text-anchor="middle">'
            f"{escape(line.words)}</text>"
        )
    return "\n".join([*parts, "</svg>\n"]).encode()


def _lines(poster: VenuePoster) -> Iterator[_Line]:
    yield _Line(38, poster.name, 48)
    if poster.name_en:
        yield _Line(50, poster.name_en, 22)
    yield _Line(74, "进门请扫码", 52)
    yield _Line(87, "Please scan when you come in", 24)
    yield _Line(248, "用手机扫一扫，再向卡口出示健康码", 26)
    yield _Line(259, "Scan with your phone, then show your health code at the gate", 15)
    yield _Line(277, f"{poster.issuer}   {poster.venue_id}", 13)
    if poster.until:
        yield _Line(285, f"有效至 Valid until {poster.until}", 11)


def _ems(words: str) -> float:
    """About how wide a line is, in multiples of its size."""
    return sum(1.0 if unicodedata.east_asian_width(character) in "WF" else 0.62 for character in words)
