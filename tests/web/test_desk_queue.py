"""The review queue: what stands in it, what takes it out, and that it follows the log."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiosk.core import requests as asks
from kiosk.core.entry import EntryKind, SealClass
from kiosk.core.model import Outcome
from kiosk.core.reasons import Answer, Reason
from kiosk.core.requests import Reply
from kiosk.settings import Places
from kiosk.store.records import Records
from tests.support import gate_stub, written_logbook
from tests.support.gate_stub import GateStub
from tests.support.written_logbook import MORNING, draft
from tests.web.conftest import Clock, Visitor, show
from web.desk_queue import LOOK_EVERY_S, ReviewQueue
from web.gate import Gate

CHECK, PASS = Outcome.CHECK, Outcome.PASS


def about(kind: EntryKind, number: int, minutes: float, **more: object):
    more = {"visit": f"visit-{number}", "refers": f"visit-{number}", "volunteer": "u2"} | more
    return draft(number, kind=kind, happened=MORNING + timedelta(minutes=minutes), sealed=(), **more)


A_MORNING = (
    draft(0, outcome=CHECK, reasons=(Reason.FEBRILE,)),
    draft(1, outcome=CHECK),
    draft(2, kind=EntryKind.INCOMPLETE, outcome=None),
    draft(3, outcome=PASS),
    about(EntryKind.OVERRIDE, 1, 3, outcome=PASS),
    about(EntryKind.DISPUTE, 3, 4, outcome=None),
)


@pytest.fixture
def morning(at: Places, clock: Clock) -> None:
    written_logbook.write(at, A_MORNING)
    clock.at = MORNING + timedelta(hours=1)


def test_it_lists_what_is_owed_oldest_first_and_says_why(morning: None, volunteer: Visitor):
    page = volunteer.page("/desk/review")
    found = [page.index(f'id="case-visit-{number}"') for number in (0, 1, 2, 3)]
    assert found == sorted(found)
    for words in ("nobody decided", "nobody said why", "Left half-way", "There was a quarrel", "Anna"):
        assert words in page
    assert "王小明" not in page


def test_a_day_later_nothing_of_it_is_left(morning: None, volunteer: Visitor, clock: Clock):
    clock.at = MORNING + timedelta(hours=25)
    volunteer.log_in("Anna", "294713")
    assert "Nothing is open." in volunteer.page("/desk/review")


def test_the_count_stands_on_the_desk(morning: None, volunteer: Visitor):
    page = volunteer.page("/desk")
    assert "To be reviewed: <b>4</b>" in page


def test_a_visit_that_the_gate_still_holds_can_be_decided_and_others_cannot(
    morning: None, volunteer: Visitor, stub: GateStub, gate: Gate
):
    held = gate_stub.visit(0, visit="visit-0", name="王小明")
    show(stub, gate, gate_stub.gate_view(gate_stub.desk_view(recent=(held,))))
    page = volunteer.page("/desk/review")
    assert "/desk/review/visit-0/decide" in page
    assert "/desk/review/visit-2/decide" not in page
    assert "王小明" in page
    volunteer.post("/desk/review/visit-0/decide", {"outcome": "pass"})
    (asked,) = stub.asked
    assert isinstance(asked, asks.Override)
    assert (asked.visit, asked.outcome, asked.by) == ("visit-0", PASS, "u2")


def test_words_go_to_the_gate_while_it_holds_the_visit_and_into_the_log_afterwards(
    morning: None, volunteer: Visitor, stub: GateStub
):
    def forgot(request: asks.Request) -> Reply:
        answer = Answer.VISIT_ENDED if isinstance(request, asks.Explain) else Answer.DONE
        return Reply(request_id=request.request_id, answer=answer)

    stub.answer = forgot
    answer = volunteer.post("/desk/review/visit-1/explain", {"quick": "Turned back"})
    assert answer.headers["Location"].endswith("/desk/review?said=done")
    explain, note = stub.asked
    assert isinstance(explain, asks.Explain)
    assert isinstance(note, asks.Review)
    assert (explain.reason, note.note) == ("Turned back", "Turned back")


def test_nothing_said_is_nothing_asked(morning: None, volunteer: Visitor, stub: GateStub):
    answer = volunteer.post("/desk/review/visit-1/explain", {"reason": " "})
    assert answer.status_code == 422
    assert stub.asked == []


def test_a_refusal_is_said_and_the_queue_stays(morning: None, volunteer: Visitor, stub: GateStub):
    stub.answer = Answer.NOT_RECORDED
    answer = volunteer.post("/desk/review/visit-1/explain", {"reason": "x"})
    assert answer.status_code == 409
    assert "note it on the paper sheet" in answer.get_data(as_text=True)
    assert "case-visit-1" in answer.get_data(as_text=True)


def test_a_log_that_cannot_be_read_is_one_sentence(volunteer: Visitor):
    answer = volunteer.get("/desk/review")
    assert answer.status_code == 503
    assert "cannot be read just now" in answer.get_data(as_text=True)


def test_it_follows_the_log_and_does_not_count_anew_at_every_look(at: Places, clock: Clock):
    seconds = [0.0]
    clock.at = MORNING + timedelta(hours=1)
    queue = ReviewQueue(Records.open(at.logbook), clock.now, lambda: seconds[0])
    assert queue.count() == 0  # there is no log yet
    seconds[0] += LOOK_EVERY_S + 1
    written_logbook.write(at, A_MORNING)
    assert queue.count() == 4
    said = about(EntryKind.EXPLAIN, 0, 6, outcome=None)
    written_logbook.write(at, [said])
    assert queue.count() == 4  # as far as it looked
    seconds[0] += LOOK_EVERY_S + 1
    assert queue.count() == 3
    reason = ((SealClass.NOTE, (("note", "known to me"),)),)
    written_logbook.write(at, [draft(5, outcome=CHECK), about(EntryKind.OVERRIDE, 5, 7, outcome=PASS)])
    assert [visit.base.visit for visit in queue.owed()] == ["visit-1", "visit-2", "visit-3", "visit-5"]
    explained = draft(5, kind=EntryKind.OVERRIDE, visit="visit-5", refers="visit-5", outcome=PASS, sealed=reason)
    written_logbook.write(at, [explained])
    assert [visit.base.visit for visit in queue.owed()] == ["visit-1", "visit-2", "visit-3"]
