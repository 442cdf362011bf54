"""The inspector's sheet: what is on it, that it stays one page, and that it names nobody but volunteers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kiosk import locale
from kiosk.core import daily
from kiosk.core.daily import Gap
from kiosk.core.entry import EntryKind
from kiosk.core.model import Outcome
from kiosk.core.reasons import Reason
from kiosk.printing.inspection import Event, inspection
from kiosk.printing.paper import CJK_FONT
from tests.support.drawings import drawings

MADE, ZONE = datetime(2026, 11, 21, 4, tzinfo=UTC), ZoneInfo("Asia/Shanghai")
SPAN = MADE - timedelta(hours=24), MADE
EVENT = Event(1834, MADE, EntryKind.VISIT, Outcome.DENY, (Reason.BAD_SIGNATURE,), "Anna")


@pytest.fixture(autouse=True)
def _in_english():
    locale.use("en")
    yield
    locale.use(None)


def text_of(pdf: bytes) -> str:
    return "".join(drawings(pdf))


def sheet(events: list[Event], gaps: int = 0, place: str = "South gate") -> bytes:
    report = daily.stretch([], SPAN, MADE.date(), ZONE, "kiosk-1", MADE)
    away = Gap(SPAN[0], SPAN[0] + timedelta(hours=1), "power")
    report = type(report)(**{name: getattr(report, name) for name in report.__slots__} | {"missing": (away,) * gaps})
    return inspection(report, events, place, ZONE, MADE, "1857:XUHV-DGJ6")


def test_the_sheet_has_the_span_the_events_the_code_and_lines_to_sign():
    text = text_of(sheet([EVENT], gaps=1))
    assert "2026-11-20 12:00 - 2026-11-21 12:00" in text
    assert "1834  Visit \xb7 Stop \xb7 The signature is wrong" in text
    assert "power cut or reboot" in text
    assert "1857:XUHV-DGJ6" in text
    for title in ("Remarks", "Signature", "Name and office", "Date and time"):
        assert f"({title})" in text


def test_many_events_and_outages_stay_on_one_page_and_say_how_many_more_there_are():
    pdf = sheet([EVENT] * 500, gaps=40)
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1
    assert len(re.findall(r"and \d+ more, on the page", text_of(pdf))) == 2


@pytest.mark.skipif(not CJK_FONT.is_file(), reason="the Chinese font is not installed")
def test_the_sheet_speaks_chinese_and_shortens_a_place_of_any_length():
    locale.use("zh_Hans_CN")
    assert sheet([EVENT], place="阳光花园南门" * 60).startswith(b"%PDF")
