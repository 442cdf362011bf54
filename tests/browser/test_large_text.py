"""Every page at twice its size: all of it as a browser enlarges it, and its text alone (WCAG 2.2, 1.4.4, 1.4.10)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from kiosk.core.view import Face
from tests.browser.conftest import Kiosk
from tests.browser.pages import AT_REST, DESKTOP, WAIT_MS, picture
from tests.support import gate_stub
from tests.support.browser import Windows

pytestmark = pytest.mark.timeout(90)

HALF = {"width": DESKTOP["width"] // 2, "height": DESKTOP["height"] // 2}  # what a browser's 200 % leaves of it
PAGES = (
    "/desk",
    "/desk/review",
    "/desk/inside",
    "/desk/paper",
    "/records",
    "/records/entries/3",
    "/records/charts?days=7&until=2026-11-21",
    "/records/days/2026-11-21",
    "/records/people",
    "/settings/kiosk",
    "/settings/rules",
    "/settings/trust",
    "/settings/announcements",
    "/settings/roster",
    "/settings/passes",
    "/users",
    "/health",
)

CROWDED = ("/desk", "/records", "/records/days/2026-11-21")  # where Chinese breaks its lines otherwise

# Doubles every text as a browser does that enlarges text alone: measures in em and rem grow with it, windows do not.
TEXT_TWICE = """() => {
  const all = [...document.querySelectorAll('body, body *')];
  const size = (part) => parseFloat(getComputedStyle(part).fontSize);
  const before = all.map(size);
  document.documentElement.style.setProperty('font-size', '32px', 'important');
  all.forEach((part, at) => {
    if (size(part) < 2 * before[at] - 0.5) part.style.setProperty('font-size', 2 * before[at] + 'px', 'important');
  });
}"""

# What sticks out of the window or its own box, which texts lie over each other, what stays in front of the page.
LOST = (
    f"() => {{ {AT_REST}"
    """
  const says = (part) => `${part.tagName} ${part.className.baseVal ?? part.className} ${part.textContent.trim()}`
    .replace(/\\s+/g, ' ').slice(0, 90);
  const box = (part) => part.getBoundingClientRect();
  const has = (part, names, values) => values.includes(getComputedStyle(part)[names]);
  const above = (part, test) => !part || test(part) ? part : above(part.parentElement, test);
  const shown = [...document.querySelectorAll('body *')]
    .filter((part) => part.checkVisibility({ visibilityProperty: true }) && box(part).width > 1)
    .filter((part) => !part.closest('.sr, .skip, svg, #camera, .mirror, option'));
  const scrolls = (part) => above(part, (at) => at !== document.body && has(at, 'overflowX', ['auto', 'scroll']));
  const wide = document.documentElement.scrollWidth > innerWidth + 1 ? ['the page scrolls sideways'] : [];
  const out = shown.filter((part) => !scrolls(part))
    .filter((part) => box(part).right > innerWidth + 1 || box(part).left < -1).map((part) => 'out: ' + says(part));
  const cut = shown.filter((part) => !part.matches('input, select, textarea, body, .choice')
      && !has(part, 'overflowX', ['auto', 'scroll']) && !has(part, 'display', ['inline', 'contents']))
    .filter((part) => part.scrollWidth > part.clientWidth + 2
      || (has(part, 'overflowY', ['hidden', 'clip']) && part.scrollHeight > part.clientHeight + 4))
    .map((part) => 'cut: ' + says(part));
  const floats = (part) => above(part, (at) => has(at, 'position', ['fixed', 'sticky']));
  const texts = shown.filter((part) => !floats(part))
    .filter((part) => [...part.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
    .map((part) => { const range = document.createRange(); range.selectNodeContents(part);
      return [part, [...range.getClientRects()].filter((each) => each.width > 1)]; });
  const meet = (one, other) => one.right > other.left + 3 && other.right > one.left + 3
    && one.bottom > other.top + 6 && other.bottom > one.top + 6;
  const over = texts.flatMap(([part, its], at) => texts.slice(at + 1)
    .filter(([other, theirs]) => !part.contains(other) && !other.contains(part) && scrolls(part) === scrolls(other)
      && its.some((one) => theirs.some((another) => meet(one, another))))
    .map(([other]) => `over: ${says(part)} | ${says(other)}`));
  const front = [...new Set(shown.map(floats).filter(Boolean))]
    .filter((part) => box(part).width > innerWidth / 2 && box(part).height > innerHeight / 2)
    .map((part) => 'in front: ' + says(part));
  return [...wide, ...out.slice(0, 4), ...cut.slice(0, 4), ...over.slice(0, 4), ...front];
}"""
)


@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
def test_nothing_of_a_page_is_lost_at_twice_its_size(kiosk: Kiosk, browser: Browser, manager: Path, language: str):
    kiosk.stub.show(gate_stub.a_fever(conditions=(gate_stub.condition(),)))
    found = {}
    with closing(Windows(browser, WAIT_MS)) as windows:
        page = windows.open(DESKTOP, login=manager)
        page.goto(f"{kiosk.address}/health?lang={language}")
        for address in PAGES if language == "en" else CROWDED:
            page.set_viewport_size(HALF)
            page.goto(kiosk.address + address)
            name = f"{language}{address.partition('?')[0].replace('/', '-')}"
            found["page", address] = page.evaluate(LOST)
            picture(page, f"large-page-{name}")
            page.set_viewport_size(DESKTOP)
            page.evaluate(TEXT_TWICE)
            found["text", address] = page.evaluate(LOST)
            picture(page, f"large-text-{name}")
    assert {where: each for where, each in found.items() if each} == {}


def test_nothing_of_a_face_is_lost_at_twice_its_size(kiosk: Kiosk, opened: Callable[..., Page]):
    page = opened(HALF)
    page.goto(f"{kiosk.address}/screen?lang=en")
    found = {}
    for face in (Face.WELCOME, Face.SHOW_CODE, Face.HOLD_STILL, Face.PASS, Face.SEE_VOLUNTEER, Face.NEXT_PERSON):
        resident = gate_stub.resident(face, initials="王**", companions=2, progress=0.6)
        kiosk.stub.show(gate_stub.gate_view(gate_stub.desk_view(resident=resident)))
        page.wait_for_selector(f"#screen[data-face={face.value}]")
        found[face] = page.evaluate(LOST)
    assert {face: each for face, each in found.items() if each} == {}
