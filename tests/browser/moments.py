"""The post of a moment: one gate, its volunteer's desk and its resident's screen, and what is done there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, expect

from kiosk.core.entry import EntryKind
from kiosk.store.entries import Entry
from tests.browser.pages import DESKTOP, DISPLAY, PHONE, DeskPage, Screen
from tests.support.browser import Windows
from tests.support.gates import eventually
from tests.support.living import VOLUNTEER, LivingKiosk

SIZES = {"display": DISPLAY, "phone": PHONE, "desktop": DESKTOP}
PLACES = [
    (language, size)
    for languages in (("zh_Hans_CN", "en", "zh_Hans_CN"), ("en", "zh_Hans_CN", "en"))
    for language, size in zip(languages, SIZES, strict=True)
]


def played(moment: int) -> pytest.MarkDecorator:
    """Plays a moment in its language at its size; in each of them where KIOSK_EVERYWHERE is set."""
    places = PLACES if os.environ.get("KIOSK_EVERYWHERE") else [PLACES[moment % len(PLACES)]]
    return pytest.mark.parametrize("post", places, ids=["-".join(place) for place in places], indirect=True)


def opened(desk: DeskPage, key: str, tool: str) -> Locator:
    """Opens a sheet of the desk by its key, and waits until one can type into it."""
    desk.press(key)
    sheet = desk.page.locator(f"#tool-{tool}")
    expect(sheet.locator("[data-first]").first).to_be_focused()
    return sheet


def done(desk: DeskPage, sheet: Locator) -> None:
    """Waits until the desk says that it is done and has closed the sheet."""
    expect(desk.said).to_be_visible()
    expect(sheet).not_to_have_attribute("open", "")


def measured_by_hand(desk: DeskPage, celsius: str) -> None:
    """Types what the contact thermometer shows."""
    desk.type_into("t", celsius)


def an_hour_ago() -> datetime:
    """As the kiosk's own clock on the wall showed it."""
    return datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(hours=1)


def scanned(desk: DeskPage, text: str) -> None:
    """Reads a code with a hand scanner that types."""
    sheet = opened(desk, "k", "typed")
    desk.page.keyboard.insert_text(text)
    sheet.locator("button.go").press("Enter")
    done(desk, sheet)


@dataclass
class Post:
    """One gate, its volunteer's desk and its resident's screen, at one size in one language."""

    kiosk: LivingKiosk
    language: str
    size: dict[str, int]
    windows: Windows
    logins: dict[str, Path]
    began: int = 0  # the newest row when the moment began

    def desk(self, who: str = VOLUNTEER) -> DeskPage:
        """The desk of somebody on duty."""
        page = self.windows.open(self.size, touch=self.size is not DESKTOP, login=self.logins[who])
        page.goto(f"{self.kiosk.address}/desk?lang={self.language}")
        return DeskPage(page, self.kiosk.address)

    def screen(self) -> Screen:
        """What the resident sees."""
        return Screen(self.windows.open(self.size), self.kiosk.address, self.language)

    def rows(self, kind: EntryKind) -> list[Entry]:
        """What this moment wrote of that kind, oldest first."""
        return [row for row in self.kiosk.rows(kind=kind)[::-1] if row.seq > self.began]

    def written(self, kind: EntryKind, count: int = 1) -> list[Entry]:
        """The same, once there are so many."""
        return eventually(lambda: rows if len(rows := self.rows(kind)) >= count else None)
