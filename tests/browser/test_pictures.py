"""The pictures of the README, taken from a living gate: `make screenshots` keeps them, a test run throws them away."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hardware.simulation import Deck, Note, Person, dump_deck
from kiosk.services.street import Mint
from tests.support.browser import chromium
from tests.support.gates import end, eventually, fresh_places, start, view

pytestmark = pytest.mark.timeout(170)

WAIT_MS = 60_000
KIOSK_DISPLAY = {"width": 800, "height": 480}
DESKTOP = {"width": 1280, "height": 800}


def people(mint: Mint) -> tuple[Person, ...]:
    """A street in which everything happens that a picture wants to show."""
    return (
        Person(name="王小明", text=mint.local_pass("王小明")),
        Person(name="Anna Muster", text=mint.dcc("Muster", "Anna")),
        Person(name="陈静", text=mint.local_pass("陈静"), forehead_c=38.6, note=Note.FEVERISH),
    )


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a running kiosk, and the first manager's passphrase."""
    folder = tmp_path_factory.mktemp("kiosk")
    at = fresh_places(folder / "state")
    at.rules.write_text("[replay]\nwindow_s = 1\n")  # the same people come round again and again
    mint = Mint.fresh(datetime.now(UTC))
    mint.publish(folder / "lists")
    deck = Deck(people=people(mint), start=time.time(), walking_s=0.8, presenting_s=2.5, measuring_s=1.5, gap_s=4.0)
    dump_deck(deck, folder / "deck.json")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    devices = (f"--thermometer=simulated:{folder}/deck.json", "--lamp=none", "--voice=silent", "--buttons=none")
    said = folder / "web.txt"
    with said.open("wb") as out:
        processes = [
            start("gate", *devices, "--trust", str(folder / "lists"), at=at),
            start("scanner", "--lane", "main", f"--camera=simulated:{folder}/deck.json", at=at),
            start("web", "--port", str(port), at=at, out=out),
        ]
        try:
            eventually(lambda: view(at))
            eventually(lambda: "manager" in said.read_text())
            yield f"http://127.0.0.1:{port}", said.read_text().split()[-1]
        finally:
            for process in reversed(processes):
                end(process)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures go: docs/pictures for `make screenshots`, else a folder that is thrown away."""
    folder = Path(os.environ.get("KIOSK_PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def opened(browser: Browser, kiosk: tuple[str, str], language: str, size: dict[str, int]) -> Page:
    """A page in a language, logged in as the manager."""
    address, passphrase = kiosk
    page = browser.new_context(viewport=size, base_url=address).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(WAIT_MS)
    page.goto(f"/login?lang={language}")
    page.fill("input[name=name]", "manager")
    page.fill("input[name=secret]", passphrase)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def keep(page: Page, file: Path) -> None:
    """Takes the picture once every image of the page is there."""
    page.wait_for_function("[...document.images].every(image => image.complete)")
    page.screenshot(path=file, animations="disabled")  # as they look when they have ended
    assert file.read_bytes().startswith(b"\x89PNG")
    assert file.stat().st_size > 5_000, "the page is empty"


def test_a_picture_of_the_residents_screen_at_each_of_its_lamps(browser: Browser, kiosk, pictures: Path):
    page = opened(browser, kiosk, "zh_Hans_CN", KIOSK_DISPLAY)
    page.goto("/screen")
    screen = page.locator("#screen")
    expect(screen).to_have_attribute("data-face", "pass", timeout=WAIT_MS)
    keep(page, pictures / "screen-pass.png")
    expect(screen).to_have_attribute("data-face", "see_volunteer", timeout=WAIT_MS)
    keep(page, pictures / "screen-check.png")


def test_a_picture_of_the_desk_with_somebody_to_look_at(browser: Browser, kiosk, pictures: Path):
    page = opened(browser, kiosk, "en", DESKTOP)
    page.goto("/desk")
    expect(page.locator("article.visit")).to_have_attribute("data-outcome", "check", timeout=WAIT_MS)
    keep(page, pictures / "desk.png")


def test_a_picture_of_the_records(browser: Browser, kiosk, pictures: Path):
    page = opened(browser, kiosk, "zh_Hans_CN", DESKTOP)
    page.goto("/records")
    expect(page.locator("table.rows tbody tr").nth(2)).to_be_visible()
    keep(page, pictures / "records.png")
