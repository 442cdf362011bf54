"""The whole kiosk with a real browser: real processes, a simulated street, both languages.

A PASS on the resident's screen, a CHECK resolved by an override, a manual entry, and a download that equals the page.
"""

from __future__ import annotations

import csv
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hardware.simulation import Deck, Note, Person, dump_deck
from kiosk.services.street import Mint
from tests.support.browser import chromium
from tests.support.gates import end, eventually, fresh_places, start, view

pytestmark = pytest.mark.timeout(170)

WAIT_MS = 30_000
SIZES = {"zh_Hans_CN": {"width": 800, "height": 480}, "en": {"width": 1440, "height": 900}}


@dataclass(frozen=True)
class Kiosk:
    """A running kiosk and the first manager's passphrase."""

    address: str
    passphrase: str


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    folder = tmp_path_factory.mktemp("kiosk")
    at = fresh_places(folder / "state")
    at.rules.write_text("[replay]\nwindow_s = 1\n")  # the same two people come round again and again
    mint = Mint.fresh(datetime.now(UTC))
    mint.publish(folder / "lists")
    people = (
        Person(name="王小明", text=mint.local_pass("王小明")),
        Person(name="陈静", text=mint.local_pass("陈静"), forehead_c=38.6, note=Note.FEVERISH),
    )
    deck = Deck(people=people, start=time.time(), walking_s=0.8, presenting_s=2.5, measuring_s=1.5, gap_s=3.0)
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
            yield Kiosk(f"http://127.0.0.1:{port}", said.read_text().split()[-1])
        finally:
            for process in reversed(processes):
                end(process)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(params=["zh_Hans_CN", "en"])
def page(request: pytest.FixtureRequest, browser: Browser, kiosk: Kiosk) -> Iterator[Page]:
    """A page in each language and its own size, logged in as the manager."""
    context = browser.new_context(viewport=SIZES[request.param], accept_downloads=True)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(f"{kiosk.address}/login?lang={request.param}")
    page.fill("input[name=name]", "manager")
    page.fill("input[name=secret]", kiosk.passphrase)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    yield page
    context.close()
    assert troubles == []


def test_the_resident_is_led_to_a_pass_and_sees_nothing_of_the_reasons(page: Page, kiosk: Kiosk) -> None:
    page.goto(f"{kiosk.address}/screen")
    screen = page.locator("#screen")
    passed = page.locator("#screen[data-face=pass] section:visible [data-initials]", has_text="王**")
    expect(passed).to_be_visible(timeout=WAIT_MS)
    expect(screen).to_have_attribute("data-face", "see_volunteer", timeout=WAIT_MS)
    shown = page.locator("body").inner_text()
    assert not re.search(r"38|fever|temperature is|体温", shown, re.IGNORECASE)
    assert "陈静" not in shown


def test_a_check_is_resolved_by_an_override_and_its_reason(page: Page, kiosk: Kiosk) -> None:
    page.goto(f"{kiosk.address}/desk")
    visit = page.locator("article.visit")
    expect(visit).to_have_attribute("data-outcome", "check", timeout=WAIT_MS)
    number = visit.get_attribute("data-visit")
    assert visit.locator(".findings li.check").count() == 1
    page.keyboard.press("p")
    decided = page.locator(f"article.visit[data-visit='{number}']")
    expect(decided).to_have_attribute("data-outcome", "pass", timeout=3000)
    page.goto(f"{kiosk.address}/records")
    row = page.locator("table.rows tbody tr", has_text="manager").first
    expect(row).to_be_visible()


def test_a_person_without_a_phone_is_written_up(page: Page, kiosk: Kiosk) -> None:
    page.goto(f"{kiosk.address}/desk")
    page.keyboard.press("m")
    page.locator("#typed-person summary").click()
    form = page.locator("#typed-person form")
    form.locator("input[name=name]").fill("赵奶奶 <b>&")
    form.locator("input[name=room]").fill("5-101")
    form.locator("input[name=celsius]").fill("36.4")
    form.locator("button.go").click()
    named = page.locator("article.visit, [data-region=recent]").filter(has_text="赵奶奶 <b>&").first
    expect(named).to_be_visible()


def test_the_download_has_the_rows_of_the_page(page: Page, kiosk: Kiosk, tmp_path: Path) -> None:
    page.goto(f"{kiosk.address}/records?outcome=pass&until={_now(page)}")
    rows = page.locator("table.rows tbody tr")
    expect(rows.first).to_be_visible()
    shown = [row.get_attribute("data-seq") for row in rows.all()]
    total = int(page.locator("#total").get_attribute("data-total") or 0)
    with page.expect_download() as started:
        page.locator("#download").click()
    file = tmp_path / "log.csv"
    started.value.save_as(file)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    assert len(table) - 1 == total
    numbers = [cell[_column(table)] for cell in table[1:]]
    assert set(shown) == set(numbers[: len(shown)]) or set(shown) == set(numbers[-len(shown) :])


def _now(page: Page) -> str:
    """A moment that keeps people who come meanwhile out of page and file alike."""
    field = page.evaluate("new Date(Date.now() - 500).toLocaleString('sv', {timeZone: 'Asia/Shanghai'})")
    return str(field).replace(" ", "T")


def _column(table: list[list[str]]) -> int:
    """Where the entry's number stands: the column whose cells grow or shrink by row and are all whole numbers."""
    for index in range(len(table[0])):
        cells = [row[index] for row in table[1:]]
        if all(cell.isdecimal() for cell in cells) and len(set(cells)) == len(cells):
            return index
    raise AssertionError(f"no column of entry numbers in {table[0]}")
