"""The host check: does the household expect this visitor."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.core.checks.host import check
from kiosk.core.model import Direction, Evidence, Group, HostWord, Outcome
from kiosk.core.reasons import Reason
from kiosk.core.rules import HostRules, Rules
from tests.support.lanes import MORNING

ASKED_FOR = replace(Rules(), host=HostRules(required=True))
VISITOR = Evidence(Direction.IN, group=Group.VISITORS)
EXPECTED = replace(VISITOR, host=HostWord("2-301", "li", MORNING))


def test_a_household_that_said_so_stands_among_the_findings_whatever_the_rules_ask():
    for rules in (Rules(), ASKED_FOR):
        finding = check(EXPECTED, rules, MORNING)
        assert (finding.outcome, finding.reason) == (Outcome.PASS, Reason.HOST_CONFIRMED)


def test_a_visitor_whom_nobody_expects_goes_to_the_volunteer_only_where_the_rules_ask():
    assert check(VISITOR, Rules(), MORNING) is None
    finding = check(VISITOR, ASKED_FOR, MORNING)
    assert (finding.outcome, finding.reason) == (Outcome.CHECK, Reason.HOST_NOT_CONFIRMED)


@pytest.mark.parametrize("group", [Group.RESIDENTS, Group.DELIVERIES])
def test_nobody_asks_who_expects_a_resident_or_a_rider(group):
    assert check(replace(VISITOR, group=group), ASKED_FOR, MORNING) is None
