"""Venue codes of our own."""

from kiosk.core.codecs import cwt
from kiosk.core.formats import read
from kiosk.core.model import Kind, Refusal, VenueCode
from kiosk.core.reasons import Reason
from tests.support import mint


def test_what_is_issued_is_read_back(street):
    found = read(street.venue(valid_until=mint.NOW + mint.DAY), street.trust)
    assert found == VenueCode("venue", "Compound", "south-gate", "南门", valid_until=mint.NOW + mint.DAY, signed=True)


def test_a_poster_without_times_holds_for_ever(street):
    found = read(street.venue(), street.trust)
    assert isinstance(found, VenueCode)
    assert (found.valid_from, found.valid_until) == (None, None)


def test_a_poster_of_somebody_else_is_not_believed(street):
    assert read(mint.street().venue(), street.trust) == Refusal("venue", Kind.VENUE, Reason.UNKNOWN_ISSUER)


def test_a_venue_code_without_an_id_is_malformed(street):
    assert read(cwt.seal("CKV1:", {1: "x"}, street.venue_key), street.trust).reason is Reason.MALFORMED
