"""What programs may ask, with the right token and without."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kiosk.core.desk_requests import Scope
from kiosk.core.model import Outcome
from kiosk.settings import Places
from kiosk.store.desk import Desk
from tests.support import written_logbook
from tests.web.conftest import Clock, GateStub
from web import create_app
from web.gate import Gate


class Program:
    """Something that asks with a token."""

    def __init__(self, client: FlaskClient, secret: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {secret}"}

    def get(self, address: str, **values):
        return self.client.get(f"/api/v1{address}", query_string=values, headers=self.headers)

    def post(self, address: str, data: bytes, **values):
        return self.client.post(f"/api/v1{address}", query_string=values, data=data, headers=self.headers)


@pytest.fixture
def program(app: Flask, desk: Desk):
    def with_scopes(*scopes: Scope) -> Program:
        return Program(app.test_client(), desk.tokens.add("test", scopes, days=1, by="u1")[1])

    return with_scopes


ADDRESSES = {
    "/state": Scope.STATE,
    "/entries": Scope.LOG,
    "/entries/1": Scope.LOG,
    "/head": Scope.LOG,
    "/days/2026-11-21": Scope.REPORTS,
    "/inside": Scope.REPORTS,
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_wants_a_token_with_its_own_scope(address, app, program):
    nobody = app.test_client().get(f"/api/v1{address}")
    assert (nobody.status_code, nobody.json["reason"]) == (401, "no_token")
    others = program(*(set(Scope) - {ADDRESSES[address]})).get(address)
    assert (others.status_code, others.json["reason"]) == (403, "not_in_scope")


def test_a_revoked_or_ended_token_opens_nothing(app, desk, clock, program):
    asked = program(Scope.STATE)
    assert asked.get("/state").status_code == 200
    clock.pass_by(days=2)
    assert asked.get("/state").status_code == 401


def test_a_cookie_of_the_pages_opens_nothing_here(manager):
    assert manager.get("/api/v1/entries").status_code == 401


def test_the_state_of_the_gate_names_nobody(program):
    answer = program(Scope.STATE).get("/state")
    assert answer.status_code == 200
    assert {"lanes", "devices", "counts", "conditions"} <= set(answer.json)
    assert set(answer.json["lanes"][0]) == {"lane", "direction", "face", "waiting_level", "out_of_order"}
    assert "王" not in answer.get_data(as_text=True)


def test_rows_are_filtered_and_paged_to_the_last(at: Places, program):
    written_logbook.write(at, [written_logbook.draft(number) for number in range(1, 8)])
    asked = program(Scope.LOG)
    seen, before = [], None
    while True:
        page = asked.get("/entries", limit=3, **({"before": before} if before else {})).json
        seen += [row["seq"] for row in page["entries"]]
        before = page["before"]
        if before is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 1
    denied = asked.get("/entries", outcome="deny").json["entries"]
    assert {row["outcome"] for row in denied} <= {Outcome.DENY.value}


def test_a_row_has_every_field_and_no_pseudonym(at: Places, program):
    written_logbook.write(at, [written_logbook.draft(1)])
    row = program(Scope.LOG).get("/entries/1").json
    assert row["seq"] == 1
    assert not {"person_tag", "code_tag", "seals"} & set(row)
    assert program(Scope.LOG).get("/entries/999").json["reason"] == "not_found"


@pytest.mark.parametrize(
    "values",
    [
        {"limit": 0},
        {"limit": 501},
        {"before": "x"},
        {"since": "2026-11-21T07:30:00"},
        {"kind": "nothing"},
        {"lane": "x" * 65},
    ],
)
def test_nonsense_is_refused_with_the_field_that_is_wrong(values, program):
    answer = program(Scope.LOG).get("/entries", **values)
    assert (answer.status_code, answer.json["reason"]) == (422, "bad_request")
    assert next(iter(values)) in str(answer.json["detail"])


def test_the_newest_signed_head_is_there_to_be_kept(at: Places, program):
    assert program(Scope.LOG).get("/head").status_code == 503  # no logbook yet
    written_logbook.write(at, [written_logbook.draft(1)])
    head = program(Scope.LOG).get("/head").json
    assert len(bytes.fromhex(head["hash"])) == 32
    assert len(head["code"]) == 9


def test_a_day_is_the_report_of_the_command_line(at: Places, program):
    written_logbook.write(at, [written_logbook.draft(1)])
    today = datetime.now(UTC).date().isoformat()
    assert program(Scope.REPORTS).get(f"/days/{today}").json["report"]["counts"]["passed"] >= 0
    for nonsense in ("2026-13-01", "today", "0001-01-01", "9999-12-31"):
        assert program(Scope.REPORTS).get(f"/days/{nonsense}").status_code == 404


def test_a_roster_is_looked_through_before_it_is_taken_over(desk: Desk, program):
    csv = "name,building,room\n赵六,9,901\n".encode()
    asked = program(Scope.ROSTER)
    assert asked.post("/roster", csv).json["applied"] is False
    assert not desk.roster.find("赵六")
    done = asked.post("/roster", csv, apply="true").json
    assert (done["applied"], done["new"]) == (True, 1)
    assert desk.roster.find("赵六")
    assert desk.audit.page()[0].what == "roster_imported"
    broken = asked.post("/roster", b"name\n\x00\n", apply="true").json
    assert broken["applied"] is False
    assert broken["problems"]


def test_while_the_gate_is_away_its_state_is_unavailable_and_not_invented(at, settings, desk, clock: Clock):
    app = create_app(settings, at, desk, Gate(at.gate_socket), secret=b"s" * 32, now=clock.now)
    secret = desk.tokens.add("test", [Scope.STATE, Scope.REPORTS], days=1, by="u1")[1]
    asked = Program(app.test_client(), secret)
    for address in ("/state", "/inside"):
        answer = asked.get(address)
        assert (answer.status_code, answer.json["reason"]) == (503, "unavailable")


def test_whoever_asks_too_often_is_told_to_wait(at, settings, desk, gate, stub: GateStub, clock: Clock):
    app = create_app(settings, at, desk, gate, secret=b"s" * 32, now=clock.now)
    asked = Program(app.test_client(), desk.tokens.add("test", [Scope.LOG], days=1, by="u1")[1])
    codes = [asked.get("/head").status_code for _ in range(125)]
    assert codes[-1] == 429
    assert 429 not in codes[:100]


def test_a_strange_host_name_is_not_answered(app: Flask):
    answer = app.test_client().get("/api/v1/state", base_url="http://evil.example")
    assert (answer.status_code, answer.json["reason"]) == (421, "wrong_host")


def test_the_description_is_served_and_names_every_address(app: Flask):
    told = app.test_client().get("/api/v1/openapi.json").json
    assert {"/state", "/entries", "/entries/{seq}", "/head", "/days/{day}", "/inside", "/roster"} == set(told["paths"])
    assert told["servers"] == [{"url": "/api/v1"}]
