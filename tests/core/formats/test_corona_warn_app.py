"""Corona-Warn-App events."""

from hashlib import sha256

import pytest

from kiosk.core.formats import read
from kiosk.core.model import Kind, Refusal, VenueCode
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust
from tests.support import abroad
from tests.support.cards import b64

LINK = "https://e.coronawarn.app?v=1#"


def test_an_event_is_read_whole_and_has_the_id_that_the_app_computes():
    found = read(abroad.corona_warn_app(begins=1_795_000_000, ends=1_795_003_600), Trust())
    facts = {"address": "Home", "begins": "2026-11-18T11:06:40.000Z", "ends": "2026-11-18T12:06:40.000Z"}
    payload = abroad.crowd(begins=1_795_000_000, ends=1_795_003_600)
    place = sha256(b"CWA-GUID" + payload).hexdigest()
    assert isinstance(found, VenueCode)
    assert (found.venue_id, found.name, found.facts, found.signed) == (place, "Party", facts, False)


def test_times_that_nobody_signed_are_not_judged():
    found = read(abroad.corona_warn_app(ends=1_600_000_000), Trust())
    assert isinstance(found, VenueCode)
    assert found.valid_until is None


def test_a_number_that_is_no_time_is_left_out():
    found = read(abroad.corona_warn_app(begins=2_687_955, ends=2**63), Trust())
    assert isinstance(found, VenueCode)
    assert found.facts == {"address": "Home"}


@pytest.mark.parametrize("payload", [b"", b"\x08", b"\xff" * 30, abroad.protobuf((1, 1)), abroad.crowd(name=""),
                                     abroad.crowd()[:-1], abroad.protobuf((2, b"\xff\xff"))])  # fmt: skip
def test_a_payload_of_no_place_is_malformed(payload):
    assert read(LINK + b64(payload), Trust()) == Refusal("corona_warn_app", Kind.VENUE, Reason.MALFORMED)


@pytest.mark.parametrize("text", ["https://e.coronawarn.app/e1/ABC", "https://e.coronawarn.app?v=2#AAAA"])
def test_links_of_other_kinds_are_not_known(text):
    assert read(text, Trust()) == Refusal("", Kind.UNKNOWN, Reason.UNSUPPORTED)
