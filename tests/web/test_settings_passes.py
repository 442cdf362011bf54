"""Passes as a manager gives them out: one by one, as sheets for buildings, and taken back."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta

import pytest
from flask import Flask

from kiosk.core.formats import read
from kiosk.core.model import Credential, Group
from kiosk.settings import Places
from kiosk.store import lists
from kiosk.store.desk import Desk
from tests.web.conftest import Clock, Visitor, until
from web.settings import passes
from web.settings.passes import jobs


def number_of(page: str) -> str:
    found = re.search(r"<code>([0-9a-f]{16})</code>", page)
    assert found, "no pass is shown"
    return found[1]


def issue(manager: Visitor, **values: str) -> str:
    answer = manager.post("/settings/passes/issue", values)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def credential(at: Places, manager: Visitor, monkeypatch: pytest.MonkeyPatch, **values: str) -> Credential:
    """The pass as the gate reads it."""
    texts = []
    monkeypatch.setattr(passes, "shape", lambda text: texts.append(text) or ("M0 0", 1))
    issue(manager, **values)
    found = read(texts[0], lists.of_kiosk(at))
    assert isinstance(found, Credential), found
    return found


def test_somebody_of_the_roster_gets_a_pass_that_the_gate_believes(
    manager: Visitor, at: Places, desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    person = desk.roster.find("王小明")[0]
    assert person.id in manager.post("/settings/passes", {"q": "3-501"}).get_data(as_text=True)
    found = credential(at, manager, monkeypatch, person=person.id, days="30")
    assert (found.holder.person, found.holder.name, found.group) == (person.id, "王小明", Group.RESIDENTS)
    assert found.valid_until is not None
    assert timedelta(days=29) < found.valid_until - clock.now() <= timedelta(days=30)
    assert "王小明" in manager.page("/settings/passes")
    assert desk.audit.page()[0].what == "passes_issued"


def test_a_visitors_pass_ends_by_itself_at_midnight(
    manager: Visitor, at: Places, clock: Clock, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    found = credential(at, manager, monkeypatch, name="Li Na", group="visitors")
    assert found.group is Group.VISITORS
    assert found.valid_until is not None
    assert found.valid_until - clock.now() <= timedelta(days=1)
    assert "Li Na" in manager.page("/settings/passes")
    clock.pass_by(days=1)
    assert "Li Na" not in manager.page("/settings/passes")
    desk.forget_on_time(180)
    assert desk.issued.find(found.credential_id or "") is None


def test_said_again_it_is_the_same_pass_on_page_and_paper(manager: Visitor, desk: Desk):
    person = desk.roster.find("王小明")[0].id
    page = issue(manager, person=person, days="30")
    assert number_of(page) == number_of(issue(manager, person=person, days="30"))
    fields = dict(re.findall(r'<input type="hidden" name="(person|days|begins)" value="([^"]*)"', page))
    card = manager.post("/settings/passes/card", fields)
    assert card.get_data().startswith(b"%PDF-")
    assert desk.issued.count() == 1


def test_a_pass_is_taken_back_and_given_back_by_its_number_or_its_code(
    manager: Visitor, at: Places, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    texts = []
    monkeypatch.setattr(passes, "shape", lambda text: texts.append(text) or ("M0 0", 1))
    number = number_of(issue(manager, name="Li Na"))
    answer = manager.post("/settings/passes/deny", {"pass": number.upper()})
    assert "taken back" in manager.page(answer.headers["Location"])
    assert f"local_pass:{number}" in lists.of_kiosk(at).denied
    manager.post("/settings/passes/deny", {"pass": texts[0], "lift": "yes"})
    assert not lists.of_kiosk(at).denied
    assert [act.what for act in desk.audit.page()[:2]] == ["pass_given_back", "pass_taken_back"]


def test_what_is_no_pass_of_ours_is_refused(manager: Visitor):
    for text in ("", "hello", "0" * 15, "HC1:6BF", "x" * 4000):
        answer = manager.post("/settings/passes/deny", {"pass": text})
        assert (answer.status_code, "neither the number" in answer.get_data(as_text=True)) == (422, True), text


def test_what_is_missing_or_impossible_is_one_sentence(manager: Visitor, desk: Desk):
    person = desk.roster.find("王小明")[0].id
    for values in (
        {"name": ""},
        {"name": "\u202e"},
        {"name": "x", "group": "kings"},
        {"name": "x", "days": "0"},
        {"name": "x", "days": "99999"},
        {"person": "nobody", "days": "3"},
        {"person": person, "days": "3", "begins": "1999-01-01"},
        {"person": person, "days": "3", "begins": "never"},
    ):
        for address in ("/settings/passes/issue", "/settings/passes/card"):
            assert manager.post(address, values).status_code == 422, values
    assert manager.post("/settings/passes/sheets", {"days": "30"}).status_code == 422
    assert desk.issued.count() == 0


def test_the_cards_of_a_building_come_as_a_file_with_progress(app: Flask, manager: Visitor, desk: Desk):
    answer = manager.post("/settings/passes/sheets", {"building": "3", "days": "30"})
    address = answer.headers["Location"]
    asked = {"Accept": "application/json"}
    until(lambda: manager.client.get(address, headers=asked).json["state"] == "done", within_s=20)
    with manager.get(f"{address}/save") as file:
        assert file.get_data().startswith(b"%PDF-")
    with app.app_context():
        job = jobs().find(address.rpartition("/")[2])
    assert job.wait(5)
    alarm = job._alarm
    assert "after 15 minutes" in manager.page(address)
    assert (alarm.is_alive(), alarm.interval) == (True, 900)  # whoever forgets to remove them leaves nothing lying
    assert desk.issued.count() == 2
    manager.post(f"{address}/drop")
    assert manager.get(address).status_code == 404


def test_many_cards_are_several_files_in_one(app: Flask, manager: Visitor, desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(passes, "SHEETS_AT_ONCE", 2)
    address = manager.post("/settings/passes/sheets", {"all": "yes", "days": "1"}).headers["Location"]
    with app.app_context():
        until(lambda: jobs().find(address.rpartition("/")[2]).state == "done", within_s=20)
    with manager.get(f"{address}/save") as file:
        names = zipfile.ZipFile(io.BytesIO(file.get_data())).namelist()
    assert names == ["passes-001.pdf", "passes-002.pdf"]
    assert desk.issued.count() == 3
    manager.post(f"{address}/drop")


def test_hostile_names_are_text(manager: Visitor):
    page = issue(manager, name='<script>alert(1)</script>"')
    assert "<script>alert" not in page
    assert "<script>alert" not in manager.page("/settings/passes")
