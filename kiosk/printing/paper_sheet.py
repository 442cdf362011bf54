"""Numbered paper sheets, A4 across, for the hours in which the kiosk cannot write: twenty lines, both languages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kiosk.core.paper import LINES
from kiosk.printing.paper import Paper

WIDTH_MM, HEIGHT_MM = 297.0, 210.0
MARGIN_MM, CODE_MM = 10.0, 24.0
_TOP_MM, _HEAD_MM, _LINE_MM = 38.0, 9.0, 7.4
# Both languages on every sheet: whoever is on duty in a power cut did not choose the settings.
COLUMNS: tuple[tuple[str, float], ...] = (
    ("行 No.", 14.0),
    ("时间 Time", 24.0),
    ("姓名 Name", 58.0),
    ("楼栋-房号 Building-room", 44.0),
    ("进/出 In/Out", 22.0),
    ("体温 °C", 24.0),
    ("结果 Outcome", 41.0),
    ("志愿者 Volunteer", 50.0),
)
_OUTCOMES = ("通过", "复核", "劝返")  # pass, check, stop: one is ticked
_TICK_MM = 3.0


def content_of(kiosk: str, sheet: int) -> str:
    """What the code in a sheet's corner says."""
    return f"KIOSKSHEET:{kiosk}:{sheet}"


def paper_sheets(kiosk: str, place: str, numbers: Sequence[int], made: datetime) -> bytes:
    """One page for each of `numbers`, as a PDF. Raises SettingsError when the Chinese font is missing."""
    paper = Paper(WIDTH_MM, HEIGHT_MM, made)
    for at, number in enumerate(numbers):
        if at:
            paper.next_page()
        _sheet(paper, kiosk, place, number)
    return paper.pdf()


def _sheet(paper: Paper, kiosk: str, place: str, number: int) -> None:
    across = WIDTH_MM - 2 * MARGIN_MM
    paper.text(MARGIN_MM, 18, f"登记表 Sheet  {number}", size_pt=26, width_mm=110)
    paper.text(MARGIN_MM, 27, f"{place or kiosk}  ({kiosk})", size_pt=12, width_mm=110)
    paper.text(MARGIN_MM + 115, 18, "日期 Date  ______ - ____ - ____", size_pt=14, width_mm=90)
    paper.text(
        MARGIN_MM + 115, 27, "每人一行，每行填写时间。 One person a line, each with its time.", size_pt=10, width_mm=120
    )
    paper.qr(WIDTH_MM - MARGIN_MM - CODE_MM, 8, CODE_MM, content_of(kiosk, number), error="Q")
    bottom = _TOP_MM + _HEAD_MM + LINES * _LINE_MM
    left = MARGIN_MM
    for title, width in COLUMNS:
        paper.frame(left, _TOP_MM, width, bottom - _TOP_MM)
        paper.text(left + 1, _TOP_MM + 6, title, size_pt=10, width_mm=width - 2)
        left += width
    for line in range(LINES):
        top = _TOP_MM + _HEAD_MM + line * _LINE_MM
        paper.frame(MARGIN_MM, top, across, _LINE_MM)
        paper.text(MARGIN_MM, top + 5.2, str(line + 1), size_pt=11, width_mm=COLUMNS[0][1], centre=True)
        at = MARGIN_MM + sum(width for _, width in COLUMNS[:6])
        for word in _OUTCOMES:
            paper.frame(at + 1, top + 2.2, _TICK_MM, _TICK_MM)
            paper.text(at + 1.6 + _TICK_MM, top + 5.2, word, size_pt=9, width_mm=8.5)
            at += COLUMNS[6][1] / len(_OUTCOMES)
    paper.text(
        MARGIN_MM,
        bottom + 5,
        f"补录 Enter afterwards: kiosk paper enter FILE.csv   {kiosk} / {number}",
        size_pt=8,
        width_mm=across,
    )
