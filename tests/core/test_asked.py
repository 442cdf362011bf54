"""What a volunteer asks of a lane, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core import reports
from kiosk.core.effects import Respond
from kiosk.core.entry import EntryKind, SealClass
from kiosk.core.gate import Evacuation
from kiosk.core.lane import Collecting, Idle, Known
from kiosk.core.model import (
    Attested,
    Certainty,
    Direction,
    Group,
    Outcome,
    RosterMatch,
)
from kiosk.core.ports import LampPattern
from kiosk.core.present import face_of
from kiosk.core.reasons import Answer, Reason
from kiosk.core.reports import Mark
from kiosk.core.requests import (
    Again,
    Call,
    Companions,
    ContactTemperature,
    DropOff,
    Explain,
    HostConfirms,
    ManualVisit,
    MedicalExit,
    Override,
    Reveal,
    Seen,
    SetDirection,
    Undo,
    Vehicle,
)
from kiosk.core.rules import HostRules, Rules
from kiosk.core.view import Counts, Face
from tests.support.lanes import MORNING, Bench, a_pass, an_online_code


@pytest.fixture
def bench() -> Bench:
    return Bench()


# --- The volunteer ---------------------------------------------------------------------------------------


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


def test_an_undo_of_a_second_decision_brings_the_first_one_back(bench):
    bench.shows(a_pass())
    bench.measures()
    for outcome in (Outcome.DENY, Outcome.CHECK):
        bench.asks(Override, visit=bench.visit, outcome=outcome)
    assert bench.asks(Undo, visit=bench.visit) is Answer.DONE
    assert bench.lamp is LampPattern.DENY
    assert bench.asks(Undo, visit=bench.visit) is Answer.DONE
    assert bench.lamp is LampPattern.PASS
    assert bench.asks(Undo, visit=bench.visit) is Answer.NOTHING_TO_UNDO


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
    assert [row.with_visit for row in bench.rows] == ["", bench.rows[0].visit, bench.rows[0].visit]
    assert Reason.ALREADY_PASSED not in [r for row in bench.rows for r in row.reasons]


def test_a_feverish_child_of_a_family_is_a_check_of_its_own(bench):
    bench.shows(a_pass("Mother"))
    bench.asks(Companions, visit=bench.visit, count=1)
    bench.measures()
    bench.steps_back()
    bench.measures(39.0)
    assert [row.outcome for row in bench.rows] == [Outcome.PASS, Outcome.CHECK]


def test_the_one_phone_of_a_family_shown_again_is_no_replay(bench):
    phone = a_pass()
    bench.shows(phone)
    bench.asks(Companions, visit=bench.visit, count=1)
    bench.measures()
    bench.steps_back()
    bench.measures(count=1)
    bench.waits(4)
    bench.shows(phone, passed_before=bench.now - timedelta(seconds=6))
    bench.measures()
    assert [(row.outcome, bool(row.with_visit)) for row in bench.rows] == [(Outcome.PASS, False), (Outcome.PASS, True)]
    assert bench.rows[0].code_key
    assert not bench.rows[1].code_key


def test_nobody_comes_with_somebody_who_was_not_let_through(bench):
    bench.shows(a_pass())
    bench.asks(Companions, visit=bench.visit, count=2)
    bench.measures(38.4)
    bench.steps_back()
    bench.waits(70)
    assert bench.kinds == [EntryKind.VISIT]
    assert isinstance(bench.lane.phase, Idle)


def test_a_request_that_is_no_business_of_a_lane_is_refused(bench):
    assert bench.asks(Reveal, seqs=(1,), reason="q") is Answer.BAD_REQUEST


def test_a_medical_exit_is_always_possible(bench):
    assert bench.asks(MedicalExit, lane="main", note="chest pain") is Answer.DONE
    assert bench.kinds == [EntryKind.MEDICAL_EXIT]
    assert bench.lamp is LampPattern.PASS


@pytest.mark.parametrize("request_", [MedicalExit, Vehicle])
def test_whoever_was_let_through_unasked_is_not_asked_afterwards(bench, request_):
    bench.asks(request_, lane="main")
    assert bench.asks(Again, visit=bench.visit) is Answer.VISIT_ENDED
    assert bench.asks(ContactTemperature, visit=bench.visit, celsius=39.0) is Answer.VISIT_ENDED
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


# --- Visitors and riders -----------------------------------------------------------------------------------


def visitors_are_asked_for() -> Bench:
    return Bench(rules=replace(Rules(), host=HostRules(required=True)))


def test_a_visitor_passes_once_the_household_says_so_and_the_household_is_sealed():
    bench = visitors_are_asked_for()
    bench.shows(a_pass())
    bench.measures()
    assert (bench.lamp, bench.rows[-1].reasons) == (LampPattern.CHECK, (Reason.HOST_NOT_CONFIRMED,))
    assert bench.asks(HostConfirms, visit=bench.visit, host="2-301") is Answer.DONE
    assert bench.lamp is LampPattern.PASS
    assert bench.rows[-1].group is Group.VISITORS
    assert dict(dict(bench.rows[-1].sealed)[SealClass.IDENTITY])["host"] == "2-301"


def test_a_household_does_not_make_a_bad_code_good():
    bench = visitors_are_asked_for()
    bench.shows(a_pass(valid_until=MORNING - timedelta(hours=1)))
    bench.measures()
    bench.asks(HostConfirms, visit=bench.visit, host="2-301")
    assert bench.lamp is LampPattern.DENY


def test_a_visitor_without_a_phone_is_written_up_with_the_household_in_one_go():
    bench = visitors_are_asked_for()
    asked = {"lane": "main", "name": "Chen Qi", "group": Group.VISITORS, "celsius": 36.4}
    bench.asks(ManualVisit, **asked, host="2-301")
    assert bench.lamp is LampPattern.PASS
    bench.waits(5)
    bench.asks(ManualVisit, **asked)
    assert bench.lamp is LampPattern.CHECK


def test_parcels_are_handed_over_in_one_row_and_nobody_is_shown_green(bench):
    assert bench.asks(DropOff, lane="main", company="Blue Rider", parcels=40) is Answer.DONE
    (row,) = bench.rows
    assert (row.kind, row.detail, row.group, row.volunteer) == (
        EntryKind.DROP_OFF,
        "40 parcels",
        Group.DELIVERIES,
        "li",
    )
    assert dict(dict(row.sealed)[SealClass.NOTE])["note"] == "Blue Rider"
    assert LampPattern.PASS not in bench.lamps


def test_a_rider_does_not_disturb_whoever_is_being_measured(bench):
    bench.shows(a_pass())
    served = bench.visit
    bench.asks(DropOff, lane="main")
    assert bench.visit == served
    bench.measures()
    assert bench.kinds == [EntryKind.DROP_OFF, EntryKind.VISIT]


def test_a_rider_who_held_up_a_pass_and_then_only_drops_off_is_not_half_way(bench):
    bench.shows(a_pass())
    rider = bench.visit
    assert bench.asks(DropOff, lane="main", visit=rider, parcels=2) is Answer.DONE
    bench.waits(20)
    assert [(row.kind, row.visit) for row in bench.rows] == [(EntryKind.DROP_OFF, rider)]


def test_a_rider_who_was_let_in_and_then_only_drops_off_did_not_come_in(bench):
    bench.shows(a_pass())
    bench.measures()
    bench.asks(DropOff, lane="main", visit=bench.visit)
    assert bench.lane.phase == Idle()
    tally = reports.Tally()
    for row in bench.rows:
        tally.add(Mark(row.kind, row.refers or row.visit, row.happened, row.direction, row.outcome))
    assert tally.counts() == Counts(dropped_off=1)


def test_a_drop_off_that_names_a_visit_long_gone_changes_nothing(bench):
    assert bench.asks(DropOff, lane="main", visit="gone") is Answer.VISIT_ENDED
    assert bench.rows == []


# --- While everybody goes out ------------------------------------------------------------------------------


def test_words_about_earlier_visits_are_taken_while_everybody_goes_out(bench):
    bench.shows(a_pass())
    bench.measures()
    visit = bench.visit
    bench.asks(Override, visit=visit, outcome=Outcome.DENY)
    bench.gate = replace(bench.gate, evacuation=Evacuation(bench.now, "li"))
    assert bench.asks(Explain, visit=visit, reason="quarrelled") is Answer.DONE
    assert bench.asks(Override, visit=visit, outcome=Outcome.PASS) is Answer.BUSY
