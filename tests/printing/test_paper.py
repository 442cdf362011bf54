"""What is drawn on paper, read back from the PDF's own drawing commands."""

import re
from datetime import UTC, datetime

import numpy as np
import pytest

from kiosk.core.faults import SettingsError
from kiosk.printing.paper import CJK_FONT, CJK_PACKAGE, Paper
from kiosk.printing.pass_card import HEIGHT_MM, SHEET_MM, WIDTH_MM, PassCard, pass_card, pass_sheets
from tests.support import mint
from tests.support.codes import codes_in
from tests.support.drawings import drawings

MADE = datetime(2026, 11, 21, tzinfo=UTC)
CJK = pytest.mark.skipif(not CJK_FONT.exists(), reason=f"install {CJK_PACKAGE} for printing Chinese")


def page(pdf: bytes) -> str:
    """The drawing commands of the first page."""
    return next(text for text in drawings(pdf) if " re" in text)


def painted(pdf: bytes, width_mm: float, height_mm: float) -> np.ndarray:
    """The filled rectangles of the page as a picture, 4 pixels a point."""
    scale = 4 * 72 / 25.4
    picture = np.full((int(height_mm * scale), int(width_mm * scale)), 255, np.uint8)
    for x, y, w, h in re.findall(r"([\d.-]+) ([\d.-]+) ([\d.-]+) ([\d.-]+) re f", page(pdf)):
        left, top = 4 * float(x), picture.shape[0] - 4 * float(y)
        bottom, right = top - 4 * float(h), left + 4 * float(w)
        top, bottom = sorted((top, bottom))
        picture[round(top) : round(bottom), round(left) : round(right)] = 0
    return picture


@CJK
def test_the_code_of_a_card_scans_and_fits_the_card():
    text = mint.street().pass_("欧阳修")
    pdf = pass_card(PassCard(text, "欧阳修", "Resident", "东区", "2026-11-21", "2026-12-21"), MADE)
    found = codes_in(painted(pdf, WIDTH_MM, HEIGHT_MM))
    assert found == [text]


@CJK
def test_twelve_cards_are_two_pages_whose_codes_scan():
    texts = [mint.street().pass_("欧阳修", credential_id=bytes([number]) * 8) for number in range(12)]
    cards = [
        PassCard(text, "黄丽", "Resident", "东区", "2026-11-21", "2026-12-21", "0a" * 8, ("黄小宝",)) for text in texts
    ]
    pdf = pass_sheets(cards, MADE)
    assert pdf.count(b"/Type /Page\n") == 2
    first = pass_sheets(cards[:10], MADE)
    assert set(codes_in(painted(first, *SHEET_MM))) == set(texts[:10])


def test_a_page_without_chinese_needs_no_font(tmp_path):
    paper = Paper(50, 50, MADE, font=tmp_path / "missing.ttf")
    paper.text(1, 10, "Čapek Gößinger 😀", size_pt=12, width_mm=48)
    assert "(Capek G\xf6\xdfinger ?)" in page_text(paper)


def test_a_missing_font_is_one_line_that_names_the_package(tmp_path):
    with pytest.raises(SettingsError, match="apt install fonts-droid-fallback"):
        Paper(50, 50, MADE, font=tmp_path / "missing.ttf").text(1, 10, "王小明", size_pt=12, width_mm=48)


def test_a_long_name_is_made_smaller_instead_of_cut():
    paper = Paper(50, 50, MADE)
    paper.text(1, 10, "A" * 40, size_pt=20, width_mm=48)
    sizes = [float(size) for size in re.findall(r"/F\d+ ([\d.]+) Tf", page_text(paper))]
    assert "(" + "A" * 40 + ")" in page_text(paper)
    assert sizes[-1] < 12


def page_text(paper: Paper) -> str:
    return "".join(drawings(paper.pdf()))


def test_dashes_and_quotes_that_the_latin_font_lacks_are_written_plainly(tmp_path):
    paper = Paper(80, 50, MADE, font=tmp_path / "missing.ttf")
    paper.text(1, 10, "07:30 – 08:00 “so” …", size_pt=12, width_mm=78)
    assert '(07:30 - 08:00 "so" ...)' in page_text(paper)
