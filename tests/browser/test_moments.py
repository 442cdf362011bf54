"""The moments of a real day that must go right, played on a kiosk that lives: real processes, a street on cue.

Each is played in one language at one size, in turn; `make moments` plays every one in both at all three.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, expect

from kiosk.core import requests as asks
from kiosk.core.entry import EntryKind
from kiosk.core.model import Attested, Outcome
from kiosk.core.reasons import Reason
from kiosk.store.entries import Entry
from tests.browser.pages import DESKTOP, DISPLAY, PHONE, WAIT_MS, DeskPage, Screen, log_in
from tests.support.browser import Windows
from tests.support.gates import eventually
from tests.support.living import PIN, RULES, SECOND, SECOND_PIN, VOLUNTEER, LivingKiosk

pytestmark = pytest.mark.timeout(120)

SIZES = {"display": DISPLAY, "phone": PHONE, "desktop": DESKTOP}
PLACES = [
    (language, size)
    for languages in (("zh_Hans_CN", "en", "zh_Hans_CN"), ("en", "zh_Hans_CN", "en"))
    for language, size in zip(languages, SIZES, strict=True)
]
QUICK_S = 5.0  # somebody with a pass of the compound's own
WITHOUT_PHONE_S = 15.0


def played(moment: int) -> pytest.MarkDecorator:
    """Plays a moment in its language at its size; in each of them where KIOSK_EVERYWHERE is set."""
    places = PLACES if os.environ.get("KIOSK_EVERYWHERE") else [PLACES[moment % len(PLACES)]]
    return pytest.mark.parametrize("post", places, ids=["-".join(place) for place in places], indirect=True)


def opened(desk: DeskPage, key: str, tool: str) -> Locator:
    """Opens a sheet of the desk by its key, and waits until one can type into it."""
    desk.press(key)
    sheet = desk.page.locator(f"#tool-{tool}")
    expect(sheet.locator("[data-first]").first).to_be_focused()
    return sheet


def done(desk: DeskPage, sheet: Locator) -> None:
    """Waits until the desk says that it is done and has closed the sheet."""
    expect(desk.said).to_be_visible()
    expect(sheet).not_to_have_attribute("open", "")


def measured_by_hand(desk: DeskPage, celsius: str) -> None:
    """Types what the contact thermometer shows."""
    desk.press("t")
    desk.page.keyboard.type(celsius)
    desk.press("Enter")


def an_hour_ago() -> datetime:
    """As the kiosk's own clock on the wall showed it."""
    return datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(hours=1)


@dataclass
class Post:
    """One gate, its volunteer's desk and its resident's screen, at one size in one language."""

    kiosk: LivingKiosk
    language: str
    size: dict[str, int]
    windows: Windows
    logins: dict[str, Path]
    began: int = 0  # the newest row when the moment began

    def desk(self, who: str = VOLUNTEER) -> DeskPage:
        """The desk of somebody on duty."""
        page = self.windows.open(self.size, touch=self.size is not DESKTOP, login=self.logins[who])
        page.goto(f"{self.kiosk.address}/desk?lang={self.language}")
        return DeskPage(page, self.kiosk.address)

    def screen(self) -> Screen:
        """What the resident sees."""
        return Screen(self.windows.open(self.size), self.kiosk.address, self.language)

    def rows(self, kind: EntryKind) -> list[Entry]:
        """What this moment wrote of that kind, oldest first."""
        return [row for row in self.kiosk.rows(kind=kind)[::-1] if row.seq > self.began]

    def written(self, kind: EntryKind, count: int = 1) -> list[Entry]:
        """The same, once there are so many."""
        return eventually(lambda: rows if len(rows := self.rows(kind)) >= count else None)


@pytest.fixture
def post(
    request: pytest.FixtureRequest, lives: LivingKiosk, browser: Browser, logins: dict[str, Path]
) -> Iterator[Post]:
    """The street is empty and it is a mild day; afterwards no script may have failed."""
    language, size = request.param
    lives.nobody_comes()
    lives.cue.weather(0.0)
    lives.online.honest()
    windows = Windows(browser, WAIT_MS)
    newest = lives.rows()[:1]
    try:
        yield Post(lives, language, SIZES[size], windows, logins, newest[0].seq if newest else 0)
    finally:
        windows.close()


@played(0)
def test_1_at_half_past_seven_the_next_scan_ends_the_last_result_and_nobody_takes_five_seconds(post: Post):
    screen, desk = post.screen(), post.desk()
    for _ in range(3):
        came_s = time.monotonic()
        somebody = post.kiosk.comes("resident")
        passed = screen.page.locator("#screen[data-face=pass] section:visible [data-initials]")
        expect(passed).to_have_text(f"{somebody.name[0]}**")
        assert time.monotonic() - came_s < QUICK_S
    assert len(post.written(EntryKind.VISIT, 3)) == 3
    opened(desk, "x", "crowd").locator("button[name=on]").press("Enter")
    expect(desk.page.locator(".banner.crowd")).to_be_visible()
    post.kiosk.comes("feverish")
    screen.wait_for("see_volunteer")
    assert post.kiosk.lane.resident.until
    desk.page.locator(".banner.crowd button").click()
    expect(desk.page.locator(".banner.crowd")).to_have_count(0)
    assert [row.detail for row in post.written(EntryKind.CROWD, 2)] == ["on 30 min", "off"]


@played(1)
def test_2_at_minus_five_one_banner_and_one_switch_take_the_place_of_thirty_ambers(post: Post):
    desk = post.desk()
    post.kiosk.cue.weather(-26.0)
    banner = desk.page.locator(".banner.condition")
    expect(banner).to_have_count(1)
    banner.locator("select[name=minutes]").select_option("120")
    banner.locator("button[value=contact]").click()
    expect(desk.page.locator(".banner.condition.decided")).to_have_count(1)
    (decision,) = post.written(EntryKind.DECISION)
    assert decision.volunteer
    post.kiosk.comes("resident")
    expect(desk.page.locator("article.visit .want")).to_be_visible()
    measured_by_hand(desk, "36.4")
    desk.wait_for("pass")
    (visit,) = post.written(EntryKind.VISIT)
    assert visit.temperature
    assert visit.outcome is Outcome.PASS
    post.kiosk.cue.weather(0.0)
    expect(banner).to_have_count(0)


@played(2)
def test_3_a_wet_forehead_is_measured_again_and_never_passed(post: Post):
    desk, screen = post.desk(), post.screen()
    expect(desk.visit).to_contain_text(post.kiosk.comes("wet").name)
    screen.wait_for("see_volunteer")
    desk.wait_for("check")
    (visit,) = post.written(EntryKind.VISIT)
    assert Reason.IMPLAUSIBLY_LOW in visit.reasons
    assert visit.temperature_before, "it was measured only once"
    measured_by_hand(desk, "36.5")
    desk.wait_for("pass")
    screen.wait_for("pass")


@played(3)
def test_4_a_mother_and_two_children_with_one_phone_are_three_entries_and_no_replay(post: Post):
    desk, screen = post.desk(), post.screen()
    expect(desk.visit).to_contain_text(post.kiosk.comes("mother").name)
    desk.wait_for("pass")
    post.kiosk.nobody_comes()  # she steps aside for them
    desk.press("w")
    desk.page.keyboard.type("2")
    desk.press("Enter")
    for still_to_come in (1, 0):
        screen.wait_for("next_person")
        expect(screen.page.locator("section:visible [data-companions]")).to_have_text(str(still_to_come))
        post.kiosk.comes("child")
        screen.wait_for("pass")
    mother, *children = post.written(EntryKind.VISIT, 3)
    assert [child.with_visit for child in children] == [mother.visit] * 2
    assert all(row.temperature and row.outcome is Outcome.PASS for row in (mother, *children))
    assert [row.reasons for row in (mother, *children)] == [()] * 3, "somebody was taken for a replay"


@played(4)
def test_5_a_woman_of_75_without_a_phone_is_through_within_15_seconds(post: Post):
    desk = post.desk()
    began_s = time.monotonic()
    name, room = post.kiosk.without_phone()
    found = desk.find(room)
    expect(found).to_have_count(1)
    desk.press("ArrowDown")
    desk.press("Enter")
    expect(desk.visit).to_contain_text(name)
    measured_by_hand(desk, "36.6")
    desk.wait_for("pass")
    assert time.monotonic() - began_s < WITHOUT_PHONE_S
    (visit,) = post.written(EntryKind.VISIT)
    assert visit.volunteer


@played(5)
def test_5_a_card_from_the_wallet_is_read_by_the_hand_scanner(post: Post):
    desk = post.desk()
    somebody = post.kiosk.people[post.kiosk.parts["mother"][-1]]
    sheet = opened(desk, "k", "typed")
    desk.page.keyboard.insert_text(somebody.text)  # as a scanner that types does
    sheet.locator("button.go").press("Enter")
    done(desk, sheet)
    expect(desk.visit).to_contain_text(somebody.name)
    measured_by_hand(desk, "36.6")
    desk.wait_for("pass")


@played(0)
def test_6_a_rider_hands_forty_parcels_over_in_one_touch_and_does_not_enter(post: Post):
    desk = post.desk()
    before = post.kiosk.view.counts
    expect(desk.visit).to_contain_text(post.kiosk.comes("rider").name)
    parcels = desk.visit.locator("input[name=parcels]")
    parcels.fill("40")
    parcels.press("Enter")
    expect(desk.said).to_be_visible()
    (row,) = post.written(EntryKind.DROP_OFF)
    opened(desk, "j", "rider").locator(".companies button").first.click()
    post.written(EntryKind.DROP_OFF, 2)
    counts = eventually(lambda: now if (now := post.kiosk.view.counts).dropped_off >= before.dropped_off + 2 else None)
    assert row.volunteer
    assert counts.dropped_off == before.dropped_off + 2


@played(1)
def test_7_a_code_that_only_a_service_understands_passes_on_the_services_word(post: Post):
    screen = post.screen()
    post.kiosk.online.knows_green(post.kiosk.next("opaque").text)
    post.kiosk.comes("opaque")
    screen.wait_for("pass")
    (visit,) = post.written(EntryKind.VISIT)
    assert visit.outcome is Outcome.PASS
    assert visit.volunteer == "", "somebody had to look at the phone"


@played(3)
def test_7_while_the_service_is_slow_the_phone_is_looked_at_and_one_banner_says_so(post: Post):
    desk, screen = post.desk(), post.screen()
    banner = desk.page.locator(".banner.condition")
    post.kiosk.online.is_slow()
    for key, outcome, seen in (
        ("g", "pass", Attested.SEEN_GREEN),
        ("y", "check", Attested.SEEN_YELLOW),
        ("r", "deny", Attested.SEEN_RED),
    ):
        post.kiosk.comes("opaque")
        screen.wait_for("show_phone")
        expect(desk.visit.locator(".want")).to_have_count(1)
        before = len(post.rows(EntryKind.VISIT))
        desk.press(key)
        desk.wait_for(outcome)
        visit = post.written(EntryKind.VISIT, before + 1)[-1]
        assert visit.volunteer, "nobody knows who saw it"
        assert seen.value in {finding.reason.value for finding in visit.findings}
        expect(banner).to_have_count(1 if outcome != "pass" else 0)  # two in a row: it is down
    post.kiosk.online.honest()
    post.kiosk.comes("opaque")
    expect(banner).to_have_count(0)
    screen.wait_for("show_phone")  # it answers again, and does not know this code


@played(2)
def test_8_an_ambulance_is_one_row_and_an_evacuation_runs_until_a_name_ends_it(post: Post):
    desk, screen = post.desk(), post.screen()
    sheet = opened(desk, "v", "vehicle")
    desk.page.keyboard.insert_text("陕A12345")
    desk.press("Enter")
    done(desk, sheet)
    assert len(post.written(EntryKind.VEHICLE)) == 1
    sheet = opened(desk, "e", "evacuate")
    desk.press("Space")
    sheet.locator("button[name=on][value=yes]").press("Enter")
    screen.wait_for("evacuate")
    banner = desk.page.locator(".banner.evacuation")
    expect(banner).to_contain_text(VOLUNTEER)
    expect(banner.locator(".timer")).to_have_text("00:00:01")
    sheet = opened(desk, "e", "evacuate")
    desk.press("Space")
    sheet.locator("button[name=on][value=no]").click()
    expect(banner).to_have_count(0)
    screen.wait_for("welcome")
    begun, ended = post.written(EntryKind.EVACUATION, 2)
    assert (begun.detail, ended.detail) == ("on", "off")
    assert begun.volunteer == ended.volunteer != ""


@played(3)
def test_9_after_a_power_cut_a_sheet_of_twenty_lines_is_typed_with_both_times(post: Post):
    sheet = post.kiosk.ask(asks.NumberSheets, count=1).data["first"]
    desk = post.desk()
    desk.page.goto(f"{post.kiosk.address}/desk/paper")
    keys = desk.page.keyboard
    keys.type(str(sheet))
    desk.page.locator("input[name=date]").fill(f"{an_hour_ago():%Y-%m-%d}")
    desk.page.locator("input[name=time-1]").focus()
    for line in range(1, 21):
        for typed in (f"{an_hour_ago():%H%M}", f"纸{line}", f"3-2-{line}01", "i", "36.5"):
            keys.insert_text(typed) if typed != "i" else keys.press("i")
            keys.press("Enter")
        keys.press("p")
    desk.press("Control+Enter")
    expect(desk.page.locator(".said")).to_be_visible()
    rows = post.written(EntryKind.VISIT, 20)
    assert len(rows) == 20
    assert {row.source for row in rows} == {"paper"}
    assert all(row.recorded - row.happened > timedelta(minutes=1) for row in rows)


@played(4)
def test_10_at_night_a_call_gets_louder_and_a_quarrel_names_a_second_volunteer(post: Post):
    desk = post.desk()
    post.kiosk.ask(asks.Call, lane="main", by=asks.BUTTON)
    expect(desk.page.locator(".banner.call")).to_be_visible()
    eventually(lambda: post.kiosk.lane.waiting_level >= 2)
    desk.press("n")
    expect(desk.page.locator(".banner.call")).to_have_count(0)
    expect(desk.visit).to_contain_text(post.kiosk.comes("feverish").name)
    desk.wait_for("check")
    desk.press("d")
    desk.wait_for("deny")
    post.kiosk.comes("resident")
    desk.wait_for("pass")
    desk.press("1")
    first = desk.page.locator(".recent > li").first
    first.locator(".inner > summary").click()
    first.locator("input[name=note]").fill("wanted in, stayed calm")
    first.locator("select[name=second]").select_option(label=SECOND)
    first.locator("details.inner button").click()
    (dispute,) = post.written(EntryKind.DISPUTE)
    assert dispute.volunteer


@played(5)
def test_10_a_hand_over_by_pin_keeps_the_visit_and_writes_itself(post: Post):
    page = post.windows.open(post.size)
    log_in(page, post.kiosk.address, VOLUNTEER, PIN, post.language)
    desk = DeskPage(page, post.kiosk.address)
    expect(desk.visit).to_contain_text(post.kiosk.comes("feverish").name)
    desk.wait_for("check")
    visit = desk.visit_id
    desk.press("z")
    page.keyboard.type(SECOND)
    desk.press("Tab")
    page.keyboard.type(SECOND_PIN)
    desk.press("Enter")
    (row,) = post.written(EntryKind.HAND_OVER)
    assert row.volunteer
    expect(desk.visit).to_have_attribute("data-visit", visit)
    desk.wait_for("check")
    desk.press("p")
    desk.wait_for("pass")
    (override,) = post.written(EntryKind.OVERRIDE)
    assert override.volunteer == row.volunteer, "the next one's decisions are not theirs"


@pytest.fixture
def household_is_asked(lives: LivingKiosk) -> Iterator[None]:
    """The rules ask for a household from now on: they change while the gate runs."""
    lives.obeys(RULES + "[host]\nrequired = true\n")
    yield
    lives.obeys(RULES)


@played(0)
def test_11_a_visitor_is_confirmed_by_the_household_and_listed_as_still_inside(post: Post, household_is_asked: None):
    desk, screen = post.desk(), post.screen()
    somebody = post.kiosk.comes("visitor")
    expect(desk.visit).to_contain_text(somebody.name)
    screen.wait_for("see_volunteer")
    assert somebody.name not in screen.text
    desk.press("f")
    desk.page.keyboard.type("3-2-501")
    desk.press("Enter")
    desk.wait_for("pass")
    desk.page.goto(f"{post.kiosk.address}/desk/inside")
    inside = desk.page.locator("tr[data-seq]")
    visitors = inside.count()
    assert visitors >= 1
    assert somebody.name not in desk.page.locator("main").inner_text()
    desk.page.locator("button[name=quick]").first.click()
    expect(desk.page.locator("main")).to_contain_text(somebody.name)
