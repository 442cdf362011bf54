"""Numbered paper sheets: one page each, its number in figures and in the code of its corner."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest

from kiosk.printing.paper import CJK_FONT
from kiosk.printing.paper_sheet import content_of, paper_sheets
from tests.support.codes import codes_in

pytestmark = pytest.mark.skipif(not CJK_FONT.is_file(), reason="the Chinese font is not installed")
MADE = datetime(2026, 11, 21, tzinfo=UTC)


def test_each_number_has_its_own_page() -> None:
    made = paper_sheets("kiosk-1", "翠湖花园", range(7, 10), MADE)
    assert made.count(b"/Type /Page\n") == 3


def test_the_same_sheets_are_the_same_file() -> None:
    assert paper_sheets("kiosk-1", "", [7], MADE) == paper_sheets("kiosk-1", "", [7], MADE)


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm is not installed")
def test_the_printed_code_says_kiosk_and_sheet(tmp_path: Path) -> None:
    (tmp_path / "s.pdf").write_bytes(paper_sheets("kiosk-1", "翠湖花园", [1234], MADE))
    subprocess.run(["pdftoppm", "-r", "100", "-png", "s.pdf", "s"], cwd=tmp_path, check=True)
    (picture,) = tmp_path.glob("s-*.png")
    (found,) = codes_in(cv2.imread(str(picture)))
    assert found == content_of("kiosk-1", 1234) == "KIOSKSHEET:kiosk-1:1234"
