"""Who asks for a visit hears that it is done when its row is on the disk, and not before."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.core.entry import EntryKind
from kiosk.core.faults import LogbookUnwritable
from kiosk.core.ports import LampPattern
from kiosk.core.reasons import Answer
from kiosk.core.requests import Call, ManualVisit, SignHead, Typed
from kiosk.services.inbox import Asked

MANUAL = {"lane": "main", "name": "王小明", "room": "3-2-501", "celsius": 36.4}


@pytest.fixture(autouse=True)
def _only_what_is_asked(house):
    """A rule book without tests of any kind: a name and a temperature make a verdict."""
    house.at.rules.write_text("[show]\nleast_s = 0\n[groups.residents]\nchecks = ['identity', 'temperature']\n")
    house.gate._lists._refresh()
    house.turns()


@pytest.fixture
def rows_when_answered(house, monkeypatch):
    """How many visits were in the log when each answer was given."""
    seen = []
    give = house.gate._replies.give

    def giving(reply):
        seen.append(sum(row.kind is EntryKind.VISIT for row in house.rows()))
        give(reply)

    monkeypatch.setattr(house.gate._replies, "give", giving)
    return seen


def refuse(_):
    raise LogbookUnwritable("disk full")


def test_a_visit_by_hand_is_answered_after_its_row(house, rows_when_answered):
    assert house.asks(ManualVisit, **MANUAL).answer is Answer.DONE
    assert rows_when_answered == [1]


def test_a_typed_code_is_answered_after_the_look_that_it_caused(house, rows_when_answered):
    house.measures()
    assert house.asks(Typed, lane="main", text=house.texts["王小明"]).answer is Answer.DONE
    assert rows_when_answered == [1]


@pytest.mark.parametrize(
    ("kind", "values"), [(ManualVisit, MANUAL), (Typed, {"lane": "main", "text": "王小明"})], ids=["manual", "typed"]
)
def test_a_visit_whose_row_cannot_be_written_is_not_said_to_be_done(house, monkeypatch, kind, values):
    house.measures()
    if "text" in values:
        values = values | {"text": house.texts[values["text"]]}
    monkeypatch.setattr(house.gate._book._logbook, "append", refuse)
    assert house.asks(kind, **values).answer is Answer.NOT_RECORDED
    assert LampPattern.PASS not in house.lamp.shown


def test_what_hangs_on_no_row_is_done_all_the_same(house, monkeypatch):
    monkeypatch.setattr(house.gate._book._logbook, "append", refuse)
    until = datetime.now(UTC) + timedelta(seconds=9)
    asked = [
        Call(request_id="c", by="li", expires_at=until, lane="main"),
        ManualVisit(request_id="m", by="li", expires_at=until, **MANUAL),
    ]
    answers: list[Future] = [Future(), Future()]
    for request, answer in zip(asked, answers, strict=True):
        house.gate._inbox.post(Asked(request, answer))
    house.turns()
    assert [each.result(timeout=1).answer for each in answers] == [Answer.DONE, Answer.NOT_RECORDED]


def test_pages_are_told_the_newest_signed_head(house):
    house.asks(ManualVisit, **MANUAL)
    signed = SignHead(request_id="s", by="li", expires_at=datetime.now(UTC) + timedelta(seconds=9))
    reply = house.gate._book.answer(signed)
    assert house.gate._view().head == f"{reply.data['seq']}:{reply.data['code']}"
