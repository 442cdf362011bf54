"""The whole kiosk with a real browser: how soon the desk knows, what it says of a gate that hangs, a shift by keyboard.

The moments of a day are in `test_moments.py`, on the same kiosk.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kiosk.core.entry import EntryKind
from kiosk.core.model import Outcome
from tests.browser.pages import DESKTOP, DISPLAY, PHONE, WAIT_MS, DeskPage, RecordsPage, Screen
from tests.support.browser import Windows
from tests.support.gates import eventually
from tests.support.living import MANAGER, PIN, SECOND, SECOND_PIN, VOLUNTEER, LivingKiosk

pytestmark = pytest.mark.timeout(120)

SHOWN = """() => ({then: new Promise((done) => new MutationObserver((_, watch) => {
  if (document.querySelector("article.visit[data-outcome=check]")) { watch.disconnect(); done(Date.now()); }
}).observe(document.body, {childList: true, subtree: true, attributes: true}))})"""


@pytest.fixture
def windows(browser: Browser, lives: LivingKiosk) -> Iterator[Windows]:
    """Windows before an empty street."""
    lives.nobody_comes()
    lives.cue.weather(0.0)
    with closing(Windows(browser)) as windows:
        yield windows


def on_duty(lives: LivingKiosk, page: Page, language: str) -> DeskPage:
    """The desk in that language."""
    page.goto(f"{lives.address}/desk?lang={language}")
    return DeskPage(page, lives.address)


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_the_resident_is_led_and_never_told_why(lives: LivingKiosk, windows: Windows, language: str) -> None:
    screen = Screen(windows.open(DISPLAY), lives.address, language)
    somebody = lives.comes("resident")
    expect(screen.page.locator("#screen[data-face=pass] section:visible [data-initials]")).to_have_text(
        f"{somebody.name[0]}**"
    )
    feverish = lives.comes("feverish")
    screen.wait_for("see_volunteer")
    assert not re.search(r"38|fever|temperature is|体温|发热", screen.text, re.IGNORECASE)
    assert feverish.name not in screen.text


def test_what_happens_at_the_gate_is_on_the_desk_within_300_ms(
    lives: LivingKiosk, windows: Windows, logins: dict[str, Path]
) -> None:
    desk = on_duty(lives, windows.open(DESKTOP, login=logins[VOLUNTEER]), "en")
    took_ms = [9999.0]
    while min(took_ms) >= 300 and len(took_ms) < 4:  # others may work on this machine too
        expect(desk.visit).to_contain_text(lives.comes("resident").name)
        desk.wait_for("pass")
        waiting = desk.page.evaluate_handle(SHOWN)
        lives.comes("feverish")
        shown_ms = desk.page.evaluate("(waiting) => waiting.then", waiting)
        row = lives.rows(kind=EntryKind.VISIT)[0]
        assert row.outcome is Outcome.CHECK
        took_ms.append(shown_ms - row.recorded.timestamp() * 1000)
    assert min(took_ms) < 300


def test_a_gate_that_hangs_is_said_after_three_seconds_and_heals_by_itself(
    lives: LivingKiosk, windows: Windows, logins: dict[str, Path]
) -> None:
    desk = on_duty(lives, windows.open(PHONE, login=logins[VOLUNTEER]), "zh_Hans_CN")
    expect(desk.page.locator(".counts")).to_be_visible()
    lost = desk.page.locator(".banner.lost")
    with lives.silent():
        expect(lost).to_be_visible(timeout=4500)
        expect(lost).to_contain_text("门岗没有响应")
    expect(lost).to_have_count(0)


def test_somebody_who_waits_for_the_volunteer_is_said_louder_and_louder(
    lives: LivingKiosk, windows: Windows, logins: dict[str, Path]
) -> None:
    desk = on_duty(lives, windows.open(DISPLAY, login=logins[VOLUNTEER]), "en")
    expect(desk.visit).to_contain_text(lives.comes("feverish").name)
    desk.wait_for("check")
    waits = desk.page.locator(".banner.waiting")
    for level in ("[123]", "[23]"):  # a slow browser may miss the first
        expect(waits).to_have_class(re.compile(f"level-{level}"), timeout=WAIT_MS)
    desk.press("d")
    expect(desk.page.locator(".banner.waiting")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_a_whole_shift_is_worked_without_a_mouse(lives: LivingKiosk, windows: Windows, language: str) -> None:
    page = windows.open(DESKTOP if language == "en" else DISPLAY)
    keys = page.keyboard
    page.goto(f"{lives.address}/login?lang={language}")
    expect(page.locator("input[name=name]")).to_be_focused()
    for typed in (VOLUNTEER, PIN):
        keys.type(typed)
        keys.press("Tab" if typed == VOLUNTEER else "Enter")
    page.wait_for_url("**/desk*")
    expect(page.locator(".counts")).to_be_visible()
    desk = DeskPage(page, lives.address)
    keys.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    keys.press("Enter")
    expect(desk.visit).to_contain_text(lives.comes("feverish").name)
    desk.wait_for("check")
    keys.press("p")
    desk.wait_for("pass")
    keys.press("u")
    desk.wait_for("check")
    keys.press("c")
    why = desk.visit.locator("form.why button").first
    expect(why).to_be_visible()
    while not why.evaluate("(button) => button === document.activeElement"):
        keys.press("Tab")
    keys.press("Enter")
    expect(desk.visit.locator("form.why")).to_have_count(0)
    name, room = lives.without_phone()
    found = desk.find(room)
    expect(found).to_have_count(1)
    for key in ("ArrowDown", "Enter"):
        keys.press(key)
    expect(desk.visit).to_contain_text(name)
    desk.type_into("t", "36.6")
    desk.wait_for("pass")
    for key, heading in (("l", "/desk/review"), ("i", "/desk/inside"), ("s", "/desk/paper"), ("q", "/desk")):
        keys.press(key)
        page.wait_for_url(f"**{heading}*")
        field = page.locator("input[autofocus]")
        if field.count():  # one that waits to be typed into: out of it
            expect(field).to_be_focused()
            keys.press("Escape")
    keys.press("z")
    expect(page.locator("#tool-hand-over [data-first]")).to_be_focused()
    for typed in (SECOND, SECOND_PIN):
        keys.type(typed)
        keys.press("Tab" if typed == SECOND else "Enter")
    expect(page.locator(".leave small")).to_have_text(SECOND)


@pytest.mark.parametrize(("language", "size"), [("zh_Hans_CN", PHONE), ("en", DESKTOP)], ids=["phone", "desktop"])
def test_the_download_has_the_rows_of_the_page(
    lives: LivingKiosk,
    windows: Windows,
    logins: dict[str, Path],
    tmp_path: Path,
    language: str,
    size: dict[str, int],
) -> None:
    written = len(lives.rows(outcome=Outcome.PASS))
    lives.comes("resident")
    eventually(lambda: len(lives.rows(outcome=Outcome.PASS)) > written)
    page = windows.open(size, login=logins[MANAGER])
    page.goto(f"{lives.address}/records?lang={language}")
    records = RecordsPage(page, lives.address, outcome="pass")
    shown, total = records.numbers, records.total
    with page.expect_download() as started:
        page.locator("#download").evaluate("(link) => link.click()")
    started.value.save_as(tmp_path / "log.csv")
    table = list(csv.DictReader((tmp_path / "log.csv").read_text("utf-8-sig").splitlines()))
    number = {"zh_Hans_CN": "序号", "en": "Number"}[language]
    assert len(table) == total > 0
    assert shown == sorted((int(row[number]) for row in table), reverse=True)[: len(shown)]
