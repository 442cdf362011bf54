"""Conditions, decisions and evacuation: what concerns the whole gate."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiosk.core.effects import Record, RecordLater, Respond
from kiosk.core.entry import EntryKind
from kiosk.core.gate import Gate, ambient_out_of_range, step
from kiosk.core.model import ConditionKind, Reading, Remedy
from kiosk.core.reasons import Answer
from kiosk.core.requests import Crowd, Decide, Evacuate
from kiosk.core.rules import Rules
from tests.support.lanes import MORNING

COLD = frozenset({ConditionKind.AMBIENT_OUT_OF_RANGE})
RULES = Rules()


def decide(**more):
    values = {"condition": ConditionKind.AMBIENT_OUT_OF_RANGE, "remedy": Remedy.CONTACT, "minutes": 60}
    return Decide(request_id="d", by="li", expires_at=MORNING + timedelta(seconds=10), **(values | more))


def evacuate(on, at=MORNING):
    return Evacuate(request_id=f"e{on}", by="li", expires_at=at + timedelta(seconds=10), on=on)


def answers(effects):
    return [effect.answer for effect in effects if isinstance(effect, Respond)]


def rows(effects):
    return [effect.draft for effect in effects if isinstance(effect, Record | RecordLater)]


def test_a_condition_is_written_down_when_it_opens_and_when_it_closes():
    gate, effects = step(Gate(), COLD, (), RULES, MORNING)
    assert [row.detail for row in rows(effects)] == ["ambient_out_of_range opened"]
    gate, effects = step(gate, COLD, (), RULES, MORNING)
    assert rows(effects) == []
    gate, effects = step(gate, frozenset(), (), RULES, MORNING)
    assert [row.detail for row in rows(effects)] == ["ambient_out_of_range closed"]


def test_a_decision_holds_for_its_time_and_is_written_down_with_the_name():
    gate, effects = step(Gate(), COLD, (decide(),), RULES, MORNING)
    assert answers(effects) == [Answer.DONE]
    assert (rows(effects)[-1].kind, rows(effects)[-1].volunteer) == (EntryKind.DECISION, "li")
    later, _ = step(gate, COLD, (), RULES, MORNING + timedelta(minutes=59))
    assert later.decisions
    later, _ = step(gate, COLD, (), RULES, MORNING + timedelta(minutes=60))
    assert not later.decisions


def test_a_decision_is_taken_anew_when_the_clock_was_set_back():
    gate, _ = step(Gate(), COLD, (decide(),), RULES, MORNING)
    slewed, _ = step(gate, COLD, (), RULES, MORNING - timedelta(seconds=1))
    assert slewed.decisions
    back, _ = step(gate, COLD, (), RULES, MORNING - timedelta(hours=3))
    assert back.decisions == ()


def test_a_decision_ends_with_its_condition():
    gate, _ = step(Gate(), COLD, (decide(),), RULES, MORNING)
    gate, _ = step(gate, frozenset(), (), RULES, MORNING)
    gate, _ = step(gate, COLD, (), RULES, MORNING)
    assert gate.decisions == ()


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (decide(condition=ConditionKind.TRUST_STALE, remedy=Remedy.ACCEPT), Answer.NO_SUCH_CONDITION),
        (decide(remedy=Remedy.ACCEPT), Answer.NOT_ALLOWED),
        (decide(minutes=241), Answer.OUT_OF_RANGE),
    ],
)
def test_a_decision_that_the_rules_do_not_allow_is_refused_by_name(request_, answer):
    _, effects = step(Gate(), COLD, (request_,), RULES, MORNING)
    assert answers(effects) == [answer]


def test_an_old_decision_is_void():
    _, effects = step(Gate(), COLD, (decide(),), RULES, MORNING + timedelta(seconds=11))
    assert answers(effects) == [Answer.EXPIRED]


def test_an_evacuation_acts_first_and_is_written_when_it_can_be():
    gate, effects = step(Gate(), frozenset(), (evacuate(True),), RULES, MORNING)
    assert gate.evacuation.by == "li"
    assert [type(effect) for effect in effects] == [RecordLater, Respond]
    gate, effects = step(gate, frozenset(), (evacuate(True), evacuate(False)), RULES, MORNING)
    assert gate.evacuation is None
    assert [row.detail for row in rows(effects)] == ["off"]


def test_the_thermometers_air_has_a_range():
    assert ambient_out_of_range(Reading(34.0, -5.0, MORNING), RULES)
    assert not ambient_out_of_range(Reading(34.0, 22.0, MORNING), RULES)


# --- Crowd mode ------------------------------------------------------------------------------------------


def crowd(on=True, **more):
    return Crowd(request_id=f"c{on}", by="li", expires_at=MORNING + timedelta(seconds=10), on=on, **more)


def test_crowd_mode_ends_by_itself_and_both_ends_are_written_down():
    gate, effects = step(Gate(), frozenset(), (crowd(minutes=30),), RULES, MORNING)
    assert gate.crowd.until == MORNING + timedelta(minutes=30)
    assert [(row.kind, row.volunteer, row.detail) for row in rows(effects)] == [(EntryKind.CROWD, "li", "on 30 min")]
    gate, effects = step(gate, frozenset(), (), RULES, MORNING + timedelta(minutes=29))
    assert gate.crowd
    assert not effects
    gate, effects = step(gate, frozenset(), (), RULES, MORNING + timedelta(minutes=30))
    assert gate.crowd is None
    assert [row.detail for row in rows(effects)] == ["off"]


def test_a_volunteer_ends_crowd_mode_under_their_name():
    gate, _ = step(Gate(), frozenset(), (crowd(),), RULES, MORNING)
    gate, effects = step(gate, frozenset(), (crowd(on=False),), RULES, MORNING)
    assert gate.crowd is None
    assert [(row.volunteer, row.detail) for row in rows(effects)] == [("li", "off")]


def test_a_clock_that_goes_back_ends_crowd_mode():
    gate, _ = step(Gate(), frozenset(), (crowd(),), RULES, MORNING)
    gate, _ = step(gate, frozenset(), (), RULES, MORNING - timedelta(hours=1))
    assert gate.crowd is None
