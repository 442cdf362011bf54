"""The pages as people use them: what can be read from them and done on them, for tests that drive a browser."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect

WAIT_MS = 15_000
DISPLAY = {"width": 800, "height": 480}  # the 7-inch display at the gate
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}

# Whatever comes in by moving has come to rest; what moves for ever stands as it began.
AT_REST = """document.getAnimations().forEach((each) =>
    each.effect.getComputedTiming().endTime === Infinity ? each.cancel() : each.finish());"""

# What stands out of the window or over another text.
CUT_OFF = (
    f"() => {{ {AT_REST}"
    """
  const boxes = [...document.querySelectorAll('h1, .help, .there, .initials, .companions, footer p, header > *')]
    .filter((part) => part.checkVisibility() && part.textContent.trim())
    .map((part) => [part, part.getBoundingClientRect()]);
  const out = boxes.filter(([, box]) => box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1);
  const over = boxes.filter(([part, box]) => boxes.some(([other, its]) => other !== part && !part.contains(other)
    && !other.contains(part) && box.bottom > its.top + 2 && its.bottom > box.top + 2
    && box.right > its.left + 2 && its.right > box.left + 2));
  return [...out, ...over].map(([part]) => part.textContent.trim());
}"""
)

# WCAG 2.2, 1.4.6: the contrast ratio of text and ground on the screen.
LEAST_CONTRAST = (
    f"() => {{ {AT_REST}"
    """
  const light = (rgb) => rgb.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const numbers = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const screen = document.getElementById('screen');
  const ground = light(numbers(getComputedStyle(screen).backgroundColor));
  const parts = [...screen.querySelectorAll('h1, p, a, .brand, .there b')]
    .filter((part) => part.checkVisibility() && !part.closest('.tip'));  // a hint is the same pair the other way round
  return Math.min(...parts.map((part) => light(numbers(getComputedStyle(part).color)))
    .map((text) => (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05)));
}"""
)

# Of the parts chosen: which are out of the window, or lie under something else, as nobody has scrolled.
OUT_OF_SIGHT = """(chosen) => [...document.querySelectorAll(chosen)].filter((part) => {
  const box = part.getBoundingClientRect();
  return [[2, 0.5], [box.width - 2, 0.5], [box.width / 2, 0.1], [box.width / 2, 0.9]].some(([x, down]) => {
    const seen = document.elementFromPoint(box.left + x, box.top + box.height * down);
    return !seen || !(part.contains(seen) || seen.contains(part));
  });
}).map((part) => part.textContent.trim())"""

# Of the parts chosen and visible: which a gloved finger may miss.
TOO_SMALL = """(chosen) => [...document.querySelectorAll(chosen)].filter((part) => part.checkVisibility())
  .filter((part) => Math.min(part.getBoundingClientRect().width, part.getBoundingClientRect().height) < 44)
  .map((part) => part.textContent.trim())"""


def log_in(page: Page, address: str, name: str, secret: str, language: str = "en") -> None:
    """Logs in and waits for the first page."""
    page.goto(f"{address}/login?lang={language}")
    page.fill("input[name=name]", name)
    page.fill("input[name=secret]", secret)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url, timeout=WAIT_MS)


class Screen:
    """The resident's screen."""

    def __init__(self, page: Page, address: str, language: str = "en") -> None:
        self.page = page
        page.goto(f"{address}/screen?lang={language}")

    def wait_for(self, face: str) -> None:
        """Waits until it shows `face`, a value of `Face` or `silent`."""
        expect(self.page.locator("#screen")).to_have_attribute("data-face", face, timeout=WAIT_MS)

    @property
    def text(self) -> str:
        """Everything that can be read on it."""
        return self.page.locator("body").inner_text()

    @property
    def initials(self) -> str:
        """The masked name, where the face shows one."""
        return self.page.locator("section:visible [data-initials]").inner_text()


class DeskPage:
    """The volunteer's desk."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        page.goto(f"{address}/desk")

    @property
    def visit(self) -> Locator:
        """The visit in front."""
        return self.page.locator("article.visit")

    @property
    def outcome(self) -> str:
        """What the visit in front has come to: pass, check, deny, or open."""
        return self.visit.get_attribute("data-outcome", timeout=WAIT_MS) or ""

    @property
    def visit_id(self) -> str:
        """The number of the visit in front."""
        return self.visit.get_attribute("data-visit", timeout=WAIT_MS) or ""

    def wait_for(self, outcome: str) -> None:
        """Waits until the visit in front has come to `outcome`."""
        expect(self.visit).to_have_attribute("data-outcome", outcome, timeout=WAIT_MS)

    def press(self, key: str) -> None:
        """Presses one of the keys that `?` lists."""
        self.page.keyboard.press(key)

    def saw(self, key: str) -> None:
        """Says by its key what colour a phone has shown, once the desk asks for it."""
        expect(self.visit.locator(".want")).to_have_count(1)
        self.press(key)

    def type_into(self, key: str, typed: str) -> None:
        """Presses the key of one of the visit's fields, types into it once it is there, and sends it."""
        field = self.page.locator(f"[data-focus='{key}']")
        expect(field).to_be_visible(timeout=WAIT_MS)
        self.press(key)
        expect(field).to_be_focused()
        self.page.keyboard.type(typed)
        self.press("Enter")

    def decide(self, outcome: str) -> None:
        """Presses pass, check or deny for the visit in front."""
        self.visit.locator(f"button[name=outcome][value={outcome}]").click()

    def explain(self, reason: str) -> None:
        """Writes down why it was decided so."""
        self.visit.locator("form.why input[name=reason]").fill(reason)
        self.visit.locator("form.why .line button").click()

    def find(self, typed: str) -> Locator:
        """Opens the manual entry and types; the people found."""
        self.press("m")
        self.page.fill("#find", typed)
        return self.page.locator("#found button")

    def write_up(self, name: str, room: str = "", celsius: str = "") -> None:
        """Writes up a person who is not in the roster."""
        self.press("m")
        self.page.locator("#typed-person > summary").click()
        form = self.page.locator("#typed-person form")
        form.locator("input[name=name]").fill(name)
        form.locator("input[name=room]").fill(room)
        form.locator("input[name=celsius]").fill(celsius)
        form.locator("button.go").click()

    @property
    def said(self) -> Locator:
        """The sentence that answers the last thing done."""
        return self.page.locator("#toast")


class RecordsPage:
    """The manager's records."""

    def __init__(self, page: Page, address: str, **query: str) -> None:
        self.page = page
        page.goto(f"{address}/records?" + "&".join(f"{name}={value}" for name, value in query.items()))

    @property
    def total(self) -> int:
        """How many rows the filter means."""
        return int(self.page.locator("#total").get_attribute("data-total") or 0)

    @property
    def numbers(self) -> list[int]:
        """The entries on this page, newest first."""
        return [int(row.get_attribute("data-seq") or 0) for row in self.page.locator("tr[data-seq]").all()]

    def download(self, folder: Path) -> list[dict[str, str]]:
        """The rows of the file that the page offers, by their headers."""
        with self.page.expect_download() as started:
            self.page.locator("#download").click()
        file = folder / "records.csv"
        started.value.save_as(file)
        data = file.read_bytes()
        assert data.startswith(b"\xef\xbb\xbf")
        return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def picture(page: Page, name: str) -> None:
    """Keeps a picture of the page, to be looked at, in the folder KIOSK_ALBUM; nothing where it is not set."""
    folder = os.environ.get("KIOSK_ALBUM")
    if not folder:
        return
    page.evaluate("document.getAnimations().forEach((each) => { try { each.finish(); } catch { each.pause(); } })")
    Path(folder).mkdir(parents=True, exist_ok=True)
    taken = Image.open(io.BytesIO(page.screenshot()))
    taken.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(Path(folder) / f"{name}.png", optimize=True)
