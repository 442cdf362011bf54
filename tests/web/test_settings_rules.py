"""The rules as a manager changes them: every rule in a form, old and new before it counts, nobody's change lost."""

from __future__ import annotations

import re
import tomllib

import pytest
from flask import Flask

from kiosk.core import rules
from kiosk.settings import Places
from kiosk.store.desk import Desk
from kiosk.store.versions import mark
from tests.web.conftest import PASSPHRASE, Clock, Visitor
from web.settings.rules import KEYS


def version_of(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{12})"', page)
    assert found, "the page does not say which rules it is about"
    return found[1]


def carried(page: str) -> dict[str, str]:
    """What the form of a page sends on."""
    fields = re.findall(r'<input type="hidden" name="([a-z_.]+)" value="([^"]*)">', page)
    return {name: value for name, value in fields if name != "csrf_token"}


def change(visitor: Visitor, **values: str):
    """Fills in the form, looks at the differences, and puts them in force."""
    form = {"seen": version_of(visitor.page("/settings/rules"))}
    page = visitor.post("/settings/rules/preview", form | values).get_data(as_text=True)
    return visitor.post("/settings/rules/apply", carried(page))


@pytest.fixture
def other(app: Flask) -> Visitor:
    visitor = Visitor(app.test_client())
    assert visitor.log_in("manager", PASSPHRASE).status_code == 303
    return visitor


def test_every_rule_has_a_field_in_both_languages(manager: Visitor):
    for language, word in (("en", "Usually"), ("zh", "通常")):
        page = manager.page("/settings/rules", **{"Accept-Language": language})
        assert word in page
        for key in KEYS:
            assert f'name="{key.name}"' in page, key.name


def test_a_change_is_shown_old_and_new_and_counts_when_it_is_confirmed(manager: Visitor, at: Places, desk: Desk):
    form = {"seen": version_of(manager.page("/settings/rules")), "temperature.threshold_c": "37,5"}
    page = manager.post("/settings/rules/preview", form).get_data(as_text=True)
    assert "37.3 °C" in page
    assert "37.5 °C" in page
    assert not at.written_rules.exists()
    answer = manager.post("/settings/rules/apply", carried(page))
    assert "in force" in manager.page(answer.headers["Location"])
    assert tomllib.loads(at.rules.read_text()) == {"temperature": {"threshold_c": 37.5}}
    act = desk.audit.page()[0]
    assert (act.what, act.detail.split(" ")[1]) == ("rules_changed", "changed=temperature.threshold_c")


def test_a_whole_form_sent_as_it_is_changes_nothing(manager: Visitor, at: Places):
    page = manager.page("/settings/rules")
    form = dict(re.findall(r'<input id="[^"]+" name="([^"]+)" value="([^"]*)"', page))
    assert len(form) > 30
    answer = manager.post("/settings/rules/preview", form | {"seen": version_of(page)})
    assert "Nothing is different" in manager.page(answer.headers["Location"])
    assert not at.written_rules.exists()


def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(manager: Visitor, at: Places):
    form = {"seen": version_of(manager.page("/settings/rules")), "temperature.threshold_c": "99", "show.pass_s": "7"}
    answer = manager.post("/settings/rules/preview", form)
    page = answer.get_data(as_text=True)
    assert (answer.status_code, "This is too large. From 30 to 45." in page) == (422, True)
    assert 'value="99"' in page
    assert 'value="7"' in page
    assert not at.written_rules.exists()


def test_what_only_the_gates_own_parser_knows_is_refused_with_its_words(manager: Visitor, at: Places):
    version = version_of(manager.page("/settings/rules"))
    for name, value, said in (
        ("groups.residents.checks", "credential\nhoroscope", "there is no check"),
        ("online.patterns", "city health [", "online.patterns[1]"),
    ):
        for address in ("/settings/rules/preview", "/settings/rules/apply"):
            answer = manager.post(address, {"seen": version, name: value})
            assert (answer.status_code, said in answer.get_data(as_text=True)) == (422, True), name
    assert not at.written_rules.exists()


def test_rules_that_an_administrator_laid_in_are_the_ground_and_are_kept(manager: Visitor, at: Places):
    laid = at.rules
    laid.write_text("[show]\npass_s = 6 # as the committee wished\n")
    change(manager, **{"temperature.retries": "2"})
    assert at.rules == at.written_rules
    assert tomllib.loads(at.rules.read_text()) == {"show": {"pass_s": 6}, "temperature": {"retries": 2}}
    assert laid.read_text().startswith("[show]")
    page = manager.page(f"/settings/rules/before/{mark(laid.read_bytes())}")
    assert "temperature.retries" in page


def test_one_goes_back_to_what_was_before(manager: Visitor, at: Places, clock: Clock, desk: Desk):
    change(manager, **{"temperature.retries": "2"})
    first = at.rules.read_bytes()
    clock.pass_by(minutes=1)
    change(manager, **{"temperature.retries": "3"})
    address = f"/settings/rules/before/{mark(first)}"
    page = manager.page(address)
    answer = manager.post(address, {"seen": "000000000000"})
    assert (answer.status_code, "meanwhile" in answer.get_data(as_text=True)) == (409, True)
    assert manager.post(address, {"seen": version_of(page)}).status_code == 303
    assert at.rules.read_bytes() == first
    assert f"back={mark(first)}" in desk.audit.page()[0].detail
    assert manager.get("/settings/rules/before/nothing").status_code == 404


def test_two_managers_never_lose_a_change_silently(manager: Visitor, other: Visitor, at: Places):
    mine = {"seen": version_of(manager.page("/settings/rules")), "temperature.retries": "2", "show.pass_s": "9"}
    change(other, **{"show.pass_s": "5", "temperature.samples": "7"})
    answer = manager.post("/settings/rules/preview", mine)
    page = answer.get_data(as_text=True)
    assert (answer.status_code, "Somebody else was faster" in page) == (409, True)
    assert "both changed this" in page
    assert rules.parse(at.rules.read_bytes(), "x").show.pass_s == 5
    again = manager.post("/settings/rules/preview", carried(page)).get_data(as_text=True)
    assert manager.post("/settings/rules/apply", carried(again)).status_code == 303
    held = rules.parse(at.rules.read_bytes(), "x")
    assert (held.show.pass_s, held.temperature.samples, held.temperature.retries) == (9, 7, 2)


def test_a_change_between_looking_and_confirming_is_not_written_over(manager: Visitor, other: Visitor, at: Places):
    form = {"seen": version_of(manager.page("/settings/rules")), "temperature.retries": "2"}
    page = manager.post("/settings/rules/preview", form).get_data(as_text=True)
    change(other, **{"temperature.retries": "3"})
    answer = manager.post("/settings/rules/apply", carried(page))
    assert (answer.status_code, "both changed this" in answer.get_data(as_text=True)) == (409, True)
    assert rules.parse(at.rules.read_bytes(), "x").temperature.retries == 3


def test_a_form_about_rules_that_nobody_knows_is_entered_again(manager: Visitor, at: Places):
    answer = manager.post("/settings/rules/apply", {"seen": "0" * 12, "temperature.retries": "2"})
    assert (answer.status_code, "enter it again" in answer.get_data(as_text=True)) == (409, True)
    assert not at.written_rules.exists()


def test_broken_rules_are_named_and_can_be_replaced(manager: Visitor, at: Places):
    at.rules.write_text("[temperatur]\n")
    assert "did you mean temperature?" in manager.page("/settings/rules")
    assert change(manager, **{"temperature.retries": "2"}).status_code == 303
    assert tomllib.loads(at.rules.read_text()) == {"temperature": {"retries": 2}}


def test_hostile_texts_stay_texts(manager: Visitor, at: Places):
    hostile = '"><script>alert(1)</script>\u202e\0=1+1'
    form = {"seen": version_of(manager.page("/settings/rules")), "country.region": hostile}
    page = manager.post("/settings/rules/preview", form).get_data(as_text=True)
    assert "<script>alert" not in page
    manager.post("/settings/rules/apply", form)
    assert "<script>alert" not in manager.page("/settings/rules")
    assert "\u202e" not in at.rules.read_text()
    assert manager.post("/settings/rules/preview", form | {"country.region": "x" * 10_000}).status_code == 422
