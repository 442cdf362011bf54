"""Hostile content in every field that somebody can fill: shown as text, never run, never breaking a page or a file."""

from __future__ import annotations

import csv
import io
import zipfile
from html import unescape
from urllib.parse import quote

import pytest

from kiosk.core import requests as asks
from kiosk.core.entry import EntryKind
from kiosk.core.reasons import Answer
from kiosk.core.requests import Reply
from kiosk.core.view import Face
from kiosk.settings import Places
from tests.support import gate_stub, written_logbook
from tests.support.gate_stub import GateStub
from tests.web.conftest import Visitor, show
from web.gate import Gate

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '" onmouseover="alert(1)',
    "template": "{{ config }}{% raw %}",
    "formula": '=HYPERLINK("http://evil.example","x")',
    "bidi": "abc\u202edcba\u2066",
    "nul": "a\x00b\x1b[31m",
    "marks": "a" + "\u0301" * 400,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
    "long": "王" * 10_000,
    "surrogate": "a\udc80b",
    "header": "x\r\nSet-Cookie: a=b",
}
FIELDS = (
    ("/desk/visits/visit-1/override", {"outcome": "pass", "reason": None}),
    ("/desk/visits/visit-1/explain", {"reason": None}),
    ("/desk/visits/visit-1/explain", {"quick": None}),
    ("/desk/visits/visit-1/temperature", {"celsius": None}),
    ("/desk/visits/visit-1/seen", {"what": None}),
    ("/desk/visits/visit-1/companions", {"count": None}),
    ("/desk/lanes/main/manual", {"name": None, "document": None, "room": None, "phone": None}),
    ("/desk/lanes/main/manual", {"person": None}),
    ("/desk/lanes/main/manual", {"name": "x", "group": None, "celsius": None}),
    ("/desk/lanes/main/typed", {"text": None}),
    ("/desk/lanes/main/medical-exit", {"name": None, "note": None}),
    ("/desk/lanes/main/vehicle", {"plate": None, "note": None}),
    ("/desk/lanes/main/direction", {"direction": None}),
    ("/desk/conditions/trust_stale/decide", {"remedy": None, "minutes": None}),
    ("/desk/conditions/trust_stale/decide", {"remedy": "accept", "minutes": None}),
    ("/desk/visits/visit-1/host", {"host": None}),
    ("/desk/visits/visit-1/dispute", {"note": None, "second": "u2"}),
    ("/desk/visits/visit-1/dispute", {"note": "x", "second": None}),
    ("/desk/lanes/main/manual", {"name": "x", "host": None}),
    ("/desk/lanes/main/drop-off", {"visit": None, "company": None, "parcels": None}),
    ("/desk/lanes/main/drop-off", {"company": None, "parcels": "3"}),
    ("/desk/crowd", {"on": None, "minutes": None}),
    ("/desk/crowd", {"on": "yes", "minutes": None}),
    ("/desk/evacuation", {"sure": None, "on": None}),
    ("/desk/people", {"q": None, "lane": None}),
    ("/desk/review/visit-1/explain", {"reason": None}),
    ("/desk/review/visit-1/explain", {"quick": None}),
    ("/desk/review/visit-1/decide", {"outcome": None}),
    ("/desk/inside/names", {"reason": None}),
    ("/desk/inside/names", {"quick": None}),
    ("/desk/paper", {"sheet": None, "date": None, "name-1": None, "entered": None}),
    (
        "/desk/paper",
        {"sheet": "1", "date": "2026-11-20", "volunteer": "u1", "time-1": "07:30", "name-1": None, "outcome-1": "pass"},
    ),
    ("/desk/paper", {"sheet": "1", "date": "2026-11-20", "time-1": None, "room-1": None, "temperature-1": None}),
    ("/desk/paper", {"sheet": "1", "date": "2026-11-20", "lane": None, "volunteer": None, "room-1": "x"}),
    ("/desk/paper", {"sheet": "1", "direction-1": None, "outcome-1": None, "name-1": "x"}),
    ("/desk/paper/sheets", {"count": None}),
    ("/desk/time", {"time": None, "name": None, "secret": None}),
    ("/desk/time", {"time": None, "name": "manager", "secret": "correct horse battery"}),
    ("/screen/call", {"lane": None}),
    ("/displays", {"code": None, "name": None}),
    ("/desk/hand-over", {"name": None, "secret": None}),
    ("/records/names", {"reason": None}),
    ("/records/files", {"form": None, "columns": None, "names": "yes", "reason": None}),
    ("/records/files", {"form": "csv", "columns": None, "names": "yes", "reason": None}),
    ("/records/entries/1/names", {"reason": None}),
    ("/records/inside/reset", {"reason": None, "sure": "yes"}),
    ("/records/people", {"q": None}),
    ("/records/people/rows", {"person": None, "reason": None}),
    ("/records/people/file", {"name": None, "reason": None}),
    ("/records/people/erase", {"name": None, "reason": None}),
    ("/records/people/erase", {"name": None, "reason": None, "sure": "yes", "roster": None}),
    ("/settings/trust/preview", {"token": None, "purpose": None, "issuer": None, "title": None, "older": None}),
    ("/settings/trust/apply", {"token": None}),
    ("/settings/trust/remove", {"list": None, "kind": None, "sure": "yes"}),
    ("/settings/announcements/preview", {"since": None, "until": None, "chinese": None, "english": None, "seen": None}),
    ("/settings/announcements/apply", {"screen.announcements": None, "seen": None}),
    ("/settings/backup", {"to": None}),
    ("/settings/pin", {"old": None, "new": None, "again": None}),
    ("/login", {"name": None, "secret": None}),
    ("/logout", {"next": None}),
)


def harmless(page: str) -> None:
    assert "<script>alert" not in page
    assert '" onmouseover' not in page
    assert "\x00" not in page


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_field_breaks_a_page_or_the_service(manager: Visitor, stub: GateStub, at: Places, kind: str):
    written_logbook.write(at, [written_logbook.draft(1)])
    for address, fields in FIELDS:
        bad = HOSTILE[kind].encode("utf-8", "surrogatepass")
        data = {name: bad if value is None else value for name, value in fields.items()}
        token = manager.token("/settings")
        answer = manager.client.post(address, data={"csrf_token": token, **data}, headers={"Accept": "text/html"})
        assert answer.status_code < 500, (address, kind)
        harmless(answer.get_data(as_text=True))
        assert "\r" not in answer.headers.get("Location", "")
        assert not answer.headers.get("Set-Cookie", "").startswith("a=")
        if address == "/logout":
            manager.log_in("manager", "correct horse battery")


@pytest.mark.parametrize("kind", [kind for kind in HOSTILE if kind not in {"surrogate"}])
def test_what_the_gate_passes_on_is_shown_as_text(volunteer: Visitor, stub: GateStub, gate: Gate, kind: str):
    text = HOSTILE[kind]
    visit = gate_stub.visit(
        name=text, room=text, format=text, issuer=text, overridden_by=text, wants=(text,), household=(text, text)
    )
    lane = gate_stub.desk_view(Face.SEE_VOLUNTEER, visit, recent=(visit,), resident=gate_stub.resident(initials=text))
    by = {"crowd_until": gate_stub.NOW, "crowd_by": text, "evacuating_since": gate_stub.NOW, "evacuating_by": text}
    show(stub, gate, gate_stub.gate_view(lane, conditions=(gate_stub.condition(text, text),), **by))
    for page in (volunteer.page("/desk"), volunteer.page("/screen")):
        assert "<script>alert" not in page
        assert '" onmouseover' not in page
    if kind in {"script", "attribute", "template", "formula"}:
        assert text in unescape(volunteer.page("/desk"))


@pytest.mark.parametrize("kind", ["script", "formula", "bidi", "emoji", "header"])
def test_a_download_never_holds_a_formula(manager: Visitor, at: Places, kind: str):
    written_logbook.write(at, [written_logbook.draft(1, issuer=HOSTILE[kind], format=HOSTILE[kind])])
    harmless(manager.page("/records"))
    with manager.get("/records/download.csv") as answer:
        rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
    assert len(rows) == 2
    assert len(rows[0]) == len(rows[1])
    assert not [cell for cell in rows[1] if cell.startswith(("=", "+", "@"))]


@pytest.mark.parametrize("kind", ["script", "attribute", "formula", "bidi", "marks", "emoji", "header"])
def test_no_page_of_the_records_runs_or_breaks_on_what_a_stranger_brought(
    manager: Visitor, stub: GateStub, at: Places, kind: str
):
    text = HOSTILE[kind]
    about = {
        "visit": "v1",
        "issuer": text,
        "format": text,
        "detail": text,
        "source": text,
        "lane": text,
        "volunteer": text,
    }
    rows = [
        written_logbook.draft(1, **about),
        written_logbook.draft(2, **about, kind=EntryKind.DISPUTE, refers="v1"),
        written_logbook.draft(3, **about, kind=EntryKind.MEDICAL_EXIT, refers=text),
    ]
    written_logbook.write(at, rows)
    one = {"seq": 1, "visit": "v1", "at": "2026-11-21T07:30:00Z", "lane": text, "group": text, "confidence": text}
    told = {"certain": 1, "likely": 0, "unknown": 0, "left_unseen": 0, "since": None, "people": [one]}
    names = {"1": {"name": text, "note": text}, "2": {"note": text}, "3": {text: text}}
    stub.answer = lambda request: Reply(
        request_id=request.request_id,
        answer=Answer.DONE,
        data=names if isinstance(request, asks.Reveal) else told,
    )
    day = "/records/days/2026-11-21"
    for address in (
        *("/records", "/records/entries/1", "/records/entries/2", "/records/inside", "/records/inspection", day),
        *(f"{day}/report.csv", "/records/looks", f"/records/charts?days=1&until={day[-10:]}", "/records/looks.csv"),
    ):
        answer = manager.get(address)
        assert answer.status_code == 200, address
        if answer.mimetype == "text/html":
            harmless(answer.get_data(as_text=True))
    for address in ("/records/names", "/records/entries/1/names"):
        page = manager.post(address, {"reason": "why"}).get_data(as_text=True)
        harmless(page)
        assert page.count("<td") == page.count("</td>")


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_parameter_of_the_records_breaks_a_page(manager: Visitor, at: Places, kind: str):
    written_logbook.write(at, [written_logbook.draft(1)])
    text = quote(HOSTILE[kind].encode("utf-8", "surrogatepass")[:2000])
    for address in (
        *(
            f"/records?{name}={text}"
            for name in ("since", "who", "tag", "before", "min_c", "volunteer", "lane", text[:80])
        ),
        *(f"/records/charts?{name}={text}" for name in ("days", "until")),
        *(f"/records/looks?{name}={text}" for name in ("who", "what", "since", "until", "before")),
        *(f"/records/{page}/{text[:200]}" for page in ("days", "files", "entries")),
        f"/records/people?said=erased&rows={text}",
        f"/settings/trust/lists/{text[:200]}",
        f"/settings/announcements?said=applied&anew={text}",
        f"/settings/backup/progress?begun={text}",
    ):
        answer = manager.get(address)
        assert answer.status_code in (200, 302, 303, 404, 422), address
        assert "\x00" not in answer.get_data(as_text=True), address
        harmless(answer.get_data(as_text=True))


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_files_of_every_form_hold_hostile_words_as_words(manager: Visitor, stub: GateStub, at: Places, form: str):
    rows = [written_logbook.draft(n, issuer=text, format=text) for n, text in enumerate(HOSTILE.values())]
    written_logbook.write(at, rows)
    names = {str(seq): {"name": text} for seq, text in enumerate(HOSTILE.values(), 1) if "\udc80" not in text}
    data = {asks.OpenNames: {"export": "e"}, asks.Reveal: names, asks.SignExport: {"manifest": "{}"}}
    stub.answer = lambda request: Reply(
        request_id=request.request_id, answer=Answer.DONE, data=data.get(type(request), {})
    )
    answer = manager.post("/records/files", {"form": form, "names": "yes", "reason": "x"})
    with manager.get(f"{answer.headers['Location']}/save") as file:
        assert file.status_code == 200
        body = file.get_data()
    if form == "xlsx":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert sheet.count("<row") == len(HOSTILE) + 2
        return
    lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))) if form == "csv" else body.splitlines()
    assert len(lines) == len(HOSTILE) + (2 if form == "csv" else 1)
    assert form == "jsonl" or not [cell for line in lines for cell in line if cell.startswith(("=", "+", "@"))]


def test_addresses_of_visits_and_lanes_are_only_names(volunteer: Visitor, stub: GateStub):
    for visit in ("%3Cscript%3E", "x" * 500, "..%2F..", "%00"):
        answer = volunteer.post(f"/desk/visits/{visit}/again")
        assert answer.status_code < 500
        harmless(answer.get_data(as_text=True))
    assert all(len(request.visit) <= 64 for request in stub.asked)


def test_a_body_that_is_too_large_is_refused(volunteer: Visitor):
    assert volunteer.post("/desk/lanes/main/typed", {"text": "x" * 300_000}).status_code == 413
