"""The gate, whole and in one process: what is held up becomes a row, then a lamp."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kiosk.core.entry import Draft, EntryKind
from kiosk.core.faults import LogbookUnwritable
from kiosk.core.model import Attested, Certainty, ConditionKind, Direction, Outcome, Remedy, RosterMatch
from kiosk.core.ports import Button, LampPattern
from kiosk.core.reasons import Answer, Reason
from kiosk.core.requests import (
    Companions,
    Decide,
    Evacuate,
    ManualVisit,
    Override,
    Purge,
    Reply,
    Reveal,
    Seen,
    SetDirection,
    Typed,
)
from kiosk.services import link
from kiosk.services.inbox import Pressed
from kiosk.services.messages import CameraState, Follow, GatePush, Looked, ShowPictures


def kinds(house):
    return [row.kind for row in house.rows()]


def test_a_good_pass_and_a_normal_temperature_light_green_with_the_row_on_disk(house):
    house.shows("王小明")
    house.measures()
    assert house.lamp.shown[-1] is LampPattern.PASS
    (row,) = [row for row in house.rows() if row.kind == "visit"]
    assert (row.outcome, row.format, row.direction) == ("pass", "local_pass", "in")


def test_a_real_certificate_is_verified_and_passes(house):
    house.shows("Anna Muster")
    house.measures()
    assert house.lamp.shown[-1] is LampPattern.PASS


@pytest.mark.parametrize(
    ("name", "lamp", "reason"),
    [
        ("李娜", LampPattern.DENY, "expired"),
        ("Eve Fälscher", LampPattern.DENY, "bad_signature"),
    ],
)
def test_a_bad_code_lights_red_with_its_reason(house, name, lamp, reason):
    house.shows(name)
    assert house.lamp.shown[-1] is lamp
    assert house.rows()[-1].reasons == (reason,)


def test_no_green_when_the_row_cannot_be_written_and_green_again_when_it_can(house, monkeypatch):
    def full(*_):
        raise LogbookUnwritable("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(house.gate._book._logbook, "append", full)
        broken.setattr(house.gate._book._logbook, "probe", lambda: False)
        house.shows("王小明")
        house.measures()
        assert house.lamp.shown[-1] is LampPattern.CHECK
        assert house.green == 0
        reply = house.asks(Override, visit=house.visit, outcome=Outcome.PASS)
        assert reply.answer is Answer.NOT_RECORDED
        assert house.lamp.shown[-1] is LampPattern.MANUAL
        assert house.green == 0
    house.gate._book._tried_s = float("-inf")
    house.turns(2)
    house.shows("张伟")
    house.gate._inbox.take(0)
    house.measures(22.0, 3)
    house.measures()
    assert house.lamp.shown[-1] is LampPattern.PASS


def test_a_retry_of_a_request_changes_nothing_twice(house):
    house.shows("李娜")
    visit = house.visit
    first = house.asks(Override, visit=visit, outcome=Outcome.PASS, request_id="once")
    again = house.asks(Override, visit=visit, outcome=Outcome.PASS, request_id="once")
    assert first == again
    assert kinds(house).count("override") == 1


def test_the_same_pass_right_after_is_already_passed(house):
    house.shows("王小明")
    house.measures()
    house.gate._passers.forget()
    house.gate._passages["main"].lane = type(house.lane)("main")
    house.shows("王小明")
    house.measures()
    assert house.rows()[-1].reasons == ("already_passed",)


def test_a_family_on_one_phone_is_one_entry_each(house):
    house.shows("黄丽")
    assert house.asks(Companions, visit=house.visit, count=2).answer is Answer.DONE
    house.measures()
    for _ in range(2):
        house.measures(22.0, 3)
        house.measures()
    rows = [row for row in house.rows() if row.kind == "visit"]
    assert [row.outcome for row in rows] == ["pass"] * 3
    assert rows[1].with_visit == rows[0].visit
    assert house.gate._counts.passed == 3


def test_somebody_of_the_roster_without_a_phone_passes_by_the_volunteers_word(house):
    house.roster.people["p7"] = RosterMatch("p7", Certainty.CERTAIN, "赵奶奶", "3-201")
    reply = house.asks(ManualVisit, lane="main", person="p7", celsius=36.4)
    assert reply.answer is Answer.DONE
    assert house.lamp.shown[-1] is LampPattern.PASS
    assert house.asks(ManualVisit, lane="main", person="nobody").answer is Answer.UNKNOWN_PERSON
    assert house.asks(ManualVisit, lane="elsewhere", name="x").answer is Answer.UNKNOWN_LANE


def test_an_opaque_code_waits_for_the_volunteers_eye(house):
    house.shows("刘洋")
    house.measures()
    assert house.lamp.shown[-1] is LampPattern.ATTEND
    house.asks(Seen, visit=house.visit, what=Attested.SEEN_GREEN)
    assert house.lamp.shown[-1] is LampPattern.PASS


def test_a_typed_code_is_as_good_as_one_held_up(house):
    assert house.asks(Typed, lane="main", text=house.texts["李娜"]).answer is Answer.DONE
    assert house.lamp.shown[-1] is LampPattern.DENY
    assert house.rows()[-1].source == "keyboard"


@pytest.mark.parametrize("text", ["", "HC1:", "hello", "\x00", "HC1:" + "A" * 4000, "\ud800", "https://例.cn/\u202e"])
def test_hostile_texts_are_named_and_never_pass(house, text):
    house.looks(text)
    house.measures()
    assert house.lamp.shown[-1] is not LampPattern.PASS


def test_a_button_decides_the_visit_before_the_lane(house):
    house.shows("李娜")
    house.gate._inbox.post(Pressed("main", Button.PASS, house.gate._clock.now()))
    house.turns()
    assert house.lamp.shown[-1] is LampPattern.PASS
    assert house.rows()[-1].volunteer == "button"


def test_a_thermometer_that_fails_is_one_condition_and_one_decision(house):
    house.thermometer.fail_with("nack")
    house.until(lambda: ConditionKind.THERMOMETER_DOWN in house.gate._gate.open)
    house.shows("王小明")
    assert house.rows()[-1].reasons == (Reason.THERMOMETER_DOWN,)
    house.asks(Decide, condition=ConditionKind.THERMOMETER_DOWN, remedy=Remedy.WAIVE, minutes=30)
    house.shows("张伟")
    assert house.lamp.shown[-1] is LampPattern.PASS
    house.thermometer.recover()
    house.until(lambda: ConditionKind.THERMOMETER_DOWN not in house.gate._gate.open)
    assert "decision" in kinds(house)


def test_a_lamp_that_breaks_is_a_state_and_the_gate_goes_on(house):
    house.lamp.fail()
    house.shows("李娜")
    assert [row.outcome for row in house.rows() if row.kind == "visit"] == ["deny"]
    device = next(view for view in house.gate._view().devices if view.name == "lamp")
    assert device.state == "fault"


def test_an_evacuation_lights_every_lane_and_ends_by_name(house):
    house.asks(Evacuate, on=True)
    assert house.lamp.shown[-1] is LampPattern.EVACUATE
    house.asks(Evacuate, on=False, by="wang")
    assert house.lamp.shown[-1] is not LampPattern.EVACUATE
    assert [(row.detail, row.volunteer) for row in house.rows() if row.kind == "evacuation"] == [
        ("on", "li"),
        ("off", "wang"),
    ]


def test_the_counts_of_the_day_are_there_before_anybody_comes(house):
    house.gate._book.append(Draft(EntryKind.VISIT, datetime.now(UTC), visit="before the restart", outcome=Outcome.DENY))
    house.turns()
    assert house.gate._counts.denied == 1


def test_a_lane_can_be_turned_round(house):
    house.asks(SetDirection, lane="main", direction=Direction.OUT)
    house.shows("王小明")
    assert house.lamp.shown[-1] is LampPattern.PASS
    assert house.rows()[-1].direction == "out"


def test_a_request_for_a_visit_nobody_knows_is_refused(house):
    assert house.asks(Override, visit="gone", outcome=Outcome.PASS).answer is Answer.VISIT_ENDED


# --- Over the sockets -------------------------------------------------------------------------------------


def test_a_page_that_follows_gets_the_state_when_it_changes(house):
    with link.connect(house.at.gate_socket) as page:
        link.send(page, Follow())
        house.turns(2)
        house.shows("李娜")
        faces = []
        while "stop" not in faces:
            faces.append(link.receive(page, GatePush).view.lanes[0].resident.face.value)


def test_names_are_revealed_only_with_a_row_that_says_who_looked(house):
    house.shows("王小明")
    house.measures()
    seq = house.rows()[-1].seq
    request = Reveal(
        request_id="look", by="manager", expires_at=house.gate._clock.now().replace(year=2100), seqs=(seq,), reason="q"
    )
    reply = link.ask(house.at.gate_socket, request, Reply)
    assert reply.data[str(seq)]["name"] == "王小明"
    assert (house.rows()[-1].kind, house.rows()[-1].volunteer) == ("looked", "manager")


def test_forgetting_a_day_that_is_not_over_is_refused(house):
    now = house.gate._clock.now()
    request = Purge(request_id="p", by="m", expires_at=now.replace(year=2100), before=now.replace(year=2101))
    assert link.ask(house.at.gate_socket, request, Reply).answer is Answer.OUT_OF_RANGE


def test_the_scanner_is_told_how_many_pictures_the_pages_want(house):
    with link.connect(house.at.scanner_socket("main")) as scanner, link.connect(house.at.gate_socket) as page:
        assert link.receive(scanner, ShowPictures).hz == 0
        link.send(page, Follow(pictures=True))
        house.until(lambda: house.gate._audience.wants_pictures)
        house.turns()
        assert link.receive(scanner, ShowPictures).hz == 4
        link.send(scanner, Looked(camera=CameraState.OK, texts=(house.texts["李娜"],)))
        house.until(lambda: house.lamp.shown[-1] is LampPattern.DENY)


def test_nonsense_on_the_gates_socket_is_hung_up_on_and_hurts_nobody(house):
    with link.connect(house.at.gate_socket) as stranger:
        stranger.sendall(b"\x00\x00\x00\x05hello")
        assert stranger.recv(1) == b""
    house.shows("李娜")
    assert house.lamp.shown[-1] is LampPattern.DENY
