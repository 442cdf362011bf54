"""One code for a household: whoever came with its holder has an entry of their own, named where that is no guess."""

from dataclasses import replace

import pytest

from kiosk.core.entry import SealClass
from kiosk.core.model import Holder
from kiosk.core.present import desk_view
from kiosk.core.requests import Companions
from tests.support.lanes import Bench, a_pass


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_household_s_pass_names_those_who_came_when_all_did(bench):
    children = (Holder(name="黄小宝"), Holder(name="黄大宝"))
    bench.shows(replace(a_pass("黄丽"), household=children))
    bench.asks(Companions, visit=bench.visit, count=2)
    bench.measures()
    for _ in children:
        bench.steps_back()
        bench.waits(2.5)
        bench.measures(36.8)
    assert [dict(dict(row.sealed)[SealClass.IDENTITY])["name"] for row in bench.rows[1:]] == ["黄小宝", "黄大宝"]


def test_of_a_household_of_which_only_some_came_nobody_is_named(bench):
    bench.shows(replace(a_pass("黄丽"), household=(Holder(name="黄小宝"), Holder(name="黄大宝"))))
    bench.asks(Companions, visit=bench.visit, count=1)
    bench.measures()
    bench.steps_back()
    bench.waits(2.5)
    bench.measures(36.8)
    assert "name" not in dict(dict(bench.rows[1].sealed).get(SealClass.IDENTITY, ()))


def test_the_volunteer_reads_whom_the_pass_is_for_and_the_resident_s_screen_does_not(bench):
    bench.shows(replace(a_pass("黄丽"), household=(Holder(name="黄小宝"), Holder())))
    view = desk_view(bench.lane, bench.now, bench.rules)
    assert view.current.household == ("黄小宝", "")
    assert "黄小宝" not in str(view.resident)
