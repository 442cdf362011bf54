"""The manager's other pages: the filter's chips, one row, one person, who is inside, who looked."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask

from kiosk.core import requests as asks
from kiosk.core.entry import Draft, EntryKind
from kiosk.core.model import Outcome
from kiosk.core.reasons import Answer
from kiosk.core.requests import Reply, Request
from kiosk.settings import Places
from kiosk.store.desk import Desk
from tests.support import written_logbook
from tests.support.gate_stub import GateStub
from tests.support.written_logbook import MORNING, draft
from tests.web.conftest import Clock, Visitor

TAG = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _logbook(at: Places) -> None:
    later = MORNING + timedelta(minutes=40)
    about = {"visit": "visit-2", "refers": "visit-2", "lane": "main", "volunteer": "u2"}
    rows = [
        *(draft(number, person=f"P0000{number % 3}") for number in range(60)),
        Draft(EntryKind.OVERRIDE, later, outcome=Outcome.PASS, **about),
        Draft(EntryKind.DISPUTE, later, detail="u1", **about),
    ]
    written_logbook.write(at, rows)


def answering(stub: GateStub, **data: dict[str, object]) -> None:
    """Has the gate answer each kind of request, by its tag, with what is given."""
    stub.answer = lambda request: Reply(
        request_id=request.request_id, answer=Answer.DONE, data=data.get(_tag(request), {})
    )


def _tag(request: Request) -> str:
    return str(request.__struct_config__.tag)


def chips(page: str) -> dict[str, str]:
    """What the filter asks for, by its words, with the address that asks for it no more."""
    found = re.findall(r'<a class="chip" href="([^"]+)"[^>]*><span>([^<]+)</span>', page)
    return {unescape(text): unescape(address) for address, text in found}


# --- The filter


def test_what_the_filter_asks_for_is_always_shown_and_taken_off_one_by_one(manager: Visitor):
    shown = chips(manager.page("/records?outcome=check&reason=febrile&since=2026-11-21T07:00&min_c=37"))
    assert list(shown) == [
        "From 2026-11-21 07:00",
        "Outcome: Check",
        "Reason: The temperature is raised",
        "At least °C: 37",
    ]
    without = chips(manager.page(shown["Outcome: Check"]))
    assert "Outcome: Check" not in without
    assert len(without) == 3
    assert "Everything" in manager.page("/records")


def test_empty_fields_do_not_stay_in_the_address(manager: Visitor):
    answer = manager.get("/records?outcome=check&reason=&since=&lane=")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/records?outcome=check")


def test_of_many_rows_a_page_says_that_they_are_more(manager: Visitor, monkeypatch: pytest.MonkeyPatch):
    from web.records import rows

    monkeypatch.setattr(rows, "COUNTED_TO", 20)
    page = manager.page("/records")
    assert "more than 20 rows" in page
    monkeypatch.setattr(rows, "COUNTED_TO", 10_000)
    monkeypatch.setattr(rows, "COUNTED_WITHIN", 61)
    assert "at least 61 rows" in manager.page("/records")
    assert "12 rows" in manager.page("/records?outcome=check&kind=visit")


def test_a_row_says_what_was_decided_about_it_since(manager: Visitor):
    page = manager.page("/records?kind=visit&outcome=check&until=2026-11-21T07:31")
    (row,) = re.findall(r'<tr data-seq="3">.*?</tr>', page, re.DOTALL)
    assert "note-override" in row
    assert "note-dispute" in row


# --- One person


def test_the_rows_of_a_person_are_found_without_a_name_in_any_address(
    app: Flask, manager: Visitor, stub: GateStub, desk: Desk
):
    (person,) = desk.roster.find("王小明")
    row = app.extensions["kiosk"].logbook.place(1).entry
    answering(stub, about={"rows": [{"entry": {"person_tag": row.person_tag}, "personal": {}}]})
    assert "王小明" in manager.post("/records/people", {"q": "wxm"}).get_data(as_text=True)
    refused = manager.post("/records/people/rows", {"person": person.id, "reason": " "})
    assert refused.status_code == 422
    answer = manager.post("/records/people/rows", {"person": person.id, "reason": "a complaint"})
    address = answer.headers["Location"]
    assert re.fullmatch(r"/records\?who=[0-9a-f]{16}", address)
    page = manager.page(address)
    assert "王小明" in chips(page)
    assert re.search(r'data-total="20"', page)
    assert "0000" not in desk.audit.page()[0].detail
    with manager.get(f"/records/download.csv?{address.split('?')[1]}") as file:
        assert len(file.get_data().splitlines()) == 21
    (request,) = [each for each in stub.asked if isinstance(each, asks.About)]
    assert (request.persons, request.names, request.reason) == ((person.id,), (), "a complaint")


def test_a_search_is_over_after_an_hour_and_is_nobody_elses(
    app: Flask, manager: Visitor, stub: GateStub, clock: Clock, desk: Desk
):
    (person,) = desk.roster.find("王小明")
    answering(stub, about={"rows": []})
    address = manager.post("/records/people/rows", {"person": person.id, "reason": "x"}).headers["Location"]
    assert 'data-total="0"' in manager.page(address)
    clock.pass_by(minutes=50)
    assert "has ended" not in manager.page(address)
    clock.pass_by(minutes=11)
    page = manager.page(address)
    assert "has ended" in page
    assert 'data-total="0"' in page


def test_the_other_rows_of_a_day_are_found_by_pseudonym(app: Flask, manager: Visitor):
    tag = app.extensions["kiosk"].logbook.place(1).entry.person_tag
    assert 'data-total="20"' in manager.page(f"/records?tag={tag}")
    assert 'data-total="0"' in manager.page(f"/records?tag={TAG}")
    assert 'data-total="0"' in manager.page("/records?tag=x")


def test_everything_about_a_person_is_a_file_for_them(manager: Visitor, stub: GateStub, desk: Desk):
    (person,) = desk.roster.find("王小明")
    answering(stub, about={"rows": [{"entry": {"seq": 1}, "personal": {"name": "王小明"}}]})
    assert manager.post("/records/people/file", {"reason": "asked"}).status_code == 422
    answer = manager.post("/records/people/file", {"person": person.id, "reason": "asked for it in writing"})
    assert answer.json == {"rows": [{"entry": {"seq": 1}, "personal": {"name": "王小明"}}]}
    assert "attachment" in answer.headers["Content-Disposition"]
    (request,) = stub.asked
    assert (request.persons, request.names) == ((person.id,), ("王小明",))
    assert (desk.audit.page()[0].what, desk.audit.page()[0].detail) == ("person_exported", "rows=1")


def test_erasing_asks_before_and_takes_them_out_of_the_roster(manager: Visitor, stub: GateStub, desk: Desk):
    (person,) = desk.roster.find("王小明")
    answering(stub, erase={"rows": 7, "unfinished": True})
    asked = {"person": person.id, "reason": "asked for it in writing"}
    page = manager.post("/records/people/erase", asked).get_data(as_text=True)
    assert "Erase one person?" in page
    assert stub.asked == []
    answer = manager.post("/records/people/erase", {**asked, "sure": "yes", "roster": "yes"})
    (request,) = stub.asked
    assert (type(request), request.reason) == (asks.Erase, "asked for it in writing")
    assert desk.roster.person(person.id) is None
    told = manager.page(answer.headers["Location"])
    assert "7 rows are forgotten" in told
    assert "when a backup has ended" in told
    assert desk.audit.page()[0].detail == "rows=7 roster=yes"


def test_a_gate_that_refuses_changes_nothing_about_a_person(manager: Visitor, stub: GateStub, desk: Desk):
    (person,) = desk.roster.find("王小明")
    stub.answer = Answer.NOT_RECORDED
    asked = {"person": person.id, "reason": "x", "sure": "yes", "roster": "yes"}
    for what in ("rows", "file", "erase"):
        assert manager.post(f"/records/people/{what}", asked).status_code == 409
    assert desk.roster.person(person.id) is not None


# --- One row


def test_a_row_shows_its_checks_what_was_decided_since_and_its_place_in_the_chain(manager: Visitor):
    page = manager.page("/records/entries/3")
    assert "A volunteer decided this visit. There is a dispute about it." in re.sub(r"\s+", " ", page)
    assert "The temperature is raised" in page
    assert "follows from the row before it" in page
    assert re.search(r"<code>3:[A-Z2-7]{4}-[A-Z2-7]{4}</code>", page)
    assert "with head" in page
    assert page.count("/records/entries/61") == 1
    assert "王小明" not in page
    assert manager.get("/records/entries/63").status_code == 404
    assert manager.get(f"/records/entries/{2**70}").status_code == 404


def test_a_row_that_was_changed_is_named_on_its_page(manager: Visitor, at: Places):
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(at.logbook)) as db, db:
        db.execute('UPDATE entry SET body = replace(body, \'"outcome":"deny"\', \'"outcome":"pass"\') WHERE seq = 4')
    assert "is not what was written" in manager.page("/records/entries/4")
    assert "is not what was written" not in manager.page("/records/entries/6")


def test_sealed_fields_of_a_row_are_opened_for_a_reason_and_it_is_written_down(
    manager: Visitor, stub: GateStub, desk: Desk
):
    answering(stub, reveal={"3": {"name": "王小明2"}, "62": {"note": "loud"}})
    assert manager.post("/records/entries/3/names", {"reason": ""}).status_code == 422
    page = manager.post("/records/entries/3/names", {"reason": "a dispute"}).get_data(as_text=True)
    assert "王小明2" in page
    assert "loud" in page
    (request,) = stub.asked
    assert (request.seqs, request.reason) == ((3, 61, 62), "a dispute")
    assert (desk.audit.page()[0].what, desk.audit.page()[0].detail) == ("names_revealed", "seq=3 rows=3")


# --- Who is inside


def test_who_is_inside_is_listed_without_names_and_how_sure_that_is(manager: Visitor, stub: GateStub):
    one = {"seq": 5, "visit": "visit-4", "at": "2026-11-21T00:00:00.000Z", "lane": "main", "group": "visitors"}
    told = {"certain": 2, "likely": 1, "unknown": 4, "left_unseen": 3, "since": "2026-11-20T00:00:00.000Z"}
    answering(stub, inside={**told, "people": [{**one, "confidence": "likely"}]})
    page = manager.page("/records/inside")
    assert "<dt>Inside</dt><dd>7</dd>" in page
    assert "3 went out who were not seen coming in" in page
    assert "Counted since the reset of 2026-11-20 08:00:00" in page
    assert "/records/entries/5" in page


def test_without_the_gate_nobody_says_who_is_inside(manager: Visitor, stub: GateStub):
    stub.answer = Answer.BUSY
    assert "only it can say who is inside" in manager.page("/records/inside")


def test_the_count_begins_anew_only_for_a_reason_and_when_it_is_meant(manager: Visitor, stub: GateStub, desk: Desk):
    for data in ({"reason": "counted", "sure": ""}, {"reason": "", "sure": "yes"}):
        assert manager.post("/records/inside/reset", data).status_code == 422
    assert not [each for each in stub.asked if isinstance(each, asks.ResetInside)]
    answer = manager.post("/records/inside/reset", {"reason": "counted by hand", "sure": "yes"})
    assert answer.status_code == 303
    assert [each.reason for each in stub.asked if isinstance(each, asks.ResetInside)] == ["counted by hand"]
    assert desk.audit.page()[0].what == "inside_reset"


# --- Who looked


def test_who_looked_is_found_by_person_kind_and_day_and_taken_along(manager: Visitor, desk: Desk, clock: Clock):
    for number in range(60):
        desk.audit.write("roster_exported", by="u2", detail=f"=persons{number}")
    manager.get("/records?outcome=deny")
    assert "outcome=deny" in manager.page("/records/looks?what=records_viewed")
    page = manager.page("/records/looks?who=u2")
    assert page.count("data-act=") == 50
    older = re.search(r'rel="next" href="([^"]+)"', page)[1]
    assert manager.page(unescape(older)).count("data-act=") == 10
    assert "Nothing of that kind." in manager.page("/records/looks?who=u2&what=login")
    tomorrow = (clock.at + timedelta(days=2)).date().isoformat()
    assert "Nothing of that kind." in manager.page(f"/records/looks?since={tomorrow}")
    answer = manager.get("/records/looks.csv?who=u2")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert len(rows) == 61
    assert rows[1][2:] == ["Anna", "Roster exported", "'=persons59"]
    assert desk.audit.page()[0].what == "audit_downloaded"
