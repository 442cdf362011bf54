"""States that come up seldom, held against WCAG 2.2 AA: banners, the strip, and what a manager looks through."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Page, expect

from kiosk.core.codecs import cose
from kiosk.core.formats import local_pass
from kiosk.core.trust import Signer, own_keys
from kiosk.core.view import DecisionView
from kiosk.settings import ScreenSection
from tests.browser.axe import troubles
from tests.browser.conftest import PASSPHRASE, Kiosk, serving
from tests.browser.pages import DESKTOP, DISPLAY, OUT_OF_SIGHT, log_in, picture
from tests.support import gate_stub
from tests.support.browser import Windows

pytestmark = pytest.mark.timeout(120)

NIGHT = ScreenSection(dark_from="00:00", dark_until="23:59")
CALLED = "[data-waits=call]"
DECISION = "[data-waits=decision]"
SIZES = [("zh_Hans_CN", DISPLAY), ("en", DESKTOP)]
sized = pytest.mark.parametrize(("language", "size"), SIZES, ids=["display", "desktop"])


def decided() -> object:
    """A condition that a volunteer has decided."""
    until = datetime.now(UTC) + timedelta(hours=2)
    decision = DecisionView(condition="ambient_out_of_range", remedy="contact", by="u2", until=until)
    return msgspec.structs.replace(gate_stub.condition(), decision=decision)


def wide(page: Page) -> bool:
    """Whether the page scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@sized
def test_banners_keep_wcag_decided_open_and_two_at_a_time(
    kiosk: Kiosk, windows: Windows, manager: Path, language: str, size: dict[str, int]
):
    page = windows.open(size, login=manager)
    page.goto(f"{kiosk.address}/desk?lang={language}")
    clock = gate_stub.condition("clock_in_doubt", "accept")
    found = {}
    for name, conditions, count in (("decided", (decided(),), 1), ("two", (clock, decided()), 2)):
        kiosk.stub.show(gate_stub.a_fever(conditions=conditions))
        expect(page.locator(".banner.condition")).to_have_count(count)
        found[name] = troubles(page) + page.evaluate(OUT_OF_SIGHT, ".tools > details > summary")
        picture(page, f"more-banner-{name}-{language}")
    page.locator("#watch > summary").click()
    expect(page.locator("#watch input[name=time]")).to_be_visible()
    found["time form"] = troubles(page) + ["too wide"] * wide(page)
    picture(page, f"more-banner-time-{language}")
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize("screen", [ScreenSection(dark_from="00:00", dark_until="00:00"), NIGHT], ids=["day", "night"])
def test_the_strip_tells_what_waits_closed_and_open_by_day_and_night(
    tmp_path: Path, windows: Windows, screen: ScreenSection
):
    with serving(tmp_path, screen, one_screen=True) as kiosk:
        found = {}
        page = windows.open(DISPLAY)
        page.goto(f"{kiosk.address}/screen?lang=en")
        expect(page.locator(f"{CALLED}, {DECISION}").filter(visible=True)).to_have_count(0)
        lane = gate_stub.a_fever().lanes[0]
        called = msgspec.structs.replace(lane, called_since=gate_stub.NOW)
        kiosk.stub.show(gate_stub.gate_view(called, conditions=(gate_stub.condition(),)))
        for name in ("closed", "asking", "open"):
            if name == "asking":
                page.locator("#strip-login summary").click()
            if name == "open":
                log_in(page, kiosk.address, "manager", PASSPHRASE)
                page.goto(f"{kiosk.address}/screen?lang=en")
                expect(page.locator(".strip-visit")).to_be_visible()
            else:
                assert "王小明" not in page.locator("body").inner_text()
            expect(page.locator(CALLED)).to_be_visible()
            expect(page.locator(DECISION)).to_be_visible()
            found[name] = troubles(page) + page.evaluate(OUT_OF_SIGHT, "[data-waits]")
            picture(page, f"more-strip-{name}-{'night' if screen is NIGHT else 'day'}")
        kiosk.stub.show(gate_stub.a_fever(conditions=(decided(),)))
        expect(page.locator(f"{CALLED}, {DECISION}").filter(visible=True)).to_have_count(0)
    assert {name: each for name, each in found.items() if each} == {}


@sized
def test_what_a_manager_looks_through_keeps_wcag(
    kiosk: Kiosk, windows: Windows, manager: Path, language: str, size: dict[str, int]
):
    page = windows.open(size, login=manager)
    found = {}

    def looked(name: str, shown: str) -> None:
        expect(page.locator(shown).first).to_be_visible()
        found[name] = troubles(page) + ["too wide"] * wide(page)
        picture(page, f"more-{name}-{language}")

    page.goto(f"{kiosk.address}/settings/trust?lang={language}")
    page.set_input_files("input[name=file]", {"name": "jasmine.json", "mimeType": "text/plain", "buffer": neighbours()})
    page.locator("form[enctype] button.go").click()
    looked("trust-preview", ".issuers")
    page.locator("form[action$='/trust/apply'] button.go").click()
    looked("trust", ".trusted a.list-name")
    page.goto(f"{kiosk.address}/settings/announcements")
    for field, text in (("since", "07:00"), ("until", "09:00"), ("chinese", "请戴好口罩"), ("english", "Wear a mask")):
        page.locator(f"[name={field}]").last.fill(text)
    page.locator("button[name=another]").click()
    looked("announcements", "section.announcement + section.announcement")
    page.locator("form.editor button.go").click()
    looked("announcements-preview", ".as-said")
    page.goto(f"{kiosk.address}/settings/rules")
    stale = windows.open(size, login=manager)
    stale.goto(page.url)
    for each, celsius in ((page, "37.5" if language == "en" else "37.2"), (stale, "37.4")):
        each.locator("details", has=each.locator("[name='temperature.threshold_c']")).locator("summary").click()
        each.fill("[name='temperature.threshold_c']", celsius)
        each.locator("form.editor button.go").click()
        expect(each).to_have_url(re.compile("preview"))
    looked("settings-diff", ".changes")
    page.locator("form[action$='/rules/apply'] button.go").click()
    expect(page.locator("main .said")).to_be_visible()
    page = stale
    page.locator("form[action$='/rules/apply'] button.go").click()
    looked("settings-conflict", ".problem[role=alert]")
    assert {name: each for name, each in found.items() if each} == {}


def neighbours() -> bytes:
    """The public list of another compound."""
    key = Ed25519PrivateKey.generate()
    return own_keys.dump([Signer(local_pass.NAME, cose.key_id(key.public_key()), key.public_key(), "Jasmine Court")])
