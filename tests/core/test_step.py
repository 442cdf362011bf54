"""The lane's transitions, told as what happens at a gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core.effects import AskOnline, Record, Respond, Say, ShowLamp
from kiosk.core.entry import EntryKind
from kiosk.core.gate import Evacuation
from kiosk.core.lane import Collecting, Idle, Known, Look, Showing
from kiosk.core.model import (
    Attested,
    Certainty,
    ConditionKind,
    Direction,
    Group,
    Outcome,
    Remedy,
    RosterMatch,
)
from kiosk.core.ports import LampPattern, Phrase
from kiosk.core.present import face_of
from kiosk.core.reasons import Answer, Reason
from kiosk.core.requests import (
    Again,
    Call,
    Companions,
    ContactTemperature,
    Explain,
    ManualVisit,
    MedicalExit,
    Override,
    Seen,
    SetDirection,
    Undo,
    Vehicle,
)
from kiosk.core.rules import GroupRules, Rules, VenueRules
from kiosk.core.step import step, unrecorded
from kiosk.core.view import Face
from tests.support.lanes import MORNING, Bench, a_forgery, a_pass, a_stray_code, a_venue_code, an_online_code


@pytest.fixture
def bench() -> Bench:
    return Bench()


# --- One person -----------------------------------------------------------------------------------------


def test_a_good_pass_and_a_normal_temperature_pass_with_one_row_before_the_green_lamp(bench):
    bench.shows(a_pass())
    bench.measures(36.5)
    assert bench.kinds == [EntryKind.VISIT]
    assert bench.rows[0].outcome is Outcome.PASS
    assert bench.lamp is LampPattern.PASS
    order = [type(e) for e in bench.effects if isinstance(e, Record) or e == ShowLamp(LampPattern.PASS)]
    assert order == [Record, ShowLamp]


def test_the_temperature_may_come_before_the_code(bench):
    bench.measures(36.5)
    assert isinstance(bench.lane.phase, Collecting)
    assert face_of(bench.lane) is Face.SHOW_CODE
    bench.shows(a_pass())
    assert bench.lamp is LampPattern.PASS


def test_a_forged_code_is_denied_at_once_without_waiting_for_the_temperature(bench):
    bench.shows(a_forgery())
    assert bench.lamp is LampPattern.DENY
    assert bench.rows[0].reasons == (Reason.BAD_SIGNATURE,)


def test_an_expired_pass_is_denied(bench):
    bench.shows(a_pass(valid_until=MORNING - timedelta(hours=1)))
    assert bench.rows[0].reasons == (Reason.EXPIRED,)
    assert bench.lamp is LampPattern.DENY


def test_a_feverish_resident_with_a_good_pass_is_asked_to_see_the_volunteer(bench):
    bench.shows(a_pass())
    bench.measures(38.4)
    assert bench.lamp is LampPattern.CHECK
    assert bench.rows[0].reasons == (Reason.FEBRILE,)
    assert Say(Phrase.SEE_VOLUNTEER) in bench.effects


@pytest.mark.parametrize("first", [37.2, 37.4, 34.0])
def test_a_doubtful_temperature_is_measured_again_before_a_verdict(bench, first):
    bench.shows(a_pass())
    bench.measures(first)
    assert isinstance(bench.lane.phase, Collecting)
    assert bench.rows == []
    bench.measures(36.6)
    assert bench.lamp is LampPattern.PASS


def test_an_implausibly_low_temperature_never_passes(bench):
    bench.shows(a_pass())
    bench.measures(34.0)
    bench.measures(34.0)
    assert bench.lamp is LampPattern.CHECK
    assert bench.rows[0].reasons == (Reason.IMPLAUSIBLY_LOW,)


def test_a_threshold_value_itself_is_febrile(bench):
    bench.shows(a_pass())
    bench.measures(37.31)
    bench.measures(37.31)
    assert bench.rows[0].reasons == (Reason.FEBRILE,)


def test_a_code_still_in_view_is_the_same_visit(bench):
    bench.shows(a_pass())
    bench.measures()
    for _ in range(80):
        bench.shows(a_pass())
    assert bench.kinds == [EntryKind.VISIT]


def test_somebody_who_leaves_half_way_is_written_down_as_incomplete(bench):
    bench.shows(a_pass())
    bench.waits(9)
    assert bench.kinds == [EntryKind.INCOMPLETE]
    assert isinstance(bench.lane.phase, Idle)
    assert LampPattern.PASS not in bench.lamps


def test_somebody_measured_without_a_code_who_leaves_is_written_down(bench):
    bench.measures()
    bench.steps_back()
    bench.waits(9)
    assert bench.kinds == [EntryKind.INCOMPLETE]
    assert Reason.NO_CODE in [finding.reason for finding in bench.rows[0].findings]


def test_a_visit_without_end_becomes_a_check(bench):
    bench.shows(a_pass())
    for _ in range(310):
        bench.shows(a_pass())
    assert bench.rows[0].reasons == (Reason.TEMPERATURE_MISSING,)
    assert bench.lamp is LampPattern.CHECK


def test_a_result_closes_by_itself(bench):
    bench.shows(a_pass())
    bench.measures()
    bench.steps_back()
    bench.waits(5)
    assert bench.lamp is LampPattern.READY


# --- The queue --------------------------------------------------------------------------------------------


def test_the_next_scan_pre_empts_the_last_result(bench):
    bench.shows(a_pass("Wang"))
    bench.measures()
    bench.steps_back()
    bench.shows(a_pass("Li"))
    assert isinstance(bench.lane.phase, Collecting)
    bench.measures()
    assert [row.outcome for row in bench.rows] == [Outcome.PASS, Outcome.PASS]
    assert bench.rows[0].visit != bench.rows[1].visit


def test_the_next_person_is_not_given_the_temperature_of_the_one_before(bench):
    bench.shows(a_pass("Wang"))
    bench.measures(36.5)
    bench.shows(a_pass("Li"))
    bench.measures(36.5)
    assert len(bench.rows) == 1
    bench.steps_back()
    bench.measures(38.5)
    assert bench.rows[1].measurement.forehead_c == pytest.approx(38.5, abs=0.05)


def test_a_scan_of_somebody_else_ends_an_unfinished_visit_as_incomplete(bench):
    bench.shows(a_pass("Wang"))
    bench.waits(1)
    bench.shows(a_pass("Li"))
    bench.measures()
    assert bench.kinds == [EntryKind.INCOMPLETE, EntryKind.VISIT]


def test_two_codes_in_view_at_once_do_not_interrupt_each_other(bench):
    for _ in range(10):
        bench.shows(a_pass("Wang"))
        bench.shows(a_pass("Li"))
    bench.measures()
    assert bench.kinds == [EntryKind.VISIT]
    assert dict(bench.rows[0].sealed[0][1])["name"] == "Wang"
    bench.steps_back()
    bench.shows(a_pass("Li"))
    bench.measures()
    assert dict(bench.rows[1].sealed[0][1])["name"] == "Li"


def test_a_stray_code_beside_a_good_one_is_nobodys(bench):
    bench.shows(a_pass())
    bench.shows(a_stray_code())
    bench.measures()
    assert bench.rows[0].outcome is Outcome.PASS


def test_a_wrong_code_first_and_the_right_one_after_is_one_visit(bench):
    bench.shows(a_stray_code())
    bench.shows(a_pass())
    bench.measures()
    assert bench.kinds == [EntryKind.VISIT]
    assert bench.rows[0].outcome is Outcome.PASS


def test_the_same_pass_twice_the_same_way_is_a_check(bench):
    bench.shows(a_pass(), passed_before=MORNING - timedelta(seconds=60))
    bench.measures()
    assert bench.rows[0].reasons == (Reason.ALREADY_PASSED,)


def test_the_same_pass_hours_later_passes(bench):
    bench.shows(a_pass(), passed_before=MORNING - timedelta(hours=3))
    bench.measures()
    assert bench.rows[0].outcome is Outcome.PASS


def test_who_leaves_is_not_measured():
    bench = Bench()
    bench.lane = replace(bench.lane, direction=Direction.OUT)
    bench.shows(a_pass())
    assert bench.rows[0].outcome is Outcome.PASS


# --- The volunteer ------------------------------------------------------------------------------------------


def test_seen_green_on_the_phone_passes_an_opaque_code_under_the_volunteers_name(bench):
    bench.shows(an_online_code())
    assert bench.lamp is LampPattern.ATTEND
    bench.measures()
    assert bench.asks(Seen, visit=bench.visit, what=Attested.SEEN_GREEN) is Answer.DONE
    assert bench.lamp is LampPattern.PASS
    assert bench.rows[0].volunteer == "li"


def test_seen_green_first_and_the_temperature_after_is_as_good(bench):
    bench.shows(an_online_code())
    bench.asks(Seen, visit=bench.visit, what=Attested.SEEN_GREEN)
    bench.measures()
    assert bench.lamp is LampPattern.PASS


@pytest.mark.parametrize(("seen", "lamp"), [("seen_yellow", LampPattern.CHECK), ("seen_red", LampPattern.DENY)])
def test_other_colours_do_not_pass(bench, seen, lamp):
    bench.shows(an_online_code())
    bench.measures()
    bench.asks(Seen, visit=bench.visit, what=Attested(seen))
    assert bench.lamp is lamp


def test_a_colour_seen_too_late_never_reaches_the_next_person(bench):
    bench.shows(an_online_code())
    late = bench.visit
    bench.waits(1)
    bench.shows(a_pass())
    assert bench.asks(Seen, visit=late, what=Attested.SEEN_GREEN) is Answer.VISIT_ENDED


def test_a_colour_cannot_be_claimed_as_something_else(bench):
    bench.shows(an_online_code())
    assert bench.asks(Seen, visit=bench.visit, what=Attested.BY_ROSTER) is Answer.BAD_REQUEST


def test_an_override_lights_green_after_its_row_and_keeps_the_verdict(bench):
    bench.shows(a_pass())
    bench.measures(38.4)
    assert bench.asks(Override, visit=bench.visit, outcome=Outcome.PASS) is Answer.DONE
    assert bench.kinds == [EntryKind.VISIT, EntryKind.OVERRIDE]
    assert bench.lamp is LampPattern.PASS
    assert bench.rows[1].refers == bench.rows[0].visit


def test_an_override_during_collecting_writes_what_was_missing_first(bench):
    bench.shows(a_pass())
    bench.asks(Override, visit=bench.visit, outcome=Outcome.PASS)
    assert bench.kinds == [EntryKind.VISIT, EntryKind.OVERRIDE]
    assert bench.rows[0].outcome is Outcome.CHECK
    assert bench.lamp is LampPattern.PASS


def test_the_reason_may_follow_the_override(bench):
    bench.shows(a_pass())
    bench.measures(38.4)
    bench.asks(Override, visit=bench.visit, outcome=Outcome.PASS)
    assert bench.asks(Explain, visit=bench.visit, reason="came running") is Answer.DONE
    assert bench.kinds[-1] is EntryKind.EXPLAIN


def test_an_undo_within_a_minute_brings_the_verdict_back(bench):
    bench.shows(a_pass())
    bench.measures(38.4)
    bench.asks(Override, visit=bench.visit, outcome=Outcome.PASS)
    assert bench.asks(Undo, visit=bench.visit) is Answer.DONE
    assert bench.lamp is LampPattern.CHECK
    assert bench.kinds[-1] is EntryKind.UNDO


def test_an_undo_after_a_minute_is_refused(bench):
    bench.shows(a_pass())
    bench.measures(38.4)
    visit = bench.visit
    bench.asks(Override, visit=visit, outcome=Outcome.PASS)
    bench.waits(61)
    assert bench.asks(Undo, visit=visit) is Answer.UNDO_TOO_LATE


def test_an_override_of_a_recent_visit_is_recorded_and_lights_nothing(bench):
    bench.shows(a_pass("Wang"))
    bench.measures(38.4)
    earlier = bench.visit
    bench.steps_back()
    bench.shows(a_pass("Li"))
    lamps = list(bench.lamps)
    assert bench.asks(Override, visit=earlier, outcome=Outcome.PASS) is Answer.DONE
    assert bench.kinds[-1] is EntryKind.OVERRIDE
    assert bench.lamps == lamps


def test_an_override_of_a_visit_long_gone_is_refused(bench):
    assert bench.asks(Override, visit="gone", outcome=Outcome.PASS) is Answer.VISIT_ENDED


def test_an_old_request_is_void(bench):
    bench.shows(a_pass())
    old = Again(request_id="x", by="li", expires_at=bench.now, visit=bench.visit)
    bench.turn(requests=(old,))
    assert bench.effects[-1] == Respond("x", Answer.EXPIRED)


def test_measuring_again_takes_new_readings_only(bench):
    bench.shows(a_pass())
    bench.measures(38.4)
    bench.asks(Again, visit=bench.visit)
    assert isinstance(bench.lane.phase, Collecting)
    bench.measures(36.5)
    assert [row.outcome for row in bench.rows] == [Outcome.CHECK, Outcome.PASS]
    assert bench.rows[0].visit == bench.rows[1].visit


def test_a_contact_thermometer_settles_a_fever(bench):
    bench.shows(a_pass())
    bench.measures(38.4)
    bench.asks(ContactTemperature, visit=bench.visit, celsius=36.7)
    assert bench.lamp is LampPattern.PASS


def test_a_person_without_a_phone_is_found_in_the_roster_and_measured(bench):
    known = {"p1": Known(RosterMatch("p1", Certainty.CERTAIN, "Zhao Nainai", "3-201"))}
    request = ManualVisit(
        request_id="m", by="li", expires_at=bench.now + timedelta(seconds=9), lane="main", person="p1"
    )
    bench.turn(requests=(request,), known=known)
    bench.measures()
    assert bench.lamp is LampPattern.PASS
    assert bench.rows[0].person == "p1"
    assert bench.rows[0].group is Group.RESIDENTS


def test_a_typed_person_with_a_contact_temperature_passes_at_once(bench):
    assert bench.asks(ManualVisit, lane="main", name="Old Zhao", celsius=36.4) is Answer.DONE
    assert bench.lamp is LampPattern.PASS
    assert dict(bench.rows[0].sealed[0][1])["name"] == "Old Zhao"


def test_a_manual_visit_without_person_or_name_is_refused(bench):
    assert bench.asks(ManualVisit, lane="main") is Answer.BAD_REQUEST
    assert bench.asks(ManualVisit, lane="main", person="nobody") is Answer.UNKNOWN_PERSON


def test_and_these_with_me_gives_each_an_entry_and_a_temperature_of_their_own(bench):
    bench.shows(a_pass("Mother"))
    bench.asks(Companions, visit=bench.visit, count=2)
    bench.measures()
    for _ in range(2):
        bench.steps_back()
        bench.waits(2.5)
        assert face_of(bench.lane) is Face.NEXT_PERSON
        bench.measures(36.8)
    assert [row.outcome for row in bench.rows] == [Outcome.PASS] * 3
    assert [row.refers for row in bench.rows] == ["", bench.rows[0].visit, bench.rows[0].visit]
    assert Reason.ALREADY_PASSED not in [r for row in bench.rows for r in row.reasons]


def test_a_feverish_child_of_a_family_is_a_check_of_its_own(bench):
    bench.shows(a_pass("Mother"))
    bench.asks(Companions, visit=bench.visit, count=1)
    bench.measures()
    bench.steps_back()
    bench.measures(39.0)
    assert [row.outcome for row in bench.rows] == [Outcome.PASS, Outcome.CHECK]


def test_a_medical_exit_is_always_possible(bench):
    assert bench.asks(MedicalExit, lane="main", note="chest pain") is Answer.DONE
    assert bench.kinds == [EntryKind.MEDICAL_EXIT]
    assert bench.lamp is LampPattern.PASS


def test_a_vehicle_is_logged_once(bench):
    bench.asks(Vehicle, lane="main", plate="A12345")
    bench.waits(10)
    assert bench.kinds == [EntryKind.VEHICLE]


def test_a_call_is_shown_until_the_volunteer_has_come(bench):
    bench.asks(Call, lane="main", by="button")
    assert bench.lamp is LampPattern.ATTEND
    bench.asks(Call, lane="main", on=False)
    assert bench.lamp is LampPattern.READY


def test_a_lane_turned_round_writes_it_down(bench):
    bench.asks(SetDirection, lane="main", direction=Direction.OUT)
    assert bench.kinds == [EntryKind.DIRECTION]
    assert bench.rows[0].direction is Direction.OUT


# --- Online codes, conditions, evacuation -------------------------------------------------------------------


def test_the_resolver_is_asked_once_and_its_green_passes():
    bench = Bench(resolver=True)
    bench.shows(an_online_code(), key="k")
    asked = [effect for effect in bench.effects if isinstance(effect, AskOnline)]
    assert asked == [AskOnline(bench.visit, "k")]
    assert face_of(bench.lane) is Face.COME_CLOSER
    bench.measures()
    assert face_of(bench.lane) is Face.CHECKING
    bench.resolves(Outcome.PASS, "k")
    assert bench.rows[0].volunteer == "resolver"
    assert bench.lamp is LampPattern.PASS


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


# --- The row that could not be written -------------------------------------------------------------------------


def test_a_verdict_that_could_not_be_written_is_amber_and_never_green(bench):
    bench.shows(a_pass())
    bench.measures(count=4)
    before = bench.lane
    bench.measures(count=1)
    after, effects = unrecorded(before, bench.lane, Look(bench.now, "x"), [])
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
    _, instead = unrecorded(before, lane, look, effects)
    assert ShowLamp(LampPattern.MANUAL) in instead
    assert Respond("o", Answer.NOT_RECORDED, bench.visit) in instead


# --- Rules ---------------------------------------------------------------------------------------------------


def test_a_venue_code_is_asked_for_where_the_rules_want_one():
    bench = Bench(rules=Rules(venue=VenueRules(required=True, venue_ids=("gate-1",))))
    bench.shows(a_pass())
    bench.measures()
    assert face_of(bench.lane) is Face.SHOW_VENUE
    bench.shows(a_venue_code())
    assert bench.lamp is LampPattern.PASS


def test_the_rules_say_what_somebody_unknown_to_the_roster_means():
    strict = GroupRules(unknown_to_roster=Outcome.CHECK)
    bench = Bench(rules=Rules(groups={Group.VISITORS: strict}))
    bench.shows(a_pass())
    bench.measures()
    assert bench.rows[0].reasons == (Reason.ROSTER_UNKNOWN,)


def test_two_people_in_a_row_with_the_same_result_each_get_a_lamp_of_their_own():
    bench = Bench()
    bench.lane = replace(bench.lane, direction=Direction.OUT)
    bench.shows(a_pass("Wang"))
    bench.shows(a_pass("Li"))
    assert bench.lamps.count(LampPattern.PASS) == 2
