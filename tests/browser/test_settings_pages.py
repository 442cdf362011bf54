"""The manager's pages in a real browser: each fits, can be read and touched, and does its main job at a living gate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser, Page, expect

from kiosk.core import requests as asks
from kiosk.core.codecs import cose
from kiosk.core.entry import EntryKind
from kiosk.core.formats import local_pass
from kiosk.core.model import Group, Outcome
from kiosk.core.reasons import Reason
from kiosk.core.rules import parse as parse_rules
from kiosk.core.trust import Signer, own_keys
from kiosk.services.street import Mint
from kiosk.store.entries import Entry
from tests.browser.conftest import cookies_of_manager
from tests.browser.pages import AT_REST, DESKTOP, DISPLAY, PHONE, RecordsPage, log_in, picture
from tests.support.browser import Windows
from tests.support.codes import codes_in
from tests.support.gates import eventually, start
from tests.support.living import LivingKiosk, living

pytestmark = pytest.mark.timeout(150)

PAGES = {
    "own": "/settings",
    "roster": "/settings/roster",
    "passes": "/settings/passes",
    "trust": "/settings/trust",
    "trust-list": "/settings/trust/lists/neighbours.json",
    "rules": "/settings/rules",
    "announcements": "/settings/announcements",
    "kiosk": "/settings/kiosk",
    "backup": "/settings/backup",
    "devices": "/settings/devices",
    "users": "/users",
    "displays": "/displays",
}
ROSTER = "name,building,unit,room,phone\n赵云,5,1,101,{phone}\n钱多,5,1,102,\n"

# What is smaller than a gloved finger, stands out of the window, or is cut off at its own edge.
UNFIT = (
    f"() => {{ {AT_REST}"
    """
  const shown = (part) => part.checkVisibility() && part.getBoundingClientRect().width > 0;
  const says = (part) => part.outerHTML.replace(/\\s+/g, ' ').slice(0, 110);
  const all = (what) => [...document.querySelectorAll(what)].filter(shown);
  const targets = all('main a, main button, main summary, main select, main textarea, main input:not([type=hidden])')
    .map((part) => part.matches('input[type=checkbox], input[type=radio]') ? part.closest('label') || part : part)
    .filter((part) => !part.closest('p'));
  const small = targets.filter((part) => part.getBoundingClientRect().height < 43.5)
    .map((part) => 'small: ' + says(part));
  const cut = all('main *').filter((part) => !['auto', 'scroll', 'visible'].includes(getComputedStyle(part).overflowX))
    .filter((part) => !part.matches('input, textarea, select, .sr, svg, svg *'))
    .filter((part) => part.scrollWidth > part.clientWidth + 1)
    .map((part) => 'cut: ' + says(part));
  const out = all('main *').filter((part) => !part.closest('.scroll, .table-box, .tabs, .sr, svg'))
    .filter((part) => { const box = part.getBoundingClientRect(); return box.right > innerWidth + 1 || box.left < -1; })
    .map((part) => 'out: ' + says(part));
  const wide = document.documentElement.scrollWidth > innerWidth ? ['wider than the window'] : [];
  return [...small, ...cut, ...out.slice(0, 5), ...wide];
}"""
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingKiosk]:
    """A living kiosk of this module's own: its rules, roster and users change."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "stick").mkdir()
    with living(folder, copies=4, settings=f'[backup]\nto = "{folder / "stick"}"\n') as kiosk:
        assert start("backup", "--new-recovery-key", "--out", str(folder / "key"), at=kiosk.at).wait(60) == 0
        yield kiosk


@pytest.fixture(scope="module")
def cookies(office: LivingKiosk, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cookies_of_manager(browser, office.address, tmp_path_factory.mktemp("cookies"))


@pytest.fixture
def page(windows: Windows, office: LivingKiosk, cookies: Path) -> Page:
    """The manager's window, in English."""
    page = windows.open(DESKTOP, login=cookies)
    page.goto(f"{office.address}/settings?lang=en")
    return page


def neighbours() -> tuple[bytes, Ed25519PrivateKey, str]:
    """The public list of another compound, its key, and its name."""
    key = Ed25519PrivateKey.generate()
    signer = Signer(local_pass.NAME, cose.key_id(key.public_key()), key.public_key(), "Jasmine Court")
    return own_keys.dump([signer]), key, signer.issuer


def choose(page: Page, address: str, name: str, data: bytes, field: str = "file") -> None:
    """Sends a file by the form of a page, as far as its preview."""
    page.goto(address)
    page.set_input_files(f"input[name={field}]", {"name": name, "mimeType": "application/octet-stream", "buffer": data})
    page.locator("form[enctype] button.go").click()


def shows(kiosk: LivingKiosk, text: str) -> Entry:
    """Somebody's code is read at the gate by hand; the row that it comes to, decided if it has to be."""
    kiosk.nobody_comes()
    eventually(lambda: kiosk.lane.current is None)
    kiosk.ask(asks.Typed, lane="main", text=text)
    visit = eventually(lambda: (now := kiosk.lane.current) and now.visit)
    kiosk.ask(asks.ContactTemperature, visit=visit, celsius=36.5)
    found = eventually(lambda: [row for row in kiosk.rows(kind=EntryKind.VISIT) if row.visit == visit])[0]
    if found.outcome is not Outcome.PASS:
        kiosk.ask(asks.Override, visit=visit, outcome=Outcome.DENY)
    return found


def numbers(page: Page) -> dict[str, int]:
    """The figures of a page, by their names."""
    found = page.eval_on_selector_all(
        ".numbers > div", "all => all.map(e => [e.querySelector('dt').innerText, e.querySelector('dd').innerText])"
    )
    return {name: int(re.sub(r"\D", "", value)) for name, value in found}


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_every_page_fits_its_window_and_can_be_read_and_touched(
    office: LivingKiosk, windows: Windows, cookies: Path, language: str
):
    office.at.trust.mkdir(exist_ok=True)
    (office.at.trust / "neighbours.json").write_bytes(neighbours()[0])
    page = windows.open(DISPLAY, login=cookies)
    page.goto(f"{office.address}/settings?lang={language}")
    found = {}
    for name, address in PAGES.items():
        page.goto(office.address + address)
        for size in (DISPLAY, PHONE, DESKTOP):
            page.set_viewport_size(size)
            found[name, size["width"]] = page.evaluate(UNFIT)
            picture(page, f"manager-{name}-{size['width']}-{language}")
    (office.at.trust / "neighbours.json").unlink()
    assert {name: each for name, each in found.items() if each} == {}


def test_a_bad_line_of_a_roster_is_named_and_the_mended_file_is_taken_over(office: LivingKiosk, page: Page):
    address = f"{office.address}/settings/roster"
    choose(page, address, "people.csv", ROSTER.format(phone="call me").encode())
    expect(page.get_by_text("Nothing was changed: 1 places are wrong.")).to_be_visible()
    expect(page.locator("td.num").first).to_have_text("2")
    choose(page, address, "people.csv", ROSTER.format(phone="13700000000").encode("gb18030"))
    page.get_by_role("button", name="Take it over").click()
    expect(page.get_by_role("status")).to_contain_text("2 new, 0 changed")
    page.fill("#q", "qd")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".plain-list")).to_contain_text("钱多")


def test_a_pass_that_is_issued_on_a_page_is_believed_at_the_gate_until_it_is_taken_back(
    office: LivingKiosk, page: Page
):
    page.goto(f"{office.address}/settings/passes")
    form = page.locator("form[action$='/passes/issue']", has=page.locator("input[name=name]"))
    form.locator("input[name=name]").fill("周来访")
    form.locator("button.go").click()
    shown = cv2.imdecode(np.frombuffer(page.locator(".pass-card svg").screenshot(), np.uint8), cv2.IMREAD_COLOR)
    (code,) = codes_in(shown)
    eventually(lambda: Reason.VALID in [finding.reason for finding in shows(office, code).findings])
    page.goto(f"{office.address}/settings/passes")
    page.get_by_role("row", name="周来访").get_by_role("button", name="Take back").click()
    expect(page.get_by_role("row", name="周来访")).to_contain_text("taken back")
    eventually(lambda: Reason.REVOKED in [finding.reason for finding in shows(office, code).findings])


def test_a_list_of_keys_makes_the_gate_believe_and_forget_another_compound(office: LivingKiosk, page: Page):
    data, key, issuer = neighbours()
    now = datetime.now(UTC)

    def reasons() -> list[Reason]:
        text = local_pass.issue(
            key, issuer=issuer, credential_id=token_bytes(8), name="吴邻居", group=Group.VISITORS,
            valid_from=now - timedelta(days=1), valid_until=now + timedelta(days=1),
        )  # fmt: skip
        return [finding.reason for finding in shows(office, text).findings]

    assert Reason.UNKNOWN_ISSUER in reasons()
    choose(page, f"{office.address}/settings/trust", "jasmine.json", data)
    expect(page.get_by_role("row", name=issuer)).to_be_visible()
    page.get_by_role("button", name="Take it over").click()
    expect(page.get_by_role("status")).to_contain_text("is taken over")
    eventually(lambda: Reason.UNKNOWN_ISSUER not in reasons())
    page.get_by_role("row", name="jasmine.json").get_by_role("button", name="Take away …").click()
    page.get_by_role("button", name="Take away").click()
    expect(page.get_by_role("link", name="jasmine.json")).to_have_count(0)
    eventually(lambda: Reason.UNKNOWN_ISSUER in reasons())


def test_a_rule_that_is_changed_in_the_form_is_in_force_at_the_gate(office: LivingKiosk, page: Page):
    text = Mint.dcc(office.mint, "Muster", "Zoe")
    page.goto(f"{office.address}/settings/rules")
    page.locator("details", has=page.locator("[name='temperature.threshold_c']")).locator("summary").click()
    page.fill("[name='temperature.threshold_c']", "36.1")
    page.get_by_role("button", name="What would change?").click()
    expect(page.get_by_role("row", name="temperature.threshold_c")).to_contain_text("36.1 °C")
    page.get_by_role("button", name="Put it in force").click()
    expect(page.get_by_role("status")).to_have_text("The change is in force.")
    version = parse_rules(office.at.rules.read_bytes(), "rules.toml").version
    eventually(lambda: office.view.rules.startswith(version))
    row = shows(office, text)
    assert Reason.FEBRILE in [finding.reason for finding in row.findings]
    assert (row.rules or "").startswith(version)


def test_somebody_new_logs_in_gets_a_new_pin_and_is_let_in_again_by_the_command_line(
    office: LivingKiosk, page: Page, windows: Windows, tmp_path: Path
):
    page.goto(f"{office.address}/users")
    page.fill("form[action$='/users'] input[name=name]", "新来的")
    page.get_by_role("button", name="Add", exact=True).click()
    pins = [page.locator(".secret").inner_text()]
    page.get_by_role("row", name="新来的").get_by_role("button", name="New PIN").click()
    pins.append(page.locator(".secret").inner_text())
    assert pins[0] != pins[1]
    out = tmp_path / "out"
    with out.open("w") as file:
        assert start("user", "reset", "新来的", at=office.at, out=file).wait(60) == 0
    (pin,) = re.findall(r"\b\d{6,}\b", out.read_text())
    volunteer = windows.open(PHONE)
    volunteer.goto(f"{office.address}/login?lang=en")
    volunteer.fill("input[name=name]", "新来的")
    volunteer.fill("input[name=secret]", pins[1])
    volunteer.keyboard.press("Enter")
    expect(volunteer.get_by_role("alert")).to_be_visible()
    log_in(volunteer, office.address, "新来的", pin)
    expect(volunteer).to_have_url(re.compile("/desk"))


def test_a_backup_is_asked_for_followed_and_listed(office: LivingKiosk, page: Page):
    page.goto(f"{office.address}/settings/backup")
    page.get_by_role("button", name="Make a backup now").click()
    expect(page.get_by_text("about to begin")).to_be_visible()
    made = start("backup", "--daily", at=office.at)  # what systemd's path unit, or kiosk run, starts
    expect(page.locator(".said")).to_contain_text("found whole", timeout=30_000)
    assert made.wait(30) == 0
    (file,) = office.at.state.parent.joinpath("stick").glob("*.kioskbackup")
    expect(page.locator(".said code")).to_have_text(str(file))
    expect(page.get_by_role("row", name=file.name)).to_be_visible()


def test_announcements_are_seen_before_they_are_written(office: LivingKiosk, page: Page):
    page.goto(f"{office.address}/settings/announcements")
    first = page.locator("section.announcement").first
    first.get_by_label("From").fill("00:00")
    first.get_by_label("Until").fill("23:59")
    first.get_by_label("In Chinese").fill("请排队，保持一米距离")
    first.get_by_label("In English").fill("Please queue one metre apart")
    page.get_by_role("button", name="How will it look?").click()
    expect(page.locator(".as-said")).to_contain_text("请排队，保持一米距离")
    assert page.evaluate(UNFIT) == []
    page.get_by_role("button", name="Put it in force").click()
    expect(page.get_by_role("status")).to_contain_text("the pages")
    expect(page.get_by_label("In English").first).to_have_value("Please queue one metre apart")


def test_the_days_report_and_the_inspectors_page_count_what_the_records_count(office: LivingKiosk, page: Page):
    shows(office, Mint.dcc(office.mint, "Muster", "Yves"))
    eventually(lambda: office.lane.current is None)
    shanghai = ZoneInfo("Asia/Shanghai")
    today = datetime.now(shanghai).date()
    entries = office.rows(kind=EntryKind.VISIT)
    of_today = [row for row in entries if row.happened.astimezone(shanghai).date() == today]
    for path, counted in ((f"days/{today}", of_today), ("inspection", entries)):  # of a day, and of the last 24 hours
        page.goto(f"{office.address}/records/{path}")
        told = numbers(page)
        visits = len({row.visit for row in counted})
        assert sum(told[name] for name in ("Passed", "To the volunteer", "Stopped")) == visits
    rows = RecordsPage(page, office.address, since=f"{today}T00:00", kind="visit")
    assert rows.total == len(of_today)
