"""NotifyMe places, in three layouts."""

import pytest

from kiosk.core.formats import read
from kiosk.core.model import Kind, Refusal, VenueCode
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust
from tests.support import abroad

OFFICE = {"address": "Zurich", "room": "5"}


@pytest.mark.parametrize(
    ("version", "name", "facts"),
    [
        (1, "Office", OFFICE),
        (2, "Office", {**OFFICE, "begins": "2026-11-18T11:06:40.000Z"}),
        (3, "Party", {"address": "Home"}),
    ],
)
def test_each_layout_is_read_whole(version, name, facts):
    found = read(abroad.notify_me(version), Trust())
    assert isinstance(found, VenueCode)
    assert (found.name, found.facts, found.signed) == (name, facts, False)


def test_two_places_have_two_ids():
    first, second = (read(abroad.notify_me(name=name), Trust()) for name in ("A", "B"))
    assert isinstance(first, VenueCode)
    assert isinstance(second, VenueCode)
    assert first.venue_id != second.venue_id


@pytest.mark.parametrize("text", ["https://qr.notify-me.ch", "https://qr.notify-me.ch?v=9#AAAA", "https://qr.notify-me.ch/#",
                                  "https://qr.notify-me.ch/#AA!A", "https://qr.notify-me.ch?v=3#AAAA",
                                  "https://qr.notify-me.ch?v=2#CAI", "https://qr.notify-me.ch/#A"])  # fmt: skip
def test_a_link_without_a_place_is_malformed(text):
    assert read(text, Trust()) == Refusal("notify_me", Kind.VENUE, Reason.MALFORMED)


def test_a_layout_under_another_s_number_is_malformed():
    assert read(abroad.notify_me(1).replace("/#", "?v=2#"), Trust()).__class__ is Refusal
