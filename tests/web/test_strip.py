"""One-screen mode: a log-in at the display that residents see as well ends by itself, on the server too."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from kiosk.settings import Settings
from kiosk.store.desk import Desk
from tests.support import gate_stub
from tests.support.gate_stub import GateStub
from tests.web.conftest import PASSPHRASE, PIN, Visitor, show
from web.gate import Gate
from web.strip import Unlocked


@pytest.fixture
def settings() -> Settings:
    return Settings(web=replace(Settings().web, one_screen=True))


@pytest.fixture
def clock_s(app: Flask) -> list[float]:
    """A clock in seconds that only this test moves."""
    at_s = [0.0]
    app.extensions["strip"] = Unlocked(90, lambda: at_s[0])
    return at_s


@pytest.fixture
def opened(stranger: Visitor, clock_s: list[float]) -> Visitor:
    """The shared display, its strip opened by PIN."""
    answer = stranger.post("/login?next=/screen", {"name": "Anna", "secret": PIN, "strip": "yes"}, token_of="/login")
    assert answer.headers["Location"] == "/screen"
    return stranger


def token_of(visitor: Visitor) -> str:
    """The token in a browser's cookie."""
    with visitor.client.session_transaction() as session:
        return str(session["_user_id"])


def test_untouched_it_is_locked_and_its_login_ended(
    opened: Visitor, stub: GateStub, gate: Gate, clock_s: list[float], desk: Desk
):
    show(stub, gate, gate_stub.a_fever())
    token, csrf = token_of(opened), opened.token("/desk")
    clock_s[0] = 80
    assert opened.client.post("/desk/here", headers={"X-CSRFToken": csrf}).status_code == 204
    clock_s[0] = 169
    assert "王小明" in opened.page("/screen?lang=en")
    clock_s[0] = 171  # to look at the screen was no touch
    assert "王小明" not in opened.page("/screen?lang=en")
    assert desk.sessions.find(token, touch=False) is None


def test_a_page_that_was_left_open_leads_back_to_the_residents_screen(opened: Visitor, clock_s: list[float]):
    clock_s[0] = 90
    answer = opened.get("/desk", Accept="application/json")
    assert answer.json["login"] == "/screen"
    assert opened.get("/desk").headers["Location"].startswith("/login"), "nobody could ever log in there again"


def test_its_open_stream_ends_within_a_turn(opened: Visitor, stub: GateStub, clock_s: list[float], desk: Desk):
    token = token_of(opened)
    with opened.get("/desk/events") as stream:
        parts = iter(stream.response)
        assert any(b"event: parts" in part for part in parts)
        clock_s[0] = 90
        stub.show(gate_stub.a_fever())
        assert b"event: ended" in next(part for part in parts if b"event: beat" not in part)
    assert desk.sessions.find(token, touch=False) is None


def test_after_a_restart_of_the_pages_it_is_locked(opened: Visitor, app: Flask):
    app.extensions["strip"] = Unlocked(90)
    assert opened.get("/desk").headers["Location"] == "/screen"


def test_whoever_takes_over_there_is_at_the_shared_display_too(opened: Visitor, clock_s: list[float]):
    opened.post("/desk/hand-over", {"name": "manager", "secret": PASSPHRASE}, token_of="/desk")
    assert 'data-idle-s="90"' in opened.page("/records")
    clock_s[0] = 90
    assert opened.get("/records").headers["Location"] == "/screen"


def test_a_desk_of_ones_own_stays_open(volunteer: Visitor, clock_s: list[float]):
    clock_s[0] = 3000
    assert "data-idle-s" not in volunteer.page("/desk")
    assert volunteer.post("/logout").headers["Location"] == "/login"


def test_who_logs_out_at_the_shared_display_leaves_the_residents_screen_there(opened: Visitor):
    assert opened.post("/logout", token_of="/desk").headers["Location"] == "/screen"
