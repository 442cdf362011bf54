"""The roster as a manager looks after it: looked through, taken over whole, found, taken out, saved."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from kiosk.store.desk import Desk
from tests.web.conftest import ROSTER, Clock, Visitor

FORM = "/settings"  # a page whose form carries the token
HEADER = "name,building,unit,room,phone\n"
NEW = HEADER + "赵云,5,1,101,13700000000\n王小明,3,2,501,13800009999\n"


def bring(visitor: Visitor, data: bytes, name: str = "people.csv", token: str = ""):
    """Sends a file as a browser does."""
    fields = f'--edge\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token or visitor.token(FORM)}\r\n'
    file = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return visitor.client.post(
        "/settings/roster/preview",
        data=(fields + file).encode() + data + b"\r\n--edge--\r\n",
        content_type="multipart/form-data; boundary=edge",
        headers={"Accept": "text/html", "Accept-Language": "en"},
    )


def sheet_of(page: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{32})"', page)
    assert found, "nothing can be taken over"
    return found[1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_looked_through_first_and_taken_over_when_the_manager_says_so(
    manager: Visitor, desk: Desk, encoding: str
):
    page = bring(manager, NEW.encode(encoding)).get_data(as_text=True)
    assert "Nothing is wrong with this file." in page
    assert desk.roster.count() == 3
    answer = manager.post("/settings/roster/apply", {"token": sheet_of(page)})
    assert answer.status_code == 303
    assert "1 new, 1 changed" in manager.page(answer.headers["Location"])
    assert desk.roster.find("赵云")
    assert (desk.audit.page()[0].what, desk.audit.page()[0].detail) == ("roster_imported", "new=1 changed=1")


def test_every_bad_line_is_named_and_nothing_can_be_taken_over(manager: Visitor, desk: Desk):
    wrong = HEADER + "赵云,5,1,101,call me\n,5,1,102,\n钱多,5,1,103,\n"
    answer = bring(manager, wrong.encode())
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert re.findall(r'class="num">(\d)</td><td><bdi>([^<]+)<', page) == [
        ("2", "phone: no phone number"),
        ("3", "name: must not be empty"),
    ]
    assert 'name="token"' not in page
    assert desk.roster.count() == 3


def test_a_roster_that_changed_meanwhile_is_shown_anew_and_nobody_is_lost_silently(manager: Visitor, desk: Desk):
    first = sheet_of(bring(manager, NEW.encode()).get_data(as_text=True))
    desk.roster.apply((HEADER + "赵云,5,1,101,13600000000\n").encode(), None)  # type: ignore[arg-type] - no time in it
    answer = manager.post("/settings/roster/apply", {"token": first})
    page = answer.get_data(as_text=True)
    assert (answer.status_code, "Somebody changed the roster" in page) == (409, True)
    assert desk.roster.find("赵云")[0].phone == "13600000000"
    assert manager.post("/settings/roster/apply", {"token": sheet_of(page)}).status_code == 303
    assert desk.roster.find("赵云")[0].phone == "13700000000"


def test_a_file_waits_a_quarter_of_an_hour_and_for_nobody_else(app: Flask, manager: Visitor, clock: Clock, desk: Desk):
    token = sheet_of(bring(manager, NEW.encode()).get_data(as_text=True))
    clock.pass_by(minutes=16)
    answer = manager.post("/settings/roster/apply", {"token": token})
    assert (answer.status_code, "choose it again" in answer.get_data(as_text=True)) == (409, True)
    assert manager.post("/settings/roster/apply", {"token": "0" * 32}).status_code == 409
    assert desk.roster.count() == 3


def test_a_whole_compound_fits_and_a_larger_file_is_one_sentence(manager: Visitor):
    rows = "".join(f"人{number},{number % 40},1,{number},\n" for number in range(20_000))
    page = bring(manager, (HEADER + rows).encode()).get_data(as_text=True)
    assert "20,000" in page
    answer = bring(manager, b"x" * (12 * 1024 * 1024))
    assert (answer.status_code, "too much" in answer.get_data(as_text=True)) == (413, True)


def test_large_bodies_are_taken_by_that_page_alone_and_not_from_strangers(manager: Visitor, stranger: Visitor):
    assert bring(manager, HEADER.encode() + b"," * 300_000).status_code == 200
    assert manager.post("/settings/roster", {"q": "x" * 300_000}, token_of="/settings").status_code == 413
    assert bring(stranger, b"x" * 300_000, token=stranger.token("/login")).status_code == 303


def test_no_file_and_no_text_are_refused_in_words(manager: Visitor):
    answer = manager.post("/settings/roster/preview")
    assert (answer.status_code, "choose a CSV file" in answer.get_data(as_text=True)) == (422, True)
    assert "neither UTF-8" in bring(manager, b"\xff\xfe\0x\0").get_data(as_text=True)


def test_somebody_is_found_and_taken_out_after_a_question(manager: Visitor, desk: Desk):
    page = manager.post("/settings/roster", {"q": "wxm"}).get_data(as_text=True)
    person = desk.roster.find("王小明")[0]
    assert person.id in page
    assert "Take somebody out" in manager.post("/settings/roster/remove", {"person": person.id}).get_data(as_text=True)
    assert desk.roster.person(person.id)
    answer = manager.post("/settings/roster/remove", {"person": person.id, "sure": "yes"})
    assert "taken out" in manager.page(answer.headers["Location"])
    assert desk.roster.person(person.id) is None
    assert manager.post("/settings/roster/remove", {"person": person.id}).status_code == 409
    assert desk.audit.page()[0].what == "roster_person_removed"


def test_the_roster_is_saved_as_a_file_that_can_be_taken_over_again(manager: Visitor, desk: Desk):
    answer = manager.post("/settings/roster/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="roster.csv"'
    assert "says all of this already" in bring(manager, answer.get_data()).get_data(as_text=True)
    assert desk.audit.page()[0].detail == "persons=3"


def test_hostile_names_of_files_and_people_are_text(manager: Visitor, desk: Desk):
    hostile = "<script>alert(1)</script>"
    page = bring(manager, (HEADER + f"{hostile},5,1,101,\n").encode(), f"{hostile}.csv").get_data(as_text=True)
    manager.post("/settings/roster/apply", {"token": sheet_of(page)})
    listed = manager.post("/settings/roster", {"q": "5-101"}).get_data(as_text=True)
    unknown = bring(manager, f"{hostile},building,room,name\n".encode()).get_data(as_text=True)
    for each in (page, listed, unknown):
        assert "<script>alert" not in each
        assert "&lt;script&gt;" in each


def test_the_page_counts_who_lives_where(manager: Visitor):
    page = manager.page("/settings/roster")
    assert ROSTER.count("\n") - 1 == 3
    assert "3 people" in page
    assert re.findall(r'<bdi>(\d+)</bdi></th><td class="num">(\d)', page) == [("12", "1"), ("3", "2")]
