"""The gate's hold on its logbook."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.faults import LogbookUnwritable
from kiosk.core.model import Direction, Measurement, Outcome, TemperatureSource
from kiosk.core.reasons import Answer
from kiosk.core.requests import NumberSheets, Purge, Reveal
from kiosk.services.book import Book
from kiosk.services.clock import ClockState
from kiosk.settings import RetentionSection, places
from kiosk.store import owning
from kiosk.store.reader import Filter, Reader
from tests.support.clocks import HandClock

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def at(tmp_path):
    return places(tmp_path)


@pytest.fixture
def book(at, clock):
    book = Book(at, "k1", clock)
    yield book
    book.close()


def visit(clock, **more):
    values = {"lane": "main", "visit": "v", "direction": Direction.IN, "outcome": Outcome.PASS}
    return Draft(EntryKind.VISIT, clock.now(), **(values | more))


def kinds(at):
    return [entry.kind for entry in Reader(at.logbook).rows(Filter())]


def test_what_was_done_first_is_written_when_it_can_be(book, clock, at, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(book._logbook, "append", _refuse)
        broken.setattr(book._logbook, "probe", lambda: False)
        book.append_later(Draft(EntryKind.EVACUATION, clock.now(), detail="on"))
        assert not book.writable
        with pytest.raises(LogbookUnwritable):
            book.append(visit(clock))
    book.catch_up()
    assert not book.writable
    clock.mono += 3
    book.catch_up()
    assert book.writable
    assert kinds(at) == ["evacuation"]


def test_a_row_that_can_never_be_written_leaves_what_can_be_and_holds_nobody_behind_it_up(book, clock, at):
    no_number = Measurement(float("nan"), 36.5, None, 0.0, 1, "contact", clock.now(), TemperatureSource.CONTACT)
    book._later.append(visit(clock, visit="bad", measurement=no_number))
    book.append_later(Draft(EntryKind.EVACUATION, clock.now(), detail="on"))
    assert book.writable
    rows = sorted(Reader(at.logbook).rows(Filter()), key=lambda row: row.seq)
    said = [(row.kind, row.visit, row.detail) for row in rows]
    assert said == [("visit", "bad", "refused"), ("evacuation", "", "on")]


def test_a_visit_whose_row_can_never_be_written_does_not_close_the_gate(book, clock):
    no_number = Measurement(float("nan"), 36.5, None, 0.0, 1, "contact", clock.now(), TemperatureSource.CONTACT)
    with pytest.raises(LogbookUnwritable):
        book.append(visit(clock, measurement=no_number))
    assert book.writable


def test_a_start_after_a_kill_names_the_visit_whose_lamp_may_never_have_been_lit(at, clock):
    book = Book(at, "k1", clock)
    book.started("r1")
    book.append(visit(clock, visit="last"))
    book._logbook.close()  # killed: without a row that says so
    again = Book(at, "k1", clock)
    again.started("r1")
    again.append_later(Draft(EntryKind.STOP, clock.now()))
    again.close()
    with closing(Book(at, "k1", clock)) as third:
        third.started("r1")
    starts = [(row.detail, row.refers) for row in Reader(at.logbook).rows(Filter(kind=EntryKind.START))]
    assert starts == [("", ""), ("cut_short", "last"), ("", "")]


def test_a_purge_whose_row_failed_is_finished_in_a_later_turn(book, clock, at, monkeypatch):
    book.append(visit(clock, sealed=((SealClass.IDENTITY, (("name", "王小明"),)),)))
    clock.wall += timedelta(days=3)
    append = book._logbook.append
    before = clock.wall - timedelta(days=1)
    request = Purge(request_id="p", by="m", expires_at=clock.wall + timedelta(seconds=5), before=before)
    with monkeypatch.context() as broken:
        broken.setattr(
            book._logbook, "append", lambda draft: _refuse(draft) if draft.kind == "purged" else append(draft)
        )
        assert book.answer(request).answer is Answer.NOT_RECORDED
        book.catch_up()
        assert (book.disk.state.code, "purged" in kinds(at)) == ("not_forgotten", False)
        book.append(visit(clock, visit="people go on coming in"))
    clock.mono += 3
    book.catch_up()
    assert kinds(at).count("purged") == 1
    assert book.disk.state.code != "not_forgotten"


def test_a_purge_beside_a_long_look_is_answered_and_finished_by_turns_soon_after_that_look(book, clock, at):
    book.append(visit(clock, sealed=((SealClass.IDENTITY, (("name", "王小明"),)),)))
    clock.wall += timedelta(days=3)
    before = clock.wall - timedelta(days=1)
    request = Purge(request_id="p", by="m", expires_at=clock.wall + timedelta(seconds=5), before=before)
    log = at.logbook.with_name("logbook.db-wal")
    with owning.reading(at.logbook) as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM entry").fetchone()
        assert book.answer(request).data == {"rows": 1, "unfinished": True}
        book.catch_up()
        assert (log.stat().st_size > 0, book.disk.state.code) == (True, "ok")
        clock.mono += 3600
        book.catch_up()
        assert book.disk.state.code == "not_forgotten"
    clock.mono += 3
    book.catch_up()
    assert (log.stat().st_size, book.disk.state.code) == (0, "ok")


def test_asking_again_after_an_answer_that_got_lost_changes_nothing_a_second_time(book, clock, at):
    request = NumberSheets(request_id="n", by="m", expires_at=clock.wall + timedelta(seconds=5), count=3)
    assert [book.answer(request).data for _ in range(2)] == [{"first": 1, "last": 3}] * 2
    assert kinds(at).count("sheets") == 1
    other = msgspec.structs.replace(request, count=2)
    assert book.answer(other).data == {"first": 4, "last": 5}


def test_damage_deep_in_the_file_is_told_without_a_start_that_waits_for_it(at, clock):
    book = Book(at, "k1", clock)
    for number in range(300):
        book.append(visit(clock, visit=f"v{number}"))
    book.close()
    with closing(sqlite3.connect(at.logbook)) as db:
        page = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'entry_visit'").fetchone()[0]
    data = bytearray(at.logbook.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    at.logbook.write_bytes(data)
    with closing(Book(at, "k1", clock, mend=True)) as again:
        again._looking.join()
        assert (again.disk.state.code, again.writable) == ("damaged", True)


def _refuse(_):
    raise LogbookUnwritable("disk full")


def test_a_logbook_that_cannot_be_opened_is_tried_again(at, clock, monkeypatch):
    at.logbook.parent.mkdir(parents=True)
    at.logbook.mkdir()
    book = Book(at, "k1", clock)
    with pytest.raises(LogbookUnwritable):
        book.append(visit(clock))
    at.logbook.rmdir()
    clock.mono += 3
    book.catch_up()
    book.append(visit(clock))
    book.close()


def test_the_clock_is_in_doubt_when_it_shows_less_than_the_newest_row(at, clock):
    book = Book(at, "k1", clock)
    book.append(visit(clock))
    book.close()
    clock.wall -= timedelta(days=1)
    again = Book(at, "k1", clock)
    assert clock.state() is ClockState.UNTRUSTED
    again.close()


def test_counts_are_of_the_places_own_day(book, clock):
    book.append(visit(clock, visit="before midnight in Shanghai"))
    clock.wall += timedelta(hours=12)
    book.append(visit(clock, visit="after"))
    assert book.counts(SHANGHAI).passed == 1


def test_forgetting_on_time_takes_names_and_leaves_rows(book, clock, at):
    book.append(visit(clock, sealed=((SealClass.IDENTITY, (("name", "王小明"),)),)))
    clock.wall += timedelta(days=16)
    book.forget_on_time(RetentionSection())
    request = Reveal(request_id="r", by="m", expires_at=clock.wall + timedelta(seconds=5), seqs=(1,), reason="q")
    reply = book.answer(request)
    assert reply.answer is Answer.DONE
    assert not reply.data.get("1")
    assert "visit" in kinds(at)


def test_a_clock_that_woke_up_years_later_forgets_nothing_until_somebody_vouches_for_it(at, clock):
    book = Book(at, "k1", clock)
    book.append(visit(clock, sealed=((SealClass.IDENTITY, (("name", "王小明"),)),)))
    book.close()
    clock.wall += timedelta(days=3650)
    again = Book(at, "k1", clock)
    again.forget_on_time(RetentionSection())
    request = Reveal(request_id="r", by="m", expires_at=clock.wall + timedelta(seconds=5), seqs=(1,), reason="q")
    assert again.answer(request).data["1"]["name"] == "王小明"
    clock.remember(clock.wall, timedelta(0))
    again.forget_on_time(RetentionSection())
    assert not again.answer(msgspec.structs.replace(request, request_id="r2")).data.get("1")
    again.close()


def test_a_look_that_cannot_be_written_down_shows_nothing(book, clock, monkeypatch):
    monkeypatch.setattr(book._logbook, "append", _refuse)
    request = Reveal(request_id="r", by="m", expires_at=clock.wall + timedelta(seconds=5), seqs=(1,), reason="q")
    reply = book.answer(request)
    assert (reply.answer, reply.data) == (Answer.NOT_RECORDED, {})


def test_an_old_request_is_void(book, clock):
    request = Purge(request_id="p", by="m", expires_at=clock.wall, before=clock.wall - timedelta(days=3))
    assert book.answer(request).answer is Answer.EXPIRED
    fresh = msgspec.structs.replace(request, expires_at=clock.wall + timedelta(seconds=1))
    assert book.answer(fresh).answer is Answer.DONE


def test_a_place_where_no_keys_can_be_made_is_one_line(at, clock):
    at.keys.parent.mkdir(parents=True)
    at.keys.write_text("a file where the folder should be")
    with pytest.raises(LogbookUnwritable, match="no keys can be made here"):
        Book(at, "k1", clock)


def test_the_desk_is_told_when_no_backup_was_made_for_days_though_one_should_be(book, clock, at):
    book.append(visit(clock))
    book.disk.became("ok")
    clock.wall += timedelta(days=4)
    book.look_for_backups("")
    assert book.disk.state.ok
    book.look_for_backups("label:KIOSK")
    assert (book.disk.state.code, "ever" in book.disk.state.detail) == ("no_backup", True)
    book.disk.became("ok")
    book.append(Draft(EntryKind.BACKUP, clock.now(), detail="1 k1.kioskbackup"))
    book.look_for_backups("label:KIOSK")
    assert book.disk.state.ok
