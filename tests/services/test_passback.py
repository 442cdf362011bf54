"""The same pass again, at a real gate whose lane is turned round: a replay, unless its holder went out in between."""

import pytest

from kiosk.core.model import Certainty, Direction, RosterMatch
from kiosk.core.ports import LampPattern
from kiosk.core.requests import ManualVisit, SetDirection


def shows_anew(house, way):
    """Somebody shows the same pass, with nobody before them for long."""
    house.asks(SetDirection, lane="main", direction=way)
    house.gate._passers.forget()
    house.gate._passages["main"].lane = type(house.lane)("main", way)
    house.shows("王小明")
    if way is Direction.IN:
        house.measures()
    return house.lamp.shown[-1]


def test_somebody_who_went_out_comes_in_again_at_once(house):
    assert shows_anew(house, Direction.IN) is LampPattern.PASS
    assert shows_anew(house, Direction.OUT) is LampPattern.PASS
    assert shows_anew(house, Direction.IN) is LampPattern.PASS


def test_a_pass_handed_back_over_the_fence_is_not_passed(house):
    assert shows_anew(house, Direction.IN) is LampPattern.PASS
    assert shows_anew(house, Direction.IN) is LampPattern.CHECK
    assert house.rows()[-1].reasons == ("already_passed",)


@pytest.fixture
def resident(house):
    """The holder of the pass, as the roster knows them: by their id, and by what the pass says."""
    match = RosterMatch("P1", Certainty.CERTAIN, "王小明", "3-2-501")
    house.roster.people |= {"王小明": match, "P1": match}
    return match


def is_found_in_the_roster(house):
    """The volunteer finds them by building and room, and measures by hand."""
    house.asks(ManualVisit, lane="main", person="P1", celsius=36.4)
    return house.lamp.shown[-1]


def is_gone(house):
    house.gate._passers.forget()
    house.gate._passages["main"].lane = type(house.lane)("main", Direction.IN)


def test_somebody_let_in_by_hand_is_not_let_in_by_hand_again(house, resident):
    is_found_in_the_roster(house)
    is_gone(house)
    assert is_found_in_the_roster(house) is LampPattern.CHECK
    assert "already_passed" in house.rows()[-1].reasons


def test_somebody_who_came_in_with_a_pass_is_not_let_in_by_hand_as_well(house, resident):
    assert shows_anew(house, Direction.IN) is LampPattern.PASS
    is_gone(house)
    is_found_in_the_roster(house)
    assert "already_passed" in house.rows()[-1].reasons


def test_somebody_let_in_by_hand_does_not_hand_the_pass_to_another(house, resident):
    is_found_in_the_roster(house)
    is_gone(house)
    assert shows_anew(house, Direction.IN) is LampPattern.CHECK
    assert "already_passed" in house.rows()[-1].reasons


def test_two_people_found_in_the_roster_are_two(house, resident):
    house.roster.people["P2"] = RosterMatch("P2", Certainty.CERTAIN, "李娜", "3-2-502")
    is_found_in_the_roster(house)
    is_gone(house)
    house.asks(ManualVisit, lane="main", person="P2", celsius=36.4)
    assert "already_passed" not in house.rows()[-1].reasons
