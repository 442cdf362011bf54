"""What the resident's screen shows, and what it never does."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import time, timedelta

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from kiosk.core import requests as asks
from kiosk.core.desk_requests import Scope
from kiosk.core.faults import SettingsError
from kiosk.core.hints import Hint
from kiosk.core.reasons import Reason
from kiosk.core.view import DecisionView, Face
from kiosk.locale import words
from kiosk.settings import ScreenSection, Settings, parse
from kiosk.store.desk import Desk
from tests.support import gate_stub
from tests.support.gate_stub import GateStub
from tests.web.conftest import PIN, Visitor, show, until
from web.displays import Pairing
from web.gate import Gate
from web.screen_news import announced, is_night, waits


def told(parts, name: str) -> dict:
    """The next event of that name."""
    for part in parts:
        if part.startswith(f"event: {name}\n".encode()):
            return json.loads(part.decode().partition("data: ")[2])
    raise AssertionError(f"no event {name}")


def test_the_screen_says_one_thing_in_both_languages(stranger: Visitor, stub: GateStub, gate: Gate):
    show(stub, gate, gate_stub.gate_view(gate_stub.desk_view(Face.COME_CLOSER)))
    page = stranger.page("/screen")
    assert 'data-face="come_closer"' in page
    assert "请靠近" in page
    assert "Come closer" in page


@pytest.mark.parametrize("one_screen", [True, False])
def test_the_strip_tells_that_something_waits_and_never_what(
    app: Flask, stranger: Visitor, stub: GateStub, gate: Gate, one_screen: bool
):
    at = app.extensions["kiosk"]
    app.extensions["kiosk"] = replace(
        at, settings=replace(at.settings, web=replace(at.settings.web, one_screen=one_screen))
    )
    condition = gate_stub.condition()
    show(stub, gate, gate_stub.gate_view(gate_stub.desk_view(called_since=gate_stub.NOW), conditions=(condition,)))
    page = stranger.page("/screen?lang=en")
    assert ('<span data-waits="decision">' in page, '<span data-waits="call">' in page) == (one_screen, one_screen)
    assert "thermometer" not in page.partition('class="strip"')[2]
    if one_screen:
        with stranger.get("/screen/events") as stream:
            parts = iter(stream.response)
            assert told(parts, "waits") == {"call": True, "decision": True}
            decision = DecisionView(condition=condition.condition, remedy="waive", by="u2", until=gate_stub.NOW)
            decided = msgspec.structs.replace(condition, decision=decision)
            stub.show(gate_stub.gate_view(conditions=(decided,)))
            assert told(parts, "waits") == {"call": False, "decision": False}


def test_a_condition_about_which_nothing_can_be_decided_waits_for_nobody():
    unmendable = msgspec.structs.replace(gate_stub.condition(), remedies=())
    view = gate_stub.gate_view(conditions=(gate_stub.condition(), unmendable))
    assert waits(view, view.lanes[0])["decision"]
    view = gate_stub.gate_view(conditions=(unmendable,))
    assert not waits(view, view.lanes[0])["decision"]


def test_the_screen_says_how_long_names_are_kept(stranger: Visitor):
    assert "本门岗保存您的姓名 14 天" in stranger.page("/screen")


def test_the_screen_never_holds_a_reason_or_a_name(stranger: Visitor, stub: GateStub, gate: Gate):
    show(stub, gate, gate_stub.a_fever())
    with stranger.get("/screen/events") as stream:
        parts = iter(stream.response)
        face = told(parts, "face")
    assert set(face) == {"face", "direction", "initials", "progress", "companions", "closes_s", "hint", "called"}
    assert (face["face"], face["initials"]) == ("see_volunteer", "王**")
    page = stranger.page("/screen?lang=en")
    assert "王小明" not in page
    assert not [reason for reason in Reason if words.reason(reason) in page]


def test_every_face_has_words_and_a_picture(stranger: Visitor):
    page = stranger.page("/screen?lang=en")
    for face in [*Face, words.SILENT]:
        assert f'data-is="{face}"' in page
        assert f'class="picture picture-{face}"' in page


def test_a_gate_that_died_sends_people_to_the_volunteer(stranger: Visitor, stub: GateStub, gate: Gate):
    stub.close()
    until(lambda: gate.view is None, within_s=8)
    page = stranger.page("/screen?lang=en")
    assert 'data-face="silent"' in page
    assert "Please see the volunteer" in page
    assert "The gate does not answer" in page


def test_the_screen_belongs_to_the_kiosks_own_display(app: Flask):
    client = app.test_client()
    assert client.get("/screen", environ_base={"REMOTE_ADDR": "192.168.1.20"}).status_code == 403
    assert client.get("/screen/events", environ_base={"REMOTE_ADDR": "192.168.1.20"}).status_code == 403
    assert client.get("/screen", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200
    assert client.get("/screen", environ_base={"REMOTE_ADDR": "::ffff:127.0.0.1"}).status_code == 200


def test_a_result_says_in_how_many_seconds_it_closes(stranger: Visitor, stub: GateStub, gate: Gate, clock):
    face = gate_stub.resident(Face.PASS, until=clock.now() + timedelta(seconds=4))
    show(stub, gate, gate_stub.gate_view(gate_stub.desk_view(resident=face)))
    with stranger.get("/screen/events") as stream:
        assert told(iter(stream.response), "face")["closes_s"] == pytest.approx(4)


def test_the_camera_is_mirrored_to_the_screen(stranger: Visitor, stub: GateStub, gate: Gate):
    stub.show_picture(b"\xff\xd8 a jpeg")
    until(lambda: gate.picture("main")[1] != b"")
    with stranger.get("/screen/events") as stream:
        assert told(iter(stream.response), "picture")


class OneScreenTests:
    """The resident's screen with the volunteer's strip."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(web=replace(Settings().web, one_screen=True))

    def test_the_strip_is_locked_for_strangers(self, stranger: Visitor, stub: GateStub, gate: Gate):
        show(stub, gate, gate_stub.a_fever())
        page = stranger.page("/screen?lang=en")
        assert "For the volunteer" in page
        assert "王小明" not in page

    def test_the_strip_opens_by_pin_and_shows_the_visit(self, stranger: Visitor, stub: GateStub, gate: Gate):
        show(stub, gate, gate_stub.a_fever())
        answer = stranger.log_in("Anna", PIN, "/login?next=/screen")
        assert answer.headers["Location"] == "/screen"
        page = stranger.page("/screen?lang=en")
        assert "王小明" in page
        assert "/desk/visits/visit-1/override" in page
        answer = stranger.post("/logout", {"next": "/screen"})
        assert answer.headers["Location"] == "/screen"
        assert "王小明" not in stranger.page("/screen?lang=en")

    def test_a_wrong_pin_at_the_strip_is_said_on_the_strip(self, stranger: Visitor):
        answer = stranger.post(
            "/login?next=/screen", {"name": "Anna", "secret": "1", "strip": "yes"}, token_of="/login"
        )
        assert answer.headers["Location"] == "/screen?said=wrong&lang=en"
        assert "Name or PIN is wrong" in stranger.page("/screen?said=wrong&lang=en")


# --- The hour, announcements, calls ---------------------------------------------------------------------------

EVENING = ScreenSection(
    dark_from="21:30",
    dark_until="06:00",
    announcements=("07:00-09:00 | 请戴好口罩 | Please wear a mask", "22:00-01:00 | 大门已关 | The gate is closed"),
)


@pytest.mark.parametrize(
    ("at", "night", "said"),
    [
        ("21:29", False, []),
        ("21:30", True, []),
        ("00:59", True, [["大门已关", "The gate is closed"]]),
        ("05:59", True, []),
        ("06:00", False, []),
        ("07:00", False, [["请戴好口罩", "Please wear a mask"]]),
        ("09:00", False, []),
    ],
)
def test_it_is_dark_at_night_and_each_announcement_has_its_hours(at: str, night: bool, said: list):
    local = time.fromisoformat(at)
    assert is_night(EVENING, local) == night
    assert announced(EVENING, local) == said


def test_the_same_time_twice_is_never_dark():
    assert not is_night(ScreenSection(dark_from="00:00", dark_until="00:00"), time(3))


@pytest.mark.parametrize(
    "line", ["soon | 请 | please", "07:00-09:00 | 请", "07:00-09:00 | a | b | c", "07:00-09:00 |  | x\n"]
)
def test_an_announcement_that_cannot_be_read_is_refused_with_its_key(line: str):
    with pytest.raises(SettingsError, match="announcements"):
        parse(f"[screen]\nannouncements = [{json.dumps(line)}]\n".encode(), "kiosk.toml")


def test_the_screen_is_told_when_night_falls(stranger: Visitor, stub: GateStub, clock):
    clock.at = clock.at.replace(hour=13, minute=29)  # 21:29 at the gate
    with stranger.get("/screen/events") as stream:
        parts = iter(stream.response)
        assert not told(parts, "hour")["night"]
        clock.pass_by(minutes=1)
        stub.show(gate_stub.gate_view())
        assert told(parts, "hour")["night"]


def test_a_touch_calls_the_volunteer_and_a_second_one_changes_nothing(stranger: Visitor, stub: GateStub, gate: Gate):
    page = stranger.page("/screen?lang=en")
    assert "Call the volunteer" in page
    answer = stranger.post("/screen/call", {"lane": "main"}, token_of="/screen", Accept="application/json")
    assert answer.json == {"done": True}
    (asked,) = stub.asked
    assert isinstance(asked, asks.Call)
    assert (asked.lane, asked.on, asked.by) == ("main", True, asks.BUTTON)
    show(stub, gate, gate_stub.gate_view(gate_stub.desk_view(called_since=gate_stub.NOW)))
    assert stranger.post("/screen/call", {"lane": "main"}, token_of="/screen").status_code == 303
    assert len(stub.asked) == 1
    assert 'data-called="yes"' in stranger.page("/screen")


class WithVoiceTests:
    """A lane that speaks."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(lane=(replace(Settings().lane[0], voice="espeak"),))

    def test_where_the_gate_speaks_the_screen_is_silent(self, stranger: Visitor):
        assert 'data-sounds=""' in stranger.page("/screen")


def test_where_nobody_speaks_the_screen_has_sounds(stranger: Visitor):
    assert 'data-sounds="yes"' in stranger.page("/screen")


def test_nobody_calls_from_afar(stranger: Visitor, stub: GateStub):
    data = {"csrf_token": stranger.token("/screen"), "lane": "main"}
    answer = stranger.client.post("/screen/call", data=data, environ_base={"REMOTE_ADDR": "192.168.1.20"})
    assert answer.status_code == 403
    assert stub.asked == []


def test_a_hint_of_the_camera_is_told_beside_the_face(stranger: Visitor, stub: GateStub, gate: Gate):
    show(stub, gate, gate_stub.gate_view(gate_stub.desk_view(resident=gate_stub.resident(hint=Hint.TOO_FAR))))
    with stranger.get("/screen/events") as stream:
        assert told(iter(stream.response), "face")["hint"] == "too_far"
    page = stranger.page("/screen?lang=en")
    for hint in Hint:
        assert f'data-hint="{hint}"' in page


# --- A second display -----------------------------------------------------------------------------------------

AFAR = {"REMOTE_ADDR": "192.168.1.20"}


def code_on(display: FlaskClient) -> str:
    page = display.get("/screen/pair", environ_base=AFAR).get_data(as_text=True)
    found = re.search(r'class="pair-code"><b>(\d{3}) (\d{3})</b>', page)
    assert found, page
    return found[1] + found[2]


def test_a_display_is_paired_by_six_digits_and_can_be_sent_away(app: Flask, manager: Visitor, desk: Desk):
    display = app.test_client()
    code = code_on(display)
    assert code_on(display) == code
    assert display.get("/screen", environ_base=AFAR).status_code == 403
    answer = manager.post("/displays", {"code": f"{code[:3]} {code[3:]}", "name": "南门外"})
    assert answer.headers["Location"] == "/displays?said=paired"
    assert display.get("/screen/pair", environ_base=AFAR).headers["Location"] == "/screen"
    assert display.get("/screen", environ_base=AFAR).status_code == 200
    assert app.test_client().get("/screen", environ_base=AFAR).status_code == 403
    assert "南门外" in manager.page("/displays")
    (token,) = desk.tokens.list()
    manager.post(f"/displays/{token.id}/revoke")
    assert display.get("/screen", environ_base=AFAR).status_code == 403


def test_a_code_that_no_display_shows_pairs_nothing(app: Flask, manager: Visitor, desk: Desk, clock):
    display = app.test_client()
    code = code_on(display)
    clock.pass_by(minutes=11)
    for typed in (code, "", "abc", "000000000"):
        assert manager.post("/displays", {"code": typed}).status_code == 422
    assert desk.tokens.list() == ()
    assert code_on(display)


def test_a_token_for_programs_opens_no_screen(app: Flask, desk: Desk):
    _, secret = desk.tokens.add("reader", (Scope.LOG,), 9, "u1")
    display = app.test_client()
    display.set_cookie("kiosk_display", secret)
    assert display.get("/screen", environ_base=AFAR).status_code == 403


def test_of_many_that_wait_the_oldest_begins_anew(clock):
    waiting = Pairing()
    first, _ = waiting.begin(clock.now())
    codes = {waiting.begin(clock.now())[1].code for _ in range(16)}
    assert len(codes) == 16
    assert waiting.of(first, clock.now()) is None
