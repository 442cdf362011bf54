"""NZ COVID Tracer posters."""

import pytest

from kiosk.core.formats import read
from kiosk.core.model import Kind, Refusal, VenueCode
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust
from tests.support import abroad


def test_a_poster_is_read_whole_with_or_without_padding():
    place = VenueCode("nz_covid_tracer", "", "7000000243950", "South Gate", facts={"address": "Unit 1 Road 5"})
    assert read(abroad.tracer(), Trust()) == place
    assert read(abroad.tracer().rstrip("="), Trust()) == place
    assert not place.signed


@pytest.mark.parametrize("changed", [{"ver": "c20:1"}, {"ver": None}, {"typ": "exit"}, {"gln": ""}, {"gln": 7}])
def test_a_poster_of_no_place_is_malformed(changed):
    assert read(abroad.tracer(**changed), Trust()) == Refusal("nz_covid_tracer", Kind.VENUE, Reason.MALFORMED)


@pytest.mark.parametrize("text", ["", "=", "AAA", "!!!!", "e30", "bnVsbA"])
def test_what_is_no_json_object_in_base_64_is_malformed(text):
    assert read("NZCOVIDTRACER:" + text, Trust()) == Refusal("nz_covid_tracer", Kind.VENUE, Reason.MALFORMED)
