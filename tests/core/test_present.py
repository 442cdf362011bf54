"""What a lane looks and sounds like."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core.buttons import request as pressed
from kiosk.core.effects import Say
from kiosk.core.gate import CrowdMode, Evacuation
from kiosk.core.hints import Hint
from kiosk.core.model import Attested, Outcome
from kiosk.core.ports import Button, LampPattern, Phrase
from kiosk.core.present import desk_view, initials
from kiosk.core.reasons import Answer
from kiosk.core.requests import Again, Call, Evacuate, Override, Seen
from kiosk.core.view import Face, ResidentView
from tests.support.lanes import Bench, a_pass, an_online_code


@pytest.mark.parametrize(
    ("name", "masked"),
    [("王小明", "王**"), ("李娜", "李*"), ("Anna Maria Muster", "A. M."), ("Plato", "P."), ("", ""), ("  ", "")],
)
def test_a_name_is_masked_so_that_only_its_owner_knows_it(name, masked):
    assert initials(name) == masked


def test_the_residents_view_has_no_place_for_a_reason_or_a_name():
    assert set(ResidentView.__struct_fields__) == {
        "lane", "face", "direction", "initials", "progress", "companions", "until", "hint"
    }  # fmt: skip


def test_the_resident_sees_what_to_do_and_the_volunteer_sees_why():
    bench = Bench()
    bench.shows(a_pass("Wang Xiaoming"))
    bench.measures(38.4)
    view = desk_view(bench.lane, bench.now, bench.rules)
    assert view.resident.face is Face.SEE_VOLUNTEER
    assert view.resident.initials == "W. X."
    assert view.current.name == "Wang Xiaoming"
    assert ("temperature", Outcome.CHECK, "febrile") in [(f.check, f.outcome, f.reason) for f in view.current.findings]


def test_progress_is_told_while_measuring():
    bench = Bench()
    bench.shows(a_pass())
    bench.measures(count=2)
    assert desk_view(bench.lane, bench.now, bench.rules).resident.progress == pytest.approx(0.4)


def test_an_ended_visit_stays_on_the_desk_to_be_decided():
    bench = Bench()
    bench.shows(a_pass())
    bench.measures(38.4)
    bench.waits(61)
    view = desk_view(bench.lane, bench.now, bench.rules)
    assert view.current is None
    assert [visit.outcome for visit in view.recent] == [Outcome.CHECK]


def test_an_opaque_code_asks_for_the_phone_once_the_temperature_is_there():
    bench = Bench()
    bench.measures()
    bench.shows(an_online_code())
    assert desk_view(bench.lane, bench.now, bench.rules).resident.face is Face.SHOW_PHONE
    bench.asks(Seen, visit=bench.visit, what=Attested.SEEN_RED)
    assert bench.lane.said is Phrase.STOP


def test_no_phrase_says_why():
    assert not set(Phrase) & {"febrile", "expired", "fever", "positive"}


def test_the_buttons_ask_for_the_visit_before_the_lane_and_for_nothing_when_nobody_is_there():
    bench = Bench()
    assert pressed(Button.PASS, bench.lane, "r", bench.now) is None
    assert isinstance(pressed(Button.CALL, bench.lane, "r", bench.now), Call)
    assert isinstance(pressed(Button.EVACUATE, bench.lane, "r", bench.now), Evacuate)
    bench.shows(a_pass())
    asked = pressed(Button.DENY, bench.lane, "r", bench.now)
    assert isinstance(asked, Override)
    assert (asked.visit, asked.outcome) == (bench.visit, Outcome.DENY)
    assert isinstance(pressed(Button.AGAIN, bench.lane, "r", bench.now), Again)
    bench.turn(requests=(asked,))
    assert bench.lamp is LampPattern.DENY


def test_a_result_wants_nothing_any_more():
    bench = Bench()
    bench.shows(a_pass())
    bench.measures()
    assert desk_view(bench.lane, bench.now, bench.rules).current.wants == ()


# --- Waiting for the volunteer -----------------------------------------------------------------------------


def said(bench):
    return [effect.phrase for effect in bench.effects if isinstance(effect, Say)]


def urgency(bench):
    return desk_view(bench.lane, bench.now, bench.rules).waiting_level


def test_an_amber_that_nobody_answers_is_said_again_and_becomes_more_urgent():
    bench = Bench()
    bench.shows(a_pass())
    bench.measures(38.4)
    assert urgency(bench) == 0
    bench.waits(21)
    assert (urgency(bench), said(bench)[-1]) == (1, Phrase.VOLUNTEER)
    bench.waits(20)
    assert urgency(bench) == 2
    assert said(bench).count(Phrase.VOLUNTEER) == 2


def test_the_volunteers_word_ends_the_calling():
    bench = Bench()
    bench.shows(a_pass())
    bench.measures(38.4)
    bench.waits(21)
    bench.asks(Override, visit=bench.visit, outcome=Outcome.CHECK)
    assert urgency(bench) == 0
    before = said(bench).count(Phrase.VOLUNTEER)
    bench.waits(30)
    assert said(bench).count(Phrase.VOLUNTEER) == before


def test_a_call_that_nobody_answers_grows_until_somebody_comes_and_no_further_than_it_can():
    bench = Bench()
    bench.asks(Call, lane="main")
    bench.waits(200)
    assert urgency(bench) == 3
    bench.asks(Call, lane="main", on=False)
    assert urgency(bench) == 0


def test_everybody_is_told_again_and_again_to_leave_while_the_gate_is_evacuated():
    bench = Bench()
    bench.gate = replace(bench.gate, evacuation=Evacuation(bench.now, "li"))
    bench.waits(61)
    assert said(bench) == [Phrase.EVACUATE] * 4


# --- Crowds ------------------------------------------------------------------------------------------------


def crowded() -> Bench:
    bench = Bench()
    bench.gate = replace(bench.gate, crowd=CrowdMode(bench.now, bench.now + timedelta(hours=1), "li"))
    return bench


def test_in_a_crowd_an_amber_steps_aside_for_the_next_and_can_still_be_decided():
    bench = crowded()
    bench.shows(a_pass())
    bench.measures(38.4)
    aside = bench.visit
    bench.waits(6.5)
    view = desk_view(bench.lane, bench.now, bench.rules)
    assert (view.current, [visit.visit for visit in view.recent]) == (None, [aside])
    assert bench.asks(Override, visit=aside, outcome=Outcome.PASS) is Answer.DONE


def test_in_a_crowd_everything_is_still_checked():
    bench = crowded()
    bench.shows(a_pass())
    bench.waits(1)
    assert bench.rows == []
    bench.measures()
    assert bench.lamp is LampPattern.PASS
    bench.waits(2)
    assert bench.lamp is LampPattern.READY


def test_a_hint_for_the_camera_is_shown_only_while_a_code_is_wanted():
    bench = Bench()
    assert desk_view(bench.lane, bench.now, bench.rules, Hint.TOO_FAR).resident.hint is Hint.TOO_FAR
    bench.shows(a_pass())
    assert desk_view(bench.lane, bench.now, bench.rules, Hint.TOO_FAR).resident.hint is None
