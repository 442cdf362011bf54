"""Every page in every state that matters, held against WCAG 2.2 AA by axe; contrast on the resident's screen AAA."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from kiosk.core import requests as asks
from kiosk.core.model import Direction, Group, Outcome
from kiosk.core.reasons import Answer, Reason
from kiosk.core.requests import Reply, Request
from kiosk.core.view import DeviceView, Face, GateView
from kiosk.services.book import Book
from kiosk.services.clock import SystemClock
from kiosk.settings import places
from tests.browser.axe import AAA_CONTRAST, troubles
from tests.browser.conftest import Kiosk, serving
from tests.browser.pages import DESKTOP, DISPLAY, PHONE, log_in
from tests.support import gate_stub
from tests.support.browser import Windows
from tests.support.living import PASSPHRASE

pytestmark = pytest.mark.timeout(170)

PAGES = (
    "/records",
    "/records?outcome=check&lane=main",
    "/records/entries/3",
    "/records/charts?days=7&until=2026-11-21",
    "/records/days/2026-11-21",
    "/records/inspection",
    "/records/inside",
    "/records/people",
    "/records/files",
    "/records/looks",
    "/desk/review",
    "/desk/inside",
    "/desk/paper",
    "/users",
    "/settings",
    "/settings/kiosk",
    "/settings/rules",
    "/settings/trust",
    "/settings/announcements",
    "/displays",
    "/settings/devices",
    "/settings/roster",
    "/settings/passes",
    "/settings/backup",
    "/health",
    "/nowhere",
)
TOOLS = ("manual", "typed", "rider", "medical", "vehicle", "crowd", "evacuate", "hand-over", "more")


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    """The pages over a scripted gate, whose archive is the real one."""
    folder = tmp_path_factory.mktemp("kiosk")
    with serving(folder) as kiosk, closing(Book(places(folder), "gate-1", SystemClock())) as book:

        def answer(request: Request) -> Reply:
            if isinstance(request, asks.Archived):
                return book.answer(request)
            return Reply(request_id=request.request_id, answer=Answer.DONE)

        kiosk.archive = answer  # type: ignore[attr-defined]
        yield kiosk


@pytest.fixture(autouse=True)
def _answering(kiosk: Kiosk, _quiet_gate: None) -> None:
    kiosk.stub.answer = kiosk.archive  # type: ignore[attr-defined]


# What tells that the desk shows each of those states.
SHOWN = {
    "nobody": ".empty",
    "fever": "article[data-outcome=check]",
    "decided": ".done",
    "visitor": ".want",
    "rider": "[data-keep^=parcels]",
    "stop": "article[data-outcome=deny]",
    "called": ".banner.call",
    "waiting": ".banner.waiting",
    "condition": ".banner.condition",
    "crowd": ".banner.crowd",
    "evacuation": ".banner.evacuation",
    "out of order": ".fault",
}


def states() -> dict[str, GateView]:
    """The desk in every state that matters."""
    now = datetime.now(UTC)
    undo = {"overridden": Outcome.PASS, "overridden_by": "u2", "undo_until": now + timedelta(seconds=50)}
    visitor = gate_stub.visit(group=Group.VISITORS, wants=("temperature",), outcome=None, recorded=False)
    rider = gate_stub.visit(group=Group.DELIVERIES)
    broken = DeviceView(name="camera", driver="opencv", ok=False, state="unplugged")
    lane = gate_stub.desk_view
    return {
        "nobody": gate_stub.gate_view(),
        "fever": gate_stub.a_fever(),
        "decided": gate_stub.gate_view(lane(Face.PASS, gate_stub.visit(**undo))),
        "visitor": gate_stub.gate_view(lane(Face.HOLD_STILL, visitor)),
        "rider": gate_stub.gate_view(lane(Face.SEE_VOLUNTEER, rider)),
        "stop": gate_stub.gate_view(lane(Face.STOP, gate_stub.visit(outcome=Outcome.DENY), direction=Direction.OUT)),
        "called": gate_stub.gate_view(lane(called_since=now, waiting_since=now, waiting_level=2)),
        "waiting": gate_stub.gate_view(lane(Face.SEE_VOLUNTEER, gate_stub.visit(), waiting_since=now, waiting_level=3)),
        "condition": gate_stub.a_fever(conditions=(gate_stub.condition(),)),
        "crowd": gate_stub.a_fever(crowd_until=now + timedelta(minutes=9), crowd_by="u2"),
        "evacuation": gate_stub.gate_view(lane(Face.EVACUATE), evacuating_since=now, evacuating_by="u2"),
        "out of order": gate_stub.gate_view(
            lane(Face.OUT_OF_ORDER, out_of_order=(Reason.CAMERA_DOWN,)), devices=(broken, *gate_stub.DEVICES[1:])
        ),
    }


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_every_face_of_the_screen_keeps_wcag_and_its_contrast_is_aaa(kiosk: Kiosk, windows: Windows, language: str):
    page = windows.open(DISPLAY)
    page.goto(f"{kiosk.address}/screen?lang={language}")
    for face in Face:
        until = datetime.now(UTC) + timedelta(seconds=9) if face in (Face.PASS, Face.STOP) else None
        resident = gate_stub.resident(face, initials="王**", companions=2, progress=0.6, until=until)
        kiosk.stub.show(gate_stub.gate_view(gate_stub.desk_view(resident=resident)))
        page.wait_for_selector(f"#screen[data-face={face.value}]")
        assert troubles(page) == [], face
        assert troubles(page, AAA_CONTRAST) == [], face


@pytest.mark.parametrize(("language", "size"), [("zh_Hans_CN", DISPLAY), ("en", DESKTOP)], ids=["display", "desktop"])
def test_the_desk_keeps_wcag_whatever_happens_at_the_gate(
    kiosk: Kiosk, windows: Windows, manager: Path, language: str, size: dict[str, int]
):
    page = windows.open(size, login=manager)
    page.goto(f"{kiosk.address}/desk?lang={language}")
    found = {}
    for name, view in states().items():
        kiosk.stub.show(view)
        expect(page.locator(SHOWN[name])).to_be_visible()
        found[name] = troubles(page)
    assert {name: each for name, each in found.items() if each} == {}


def test_every_sheet_of_the_desk_keeps_wcag_and_so_do_the_keys(kiosk: Kiosk, windows: Windows, manager: Path):
    page = windows.open(PHONE, login=manager)
    kiosk.stub.show(gate_stub.a_fever())
    page.goto(f"{kiosk.address}/desk?lang=en")
    for tool in TOOLS:
        page.locator(f"#tool-{tool} > summary").click()
        assert troubles(page) == [], tool
        page.keyboard.press("Escape")
    page.locator("#tool-more > summary").click()
    page.locator("#tool-more [data-keys]").click()
    assert troubles(page) == []


@pytest.mark.parametrize(("language", "size"), [("zh_Hans_CN", PHONE), ("en", DESKTOP)], ids=["phone", "desktop"])
def test_every_page_keeps_wcag(kiosk: Kiosk, windows: Windows, manager: Path, language: str, size: dict[str, int]):
    page = windows.open(size, login=manager)
    page.goto(f"{kiosk.address}/health?lang={language}")
    found = {}
    for address in PAGES:
        page.goto(f"{kiosk.address}{address}")
        expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)  # charts that are still counted come anew
        found[address] = troubles(page)
    assert {address: each for address, each in found.items() if each} == {}


def test_the_login_and_the_one_screen_strip_keep_wcag(tmp_path: Path, windows: Windows):
    with serving(tmp_path, one_screen=True) as kiosk:
        page = windows.open(DISPLAY)
        page.goto(f"{kiosk.address}/login")
        assert troubles(page) == []
        page.goto(f"{kiosk.address}/screen")
        page.wait_for_selector("#screen[data-face=welcome]")
        assert troubles(page) == []
        page.locator("#strip-login summary").click()
        assert troubles(page) == []
        log_in(page, kiosk.address, "manager", PASSPHRASE)
        kiosk.stub.show(gate_stub.a_fever())
        page.goto(f"{kiosk.address}/screen")
        page.wait_for_selector(".strip-visit")
        assert troubles(page) == []
