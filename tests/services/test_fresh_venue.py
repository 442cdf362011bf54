"""The fresh check-in code: signed by the pages' key, believed by the gate, worthless soon after."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.core.faults import SettingsError
from kiosk.core.formats import read
from kiosk.core.model import Refusal, VenueCode
from kiosk.core.reasons import Reason
from kiosk.core.validity import validity
from kiosk.services.fresh_venue import FreshVenue
from kiosk.settings import Settings, VenueSection, parse, places
from kiosk.store import lists
from tests.support import mint

BARE = Settings(venue=VenueSection(id="south-gate", name="南门", on_screen=True, fresh_s=60))
LINKED = replace(BARE, venue=replace(BARE.venue, link="https://c.example.org/here"))


@pytest.mark.parametrize("settings", [BARE, LINKED], ids=["bare", "link"])
def test_the_code_of_this_moment_is_believed_by_the_gate_of_this_kiosk(tmp_path, settings):
    at = places(tmp_path)
    found = read(FreshVenue(settings, at).text(mint.NOW), lists.of_kiosk(at))
    assert isinstance(found, VenueCode)
    assert (found.venue_id, found.name, found.issuer, found.signed) == ("south-gate", "南门", "kiosk-1", True)
    assert validity(found, mint.NOW) is Reason.VALID


@pytest.mark.parametrize("settings", [BARE, LINKED], ids=["bare", "link"])
def test_a_photograph_of_it_is_worth_nothing_two_periods_later(tmp_path, settings):
    at = places(tmp_path)
    text = FreshVenue(settings, at).text(mint.NOW)
    found = read(text, lists.of_kiosk(at))
    assert validity(found, mint.NOW + timedelta(seconds=59)) is Reason.VALID
    assert validity(found, mint.NOW + timedelta(seconds=121)) is Reason.EXPIRED


def test_it_stays_the_same_for_its_period_and_then_is_another(tmp_path):
    fresh = FreshVenue(LINKED, places(tmp_path))
    first = fresh.text(mint.NOW)
    assert fresh.text(mint.NOW + timedelta(seconds=59)) == first
    assert fresh.text(mint.NOW + timedelta(seconds=60)) != first


def test_the_shortest_period_still_holds_while_it_is_shown(tmp_path):
    at = places(tmp_path)
    for settings in (BARE, LINKED):
        shortest = replace(settings, venue=replace(settings.venue, fresh_s=10))
        found = read(FreshVenue(shortest, at).text(mint.NOW), lists.of_kiosk(at))
        assert validity(found, mint.NOW + timedelta(seconds=10)) is Reason.VALID


def test_a_key_that_cannot_be_used_leaves_the_screen_without_a_code_and_is_told_once(tmp_path):
    at = places(tmp_path)
    at.pass_keys.mkdir()
    (at.pass_keys / "venue.pem").write_text("nonsense")
    said: list[str] = []
    fresh = FreshVenue(BARE, at, said.append)
    assert [fresh.text(mint.NOW + timedelta(minutes=later)) for later in range(3)] == [""] * 3
    why = "not a private key any more; restore it from a backup"
    assert said == [f"The screen shows no venue code: {at.pass_keys}/venue.pem: {why}"]


def test_a_link_that_will_not_do_leaves_the_screen_without_a_code(tmp_path):
    wrong = replace(BARE, venue=replace(BARE.venue, link="ftp://x"))
    said: list[str] = []
    assert FreshVenue(wrong, places(tmp_path), said.append).text(mint.NOW) == ""
    assert "https://" in said[0]


def test_another_compound_s_code_is_not_believed(tmp_path):
    text = FreshVenue(BARE, places(tmp_path / "other")).text(mint.NOW)
    FreshVenue(BARE, places(tmp_path / "ours")).text(mint.NOW)
    found = read(text, lists.of_kiosk(places(tmp_path / "ours")))
    assert isinstance(found, Refusal)
    assert found.reason is Reason.UNKNOWN_ISSUER


def test_a_screen_without_a_place_is_refused_in_one_line():
    with pytest.raises(SettingsError, match=r"k\.toml: venue\.id"):
        parse(b"[venue]\non_screen = true\n", "k.toml")
