"""What the manager finds, downloads and looks at, and that it is written down."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime

import pytest

from kiosk.core import requests as asks
from kiosk.core.entry import EntryKind
from kiosk.core.reasons import Answer
from kiosk.core.requests import Reply
from kiosk.settings import Places
from kiosk.store.desk import Desk
from tests.support import written_logbook
from tests.support.gate_stub import GateStub
from tests.support.written_logbook import draft
from tests.web.conftest import Visitor


@pytest.fixture
def logbook(at: Places) -> None:
    written_logbook.write(at, [draft(number) for number in range(130)])


def seqs(page: str) -> list[int]:
    return [int(seq) for seq in re.findall(r'data-seq="(\d+)"', page)]


def total(page: str) -> int:
    return int(re.search(r'data-total="(\d+)"', page)[1])


def downloaded(manager: Visitor, query: str = "") -> list[list[str]]:
    with manager.get(f"/records/download.csv?{query}") as answer:
        assert answer.status_code == 200
        return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


@pytest.mark.usefixtures("logbook")
def test_rows_are_shown_newest_first_in_pages(manager: Visitor):
    page = manager.page("/records")
    assert seqs(page) == list(range(130, 80, -1))
    assert total(page) == 130
    older = manager.page("/records?before=81")
    assert seqs(older) == list(range(80, 30, -1))
    last = manager.page("/records?before=31")
    assert seqs(last) == list(range(30, 0, -1))
    assert 'rel="next"' not in last


@pytest.mark.usefixtures("logbook")
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("outcome=check", 26),
        ("reason=febrile", 26),
        ("outcome=pass&volunteer=u2", 26),
        ("min_c=37.3", 26),
        ("min_c=36.5&max_c=36.6", 52),
        ("lane=main", 130),
        ("kind=override", 0),
        ("direction=out", 44),
        ("since=2026-11-21T07:30&until=2026-11-21T07:31", 3),
        ("since=2026-11-21T08:00", 40),
    ],
)
def test_a_download_holds_exactly_the_rows_that_the_page_counts(manager: Visitor, query: str, count: int):
    page = manager.page(f"/records?{query}")
    assert total(page) == count
    rows = downloaded(manager, query)[1:]
    assert len(rows) == count
    if count <= 50:
        assert [int(row[0]) for row in rows] == sorted(seqs(page))


@pytest.mark.usefixtures("logbook")
def test_a_download_opens_in_a_spreadsheet_with_words_for_its_columns(manager: Visitor):
    answer = manager.get("/records/download.csv?lang=zh_Hans_CN")
    with answer:
        assert answer.get_data().startswith(b"\xef\xbb\xbf")
        assert "序号,发生时间" in answer.get_data().decode("utf-8-sig")
        assert re.search(r'filename="?records-\d{8}-\d{4}\.csv"?', answer.headers["Content-Disposition"])
    assert downloaded(manager, "lang=en")[0][:3] == ["Number", "Happened", "Recorded"]
    assert downloaded(manager)[1][1] == "2026-11-21T07:30:00.000+08:00"


@pytest.mark.usefixtures("logbook")
def test_names_are_hidden_until_somebody_says_why(manager: Visitor, stub: GateStub):
    assert "王小明" not in manager.page("/records")
    assert "Please say why" in manager.post("/records/names", {"reason": " "}).get_data(as_text=True)
    stub.answer = lambda request: Reply(
        request_id=request.request_id, answer=Answer.DONE, data={"130": {"name": "王小明129", "room": "3-2-501"}}
    )
    page = manager.post("/records/names", {"reason": "a complaint"}).get_data(as_text=True)
    assert "<bdi>王小明129</bdi> · <bdi>3-2-501</bdi>" in page
    (request,) = stub.asked
    assert isinstance(request, asks.Reveal)
    assert (request.reason, request.by, request.seqs) == ("a complaint", "u1", tuple(range(130, 80, -1)))


@pytest.mark.usefixtures("logbook")
def test_names_that_the_gate_refuses_stay_hidden(manager: Visitor, stub: GateStub):
    stub.answer = Answer.NOT_RECORDED
    answer = manager.post("/records/names", {"reason": "a complaint"})
    assert answer.status_code == 409
    assert "Not written to the logbook" in answer.get_data(as_text=True)


@pytest.mark.usefixtures("logbook")
def test_looks_and_downloads_are_written_down_with_their_filter(manager: Visitor, desk: Desk):
    manager.get("/records?outcome=deny")
    downloaded(manager, "reason=febrile")
    acts = [(act.what, act.who, act.detail) for act in desk.audit.page()]
    assert ("records_viewed", "u1", "outcome=deny") in acts
    assert ("records_downloaded", "u1", "reason=febrile form=csv rows=26 names=no") in acts


@pytest.mark.usefixtures("logbook")
@pytest.mark.parametrize(
    "query", ["since=yesterday", "outcome=blue", "min_c=hot", "min_c=500", "lane=%00", "reason=<script>", "volunteer=x"]
)
def test_a_wrong_filter_is_refused_and_shown(manager: Visitor, query: str):
    answer = manager.get(f"/records?{query}")
    assert answer.status_code == 422
    assert 'class="problem"' in answer.get_data(as_text=True)
    assert "<script>" not in answer.get_data(as_text=True)
    assert manager.get(f"/records/download.csv?{query}").status_code == 422


def test_without_a_logbook_the_page_says_so(manager: Visitor):
    answer = manager.get("/records")
    assert answer.status_code == 503
    assert "The logbook cannot be read just now." in answer.get_data(as_text=True)
    assert manager.get("/records/download.csv").status_code == 503


def test_names_of_a_logbook_that_cannot_be_read_are_one_sentence_and_no_traceback(manager: Visitor):
    answer = manager.post("/records/names", {"reason": "a complaint"})
    assert answer.status_code == 503
    assert "cannot do that just now" in answer.get_data(as_text=True)


def test_nothing_found_is_said_in_words(manager: Visitor, at: Places):
    written_logbook.write(at, [draft(1)])
    assert "No row matches." in manager.page("/records?outcome=deny")


def test_every_kind_of_row_has_words(manager: Visitor, at: Places):
    at_time = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    written_logbook.write(at, [draft(0, kind=kind, happened=at_time, refers="visit-0") for kind in EntryKind])
    page = manager.page("/records")
    assert total(page) == len(EntryKind)
    assert "Names looked at" in page
