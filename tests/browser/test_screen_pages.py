"""The resident's screen and the volunteer's strip in a real browser: faces, lost lines, languages, the keypad."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from kiosk.core import requests as asks
from kiosk.core.view import Face
from tests.browser.conftest import PIN, Kiosk, serving
from tests.browser.pages import (
    CUT_OFF,
    DESKTOP,
    DISPLAY,
    LEAST_CONTRAST,
    PHONE,
    Screen,
    picture,
)
from tests.support import gate_stub
from tests.support.gate_stub import GateStub

pytestmark = pytest.mark.timeout(150)


def asked(kiosk: Kiosk) -> asks.Request:
    """The one thing that the gate was asked."""
    deadline = time.monotonic() + 5
    while not kiosk.stub.asked:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    (request,) = kiosk.stub.asked
    return request


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
@pytest.mark.parametrize("size", [DISPLAY, PHONE, DESKTOP], ids=["display", "phone", "desktop"])
def test_every_face_fits_and_reads_from_afar(kiosk: Kiosk, opened, size: dict[str, int], language: str):
    page = opened(size)
    screen = Screen(page, kiosk.address, language)
    for face in Face:
        until = datetime.now(UTC) + timedelta(seconds=9) if face in (Face.PASS, Face.STOP) else None
        resident = gate_stub.resident(face, initials="王**", companions=2, progress=0.6, until=until)
        kiosk.stub.show(gate_stub.gate_view(gate_stub.desk_view(resident=resident)))
        screen.wait_for(face.value)
        assert page.evaluate(CUT_OFF) == [], face
        assert page.evaluate(LEAST_CONTRAST) >= 7, face
        if size is DISPLAY:
            page.wait_for_timeout(250)
            picture(page, f"screen-{face.value}-{language}")


def test_a_lost_line_sends_people_to_the_volunteer_and_heals_by_itself(tmp_path: Path, opened):
    with serving(tmp_path) as kiosk:
        page = opened(DISPLAY)
        screen = Screen(page, kiosk.address)
        screen.wait_for("welcome")
        kiosk.stub.close()
        screen.wait_for("silent")
        assert "The gate does not answer" in screen.text
        again = GateStub(kiosk.stub.path)
        with closing(again):
            screen.wait_for("welcome")


def test_the_screen_speaks_the_other_language_at_one_touch_and_returns_home(kiosk: Kiosk, opened):
    page = opened(DISPLAY, touch=True)
    page.goto(f"{kiosk.address}/screen")
    assert page.locator("html").get_attribute("lang") == "zh-Hans-CN"
    page.locator("a.language").tap()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_without_scripts_the_screen_still_follows(kiosk: Kiosk, opened):
    page = opened(DISPLAY, scripts=False)
    kiosk.stub.show(gate_stub.gate_view(gate_stub.desk_view(Face.STOP)))
    page.goto(f"{kiosk.address}/screen")
    assert page.locator("noscript").count() == 1
    assert page.locator("#screen").get_attribute("data-face") in {"welcome", "stop"}


def test_the_strip_opens_by_keypad_and_decides(tmp_path: Path, opened):
    with serving(tmp_path, one_screen=True) as kiosk:
        page = opened(DISPLAY, touch=True)
        screen = Screen(page, kiosk.address)
        screen.wait_for("welcome")
        page.locator("#strip-login summary").tap()
        page.locator("input[name=name]").tap()
        for digit in "101":
            page.locator(f"[data-digit='{digit}']").tap()
        page.locator("input[name=secret]").tap()
        for digit in PIN:
            page.locator(f"[data-digit='{digit}']").tap()
        page.locator(".keypad button:not([data-digit])").tap()
        kiosk.stub.show(gate_stub.a_fever())
        page.locator(".strip-visit").wait_for()
        screen.wait_for("see_volunteer")
        page.wait_for_timeout(300)
        picture(page, "one-screen-zh_Hans_CN")
        page.locator(".strip button[value=pass]").tap()
        assert isinstance(asked(kiosk), asks.Override)
