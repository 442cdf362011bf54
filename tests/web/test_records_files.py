"""Files of the records: exactly the filter's rows, sealed, with names only for a reason, gone in time."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from kiosk.cli.log import command as log
from kiosk.core import requests as asks
from kiosk.core.reasons import Answer
from kiosk.core.requests import Reply
from kiosk.services.book import Book
from kiosk.services.clock import SystemClock
from kiosk.settings import Places
from kiosk.store.desk import Desk
from kiosk.store.jobs import Jobs, JobState
from tests.support import written_logbook
from tests.support.gate_stub import GateStub
from tests.support.written_logbook import draft
from tests.web.conftest import Clock, Visitor, until
from web.records.exports import KEPT_FOR, Exports


@pytest.fixture(autouse=True)
def _logbook(at: Places) -> None:
    written_logbook.write(at, [draft(number) for number in range(60)])


@pytest.fixture
def book(at: Places, stub: GateStub) -> Iterator[Book]:
    """The gate's own answers, of the real logbook."""
    with closing(Book(at, "gate-1", SystemClock())) as book:
        stub.answer = book.answer
        yield book


def made(manager: Visitor, query: str = "", **form: str) -> str:
    """The address of a file that was asked for, once it is made."""
    answer = manager.post(f"/records/files?{query}", {"form": "csv", **form})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    address = answer.headers["Location"]
    until(lambda: manager.get(address, Accept="application/json").json["state"] != "running")
    return address


def saved(manager: Visitor, address: str, folder: Path) -> Path:
    """The file and its seal, as a browser keeps them."""
    for what in ("save", "seal"):
        with manager.get(f"{address}/{what}") as answer:
            assert answer.status_code == 200
            name = re.search(r'filename="?([^";]+)', answer.headers["Content-Disposition"])[1]
            (folder / name).write_bytes(answer.get_data())
    return folder / name.removesuffix(".manifest.json")


@pytest.fixture(params=["in this process", "in one of its own"])
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a few rows are written by the web, those of many by a process beside it."""
    if request.param == "in one of its own":
        monkeypatch.setattr("web.records.exports._BESIDE_PAGES", 2)


@pytest.mark.usefixtures("book", "where")
@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_a_saved_file_is_accepted_by_kiosk_log_verify_with_its_seal(
    manager: Visitor, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    file = saved(manager, made(manager, "outcome=check", form=form), tmp_path)
    assert file.suffix == f".{form}"
    verified = CliRunner().invoke(log, ["verify", str(file)])
    assert verified.exit_code == 0, verified.output
    told = json.loads(file.with_name(file.name + ".manifest.json").read_text())["manifest"]
    assert (told["rows"], told["filter"], told["names"], told["by"]) == (12, {"outcome": "check"}, False, "u1")
    file.write_bytes(file.read_bytes() + b" ")
    assert CliRunner().invoke(log, ["verify", str(file)]).exit_code == 1


@pytest.mark.usefixtures("book")
def test_the_quick_download_is_sealed_too(manager: Visitor):
    with manager.get("/records/download.csv?reason=febrile") as answer:
        seal = re.match(r'<([^>]+)>; rel="describedby"', answer.headers["Link"])[1]
        assert len(answer.get_data().splitlines()) == 13
    with manager.get(seal) as told:
        assert told.json["manifest"]["rows"] == 12


@pytest.mark.usefixtures("book", "where")
def test_names_are_in_a_file_only_for_a_reason_and_it_says_until_when(manager: Visitor, at: Places, desk: Desk):
    refused = manager.post("/records/files", {"form": "csv", "names": "yes", "reason": " "})
    assert refused.status_code == 422
    with manager.get(f"{made(manager)}/save") as file:
        assert "王小明" not in file.get_data(as_text=True)
    address = made(manager, names="yes", reason="contact tracing")
    with manager.get(f"{address}/save") as file:
        lines = file.get_data(as_text=True).splitlines()
    assert "王小明0" in lines[1]
    assert re.search(r"names of people. Delete it by 20\d\d-\d\d-\d\d", lines[-1])
    assert "names=yes" in desk.audit.page()[0].detail
    assert "contact" not in desk.audit.page()[0].detail
    kinds = [
        row.kind.value for row in manager.client.application.extensions["kiosk"].logbook.page(_anything(), limit=2)
    ]
    assert "exported" in kinds


def _anything():
    from kiosk.store.reader import Filter

    return Filter()


def test_a_gate_that_refuses_names_gives_no_file(manager: Visitor, stub: GateStub, at: Places):
    stub.answer = Answer.NOT_RECORDED
    answer = manager.post("/records/files", {"form": "csv", "names": "yes", "reason": "x"})
    assert answer.status_code == 409
    assert manager.get("/records/files").get_data(as_text=True).count("records-") == 0
    assert not at.exports.exists()


def test_a_file_that_was_not_sealed_says_so_but_not_with_names(manager: Visitor, stub: GateStub):
    address = made(manager)
    assert "has no seal" in manager.page(address)
    assert manager.get(f"{address}/seal").status_code == 404
    data = {asks.OpenNames: {"export": "e"}}
    stub.answer = lambda request: Reply(
        request_id=request.request_id, answer=Answer.DONE, data=data.get(type(request), {})
    )
    address = made(manager, names="yes", reason="x")
    assert manager.get(address, Accept="application/json").json["state"] == "failed"
    assert manager.get(f"{address}/save").status_code == 404


def test_only_the_chosen_columns_are_in_the_file(manager: Visitor):
    token = manager.token("/settings")
    answer = manager.client.post(
        "/records/files?lang=en",
        data={"csrf_token": token, "form": "csv", "columns": ["seq", "outcome", "<b>"]},
        headers={"Accept": "text/html", "Accept-Language": "en"},
    )
    with manager.get(f"{answer.headers['Location']}/save") as file:
        assert file.get_data().decode("utf-8-sig").splitlines()[:2] == ["Number,Outcome", "1,pass"]


def test_an_excel_file_has_numbers_times_and_a_header_that_stays(manager: Visitor):
    with manager.get(f"{made(manager, form='xlsx')}/save") as file:
        book = zipfile.ZipFile(io.BytesIO(file.get_data()))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in sheet
    assert re.search(r'<c r="A2"><v>1</v>', sheet)
    assert re.search(r'<c r="B2" s="\d+"><v>\d+\.\d+</v>', sheet)


def test_nobody_else_finds_somebodys_file(app: Flask, manager: Visitor):
    address = made(manager)
    other = Visitor(app.test_client())
    app.extensions["kiosk"].desk.users.add("second", _manager(), "another long passphrase")
    other.log_in("second", "another long passphrase")
    for what in ("", "/save", "/seal"):
        assert other.get(f"{address}{what}").status_code == 404
    assert other.post(f"{address}/drop").status_code == 404


def _manager():
    from kiosk.store.desk import Role

    return Role.MANAGER


def test_a_file_vanishes_when_it_is_dropped_or_its_time_is_over_and_with_the_service(
    app: Flask, manager: Visitor, clock: Clock, at: Places
):
    first, second = made(manager), made(manager)
    assert len(list(at.exports.iterdir())) == 2
    manager.post(f"{first}/drop")
    assert manager.get(first).status_code == 404
    assert len(list(at.exports.iterdir())) == 1
    clock.pass_by(seconds=KEPT_FOR.total_seconds() + 1)
    assert manager.get(second).status_code == 404
    assert list(at.exports.iterdir()) == []
    made(manager)
    app.extensions[Exports.KEY].close()
    assert list(at.exports.iterdir()) == []


def test_cancelling_ends_a_file_that_is_being_made(
    app: Flask, manager: Visitor, at: Places, monkeypatch: pytest.MonkeyPatch
):
    import threading

    from web.records import exports

    begun, go_on = threading.Event(), threading.Event()

    def slow(bodies, out, layout, step, **_):
        begun.set()
        assert go_on.wait(5)
        step(1)

    monkeypatch.setattr(exports.export, "csv_file", slow)
    address = manager.post("/records/files", {"form": "csv"}).headers["Location"]
    assert begun.wait(5)
    page = manager.page(address)
    assert "<progress" in page
    assert "Cancel" in page
    job = app.extensions[Exports.KEY].find(address.rsplit("/", 1)[1], "u1").job
    ending = threading.Thread(target=lambda: manager.post(f"{address}/drop"))
    ending.start()
    until(job._stop.is_set)
    go_on.set()
    ending.join(5)
    assert job.state is JobState.CANCELLED
    assert list(at.exports.iterdir()) == []


def test_what_a_process_that_died_left_behind_is_swept_away(at: Places, tmp_path: Path):
    left = at.exports / "0123456789abcdef"
    left.mkdir(parents=True)
    (left / "lock").touch()
    (left / "records.csv").write_text("王小明")
    Jobs(at.exports).close()
    assert not left.exists()
