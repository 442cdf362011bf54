"""The pictures of docs/pictures, one of each page, taken from a kiosk that lives: `make screenshots`."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from kiosk.core import requests as asks
from kiosk.core.model import Outcome
from tests.browser.pages import DESKTOP, DISPLAY, PHONE, DeskPage, Screen
from tests.support.browser import Windows
from tests.support.gates import eventually
from tests.support.living import MANAGER, VOLUNTEER, LivingKiosk

FOLDER = os.environ.get("KIOSK_PICTURES", "")
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not FOLDER, reason="pictures are taken by make screenshots"),
]

CHINESE, ENGLISH = "zh_Hans_CN", "en"
COLOURS = 128  # a page is flat: a palette keeps it small and sharp
PAGES = {
    "records": "/records",
    "records-charts": "/records/charts?days=1",
    "records-day": "/records/days",
    "records-inspection": "/records/inspection",
    "records-inside": "/records/inside",
    "records-people": "/records/people",
    "records-files": "/records/files",
    "records-looks": "/records/looks",
    "desk-review": "/desk/review",
    "desk-inside": "/desk/inside",
    "desk-paper": "/desk/paper",
    "users": "/users",
    "settings": "/settings",
    "settings-kiosk": "/settings/kiosk",
    "settings-rules": "/settings/rules",
    "settings-devices": "/settings/devices",
    "settings-roster": "/settings/roster",
    "settings-passes": "/settings/passes",
    "settings-trust": "/settings/trust",
    "settings-announcements": "/settings/announcements",
    "settings-backup": "/settings/backup",
    "health": "/health",
}


@pytest.fixture
def windows(browser: Browser, lives: LivingKiosk) -> Iterator[Windows]:
    """Windows before an empty street."""
    lives.nobody_comes()
    if (waits := lives.lane.current) is not None:
        lives.ask(asks.Override, visit=waits.visit, outcome=Outcome.PASS)
    eventually(lambda: lives.lane.current is None)
    with closing(Windows(browser)) as windows:
        yield windows


def keep(page: Page, name: str) -> None:
    """Takes the picture once every image of the page is there and every movement has ended."""
    page.wait_for_function("[...document.images].every(image => image.complete)")
    taken = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    colours = taken.quantize(COLOURS, dither=Image.Dither.NONE)
    assert len(colours.getcolors() or ()) > 8, f"{name} is empty"
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    colours.save(Path(FOLDER) / f"{name}.png", optimize=True)


@pytest.mark.parametrize("language", [CHINESE, ENGLISH])
def test_the_residents_screen_from_the_first_step_to_the_result(lives: LivingKiosk, windows: Windows, language: str):
    screen = Screen(windows.open(DISPLAY), lives.address, language)
    for part, face in {"": "welcome", "resident": "pass", "feverish": "see_volunteer", "expired": "stop"}.items():
        if part:
            lives.comes(part)
        screen.wait_for(face)
        screen.page.wait_for_timeout(250)  # until the picture of the camera has faded in
        keep(screen.page, f"screen-{face}-{language}")
    if language == CHINESE:
        lives.ask(asks.Evacuate, on=True)
        screen.wait_for("evacuate")
        keep(screen.page, f"screen-evacuate-{language}")
        lives.ask(asks.Evacuate, on=False)


@pytest.mark.parametrize(
    ("size", "language", "name"),
    [(DISPLAY, CHINESE, "display"), (PHONE, CHINESE, "phone"), (DESKTOP, ENGLISH, "desktop")],
    ids=["display", "phone", "desktop"],
)
def test_the_desk_with_somebody_to_look_at(
    lives: LivingKiosk, windows: Windows, logins: dict[str, Path], size: dict[str, int], language: str, name: str
):
    page = windows.open(size, login=logins[VOLUNTEER])
    page.goto(f"{lives.address}/desk?lang={language}")
    desk = DeskPage(page, lives.address)
    expect(desk.visit).to_contain_text(lives.comes("feverish").name)
    desk.wait_for("check")
    if size is not PHONE:
        expect(page.locator("#camera")).to_be_visible()
    keep(page, f"desk-{name}-{language}")


def test_every_other_page(lives: LivingKiosk, windows: Windows, logins: dict[str, Path]):
    page = windows.open(DESKTOP)
    page.goto(f"{lives.address}/login?lang={CHINESE}")
    keep(page, "login")
    page = windows.open(DESKTOP, login=logins[MANAGER])
    page.goto(f"{lives.address}/health?lang={CHINESE}")
    for name, address in PAGES.items():
        page.goto(f"{lives.address}{address}")
        expect(page.locator("h1").first).to_be_visible()
        keep(page, name)
