"""The same pass again, at a real gate whose lane is turned round: a replay, unless its holder went out in between."""

from kiosk.core.model import Direction
from kiosk.core.ports import LampPattern
from kiosk.core.requests import SetDirection


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
