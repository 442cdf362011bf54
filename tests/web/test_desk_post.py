"""Sheets typed from paper, the round at night, and the hand-over of the desk."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from kiosk.core import requests as asks
from kiosk.core.model import Direction, Outcome
from kiosk.core.paper import LINES
from kiosk.core.reasons import Answer
from kiosk.core.requests import Reply, Request
from kiosk.store.desk import Desk, Role
from tests.support import gate_stub
from tests.support.gate_stub import GateStub
from tests.web.conftest import PASSPHRASE, PIN, Visitor, show
from web.gate import Gate
from web.parts import KEY

SHEET = {"sheet": "7", "date": "2026-11-20", "volunteer": "u2", "lane": "main"}
OTHER_PIN = "580316"


def line(number: int, **values: str) -> dict[str, str]:
    whole = {"time": "07:30", "name": "王小明", "room": "3-2-501", "direction": "in", "temperature": "36,5"}
    return {f"{name}-{number}": value for name, value in {**whole, "outcome": "pass", **values}.items()}


def replies(**data: object):
    return lambda request: Reply(request_id=request.request_id, answer=Answer.DONE, data=data)


class PaperTests:
    """Sheets typed from paper."""

    def test_a_line_goes_to_the_gate_as_it_was_written(self, volunteer: Visitor, stub: GateStub):
        answer = volunteer.post("/desk/paper", SHEET | line(1) | line(2, time="", outcome="deny", direction="out"))
        assert answer.headers["Location"] == "/desk/paper?done=7&count=2"
        (asked,) = stub.asked
        assert isinstance(asked, asks.EnterPaper)
        first, second = asked.lines
        assert (first.sheet, first.line, first.name, first.room) == (7, 1, "王小明", "3-2-501")
        assert (first.celsius, first.outcome, first.volunteer, asked.by) == (36.5, Outcome.PASS, "u2", "u2")
        assert first.happened == datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
        assert (second.happened, second.outcome, second.direction) == (first.happened, Outcome.DENY, Direction.OUT)
        page = volunteer.page("/desk/paper?done=7&count=2")
        assert "Sheet 7: 2 lines entered." in page
        assert 'name="sheet" inputmode="numeric" maxlength="60" required value="8"' in page

    @pytest.mark.parametrize("typed", ["730", "0730", "7:30", "07：30", "7.30"])
    def test_a_time_is_taken_as_people_type_it(self, volunteer: Visitor, stub: GateStub, typed: str):
        volunteer.post("/desk/paper", SHEET | line(1, time=typed))
        assert stub.asked[0].lines[0].happened == datetime(2026, 11, 19, 23, 30, tzinfo=UTC)

    def test_a_sheet_that_goes_over_midnight_goes_on_the_next_day(self, volunteer: Visitor, stub: GateStub):
        lines = line(1, time="23:50") | line(2, time="00:10") | line(3, time="00:05") | line(4, time="0:20")
        volunteer.post("/desk/paper", SHEET | lines)
        times = [each.happened for each in stub.asked[0].lines]
        assert [at - times[0] for at in times] == [timedelta(minutes=minutes) for minutes in (0, 20, 15, 30)]

    def test_the_corner_of_a_sheet_can_be_scanned(self, volunteer: Visitor, stub: GateStub):
        volunteer.post("/desk/paper", SHEET | {"sheet": "KIOSKSHEET:kiosk-1:12"} | line(1))
        assert stub.asked[0].lines[0].sheet == 12

    def test_good_lines_are_entered_and_the_others_stay_with_what_is_wrong(self, volunteer: Visitor, stub: GateStub):
        bad = line(2, time="25:99", outcome="") | line(3, name="", room="") | line(4, temperature="99")
        stub.answer = replies(written=1, refused=[{"sheet": 7, "line": 5, "slip": "duplicate"}])
        answer = volunteer.post("/desk/paper", SHEET | line(1) | bad | line(5, name="李娜"))
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert [each.line for each in stub.asked[0].lines] == [1, 5]
        for words in (
            "Not entered yet: 4.",
            "Time: no time, such as 07:30; Outcome: none of pass, check, deny",
            "Name: neither name nor room",
            "Temperature: no temperature between 30 and 45 °C",
            "this line was entered already",
        ):
            assert words in page
        assert 'name="entered" value="1"' in page
        assert 'name="name-1"' not in page
        assert 'value="25:99"' in page
        assert 'value="李娜"' in page

    @pytest.mark.parametrize(("answer", "words"), [(Answer.GATE_SILENT, "does not answer"), (Answer.BUSY, "busy")])
    def test_nothing_is_lost_when_the_gate_refuses(
        self, volunteer: Visitor, stub: GateStub, answer: Answer, words: str
    ):
        stub.answer = answer
        given = volunteer.post("/desk/paper", SHEET | {f"name-{n}": f"王{n}" for n in range(1, 21)} | line(20))
        page = given.get_data(as_text=True)
        assert given.status_code == 503
        assert words in page
        assert len(re.findall(r'value="王\d+"', page)) == LINES - 1
        assert 'name="sheet" inputmode="numeric" maxlength="60" required value="7"' in page

    def test_an_empty_sheet_asks_nothing(self, volunteer: Visitor, stub: GateStub):
        answer = volunteer.post("/desk/paper", SHEET | line(1, name="", room="", temperature="", outcome=""))
        assert answer.status_code == 422
        assert stub.asked == []

    def test_a_manager_prints_sheets_whose_numbers_the_gate_gives(self, manager: Visitor, stub: GateStub):
        assert "Print empty sheets" in manager.page("/desk/paper")
        stub.answer = replies(first=8, last=9)
        answer = manager.post("/desk/paper/sheets", {"count": "2"})
        assert answer.data.startswith(b"%PDF-")
        assert "sheets-8-9.pdf" in answer.headers["Content-Disposition"]
        assert stub.asked[0].count == 2

    @pytest.mark.parametrize("count", ["0", "51", "x", "-1"])
    def test_a_number_of_sheets_that_nobody_prints_takes_no_number(self, manager: Visitor, stub: GateStub, count: str):
        assert manager.post("/desk/paper/sheets", {"count": count}).status_code == 422
        assert stub.asked == []

    def test_a_volunteer_is_not_offered_to_print(self, volunteer: Visitor):
        assert "Print empty sheets" not in volunteer.page("/desk/paper")


class InsideTests:
    """The round at night."""

    @pytest.fixture(autouse=True)
    def _a_visitor(self, stub: GateStub) -> None:
        at = "2026-11-21T12:30:00.000Z"
        base = {"visit": "v", "at": at, "lane": "main", "confidence": "likely", "long": False}
        people = [{**base, "seq": 5, "group": "visitors"}, {**base, "seq": 6, "group": "residents"}]
        told = {"certain": 3, "likely": 2, "unknown": 1, "left_unseen": 0, "since": None, "people": people}

        def answer(request: Request) -> Reply:
            data = told if isinstance(request, asks.Inside) else {"5": {"name": "<b>李娜</b>", "host": "2-301"}}
            return Reply(request_id=request.request_id, answer=Answer.DONE, data=data)

        stub.answer = answer

    def test_it_counts_and_names_nobody(self, volunteer: Visitor, stub: GateStub):
        page = volunteer.page("/desk/inside")
        assert "<b>3</b> certain" in page
        assert 'data-seq="5"' in page
        assert 'data-seq="6"' not in page
        assert "李娜" not in page
        assert [type(asked) for asked in stub.asked] == [asks.Inside]

    def test_with_a_reason_visitors_have_names_and_the_look_is_written_down(
        self, volunteer: Visitor, stub: GateStub, desk: Desk
    ):
        page = volunteer.post("/desk/inside/names", {"quick": "Round of the night"}).get_data(as_text=True)
        assert "&lt;b&gt;李娜&lt;/b&gt;" in page
        assert "2-301" in page
        reveal = stub.asked[-1]
        assert isinstance(reveal, asks.Reveal)
        assert (reveal.seqs, reveal.reason, reveal.by) == ((5,), "Round of the night", "u2")
        assert desk.audit.page(None, 1)[0].what == "names_revealed"

    def test_without_a_reason_nobody_looks(self, volunteer: Visitor, stub: GateStub):
        answer = volunteer.post("/desk/inside/names", {"reason": ""})
        assert answer.status_code == 422
        assert not [asked for asked in stub.asked if isinstance(asked, asks.Reveal)]

    def test_a_gate_that_does_not_answer_is_said(self, volunteer: Visitor, stub: GateStub):
        stub.answer = Answer.GATE_SILENT
        answer = volunteer.get("/desk/inside")
        assert answer.status_code == 503
        assert "only it can say who is inside" in answer.get_data(as_text=True)


class HandOverTests:
    """The next volunteer takes the desk over."""

    @pytest.fixture(autouse=True)
    def _another(self, desk: Desk) -> None:
        desk.users.add("Bo", Role.VOLUNTEER, OTHER_PIN)

    def take(self, visitor: Visitor, name: str, secret: str):
        return visitor.post("/desk/hand-over", {"name": name, "secret": secret}, Accept="application/json")

    def test_the_session_changes_the_page_stays_and_both_are_written_down(
        self, volunteer: Visitor, stub: GateStub, desk: Desk
    ):
        old = volunteer.token("/desk")
        told = self.take(volunteer, "Bo", OTHER_PIN).json
        assert (told["done"], told["name"], told["said"]) == (True, "Bo", "Bo is at the desk now.")
        assert told["pages"] == ["/desk", "/settings"]
        (asked,) = stub.asked
        assert isinstance(asked, asks.HandOver)
        assert (asked.by, asked.before) == ("u4", "u2")
        assert "<small>Bo</small>" in volunteer.page("/desk")
        sent = {"csrf_token": told["csrf"], "outcome": "pass"}
        headers = {"Accept": "application/json"}
        assert volunteer.client.post("/desk/visits/visit-1/override", data=sent, headers=headers).json["done"]
        assert stub.asked[-1].by == "u4"
        assert old != told["csrf"]
        assert ("handed_over", "u4") in [(act.what, act.who) for act in desk.audit.page(None, 5)]

    def test_the_old_session_has_ended(self, volunteer: Visitor, app: Flask):
        thief = app.test_client()
        cookie = volunteer.client.get_cookie("kiosk")
        assert cookie is not None
        thief.set_cookie("kiosk", cookie.value)
        self.take(volunteer, "Bo", OTHER_PIN)
        assert "/login" in thief.get("/desk").headers["Location"]

    @pytest.mark.parametrize(
        ("name", "secret", "status", "words"),
        [
            ("Bo", "111111", 401, "Name or PIN is wrong"),
            ("Anna", PIN, 409, "Anna is at the desk already."),
            ("tech", PASSPHRASE, 403, "does no duty"),
        ],
    )
    def test_whoever_may_not_take_over_changes_nothing(
        self, volunteer: Visitor, stub: GateStub, name: str, secret: str, status: int, words: str
    ):
        answer = self.take(volunteer, name, secret)
        assert answer.status_code == status
        assert words in answer.json["said"]
        assert stub.asked == []
        assert "<small>Anna</small>" in volunteer.page("/desk")

    def test_a_card_names_its_holder_and_the_pin_is_theirs(self, volunteer: Visitor, app: Flask):
        object.__setattr__(app.extensions[KEY], "card", lambda text, _now: "Bo" if text == "CKP1:GOOD" else "")
        assert self.take(volunteer, "CKP1:FORGED", OTHER_PIN).status_code == 401
        assert self.take(volunteer, "CKP1:GOOD", OTHER_PIN).json["name"] == "Bo"

    def test_a_hand_over_that_is_not_in_the_log_says_so_and_happens(self, volunteer: Visitor, stub: GateStub):
        stub.answer = Answer.NOT_RECORDED
        told = self.take(volunteer, "Bo", OTHER_PIN).json
        assert not told["done"]
        assert "note it on the paper sheet" in told["said"]
        assert "<small>Bo</small>" in volunteer.page("/desk")

    def test_without_a_script_it_is_a_form(self, volunteer: Visitor):
        answer = volunteer.post("/desk/hand-over", {"name": "Bo", "secret": OTHER_PIN})
        assert answer.headers["Location"] == "/desk?said=done"
        answer = volunteer.post("/desk/hand-over", {"name": "Anna", "secret": "1"})
        assert answer.headers["Location"] == "/desk?said=not_allowed"

    def test_leaving_signs_what_the_log_has_come_to(self, volunteer: Visitor, stub: GateStub):
        volunteer.post("/logout")
        (asked,) = stub.asked
        assert isinstance(asked, asks.SignHead)


class TimeTests:
    """A manager's watch."""

    def confirm(self, visitor: Visitor, **values: str):
        typed = {"time": "2026-11-21T15:30", "name": "manager", "secret": PASSPHRASE} | values
        return visitor.post("/desk/time", typed, Accept="application/json")

    def test_a_manager_beside_the_volunteer_vouches_for_the_time(self, volunteer: Visitor, stub: GateStub):
        assert self.confirm(volunteer).json["done"]
        (asked,) = stub.asked
        assert isinstance(asked, asks.ConfirmTime)
        assert (asked.by, asked.time) == ("u1", datetime(2026, 11, 21, 7, 30, tzinfo=UTC))

    @pytest.mark.parametrize("values", [{"secret": "wrong"}, {"name": "Anna", "secret": PIN}])
    def test_nobody_else_does(self, volunteer: Visitor, stub: GateStub, values: dict[str, str]):
        assert self.confirm(volunteer, **values).json["answer"] == Answer.NOT_ALLOWED
        assert stub.asked == []

    def test_no_time_is_no_request(self, volunteer: Visitor, stub: GateStub):
        assert self.confirm(volunteer, time="soon").json["answer"] == Answer.BAD_REQUEST
        assert stub.asked == []

    def test_the_form_stands_in_the_banner(self, volunteer: Visitor, stub: GateStub, gate: Gate):
        view = gate_stub.a_fever(conditions=(gate_stub.condition("clock_in_doubt", "accept"),))
        show(stub, gate, view)
        page = volunteer.page("/desk")
        assert 'action="/desk/time"' in page
        assert "manager&#39;s watch" in page or "manager's watch" in page
