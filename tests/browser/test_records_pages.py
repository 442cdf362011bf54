"""The manager's records in a real browser: every page at every size in both languages, by keyboard, touch and file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kiosk.core import requests as asks
from kiosk.core.reasons import Answer
from kiosk.core.requests import Reply, Request
from kiosk.services.book import Book
from kiosk.services.clock import SystemClock
from kiosk.settings import places
from tests.browser.conftest import PASSPHRASE, Kiosk, serving
from tests.browser.pages import DESKTOP, DISPLAY, PHONE, RecordsPage, log_in, picture

pytestmark = pytest.mark.timeout(170)

PAGES = {
    "rows": "/records?outcome=check&lane=main",
    "entry": "/records/entries/3",
    "charts": "/records/charts?days=7&until=2026-11-21",
    "day": "/records/days/2026-11-21",
    "inspection": "/records/inspection",
    "inside": "/records/inside",
    "person": "/records/people",
    "files": "/records/files",
    "looks": "/records/looks",
}

# Targets smaller than WCAG 2.2's 24 by 24, fields without a name, ids that are there twice, headings that jump.
TROUBLES = """() => {
  const shown = (part) => part.checkVisibility() && part.getBoundingClientRect().width > 0;
  const name = (part) => part.labels?.length || part.getAttribute('aria-label') || part.getAttribute('aria-labelledby');
  const targets = 'main a, main button, main summary, main select, main input:not([type=hidden])';
  const small = [...document.querySelectorAll(targets)]
    .filter(shown).filter((part) => !part.closest('p') && !part.closest('label'))
    .filter((part) => { const box = part.getBoundingClientRect(); return box.height < 24 || box.width < 24; })
    .map((part) => 'small: ' + part.outerHTML.slice(0, 80));
  const nameless = [...document.querySelectorAll('main input:not([type=hidden]), main select')]
    .filter((part) => !name(part)).map((part) => 'nameless: ' + part.outerHTML.slice(0, 80));
  const ids = [...document.querySelectorAll('[id]')].map((part) => part.id);
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => 'twice: ' + id);
  const levels = [...document.querySelectorAll('main h1, main h2, main h3')].map((part) => Number(part.tagName[1]));
  const jump = levels[0] !== 1 || levels.some((level, at) => at && level > levels[at - 1] + 1);
  const jumps = jump ? ['headings: ' + levels] : [];
  const wide = document.documentElement.scrollWidth > innerWidth ? ['wider than the window'] : [];
  return [...small, ...nameless, ...twice, ...jumps, ...wide];
}"""


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    """The pages over a stub gate, whose archive is the real one."""
    folder = tmp_path_factory.mktemp("kiosk")
    with serving(folder) as kiosk, closing(Book(places(folder), "gate-1", SystemClock())) as book:
        kiosk.book = book  # type: ignore[attr-defined]
        yield kiosk


@pytest.fixture(autouse=True)
def _answering(kiosk: Kiosk, _quiet_gate: None) -> None:
    book: Book = kiosk.book  # type: ignore[attr-defined]

    def answer(request: Request) -> Reply:
        if isinstance(request, asks.Archived):
            return book.answer(request)
        return Reply(request_id=request.request_id, answer=Answer.DONE)

    kiosk.stub.answer = answer


@pytest.fixture
def manager(kiosk: Kiosk, opened: Callable[..., Page]) -> Callable[..., Page]:
    """A window of a manager who is logged in."""

    def manager(size: dict[str, int], language: str = "en", **how: bool) -> Page:
        page = opened(size, **how)
        log_in(page, kiosk.address, "manager", PASSPHRASE, language)
        return page

    return manager


@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
def test_every_page_fits_its_window_and_can_be_read_and_touched(kiosk: Kiosk, manager, language: str):
    page = manager(DISPLAY, language)
    for name, address in PAGES.items():
        for size in (DISPLAY, PHONE, DESKTOP):
            page.set_viewport_size(size)
            page.goto(kiosk.address + address)
            if name == "charts":
                expect(page.locator("svg.chart")).to_have_count(6)
            assert page.evaluate(TROUBLES) == [], (name, size)
            picture(page, f"records-{name}-{size['width']}-{language}")


def test_a_filter_is_made_and_taken_off_by_keyboard_alone(kiosk: Kiosk, manager):
    page = manager(DESKTOP)
    records = RecordsPage(page, kiosk.address)
    everything = records.total
    page.locator("#outcome").focus()
    page.keyboard.press("c")  # a list goes to what begins so
    page.keyboard.press("Enter")
    page.locator("#outcome").press("Tab")
    page.locator(".filter-form button.go").focus()
    page.keyboard.press("Enter")
    expect(page.locator("a.chip")).to_have_count(1)
    assert 0 < RecordsPage(page, kiosk.address, outcome="check").total < everything
    page.locator("a.chip").focus()
    page.keyboard.press("Enter")
    expect(page.locator("a.chip")).to_have_count(0)


def test_on_a_phone_the_filter_is_folded_and_its_chips_are_not(kiosk: Kiosk, manager):
    page = manager(PHONE, touch=True)
    RecordsPage(page, kiosk.address, outcome="deny")
    expect(page.locator("#outcome")).to_be_hidden()
    page.locator("a.chip").tap()
    expect(page.locator("a.chip")).to_have_count(0)
    page.locator("#filter > summary").tap()
    expect(page.locator("#outcome")).to_be_visible()


def test_a_file_is_made_and_saved_with_its_seal(kiosk: Kiosk, manager, tmp_path: Path):
    page = manager(DISPLAY)
    RecordsPage(page, kiosk.address, outcome="deny")
    page.locator("#save input[value=csv]").check()
    page.locator("#save button.go").click()
    expect(page.locator("#save-file")).to_be_visible()
    for link, name in (("#save-file", "r.csv"), ("#save-seal", "r.csv.manifest.json")):
        with page.expect_download() as started:
            page.locator(link).click()
        started.value.save_as(tmp_path / name)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "r.csv").read_text("utf-8-sig"))))
    told = json.loads((tmp_path / "r.csv.manifest.json").read_text())["manifest"]
    assert len(rows) == told["rows"] == 26
    page.get_by_role("button", name="Remove it now").click()
    expect(page.get_by_text("Nothing yet")).to_be_visible()


def test_without_scripts_everything_is_still_there(kiosk: Kiosk, manager):
    page = manager(PHONE, scripts=False)
    page.goto(f"{kiosk.address}/records")
    page.locator("#filter > summary").click()
    page.locator("#outcome").select_option("check")
    page.locator(".filter-form button.go").click()
    expect(page.locator("a.chip")).to_have_count(1)
    page.goto(f"{kiosk.address}/records/charts?days=1&until=2026-11-21")
    page.wait_for_selector("svg.chart")


def test_one_click_from_the_day_to_its_paper(kiosk: Kiosk, manager, tmp_path: Path):
    page = manager(DESKTOP)
    page.goto(f"{kiosk.address}/records/days/2026-11-21")
    for link, start in (("#day-pdf", b"%PDF"), ("#day-csv", b"\xef\xbb\xbfsection")):
        with page.expect_download() as started:
            page.locator(link).click()
        started.value.save_as(tmp_path / "day")
        assert (tmp_path / "day").read_bytes().startswith(start)
    assert re.search(r"\d+:[A-Z2-7]{4}-[A-Z2-7]{4}", page.locator(".proof").inner_text())
