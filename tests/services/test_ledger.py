"""What the logbook answers beside the lanes: disputes, who is inside, paper, backups; each a row first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.faults import LogbookUnwritable
from kiosk.core.model import Direction, Outcome
from kiosk.core.reasons import Answer
from kiosk.core.requests import (
    Archived,
    Dispute,
    EnterPaper,
    HandOver,
    Inside,
    NoteBackup,
    NumberSheets,
    PaperLine,
    Reply,
    ResetInside,
    Review,
    SignHead,
)
from kiosk.services.book import Book
from kiosk.services.clock import SystemClock
from kiosk.settings import Places, places
from kiosk.store.reader import Entry, Filter, Reader

IN, OUT = Direction.IN, Direction.OUT


class Turned(SystemClock):
    """A clock that a test turns."""

    def __init__(self) -> None:
        super().__init__()
        self.wall, self.seconds = datetime(2026, 11, 21, 3, tzinfo=UTC), 0.0

    def now(self) -> datetime:
        return self.wall

    def elapsed_s(self) -> float:
        return self.seconds

    def on(self, **span: float) -> None:
        self.wall += timedelta(**span)
        self.seconds += timedelta(**span).total_seconds()


@dataclass
class Post:
    """One logbook with a volunteer before it."""

    at: Places
    book: Book
    clock: Turned
    asked: int = 0

    def asks(self, kind: type[Archived], **values: Any) -> Reply:
        self.asked += 1
        expires = self.clock.now() + timedelta(seconds=5)
        return self.book.answer(kind(**{"request_id": f"r{self.asked}", "by": "li", "expires_at": expires} | values))

    def goes(self, way: Direction, name: str = "", lane: str = "main", **more: Any) -> str:
        self.clock.on(seconds=30)
        self.asked += 1
        sealed = ((SealClass.IDENTITY, (("name", name), *more.pop("fields", {}).items())),) if name else ()
        values = {"visit": f"v{self.asked}", "direction": way, "outcome": Outcome.PASS, "sealed": sealed} | more
        self.book.append(Draft(EntryKind.VISIT, self.clock.now(), lane=lane, **values))
        return f"v{self.asked}"

    def inside(self) -> dict[str, Any]:
        reply = self.asks(Inside)
        assert reply.answer is Answer.DONE
        return reply.data

    def rows(self, kind: EntryKind) -> list[Entry]:
        return list(Reader(self.at.logbook).rows(Filter(kind=kind)))


@pytest.fixture
def post(tmp_path) -> Iterator[Post]:
    at, clock = places(tmp_path), Turned()
    post = Post(at, Book(at, "k1", clock), clock)
    yield post
    post.book.close()


# --- Disputes ---------------------------------------------------------------------------------------------


def test_a_dispute_note_names_a_second_volunteer_and_hides_its_words(post: Post) -> None:
    visit = post.goes(IN, lane="north")
    post.clock.on(hours=5)
    assert post.asks(Dispute, visit=visit, second="chen", note="他说体温计坏了").answer is Answer.DONE
    (row,) = post.rows(EntryKind.DISPUTE)
    assert (row.volunteer, row.detail, row.refers, row.lane) == ("li", "chen", visit, "north")
    assert post.book._unsealed([row.seq]) == {row.seq: {"note": "他说体温计坏了"}}


def test_nobody_is_their_own_witness_and_no_visit_no_dispute(post: Post) -> None:
    visit = post.goes(IN)
    assert post.asks(Dispute, visit=visit, second="li", note="x").answer is Answer.BAD_REQUEST
    assert post.asks(Dispute, visit="gone", second="chen", note="x").answer is Answer.VISIT_ENDED
    assert post.rows(EntryKind.DISPUTE) == []


def test_a_visit_of_this_morning_is_explained_by_a_note_and_one_that_never_was_is_not(post: Post) -> None:
    visit = post.goes(IN, lane="north")
    post.clock.on(hours=5)
    assert post.asks(Review, visit=visit, note="测试点关门了").answer is Answer.DONE
    assert post.asks(Review, visit="gone", note="x").answer is Answer.VISIT_ENDED
    (row,) = post.rows(EntryKind.EXPLAIN)
    assert (row.volunteer, row.refers, row.lane) == ("li", visit, "north")
    assert post.book._unsealed([row.seq]) == {row.seq: {"note": "测试点关门了"}}


def test_a_hand_over_is_a_row_with_both_and_signs_what_the_log_has_come_to(post: Post) -> None:
    reply = post.asks(HandOver, before="u2")
    (row,) = post.rows(EntryKind.HAND_OVER)
    assert (row.volunteer, row.detail) == ("li", "u2")
    assert (reply.answer, reply.data["seq"]) == (Answer.DONE, row.seq)
    assert post.asks(SignHead).data["code"] == reply.data["code"]


# --- Who is inside ----------------------------------------------------------------------------------------


def test_entries_and_exits_through_any_lane_are_paired(post: Post) -> None:
    stays = post.goes(IN, "张伟", code_key="k2", format="local_pass", fields={"credential_id": "c2"})
    post.goes(IN, "王小明", lane="north", person="P1")
    post.goes(OUT, "王小明", lane="south", person="P1")
    data = post.inside()
    assert (data["certain"], data["likely"], data["unknown"]) == (1, 0, 0)
    assert [each["visit"] for each in data["people"]] == [stays]
    assert "张伟" not in str(data)


def test_a_pass_is_recognised_on_another_day(post: Post) -> None:
    card = {"format": "local_pass", "issuer": "x", "fields": {"credential_id": "c1"}, "person": "P1"}
    post.goes(IN, "王小明", **card | {"fields": dict(card["fields"])})
    post.clock.on(hours=24)
    post.goes(OUT, "王小明", **card | {"fields": dict(card["fields"])})
    assert post.inside()["people"] == []


def test_stopped_undone_and_half_way_visits_did_not_go_in(post: Post) -> None:
    post.goes(IN, "a", outcome=Outcome.DENY)
    undone = post.goes(IN, "b", outcome=Outcome.CHECK)
    post.book.append(Draft(EntryKind.OVERRIDE, post.clock.now(), visit=undone, refers=undone, outcome=Outcome.PASS))
    assert post.inside()["likely"] == 1
    post.book.append(Draft(EntryKind.UNDO, post.clock.now(), visit=undone, refers=undone))
    assert post.inside()["people"] == []


def test_a_medical_exit_by_name_takes_that_person_out(post: Post) -> None:
    post.goes(IN, "王 小明")
    sealed = ((SealClass.IDENTITY, (("name", "王小明"),)),)
    post.book.append(Draft(EntryKind.MEDICAL_EXIT, post.clock.now(), visit="m", direction=OUT, sealed=sealed))
    assert post.inside()["people"] == []


def test_a_reset_needs_a_reason_is_a_row_and_begins_anew(post: Post) -> None:
    post.goes(IN, "王小明")
    assert post.asks(ResetInside, reason="counted by hand at 22:00").answer is Answer.DONE
    post.clock.on(minutes=1)
    assert post.inside()["people"] == []
    (row,) = post.rows(EntryKind.INSIDE_RESET)
    assert row.volunteer == "li"
    post.goes(IN, "张伟")
    assert post.inside()["likely"] == 1


def test_whoever_came_in_days_ago_is_taken_to_live_here(post: Post) -> None:
    post.goes(IN, "王小明")
    post.clock.on(hours=49)
    assert post.inside()["people"] == []


def test_forgotten_names_leave_unknown_people(post: Post) -> None:
    post.goes(IN, "王小明")
    post.clock.on(hours=24)
    assert post.book._logbook is not None
    post.book._logbook.purge(post.clock.now().date())
    assert (post.inside()["likely"], post.inside()["unknown"]) == (0, 1)


# --- Paper ------------------------------------------------------------------------------------------------


def lines(post: Post, *numbers: int, **changes: Any) -> tuple[PaperLine, ...]:
    happened = post.clock.now() - timedelta(hours=2)
    usual = {"sheet": 1, "happened": happened, "outcome": Outcome.PASS, "volunteer": "chen", "name": "王小明"}
    return tuple(PaperLine(**usual | {"line": number} | changes) for number in numbers)


def test_sheets_are_numbered_once_and_for_all(post: Post) -> None:
    assert post.asks(NumberSheets, count=20).data == {"first": 1, "last": 20}
    assert post.asks(NumberSheets, count=1).data == {"first": 21, "last": 21}
    assert [row.detail for row in post.rows(EntryKind.SHEETS)] == ["1-20", "21-21"]


def test_twenty_lines_are_twenty_visits_with_both_times(post: Post) -> None:
    post.asks(NumberSheets, count=1)
    happened = post.clock.now() - timedelta(hours=2)
    reply = post.asks(EnterPaper, lines=lines(post, *range(1, 21)))
    assert reply.data == {"written": 20, "refused": []}
    rows = post.rows(EntryKind.VISIT)
    assert {(row.source, row.happened, row.volunteer) for row in rows} == {("paper", happened, "chen")}
    assert {row.recorded for row in rows} == {post.clock.now()}
    assert rows[6].detail == "sheet 1 line 7 typed by li"


def test_a_line_that_is_there_already_or_cannot_be_is_named_and_the_rest_is_written(post: Post) -> None:
    post.asks(NumberSheets, count=1)
    post.asks(EnterPaper, lines=lines(post, 1))
    later = post.clock.now() + timedelta(hours=1)
    wrong = (*lines(post, 1, 2), *lines(post, 3, sheet=2), *lines(post, 4, happened=later))
    assert post.asks(EnterPaper, lines=wrong).data == {
        "written": 1,
        "refused": [
            {"sheet": 1, "line": 1, "slip": "duplicate"},
            {"sheet": 2, "line": 3, "slip": "unknown_sheet"},
            {"sheet": 1, "line": 4, "slip": "in_future"},
        ],
    }
    assert len(post.rows(EntryKind.VISIT)) == 2


def test_a_line_twice_in_one_request_is_written_once(post: Post) -> None:
    post.asks(NumberSheets, count=1)
    assert post.asks(EnterPaper, lines=lines(post, 5, 5)).data["written"] == 1


def test_paper_visits_count_on_the_day_they_happened(post: Post) -> None:
    post.asks(NumberSheets, count=1)
    yesterday = post.clock.now() - timedelta(days=1)
    post.asks(EnterPaper, lines=lines(post, 1, happened=yesterday))
    counts = Reader(post.at.logbook).counts(yesterday - timedelta(hours=1), yesterday + timedelta(hours=1))
    assert (counts.passed, counts.entered) == (1, 1)


# --- Backups, and a log that cannot be written ------------------------------------------------------------


def test_a_backup_is_a_row(post: Post) -> None:
    post.asks(NoteBackup, seq=7, backup="k1-20261121.kioskbackup")
    assert [row.detail for row in post.rows(EntryKind.BACKUP)] == ["7 k1-20261121.kioskbackup"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [(NumberSheets, {"count": 3}), (ResetInside, {"reason": "x"}), (NoteBackup, {"seq": 1, "backup": "b"})],
)
def test_what_cannot_be_written_is_not_done(
    post: Post, monkeypatch: pytest.MonkeyPatch, kind: type[Archived], values: dict[str, Any]
) -> None:
    def refuse(_: Draft) -> None:
        raise LogbookUnwritable("disk full")

    monkeypatch.setattr(post.book._logbook, "append", refuse)
    reply = post.asks(kind, **values)
    assert (reply.answer, reply.data) == (Answer.NOT_RECORDED, {})


# --- Coming in again --------------------------------------------------------------------------------------


def test_a_pass_seen_at_any_lane_is_a_replay_until_it_went_out(post: Post) -> None:
    since = post.clock.now()
    before = post.book.passed_before
    assert before("k", IN, since) is None
    post.goes(IN, lane="north", code_key="k")
    assert before("k", IN, since) is not None, "handed back over the fence"
    post.goes(OUT, lane="south", code_key="k", outcome=Outcome.DENY)
    assert before("k", IN, since) is not None, "stopped on the way out"
    post.goes(OUT, lane="south", code_key="k")
    assert before("k", IN, since) is None, "went out: may come in at once"
    assert before("k", OUT, since) is not None
    post.goes(IN, lane="south", code_key="k")
    assert before("k", IN, since) is not None
