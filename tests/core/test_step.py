"""The lane's transitions, told as what happens at a gate: one person, and the queue."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core.effects import Record, Say, ShowLamp
from kiosk.core.entry import EntryKind
from kiosk.core.lane import Collecting, Idle
from kiosk.core.model import (
    Direction,
    Group,
    Outcome,
    Source,
)
from kiosk.core.ports import LampPattern, Phrase
from kiosk.core.present import face_of
from kiosk.core.reasons import Reason
from kiosk.core.rules import CredentialRules, GroupRules, Rules, VenueRules
from kiosk.core.view import Face
from tests.support.lanes import MORNING, Bench, a_forgery, a_pass, a_stray_code, a_venue_code


@pytest.fixture
def bench() -> Bench:
    return Bench()


# --- One person ------------------------------------------------------------------------------------------


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


# --- The queue -------------------------------------------------------------------------------------------


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


# --- Rules -----------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("invalid", [Outcome.DENY, Outcome.CHECK])
def test_a_forged_code_is_not_forgotten_for_the_good_one_beside_it(invalid):
    bench = Bench(rules=Rules(credential=CredentialRules(invalid=invalid)))
    for _ in range(10):
        bench.turn(bench.held(a_forgery()), bench.held(a_pass()))
    bench.measures()
    assert [(row.outcome, row.reasons) for row in bench.rows] == [(invalid, (Reason.BAD_SIGNATURE,))]


def test_a_forged_code_behind_a_good_one_gets_its_own_verdict(bench):
    bench.shows(a_pass())
    for _ in range(5):
        bench.turn(bench.held(a_pass()), bench.held(a_forgery()))
    bench.measures()
    bench.shows(a_forgery())
    assert [row.outcome for row in bench.rows] == [Outcome.PASS, Outcome.DENY]


def test_a_result_stands_for_a_moment_before_the_next_code_takes_its_place(bench):
    bench.shows(a_pass("Wang"))
    bench.measures()
    for _ in range(9):
        bench.turn(bench.held(a_pass("Li")))
        assert bench.lamp is LampPattern.PASS
    bench.turn(bench.held(a_pass("Li")))
    assert isinstance(bench.lane.phase, Collecting)


def test_a_code_typed_by_the_volunteer_waits_for_nobody(bench):
    bench.shows(a_pass("Wang"))
    bench.measures()
    arrival = bench.held(a_pass("Li"))
    bench.turn(replace(arrival, presented=replace(arrival.presented, source=Source.KEYBOARD)))
    assert isinstance(bench.lane.phase, Collecting)


@pytest.mark.parametrize("source", [Source.HAND, Source.KEYBOARD])
def test_a_code_chosen_by_hand_begins_the_next_visit_beside_a_phone_that_is_still_in_view(bench, source):
    bench.shows(a_pass("Wang"))
    bench.turn(bench.held(a_pass("Wang")))
    arrival = bench.held(a_pass("Li"))
    bench.turn(bench.held(a_pass("Wang")), replace(arrival, presented=replace(arrival.presented, source=source)))
    bench.turn(bench.held(a_pass("Wang")))
    assert bench.lane.visit is not None
    assert [code.read.holder.name for code in bench.lane.visit.evidence.codes] == ["Li"]


def test_a_code_read_by_hand_again_a_moment_after_its_visit_is_a_visit_anew(bench):
    arrival = bench.held(a_pass("Wang"))
    by_hand = replace(arrival, presented=replace(arrival.presented, source=Source.HAND))
    bench.shows(a_pass("Wang"))
    first = bench.lane.visit
    bench.turn(by_hand)
    assert bench.lane.visit is not None
    assert bench.lane.visit.id == first.id, "the same person, read twice"
    bench.lane = replace(bench.lane, phase=Idle())
    bench.turn(by_hand)
    assert bench.lane.visit is not None
    assert bench.lane.visit.id != first.id
