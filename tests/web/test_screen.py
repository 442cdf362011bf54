"""What the resident's screen shows, and what it never does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from kiosk.core.reasons import Reason
from kiosk.core.view import Face
from kiosk.locale import words
from kiosk.settings import Settings
from tests.support import gate_stub
from tests.support.gate_stub import GateStub
from tests.web.conftest import PIN, Visitor, show, until
from web.gate import Gate


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


def test_the_screen_says_how_long_names_are_kept(stranger: Visitor):
    assert "本门岗保存您的姓名 14 天" in stranger.page("/screen")


def test_the_screen_never_holds_a_reason_or_a_name(stranger: Visitor, stub: GateStub, gate: Gate):
    show(stub, gate, gate_stub.a_fever())
    with stranger.get("/screen/events") as stream:
        parts = iter(stream.response)
        face = told(parts, "face")
    assert set(face) == {"face", "direction", "initials", "progress", "companions", "closes_s"}
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
