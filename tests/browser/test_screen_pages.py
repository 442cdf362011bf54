"""The resident's screen and the volunteer's strip in a real browser: faces, lost lines, languages, the keypad."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kiosk.core import requests as asks
from kiosk.core.hints import Hint
from kiosk.core.view import Face
from kiosk.settings import ScreenSection
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


NIGHT = ScreenSection(
    dark_from="00:00",
    dark_until="23:59",
    strip_idle_s=15,
    announcements=tuple(  # two, so that there is one in every minute of the day
        f"{hours} | {'请戴好口罩，保持距离。' * 3} | {'Please wear a mask. ' * 4}"
        for hours in ("00:00-12:00", "11:00-10:59")
    ),
)


def test_at_night_every_face_is_dark_and_still_reads_from_afar(tmp_path: Path, opened):
    with serving(tmp_path, NIGHT) as kiosk:
        for size, language in ((DISPLAY, "zh_Hans_CN"), (PHONE, "en")):
            page = opened(size)
            screen = Screen(page, kiosk.address, language)
            for face in (*Face, Face.WELCOME):
                hint = Hint.TOO_FAR if face is Face.SHOW_CODE else None
                resident = gate_stub.resident(face, initials="王**", companions=2, progress=0.4, hint=hint)
                kiosk.stub.show(gate_stub.gate_view(gate_stub.desk_view(resident=resident)))
                screen.wait_for(face.value)
                if hint:
                    expect(page.locator(f"[data-hint={hint}]")).to_be_visible()
                assert page.evaluate(CUT_OFF) == [], (face, language)
                assert page.evaluate(LEAST_CONTRAST) >= 7, (face, language)
                picture(page, f"night-{face.value}-{language}")
            expect(page.locator(".announced")).to_be_visible(timeout=9000)
            assert page.evaluate(CUT_OFF) == [], language
            picture(page, f"night-announced-{language}")


def test_a_hint_helps_and_goes_by_itself(kiosk: Kiosk, opened):
    page = opened(DISPLAY)
    screen = Screen(page, kiosk.address)
    screen.wait_for("welcome")
    for hint in (Hint.GLARE, Hint.TOO_DARK, None):
        kiosk.stub.show(gate_stub.gate_view(gate_stub.desk_view(resident=gate_stub.resident(hint=hint))))
        for each in Hint:
            expect(page.locator(f"[data-hint={each}]")).to_be_visible(visible=each is hint)
    expect(page.locator(".tip")).to_be_hidden()


def test_a_measurement_counts_down(kiosk: Kiosk, opened):
    page = opened(DISPLAY)
    screen = Screen(page, kiosk.address)
    for progress, said in ((0.0, "3"), (0.5, "2"), (0.9, "1")):
        resident = gate_stub.resident(Face.HOLD_STILL, progress=progress)
        kiosk.stub.show(gate_stub.gate_view(gate_stub.desk_view(resident=resident)))
        screen.wait_for("hold_still")
        expect(page.locator(".count")).to_have_text(said)


def test_one_touch_calls_the_volunteer(kiosk: Kiosk, opened):
    page = opened(DISPLAY, touch=True)
    screen = Screen(page, kiosk.address)
    screen.wait_for("welcome")
    page.locator("#screen.sees").wait_for()  # what is pushed to it has come
    button = page.locator(".call button")
    box = button.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    button.tap()
    assert isinstance(asked(kiosk), asks.Call)
    expect(button.get_by_text("The volunteer is called")).to_be_visible()
    kiosk.stub.show(gate_stub.gate_view(gate_stub.desk_view(called_since=gate_stub.NOW)))
    expect(button.get_by_text("The volunteer is called")).to_be_visible()
    picture(page, "screen-called-en")


# A loudspeaker that writes down what it plays; as in a browser that wants a touch first.
LOUDSPEAKER = """
  window.played = [];
  const volume = { setValueAtTime() {}, exponentialRampToValueAtTime() {} };
  window.AudioContext = class {
    state = "suspended"; currentTime = 0; destination = {};
    resume() { if (navigator.userActivation.hasBeenActive) this.state = "running"; return Promise.resolve(); }
    createOscillator() {
      const tone = { frequency: {}, connect: (next) => next, stop() {} };
      tone.start = () => window.played.push(tone.frequency.value);
      return tone;
    }
    createGain() { return { gain: volume, connect: (next) => next }; }
  };
"""


def test_what_could_not_be_heard_before_a_touch_is_not_heard_after_it(kiosk: Kiosk, opened):
    page = opened(DISPLAY)
    page.add_init_script(LOUDSPEAKER)
    screen = Screen(page, kiosk.address)
    screen.wait_for("welcome")
    for touched, face, tones in ((False, Face.PASS, []), (True, Face.STOP, [440, 290])):
        if touched:
            page.locator(".brand").click()
        kiosk.stub.show(gate_stub.gate_view(gate_stub.desk_view(face)))
        screen.wait_for(face.value)
        assert page.evaluate("played") == tones


def unlock(page: Page) -> None:
    """Opens the strip by name and PIN."""
    page.locator("#strip-login summary").click()
    page.fill("#strip-login [name=name]", "101")
    page.fill("#strip-login [name=secret]", PIN)
    page.keyboard.press("Enter")
    page.locator(".strip-visit").wait_for()


def test_the_strip_locks_itself_when_nobody_touches_it(tmp_path: Path, opened, browser: Browser):
    with serving(tmp_path, NIGHT, one_screen=True) as kiosk:
        kiosk.stub.show(gate_stub.a_fever())
        page = opened(DISPLAY)
        page.clock.install()
        screen = Screen(page, kiosk.address)
        screen.wait_for("see_volunteer")
        assert "王小明" not in screen.text
        assert "37.6" not in screen.text
        unlock(page)
        assert "王小明" in screen.text
        copied = page.context.storage_state()
        page.clock.fast_forward(16_000)
        page.locator("#strip-login").wait_for()
        assert "王小明" not in screen.text
        answer = browser.new_context(storage_state=copied).request.get(f"{kiosk.address}/desk")
        assert answer.url.endswith("/screen"), "its login lives on"


def test_what_the_strip_shows_is_gone_even_when_the_kiosk_cannot_be_reached(tmp_path: Path, opened):
    with serving(tmp_path, NIGHT, one_screen=True) as kiosk:
        kiosk.stub.show(gate_stub.a_fever())
        page = opened(DISPLAY)
        Screen(page, kiosk.address).wait_for("see_volunteer")
        unlock(page)
        page.context.set_offline(True)
        page.locator("[data-lock]").click()
        expect(page.locator(".strip-bar")).to_have_count(0)
        assert "王小明" not in page.locator("body").inner_text()
        page.context.set_offline(False)
        expect(page.locator("#strip-login")).to_be_visible()
