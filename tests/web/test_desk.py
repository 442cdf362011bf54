"""What the volunteer sees, and what the gate is asked in their name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiosk.core import requests as asks
from kiosk.core.model import Attested, ConditionKind, Direction, Group, Outcome, Remedy
from kiosk.core.reasons import Answer, Reason
from kiosk.core.requests import Reply
from kiosk.core.view import DeviceView, Face
from tests.support import gate_stub
from tests.support.gate_stub import GateStub
from tests.web.conftest import Clock, Visitor, show, until
from web.gate import Gate

VISIT = "/desk/visits/visit-1"


def parts_of(stream):
    return (part.decode() for part in stream.response if part.startswith(b"event: parts"))


def test_the_visit_in_front_is_shown_with_its_findings_and_what_to_do(volunteer: Visitor, stub: GateStub, gate: Gate):
    show(stub, gate, gate_stub.a_fever())
    page = volunteer.page("/desk")
    assert "The temperature is raised" in page
    assert "Measure again with the contact thermometer, out of the wind." in page
    assert "王小明" in page
    assert "37.6" in page


def test_what_happens_at_the_gate_comes_by_the_stream(volunteer: Visitor, stub: GateStub, gate: Gate):
    with volunteer.get("/desk/events") as stream:
        parts = parts_of(stream)
        assert "Nobody at the gate" in next(parts)
        show(stub, gate, gate_stub.a_fever())
        assert "王小明" in next(parts)


def test_only_what_changed_is_sent_again(volunteer: Visitor, stub: GateStub, gate: Gate):
    fever = gate_stub.a_fever()
    show(stub, gate, fever)
    with volunteer.get("/desk/events") as stream:
        parts = parts_of(stream)
        next(parts)
        camera = DeviceView(name="camera", driver="opencv", ok=False, state="unplugged")
        stub.show(gate_stub.a_fever(devices=(camera,), lanes=fever.lanes))
        changed = next(parts)
    assert "Camera is not connected" in changed
    assert "visit-1" not in changed


@pytest.mark.parametrize(
    ("address", "data", "expected"),
    [
        (f"{VISIT}/override", {"outcome": "pass"}, {"outcome": Outcome.PASS, "visit": "visit-1"}),
        (f"{VISIT}/override", {"outcome": "deny", "reason": "x"}, {"outcome": Outcome.DENY, "reason": "x"}),
        (f"{VISIT}/explain", {"reason": "seen the document"}, {"reason": "seen the document"}),
        (f"{VISIT}/explain", {"reason": "", "quick": "Known to me"}, {"reason": "Known to me"}),
        (f"{VISIT}/undo", {}, {"visit": "visit-1"}),
        (f"{VISIT}/again", {}, {"visit": "visit-1"}),
        (f"{VISIT}/temperature", {"celsius": "36,5"}, {"celsius": 36.5}),
        (f"{VISIT}/seen", {"what": "seen_green"}, {"what": Attested.SEEN_GREEN}),
        (f"{VISIT}/companions", {"count": "3"}, {"count": 3}),
        ("/desk/lanes/main/manual", {"person": "P00001"}, {"person": "P00001", "celsius": None}),
        (
            "/desk/lanes/main/manual",
            {"name": "Li Na", "room": "3-2", "group": "visitors", "celsius": "36.9"},
            {"name": "Li Na", "room": "3-2", "group": Group.VISITORS, "celsius": 36.9},
        ),
        ("/desk/lanes/main/typed", {"text": " HC1:6BF \n"}, {"text": "HC1:6BF"}),
        ("/desk/lanes/main/medical-exit", {"name": "Li Na", "note": "120"}, {"name": "Li Na", "note": "120"}),
        ("/desk/lanes/main/vehicle", {"plate": "京A12345"}, {"plate": "京A12345"}),
        ("/desk/lanes/main/direction", {"direction": "out"}, {"direction": Direction.OUT}),
        ("/desk/lanes/main/called", {}, {"lane": "main", "on": False}),
        (
            "/desk/conditions/trust_stale/decide",
            {"remedy": "accept", "minutes": "120"},
            {"condition": ConditionKind.TRUST_STALE, "remedy": Remedy.ACCEPT, "minutes": 120},
        ),
        (f"{VISIT}/host", {"host": "2-301"}, {"host": "2-301"}),
        (f"{VISIT}/dispute", {"note": "loud words", "second": "u3"}, {"note": "loud words", "second": "u3"}),
        (
            "/desk/lanes/main/manual",
            {"name": "Li Na", "group": "visitors", "host": "2-301"},
            {"group": Group.VISITORS, "host": "2-301"},
        ),
        (
            "/desk/lanes/main/drop-off",
            {"company": "美团", "parcels": "40"},
            {"company": "美团", "parcels": 40, "visit": ""},
        ),
        ("/desk/lanes/main/drop-off", {"visit": "visit-1"}, {"visit": "visit-1", "parcels": 1}),
        ("/desk/crowd", {"on": "yes", "minutes": "60"}, {"on": True, "minutes": 60}),
        ("/desk/crowd", {"on": "no"}, {"on": False}),
        ("/desk/evacuation", {"sure": "yes", "on": "yes"}, {"on": True}),
        ("/desk/evacuation", {"sure": "yes", "on": "no"}, {"on": False}),
    ],
)
def test_each_form_asks_the_gate_one_thing_in_the_volunteers_name(
    volunteer: Visitor, stub: GateStub, clock: Clock, address: str, data: dict, expected: dict
):
    answer = volunteer.post(address, data)
    assert "said=done" in answer.headers["Location"]
    (request,) = stub.asked
    assert {name: getattr(request, name) for name in expected} == expected
    assert request.by == "u2"
    assert request.expires_at == clock.now().replace(microsecond=clock.now().microsecond) + timedelta(seconds=10)


def test_the_same_form_sent_twice_is_the_same_request(volunteer: Visitor, stub: GateStub):
    for _ in range(2):
        volunteer.post(f"{VISIT}/again", {"request_id": "ab" * 16})
    assert {request.request_id for request in stub.asked} == {"ab" * 16}


@pytest.mark.parametrize("answer", list(Answer))
def test_whatever_the_gate_answers_is_one_clear_sentence(volunteer: Visitor, stub: GateStub, answer: Answer):
    stub.answer = answer
    redirect = volunteer.post(f"{VISIT}/undo")
    page = volunteer.page(redirect.headers["Location"])
    assert 'class="said"' in page
    script = volunteer.post(f"{VISIT}/undo", Accept="application/json")
    assert script.json["answer"] == answer
    assert script.json["done"] == (answer is Answer.DONE)
    assert script.json["said"].endswith(".")


@pytest.mark.parametrize(
    ("address", "data", "answer"),
    [
        (f"{VISIT}/temperature", {"celsius": "99"}, Answer.OUT_OF_RANGE),
        (f"{VISIT}/temperature", {"celsius": "warm"}, Answer.OUT_OF_RANGE),
        (f"{VISIT}/temperature", {"celsius": ""}, Answer.OUT_OF_RANGE),
        (f"{VISIT}/companions", {"count": "0"}, Answer.OUT_OF_RANGE),
        (f"{VISIT}/companions", {"count": "٣"}, Answer.OUT_OF_RANGE),
        (f"{VISIT}/host", {"host": ""}, Answer.BAD_REQUEST),
        ("/desk/lanes/main/drop-off", {"parcels": "0"}, Answer.OUT_OF_RANGE),
        (f"{VISIT}/seen", {"what": "seen_blue"}, Answer.BAD_REQUEST),
        (f"{VISIT}/override", {"outcome": ""}, Answer.BAD_REQUEST),
        (f"{VISIT}/override", {"outcome": "pass", "reason": "x" * 501}, Answer.BAD_REQUEST),
        (f"{VISIT}/explain", {"reason": " "}, Answer.BAD_REQUEST),
        ("/desk/lanes/main/manual", {}, Answer.BAD_REQUEST),
        ("/desk/lanes/main/typed", {"text": ""}, Answer.BAD_REQUEST),
        ("/desk/conditions/rain/decide", {"remedy": "accept", "minutes": "5"}, Answer.BAD_REQUEST),
        ("/desk/conditions/trust_stale/decide", {"remedy": "accept", "minutes": "9999"}, Answer.OUT_OF_RANGE),
        ("/desk/evacuation", {"on": "yes"}, Answer.BAD_REQUEST),
    ],
)
def test_what_does_not_fit_is_refused_before_the_gate_is_asked(
    volunteer: Visitor, stub: GateStub, address: str, data: dict, answer: Answer
):
    reply = volunteer.post(address, data, Accept="application/json")
    assert (reply.status_code, reply.json["answer"]) == (422, answer)
    assert stub.asked == []


def test_a_silent_gate_is_said_within_four_seconds_and_nothing_is_pretended(
    volunteer: Visitor, stub: GateStub, gate: Gate
):
    show(stub, gate, gate_stub.a_fever())
    stub.close()
    until(lambda: gate.silent, within_s=4)
    page = volunteer.page("/desk")
    assert "The gate does not answer." in page
    assert "王小明" not in page
    answer = volunteer.post(f"{VISIT}/again", Accept="application/json")
    assert (answer.status_code, answer.json["answer"]) == (503, Answer.GATE_SILENT)


def test_the_roster_is_searched_by_room_name_initials_and_phone(volunteer: Visitor):
    for typed in ("3-2-501", "王小明", "wxm", "13800001234", "3号楼2单元501"):
        found = volunteer.post("/desk/people", {"q": typed}, **{"X-Part": "people"}).get_data(as_text=True)
        assert "王小明" in found, typed
        assert "13800001234" not in found
    assert "Nobody found" in volunteer.post("/desk/people", {"q": "zzz"}).get_data(as_text=True)


def test_without_a_script_the_search_is_a_page_whose_buttons_write_people_up(volunteer: Visitor, stub: GateStub):
    page = volunteer.post("/desk/people", {"q": "wxm", "lane": "main"}).get_data(as_text=True)
    assert 'action="/desk/lanes/main/manual"' in page
    assert 'name="csrf_token"' in page
    assert volunteer.get("/desk/people").headers["Location"] == "/desk"


def test_a_condition_is_one_banner_with_its_remedies(volunteer: Visitor, stub: GateStub, gate: Gate):
    view = gate_stub.a_fever(conditions=(gate_stub.condition(),))
    show(stub, gate, view)
    page = volunteer.page("/desk")
    assert "It is too cold or too hot for the thermometer" in page
    assert "Use the contact thermometer" in page
    assert 'value="waive"' in page


def test_a_decided_visit_asks_for_its_reason_and_can_be_undone(
    volunteer: Visitor, stub: GateStub, gate: Gate, clock: Clock
):
    decided = gate_stub.visit(
        overridden=Outcome.PASS, overridden_by="u2", undo_until=clock.now() + timedelta(seconds=60)
    )
    show(stub, gate, gate_stub.gate_view(gate_stub.desk_view(Face.PASS, decided)))
    page = volunteer.page("/desk")
    assert "Decided by Anna" in page
    assert "Why was it decided so?" in page
    assert f"{VISIT}/undo" in page


def test_a_gate_out_of_order_says_why_to_the_volunteer(volunteer: Visitor, stub: GateStub, gate: Gate):
    lane = gate_stub.desk_view(Face.OUT_OF_ORDER, out_of_order=(Reason.LOGBOOK_DOWN,))
    show(stub, gate, gate_stub.gate_view(lane))
    assert "The logbook cannot be written" in volunteer.page("/desk")


def test_a_call_that_nobody_answered_stands_on_the_desk(volunteer: Visitor, stub: GateStub, gate: Gate, clock: Clock):
    show(stub, gate, gate_stub.gate_view(gate_stub.desk_view(called_since=clock.now())))
    page = volunteer.page("/desk")
    assert "Somebody is calling you" in page
    assert "/desk/lanes/main/called" in page


def test_an_evacuation_runs_on_the_desk_with_a_name(volunteer: Visitor, stub: GateStub, gate: Gate, clock: Clock):
    view = gate_stub.gate_view(gate_stub.desk_view(Face.EVACUATE), evacuating_since=clock.now(), evacuating_by="button")
    show(stub, gate, view)
    page = volunteer.page("/desk")
    assert "Started by the button" in page
    assert "data-since=" in page


def test_when_every_stream_is_taken_the_next_is_told_to_come_back(volunteer: Visitor, app):
    from web.parts import KEY
    from web.streams import Streams

    parts = app.extensions[KEY]
    object.__setattr__(parts, "streams", Streams(1))
    with volunteer.get("/desk/events"):
        refused = volunteer.get("/screen/events")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    until(lambda: volunteer.get("/screen/events").status_code == 200)


def test_a_stream_ends_when_the_login_does(volunteer: Visitor, clock: Clock, stub: GateStub):
    with volunteer.get("/desk/events") as stream:
        parts = iter(stream.response)
        next(parts)
        clock.pass_by(hours=2)
        stub.show(gate_stub.gate_view())
        for part in parts:
            stub.show(gate_stub.gate_view())
            if part.startswith(b"event: ended"):
                break


def test_a_reply_about_a_new_visit_names_it_to_the_script(volunteer: Visitor, stub: GateStub):
    stub.answer = lambda request: Reply(request_id=request.request_id, answer=Answer.DONE, visit="visit-9")
    reply = volunteer.post("/desk/lanes/main/manual", {"name": "Li Na"}, Accept="application/json")
    assert reply.json["visit"] == "visit-9"
    assert isinstance(stub.asked[0], asks.ManualVisit)


def test_a_visitor_can_be_vouched_for_and_a_rider_can_drop_off_in_one_press(
    volunteer: Visitor, stub: GateStub, gate: Gate
):
    for group, offered, other in (
        (Group.VISITORS, "Household expects them", "Drops off, does not enter"),
        (Group.DELIVERIES, "Drops off, does not enter", "Household expects them"),
    ):
        show(stub, gate, gate_stub.gate_view(gate_stub.desk_view(current=gate_stub.visit(group=group))))
        page = volunteer.page("/desk")
        assert offered in page
        assert other not in page


@pytest.mark.parametrize("level", [1, 2, 3])
def test_whoever_waits_too_long_stands_at_the_top_and_the_longer_the_louder(
    volunteer: Visitor, stub: GateStub, gate: Gate, level: int
):
    lane = gate_stub.desk_view(current=gate_stub.visit(), waiting_since=gate_stub.NOW, waiting_level=level)
    show(stub, gate, gate_stub.gate_view(lane))
    page = volunteer.page("/desk")
    assert "Somebody is waiting for you" in page
    assert f"level-{level}" in page


def test_crowd_mode_says_until_when_by_whom_and_how_it_ends(volunteer: Visitor, stub: GateStub, gate: Gate):
    lanes = (gate_stub.desk_view(called_since=gate_stub.NOW),)
    show(stub, gate, gate_stub.gate_view(*lanes, crowd_until=gate_stub.NOW, crowd_by="u2"))
    page = volunteer.page("/desk")
    assert "steps aside" in page
    assert "Anna" in page
    assert 'name="on" value="no"' in page


def test_a_quarrel_is_written_down_with_whoever_else_was_there(volunteer: Visitor, stub: GateStub, gate: Gate):
    lane = gate_stub.desk_view(recent=(gate_stub.visit(),))
    show(stub, gate, gate_stub.gate_view(lane))
    page = volunteer.page("/desk")
    assert "What happened, without blame" in page
    assert ">manager</option>" in page
    assert ">tech</option>" not in page
