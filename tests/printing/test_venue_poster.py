"""The poster of a place: it scans from both files, on both sheets, and says the same in two languages."""

import io
import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from kiosk.printing.paper import CJK_FONT, CJK_PACKAGE
from kiosk.printing.venue_poster import SIZES_MM, VenuePoster, as_pdf, as_svg
from tests.support import mint
from tests.support.codes import codes_in
from tests.support.drawings import drawings

MADE = datetime(2026, 11, 21, tzinfo=UTC)
CJK = pytest.mark.skipif(not CJK_FONT.exists(), reason=f"install {CJK_PACKAGE} for printing Chinese")
STREET = mint.street()
TEXTS = {"bare": STREET.venue(), "link": STREET.place_code()}
SVG = "{http://www.w3.org/2000/svg}"


def poster(text: str = TEXTS["link"], **more: str) -> VenuePoster:
    """The poster of the south gate."""
    values = {
        "name": "南门",
        "venue_id": "south-gate",
        "issuer": "东区",
        "name_en": "South Gate",
        "until": "2027-01-01",
    }
    return VenuePoster(text, **(values | more))


def painted(pdf: bytes, size: str) -> np.ndarray:
    """The filled rectangles of the page as a picture, 4 pixels a point."""
    width, height = (round(side * 72 / 25.4 * 4) for side in SIZES_MM[size])
    picture = np.full((height, width), 255, np.uint8)
    for x, y, w, h in re.findall(r"([\d.-]+) ([\d.-]+) ([\d.-]+) ([\d.-]+) re f", page(pdf)):
        top, bottom = sorted((height - 4 * float(y), height - 4 * (float(y) + float(h))))
        picture[round(top) : round(bottom), round(4 * float(x)) : round(4 * (float(x) + float(w)))] = 0
    return picture


def page(pdf: bytes) -> str:
    """The drawing commands of the page."""
    return next(text for text in drawings(pdf) if " re f" in text)


def drawn(svg: bytes) -> np.ndarray:
    """The code of the SVG as a picture, 5 pixels a module."""
    path = ElementTree.parse(io.BytesIO(svg)).find(f"{SVG}path")
    runs = [tuple(map(int, run)) for run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path.get("d"))]
    side = max(column + count for column, _, count in runs) + 4
    picture = np.full((side, side), 255, np.uint8)
    for column, row, count in runs:
        picture[row, column : column + count] = 0
    return cv2.resize(picture, None, fx=5, fy=5, interpolation=cv2.INTER_NEAREST)


def words(svg: bytes) -> list[ElementTree.Element]:
    return ElementTree.parse(io.BytesIO(svg)).findall(f"{SVG}text")


@CJK
@pytest.mark.parametrize("size", SIZES_MM)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_code_of_a_pdf_scans_on_either_sheet(size, text):
    found = codes_in(painted(as_pdf(poster(text), size, MADE), size))
    assert found == [text]


@CJK
@pytest.mark.parametrize(("size", "box"), [("a4", (595.28, 841.89)), ("a5", (419.53, 595.28))])
def test_a_pdf_has_one_page_of_its_size(size, box):
    pdf = as_pdf(poster(), size, MADE)
    (found,) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert tuple(map(float, found)) == pytest.approx(box, abs=0.1)
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_code_of_an_svg_scans(text):
    assert codes_in(drawn(as_svg(poster(text), "a4"))) == [text]


@pytest.mark.parametrize("size", SIZES_MM)
def test_an_svg_prints_at_its_size_and_keeps_everything_on_the_sheet(size):
    root = ElementTree.parse(io.BytesIO(as_svg(poster(), size))).getroot()
    assert (root.get("width"), root.get("height")) == tuple(f"{side:g}mm" for side in SIZES_MM[size])
    _, _, width, height = map(float, root.get("viewBox").split())
    assert width / height == pytest.approx(SIZES_MM[size][0] / SIZES_MM[size][1], rel=0.001)
    assert all(0 < float(line.get("y")) < height - 5 for line in words(as_svg(poster(), size)))


def test_both_languages_stand_on_it_chinese_larger_than_english():
    said = {line.text: float(line.get("font-size")) for line in words(as_svg(poster(), "a4"))}
    assert said["南门"] > 2 * said["South Gate"]
    assert said["进门请扫码"] > 2 * said["Please scan when you come in"]
    assert "有效至 Valid until 2027-01-01" in said


def test_a_long_name_is_made_smaller_and_a_wicked_one_stays_text():
    (name, *_) = words(as_svg(poster(name="很长的名字" * 8), "a4"))
    assert float(name.get("font-size")) * 40 <= 180.1
    (name, *_) = words(as_svg(poster(name="<script>&</script>"), "a4"))
    assert name.text == "<script>&</script>"


def test_what_is_not_known_leaves_no_line():
    said = [line.text for line in words(as_svg(poster(name_en="", until=""), "a4"))]
    assert not any("Valid" in line or "South" in line for line in said)
