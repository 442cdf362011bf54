"""The pages served for a browser over a scripted gate, and windows that forbid failing scripts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from kiosk.core.reasons import Answer
from kiosk.services.web import make_server
from kiosk.settings import KioskSection, ScreenSection, Settings, WebSection, places
from kiosk.store.desk import Desk, Role
from tests.browser.pages import WAIT_MS, log_in
from tests.support import gate_stub, written_logbook
from tests.support.browser import Windows, chromium
from tests.support.gate_stub import GateStub
from tests.support.living import MANAGER, PASSPHRASE, PIN, VOLUNTEER, LivingKiosk, living
from web import create_app
from web.gate import Gate

ROSTER = "name,building,unit,room,phone\n王小明,3,2,501,13800001234\n王丽,3,2,502,\n欧阳娜娜,12,1,1203,13912345678\n"

expect.set_options(timeout=WAIT_MS)  # what a person sees in a moment may take a busy machine long

BY_DAY = ScreenSection(dark_from="00:00", dark_until="00:00")  # whatever the hour of the tests


@dataclass
class Kiosk:
    """The pages of one kiosk, and the strings by which its gate is pulled."""

    address: str
    stub: GateStub


@contextmanager
def serving(folder: Path, screen: ScreenSection = BY_DAY, **web: object) -> Iterator[Kiosk]:
    at = places(folder)
    settings = Settings(
        kiosk=KioskSection(place="阳光花园 南门"), screen=screen, web=replace(WebSection(port=1), **web)
    )  # type: ignore[arg-type]
    written_logbook.write(at, [written_logbook.draft(number) for number in range(130)])
    with (
        closing(GateStub(at.gate_socket)) as stub,
        closing(Desk.open(at.desk)) as desk,
        closing(Gate(at.gate_socket)) as gate,
    ):
        desk.users.add("manager", Role.MANAGER, PASSPHRASE)
        desk.users.add("101", Role.VOLUNTEER, PIN)
        desk.roster.apply(ROSTER.encode(), ZoneInfo("Asia/Shanghai"))
        gate.start()
        app = create_app(settings, at, desk, gate, secret=b"s" * 32, config={"RATELIMIT_ENABLED": False})
        server = make_server(app, replace(settings.web, port=0))
        threading.Thread(target=server.serve, daemon=True).start()
        stub.show_picture(street())
        try:
            yield Kiosk(f"http://127.0.0.1:{server.bind_addr[1]}", stub)
        finally:
            gate.close()
            server.stop()


def street() -> bytes:
    """A small picture of somebody who holds up a phone."""
    picture = np.full((180, 320, 3), (150, 140, 128), np.uint8)
    cv2.rectangle(picture, (0, 130), (320, 180), (118, 116, 110), -1)
    cv2.ellipse(picture, (150, 196), (84, 78), 0, 0, 360, (96, 70, 44), -1)
    cv2.circle(picture, (150, 84), 42, (150, 178, 216), -1)
    cv2.ellipse(picture, (150, 66), (44, 30), 0, 180, 360, (40, 34, 30), -1)
    cv2.rectangle(picture, (206, 84), (252, 166), (40, 36, 34), -1)
    cv2.rectangle(picture, (211, 90), (247, 158), (250, 250, 250), -1)
    for row in range(6):
        for column in range(4):
            if (row * 7 + column * 5) % 3:
                cv2.rectangle(picture, (214 + 8 * column, 98 + 8 * row), (219 + 8 * column, 103 + 8 * row), 0, -1)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with serving(tmp_path_factory.mktemp("kiosk")) as kiosk:
        yield kiosk


def cookies_of_manager(browser: Browser, address: str, folder: Path) -> Path:
    """The cookies of the manager's log-in, for windows that begin with it."""
    file = folder / "manager.json"
    context = browser.new_context()
    log_in(context.new_page(), address, MANAGER, PASSPHRASE)
    context.storage_state(path=file)
    context.close()
    return file


@pytest.fixture(scope="module")
def manager(kiosk: Kiosk, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manager's cookies at that kiosk."""
    return cookies_of_manager(browser, kiosk.address, tmp_path_factory.mktemp("login"))


@pytest.fixture
def windows(browser: Browser) -> Iterator[Windows]:
    with closing(Windows(browser)) as windows:
        yield windows


@pytest.fixture(autouse=True)
def _quiet_gate(request: pytest.FixtureRequest) -> None:
    kiosk = request.getfixturevalue("kiosk") if "kiosk" in request.fixturenames else None
    if isinstance(kiosk, Kiosk):  # and not the living one of another module
        stub = kiosk.stub
        stub.show(gate_stub.gate_view())
        stub.asked.clear()
        stub.answer = Answer.DONE


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A window of a size; afterwards no script may have failed and no content been refused."""
    with closing(Windows(browser, WAIT_MS)) as windows:
        yield windows.open


@pytest.fixture(scope="session")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingKiosk]:
    """The one whole kiosk that every test of this folder shares: what happens there happens to all of them."""
    with living(tmp_path_factory.mktemp("lives")) as kiosk:
        yield kiosk


@pytest.fixture(scope="session")
def logins(lives: LivingKiosk, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The cookies of whoever works at the living kiosk, logged in once."""
    folder = tmp_path_factory.mktemp("logins")
    found = {}
    for name, secret in ((MANAGER, PASSPHRASE), (VOLUNTEER, PIN)):
        context = browser.new_context()
        log_in(context.new_page(), lives.address, name, secret)
        found[name] = folder / f"{name}.json"
        context.storage_state(path=found[name])
        context.close()
    return found
