"""The lane while something is wrong: services, conditions, evacuation, a row that could not be written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core.effects import AskOnline, Record, RecordLater, Respond, ShowLamp
from kiosk.core.entry import EntryKind
from kiosk.core.gate import Evacuation
from kiosk.core.lane import Collecting, Idle, Look, OnlineAnswer, Showing
from kiosk.core.model import (
    ConditionKind,
    Direction,
    Outcome,
    Remedy,
)
from kiosk.core.ports import LampPattern
from kiosk.core.present import face_of
from kiosk.core.reasons import Answer, Reason
from kiosk.core.requests import (
    ContactTemperature,
    Explain,
    ManualVisit,
    MedicalExit,
    Override,
    SetDirection,
    Vehicle,
)
from kiosk.core.step import step, unrecorded
from kiosk.core.view import Face
from tests.support.lanes import Bench, a_pass, an_online_code, resolved


@pytest.fixture
def bench() -> Bench:
    return Bench()


# --- Online codes, conditions, evacuation ----------------------------------------------------------------


def test_the_resolver_is_asked_once_and_its_green_passes():
    bench = Bench(resolver=True)
    bench.shows(an_online_code(), key="k")
    asked = [effect for effect in bench.effects if isinstance(effect, AskOnline)]
    assert asked == [AskOnline(bench.visit, "k")]
    assert face_of(bench.lane) is Face.COME_CLOSER
    bench.measures()
    assert face_of(bench.lane) is Face.CHECKING
    bench.resolves(Outcome.PASS, "k")
    assert (bench.rows[0].volunteer, bench.rows[0].format, bench.rows[0].issuer) == ("", "online_code", "example")
    assert bench.lamp is LampPattern.PASS


def test_whoever_passed_with_another_code_of_the_same_document_is_a_replay_once_the_service_named_it():
    bench = Bench(resolver=True)
    bench.shows(an_online_code(), key="k")
    bench.measures()
    passed = bench.now - timedelta(minutes=2)
    bench.turn(online=(OnlineAnswer(bench.visit, "k", resolved(Outcome.PASS), about="d", passed_before=passed),))
    assert Reason.ALREADY_PASSED in bench.rows[0].reasons
    assert (bench.rows[0].person, bench.rows[0].code_key) == ("d", "k")  # found again by either


def test_a_slow_resolver_gives_way_to_the_volunteer():
    bench = Bench(resolver=True)
    bench.shows(an_online_code(), key="k")
    bench.waits(1)
    assert face_of(bench.lane) is Face.COME_CLOSER
    assert bench.lamp is LampPattern.ATTEND


def test_a_thermometer_out_of_its_range_is_a_check_until_somebody_decides(bench):
    bench.opens(ConditionKind.AMBIENT_OUT_OF_RANGE)
    bench.shows(a_pass())
    assert bench.rows[0].reasons == (Reason.AMBIENT_OUT_OF_RANGE,)


def test_after_the_decision_for_a_contact_thermometer_its_value_is_asked_for(bench):
    bench.opens(ConditionKind.AMBIENT_OUT_OF_RANGE, Remedy.CONTACT)
    bench.shows(a_pass())
    assert bench.lamp is LampPattern.ATTEND
    bench.asks(ContactTemperature, visit=bench.visit, celsius=36.4)
    assert bench.lamp is LampPattern.PASS


def test_after_the_decision_to_waive_the_log_says_so(bench):
    bench.opens(ConditionKind.THERMOMETER_DOWN, Remedy.WAIVE)
    bench.shows(a_pass())
    assert bench.lamp is LampPattern.PASS
    assert Reason.TEMPERATURE_WAIVED in [finding.reason for finding in bench.rows[0].findings]


def test_a_stale_list_is_a_check_until_it_is_accepted(bench):
    bench.opens(ConditionKind.TRUST_STALE)
    bench.shows(a_pass())
    bench.measures()
    assert bench.rows[0].reasons == (Reason.TRUST_STALE,)
    bench.opens(ConditionKind.TRUST_STALE, Remedy.ACCEPT)
    bench.steps_back()
    bench.shows(a_pass("Li"))
    bench.measures()
    assert bench.lamp is LampPattern.PASS


def test_an_evacuation_asks_nothing_of_anybody(bench):
    bench.shows(a_pass())
    bench.gate = replace(bench.gate, evacuation=Evacuation(bench.now, "li"))
    bench.shows(a_pass("Li"))
    bench.measures(39.0)
    assert bench.lamp is LampPattern.EVACUATE
    assert bench.kinds == [EntryKind.INCOMPLETE]
    bench.gate = replace(bench.gate, evacuation=None)
    bench.waits(0.5)
    assert isinstance(bench.lane.phase, Collecting | Idle)
    assert bench.lamp is not LampPattern.EVACUATE


def test_out_of_order_is_the_kiosks_own_state(bench):
    bench.faults = frozenset({Reason.CAMERA_DOWN})
    bench.waits(0.2)
    assert bench.lamp is LampPattern.OUT_OF_ORDER
    assert face_of(bench.lane) is Face.OUT_OF_ORDER
    bench.asks(ManualVisit, lane="main", name="Old Zhao", celsius=36.4)
    assert bench.lamp is LampPattern.PASS


# --- The clock is set ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_clock_that_is_set_ends_what_is_shown(bench, hours):
    bench.shows(a_pass())
    bench.measures()
    assert bench.lamp is LampPattern.PASS
    bench.turn(seconds=hours * 3600)
    assert isinstance(bench.lane.phase, Idle)
    assert bench.lamp is LampPattern.READY


@pytest.mark.parametrize("hours", [-5, 5])
def test_whoever_is_there_when_the_clock_is_set_begins_anew(bench, hours):
    code = a_pass(valid_from=None, valid_until=None)
    bench.shows(code)
    bench.measures(count=2)
    bench.now += timedelta(hours=hours)
    bench.shows(code)
    assert bench.kinds == [EntryKind.INCOMPLETE]
    bench.measures()
    assert bench.lamp is LampPattern.PASS


def test_a_clock_that_is_slewed_disturbs_nobody(bench):
    bench.shows(a_pass())
    bench.turn(seconds=-1)
    bench.measures()
    assert bench.kinds == [EntryKind.VISIT]
    assert bench.lamp is LampPattern.PASS


# --- The row that could not be written -------------------------------------------------------------------


def test_a_verdict_that_could_not_be_written_is_amber_and_never_green(bench):
    bench.shows(a_pass())
    bench.measures(count=4)
    before = bench.lane
    bench.measures(count=1)
    after, effects = unrecorded(before, bench.lane, Look(bench.now, "x"), [], bench.rules)
    assert ShowLamp(LampPattern.CHECK) in effects
    assert ShowLamp(LampPattern.PASS) not in effects
    assert isinstance(after.phase, Showing)
    assert not after.phase.ended.recorded


def test_an_override_that_could_not_be_written_shows_the_manual_pattern(bench):
    bench.shows(a_pass())
    bench.measures(38.4)
    before = bench.lane
    request = Override(
        request_id="o", by="li", expires_at=bench.now + timedelta(seconds=9), visit=bench.visit, outcome=Outcome.PASS
    )
    look = Look(bench.now, "x", requests=(request,))
    lane, effects = step(before, look, bench.rules)
    _, instead = unrecorded(before, lane, look, effects, bench.rules)
    assert ShowLamp(LampPattern.MANUAL) in instead
    assert Respond("o", Answer.NOT_RECORDED, bench.visit) in instead


def test_who_left_and_who_was_shown_before_stay_as_they_were_when_the_next_row_cannot_be_written(bench):
    bench.shows(a_pass())
    bench.measures()
    bench.steps_back()
    before = bench.lane
    look = Look(bench.now, "x", requests=(asked(Vehicle, bench, lane="main"),))
    after, effects = step(before, look, bench.rules)
    after, _ = unrecorded(before, after, look, effects, bench.rules)
    assert [ended.recorded for ended in after.recent] == [True]


def test_a_note_that_cannot_be_written_leaves_the_green_lamp_alone(bench):
    bench.shows(a_pass())
    bench.measures()
    before = bench.lane
    look = Look(bench.now, "x", requests=(asked(Explain, bench, visit=bench.visit, reason="a note"),))
    after, effects = step(before, look, bench.rules)
    after, instead = unrecorded(before, after, look, effects, bench.rules)
    assert [effect.answer for effect in instead if isinstance(effect, Respond)] == [Answer.NOT_RECORDED]
    assert after == replace(before, looked_at=after.looked_at)


def test_the_row_of_whoever_left_is_not_lost_with_the_one_that_cannot_be_written(bench):
    bench.shows(a_pass())
    before = bench.lane
    requests = (
        asked(SetDirection, bench, lane="main", direction=Direction.OUT),
        asked(ManualVisit, bench, lane="main", name="Old Zhao"),
        asked(SetDirection, bench, lane="main", direction=Direction.IN),
    )
    look = Look(bench.now, "x", requests=requests)
    after, effects = step(before, look, bench.rules)
    first = next(i for i, effect in enumerate(effects) if isinstance(effect, Record))
    _, instead = unrecorded(before, after, look, effects[first:], bench.rules)
    assert [each.draft.kind for each in instead if isinstance(each, RecordLater)] == [EntryKind.INCOMPLETE]


@pytest.mark.parametrize("request_", [MedicalExit, Vehicle])
def test_whom_the_volunteer_lets_through_without_a_row_shows_the_manual_pattern(bench, request_):
    before = bench.lane
    look = Look(bench.now, "x", requests=(asked(request_, bench, lane="main"),))
    after, effects = step(before, look, bench.rules)
    after, _ = unrecorded(before, after, look, effects, bench.rules)
    assert after.lamp is LampPattern.MANUAL


def test_amber_for_want_of_a_row_stays_until_the_volunteer_has_come(bench):
    bench.shows(a_pass())
    bench.measures(count=4)
    before = bench.lane
    bench.measures(count=1)
    bench.lane, _ = unrecorded(before, bench.lane, Look(bench.now, "x"), [], bench.rules)
    bench.waits(30)
    assert bench.lamp is LampPattern.CHECK


def test_a_decision_writes_down_the_verdict_that_could_not_be_written_before(bench):
    bench.shows(a_pass())
    bench.measures(count=4)
    before = bench.lane
    bench.measures(count=1)
    bench.lane, _ = unrecorded(before, bench.lane, Look(bench.now, "x"), [], bench.rules)
    bench.effects.clear()
    bench.asks(Override, visit=bench.visit, outcome=Outcome.PASS)
    assert bench.kinds == [EntryKind.VISIT, EntryKind.OVERRIDE]
    assert bench.lamp is LampPattern.PASS


def asked(request, bench, **more):
    return request(request_id=f"of {request.__name__}", by="li", expires_at=bench.now + timedelta(seconds=9), **more)
