"""Whose pass is shown at a log-in: only one of ours, that holds and was not taken back, names anybody."""

from datetime import UTC, datetime, timedelta

import pytest

from kiosk.core.formats import local_pass
from kiosk.services import duty_card
from kiosk.settings import Places, places
from kiosk.store import pass_keys

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def at(tmp_path) -> Places:
    return places(tmp_path)


def card(at: Places, name: str = "Bo", days: int = 30) -> str:
    key = pass_keys.open_key(at.pass_keys, local_pass.NAME, "East gate").key
    times = {"valid_from": NOW - DAY, "valid_until": NOW + days * DAY}
    return local_pass.issue(key, issuer="East gate", credential_id=b"12345678", name=name, **times)


def test_a_pass_of_ours_names_its_holder(at: Places) -> None:
    assert duty_card.name_on(at, card(at), NOW) == "Bo"


def test_one_that_has_expired_names_nobody(at: Places) -> None:
    assert duty_card.name_on(at, card(at, days=0), NOW + DAY) == ""


def test_one_of_another_place_names_nobody(at: Places, tmp_path) -> None:
    elsewhere = card(places(tmp_path / "elsewhere"))
    card(at)
    assert duty_card.name_on(at, elsewhere, NOW) == ""


def test_one_that_was_taken_back_names_nobody(at: Places) -> None:
    text = card(at)
    at.trust.mkdir(exist_ok=True)
    denied = f'{{"kiosk_deny": 1, "denied": ["local_pass:{b"12345678".hex()}"]}}'
    (at.trust / "denied.json").write_text(denied)
    assert duty_card.name_on(at, text, NOW) == ""


@pytest.mark.parametrize("text", ["", "CKP1:", "CKP1:NOT A PASS", "HC1:X", "\x00", "王" * 3000])
def test_anything_else_names_nobody(at: Places, text: str) -> None:
    assert duty_card.name_on(at, text, NOW) == ""


def test_a_list_that_cannot_be_read_names_nobody_and_stops_nobody(at: Places) -> None:
    text = card(at)
    at.trust.mkdir(exist_ok=True)
    (at.trust / "broken.json").write_text("{")
    assert duty_card.name_on(at, text, NOW) == ""
