"""The pages beside the desk in a real browser: a sheet typed by keyboard alone, the hand-over, the queue, the round."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from kiosk.core import requests as asks
from kiosk.core.model import Outcome
from kiosk.core.reasons import Answer
from kiosk.core.requests import Reply, Request
from tests.browser.conftest import PASSPHRASE, PIN, Kiosk, serving
from tests.browser.pages import DESKTOP, DISPLAY, PHONE, DeskPage, log_in, picture
from tests.support import gate_stub

pytestmark = pytest.mark.timeout(150)
PEOPLE = ("王小明", "李娜", "张伟", "Anna", "欧阳娜娜")
OUTCOMES = {"p": Outcome.PASS, "c": Outcome.CHECK, "d": Outcome.DENY}


def test_twenty_lines_are_typed_by_keyboard_alone_and_survive_a_reload(kiosk: Kiosk, opened):
    page = opened(DISPLAY)
    log_in(page, kiosk.address, "101", PIN)
    page.goto(f"{kiosk.address}/desk")
    keys = page.keyboard
    keys.press("s")
    page.wait_for_url("**/desk/paper")  # until its script is there, Enter would send the form
    expect(page.locator("[name=sheet]")).to_be_focused()
    keys.type("17")
    for _ in range(3):  # sheet, date, volunteer
        keys.press("Enter")
    wanted = []
    for number in range(20):
        if number == 11:
            page.reload()
            page.locator("[name=time-12]").focus()
        name, key = PEOPLE[number % 5], "pcd"[number % 3]
        if number % 4 == 0:  # the others came in the same minute
            keys.type(f"{7 + number // 4}3{number % 10}")
        keys.press("Enter")
        keys.insert_text(name)
        keys.press("Enter")
        keys.type(f"{number}-101")
        keys.press("Enter")
        keys.press("Enter")  # in, as it stands there
        keys.type("36.5")
        keys.press("Enter")
        keys.press(key)
        wanted.append((number + 1, name, f"{number}-101", OUTCOMES[key]))
    picture(page, "paper-typed-display")
    assert kiosk.stub.asked == []
    keys.press("Enter")  # the button is where the last key led
    page.wait_for_url("**/desk/paper?done=17&count=20")
    (asked,) = kiosk.stub.asked
    assert isinstance(asked, asks.EnterPaper)
    assert [(line.line, line.name, line.room, line.outcome) for line in asked.lines] == wanted
    times = [line.happened for line in asked.lines]
    assert times[0] == times[3] != times[4]
    assert times[19] - times[0] == timedelta(hours=4, minutes=6)
    page.reload()
    expect(page.locator("[name=name-1]")).to_have_value("")


def test_a_refused_sheet_goes_on_where_something_is_wrong(kiosk: Kiosk, opened):
    page = opened(DESKTOP)
    log_in(page, kiosk.address, "manager", PASSPHRASE)
    kiosk.stub.answer = refused
    page.goto(f"{kiosk.address}/desk/paper")
    page.fill("[name=sheet]", "17")
    for number in (1, 2):
        page.fill(f"[name=time-{number}]", "07:30")
        page.fill(f"[name=name-{number}]", "<b>王</b>")
        page.locator(f"[name=outcome-{number}][value=pass]").check(force=True)
    page.locator("[data-enter]").click()
    expect(page.locator(".slip")).to_have_text("this kiosk never printed a sheet of that number")
    expect(page.locator("[name=time-2]")).to_be_focused()
    picture(page, "paper-refused-desktop")
    page.goto(f"{kiosk.address}/desk/paper")  # away and back
    expect(page.locator("[name=name-2]")).to_have_value("<b>王</b>")
    page.locator(".leave button").click()
    log_in(page, kiosk.address, "101", PIN)
    page.goto(f"{kiosk.address}/desk/paper")
    expect(page.locator("[name=name-2]")).to_have_value("")


def refused(request: Request) -> Reply:
    wrong = [{"sheet": 17, "line": 2, "slip": "unknown_sheet"}] if isinstance(request, asks.EnterPaper) else []
    return Reply(request_id=request.request_id, answer=Answer.DONE, data={"refused": wrong})


def test_a_hand_over_keeps_the_visit_and_what_was_typed(tmp_path: Path, opened):
    with serving(tmp_path) as kiosk:
        page = opened(DISPLAY)
        log_in(page, kiosk.address, "101", PIN)
        desk = DeskPage(page, kiosk.address)
        kiosk.stub.show(gate_stub.a_fever())
        desk.wait_for("check")
        desk.press("t")
        page.keyboard.type("36.4")
        desk.press("Escape")
        desk.press("z")
        page.keyboard.type("manager")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSPHRASE)
        picture(page, "hand-over-display")
        page.keyboard.press("Enter")
        expect(page.locator(".leave small")).to_have_text("manager")
        assert [type(asked) for asked in kiosk.stub.asked] == [asks.HandOver]
        assert desk.visit_id == "visit-1"
        assert page.locator("[data-keep=celsius-visit-1]").input_value() == "36.4"
        kiosk.stub.show(gate_stub.gate_view(gate_stub.desk_view(current=gate_stub.visit(2))))
        expect(desk.visit).to_have_attribute("data-visit", "visit-2")  # its new stream lives
        page.locator("body").click(position={"x": 5, "y": 100})
        desk.press("p")
        expect(desk.said).to_have_text("Done.")
        assert (kiosk.stub.asked[-1].by, kiosk.stub.asked[-1].visit) == ("u1", "visit-2")


def guests(request: Request) -> Reply:
    at = "2026-11-21T12:30:00.000Z"
    base = {"visit": "v", "at": at, "lane": "main", "confidence": "likely", "long": False, "group": "visitors"}
    told = {"certain": 31, "likely": 2, "unknown": 1, "left_unseen": 2, "since": None}
    people = [{**base, "seq": number} for number in range(4)]
    names = {str(number): {"name": "欧阳娜娜" * 6, "host": "2-301", "phone": "13800001234"} for number in range(4)}
    data = told | {"people": people} if isinstance(request, asks.Inside) else names
    return Reply(request_id=request.request_id, answer=Answer.DONE, data=data)


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_every_page_of_the_post_fits_every_window(kiosk: Kiosk, opened, language: str):
    for name, size in (("display", DISPLAY), ("phone", PHONE), ("desktop", DESKTOP)):
        page = opened(size, touch=size is not DESKTOP)
        log_in(page, kiosk.address, "manager", PASSPHRASE, language)
        kiosk.stub.answer = guests
        for address in ("review", "inside", "paper"):
            page.goto(f"{kiosk.address}/desk/{address}")
            if address == "inside":
                picture(page, f"inside-counts-{name}-{language}")
                page.locator(".chips button").first.click()
                expect(page.locator("td bdi").first).to_contain_text("欧阳娜娜")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, (address, name, wide)
            picture(page, f"{address}-{name}-{language}")
            if address == "paper":
                small = page.evaluate(
                    "[...document.querySelectorAll('main button, main a, .outcomes label, main select')]"
                    ".filter((part) => part.checkVisibility()).map((part) => [part.textContent.trim(),"
                    " part.getBoundingClientRect()]).filter(([, box]) => Math.min(box.width, box.height) < 44)"
                    ".map(([words]) => words)"
                )
                assert small == [], (name, small)


def test_the_question_mark_lists_the_keys_of_a_page_and_they_lead_where_they_say(kiosk: Kiosk, opened):
    page = opened(DISPLAY)
    log_in(page, kiosk.address, "101", PIN)
    page.goto(f"{kiosk.address}/desk/inside")
    page.keyboard.press("?")
    expect(page.locator("#keys button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#keys")).not_to_be_visible()
    for key, address in (("l", "review"), ("q", "desk")):
        page.keyboard.press(key)
        page.wait_for_url(f"**/{address}")
        page.goto(f"{kiosk.address}/desk/inside")
