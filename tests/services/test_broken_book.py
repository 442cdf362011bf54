"""A broken logbook stops nobody: it is set aside, a new epoch begins, the desk is told; doubts are told too."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.faults import LogbookBroken, LogbookUnwritable
from kiosk.core.reasons import Answer
from kiosk.core.requests import About, Erase, OpenNames, Reveal, SignExport, SignHead
from kiosk.services.book import Book
from kiosk.settings import RetentionSection, places
from kiosk.store import owning, soundness
from kiosk.store.reader import Filter, Reader
from kiosk.store.verify import check
from tests.support.clocks import HandClock


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def at(tmp_path):
    return places(tmp_path)


@pytest.fixture
def book(at, clock):
    book = Book(at, "k1", clock, mend=True)
    yield book
    book.close()


def visit(clock, name="王小明", **more):
    sealed = ((SealClass.IDENTITY, (("name", name),)), (SealClass.NOTE, (("note", "n"),)))
    return Draft(
        EntryKind.VISIT, clock.now(), **({"lane": "main", "visit": "v", "person": "P1", "sealed": sealed} | more)
    )


def ask(book, clock, kind, **values):
    values = {"request_id": "r", "by": "m", "expires_at": clock.wall + timedelta(seconds=5)} | values
    return book.answer(kind(**values))


def spoil(at):
    with closing(sqlite3.connect(at.logbook)) as db:
        db.execute("UPDATE entry SET body = replace(body, 'main', 'back') WHERE seq = 1")
        db.commit()


def test_a_broken_file_is_set_aside_and_a_new_epoch_begins(at, clock):
    first = Book(at, "k1", clock)
    first.append(visit(clock))
    first.close()
    spoil(at)
    with pytest.raises(LogbookBroken):
        Book(at, "k1", clock)
    clock.wall += timedelta(minutes=1)
    with closing(Book(at, "k1", clock, mend=True)) as book:
        book.append(visit(clock))
        assert (book.writable, book.disk.state.code) == (True, "set_aside")
        assert "move it away" in book.disk.state.detail
        (row,) = [row for row in Reader(at.logbook).rows(Filter()) if row.kind is EntryKind.VISIT]
    (moved,) = [each for each in at.logbook.parent.glob("*.broken-*") if each.name.endswith("Z")]
    with closing(sqlite3.connect(moved)) as db:
        assert row.epoch > db.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()[0]
    assert len(list(at.logbook.parent.glob("*.broken-*"))) >= 1


def test_a_file_that_is_damaged_while_the_gate_runs_is_set_aside_and_people_go_on_coming_in(at, clock, book):
    for number in range(100):
        book.append(visit(clock, visit=f"v{number}"))
    owning.empty_log(book._logbook._db)
    data = bytearray(at.logbook.read_bytes())
    at.logbook.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))
    book._logbook._db.execute("PRAGMA shrink_memory")
    with pytest.raises(LogbookUnwritable):
        book.append(visit(clock, visit="refused"))
    assert not book.writable
    clock.mono += 3
    book.catch_up()
    book.append(visit(clock, visit="after"))
    assert book.disk.state.code == "set_aside"
    assert [row.visit for row in Reader(at.logbook).rows(Filter(kind=EntryKind.VISIT))] == ["after"]
    (aside,) = soundness.aside(at.logbook)
    assert aside.read_bytes()[4096:8192] == b"\xa5" * 4096


def test_a_file_whose_damage_shows_in_a_count_is_set_aside_too(at, clock, book):
    for number in range(100):
        book.append(visit(clock, visit=f"v{number}"))
    owning.empty_log(book._logbook._db)
    data = bytearray(at.logbook.read_bytes())
    at.logbook.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))
    book._logbook._db.execute("PRAGMA shrink_memory")
    book.counts(ZoneInfo("Asia/Shanghai"))
    assert not book.writable
    for _ in range(2):
        clock.mono += 3
        book.catch_up()
    assert (book.disk.state.code, book.writable) == ("set_aside", True)


def test_a_broken_file_that_cannot_be_moved_ends_nothing_and_is_set_aside_later(at, clock, monkeypatch):
    at.logbook.parent.mkdir(parents=True)
    at.logbook.write_bytes(b"no database" * 1000)
    at.logbook.with_name("logbook.db.head").write_bytes(b"{}")
    rename = Path.rename

    def failing(self, to):
        if self.name == "logbook.db":
            raise OSError(5, "Input/output error")
        return rename(self, to)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", failing)
        book = Book(at, "k1", clock, mend=True)
        assert not book.writable
    clock.wall += timedelta(seconds=3)
    clock.mono += 3
    book.catch_up()
    assert (book.writable, book.disk.state.code) == (True, "set_aside")
    (aside,) = soundness.aside(at.logbook)
    assert aside.with_name(aside.name + ".head").read_bytes() == b"{}"
    book.close()


def test_a_damaged_root_key_keeps_nobody_out_and_is_told(at, clock):
    with closing(Book(at, "k1", clock)) as first:
        first.append(visit(clock))
    (at.keys / "root.key").write_bytes(b"half")
    with pytest.raises(LogbookBroken):
        Book(at, "k1", clock)
    with closing(Book(at, "k1", clock, mend=True)) as book:
        book.append(visit(clock))
        assert (book.writable, book.disk.state.code) == (True, "key_damaged")
    *_, verified = check(at.logbook)
    assert (verified.rows >= 2, verified.broken) == (True, None)


def test_the_alarm_ends_when_the_file_was_moved_away(at, clock):
    at.logbook.parent.mkdir(parents=True)
    at.logbook.write_bytes(b"no database" * 1000)
    with closing(Book(at, "k1", clock, mend=True)) as book:
        assert book.disk.state.code == "set_aside"
    for each in at.logbook.parent.glob("*.broken-*"):
        each.unlink()
    with closing(Book(at, "k1", clock, mend=True)) as book:
        assert book.disk.state.code != "set_aside"


def test_each_class_is_forgotten_by_its_own_days(book, clock, at):
    book.append(visit(clock))
    clock.wall += timedelta(days=5)
    book.forget_on_time(RetentionSection(identity_days=3, note_days=14))
    assert ask(book, clock, Reveal, seqs=(1,), reason="q").data["1"] == {"note": "n"}
    clock.wall += timedelta(days=11)
    book.forget_on_time(RetentionSection(identity_days=3, note_days=14))
    assert ask(book, clock, Reveal, seqs=(1,), reason="q").data["1"] == {}
    *_, verified = check(at.logbook)
    assert verified.broken is None


def test_the_reason_of_a_look_is_a_sealed_note_of_its_row(book, clock):
    book.append(visit(clock))
    ask(book, clock, Reveal, seqs=(1,), reason="contact tracing")
    assert ask(book, clock, Reveal, seqs=(2,), reason="q").data["2"] == {"reason": "contact tracing"}


def test_an_export_with_names_is_one_row_and_its_pass_ends(book, clock, at):
    book.append(visit(clock))
    export = ask(book, clock, OpenNames, reason="case 12").data["export"]
    for _ in range(2):
        assert ask(book, clock, Reveal, seqs=(1,), reason="export", export=export).data["1"]["name"] == "王小明"
    assert [row.detail for row in Reader(at.logbook).rows(Filter(kind=EntryKind.EXPORTED))] == ["names"]
    assert ask(book, clock, Reveal, seqs=(1,), reason="export", export="made up").answer is Answer.NOT_ALLOWED
    clock.wall += timedelta(hours=2)
    assert ask(book, clock, Reveal, seqs=(1,), reason="export", export=export).answer is Answer.NOT_ALLOWED


def test_a_manifest_with_names_needs_an_export_that_was_opened(book, clock):
    book.append(visit(clock))
    told = '{"form":"csv","rows":1,"seqs":[1,1],"columns":[],"filter":{},"names":%s,"bytes":0,"sha256":""}'
    assert ask(book, clock, SignExport, manifest=told % "true").answer is Answer.NOT_ALLOWED
    assert '"signature"' in ask(book, clock, SignExport, manifest=told % "false").data["manifest"]
    assert ask(book, clock, SignExport, manifest="{}").answer is Answer.OUT_OF_RANGE


def test_a_head_is_signed_when_asked_for_and_in_a_quiet_hour(book, clock, at):
    assert ask(book, clock, SignHead).answer is Answer.OUT_OF_RANGE
    book.append(visit(clock))
    assert ask(book, clock, SignHead).data["seq"] == 1
    book.append(visit(clock))
    book.catch_up()
    assert Reader(at.logbook).signed().head.seq == 1
    clock.wall += timedelta(minutes=20)
    clock.mono += 1200
    book.catch_up()
    assert Reader(at.logbook).signed().head.seq >= 2


def test_one_persons_rows_are_shown_and_erased_and_both_are_written_down(book, clock, at):
    book.append(visit(clock))
    book.append(visit(clock, name="Li", person="P2", visit="w"))
    rows = ask(book, clock, About, persons=("P1",), reason="asked").data["rows"]
    assert [row["entry"].seq for row in rows] == [1]
    assert ask(book, clock, Erase, names=("王小明",), reason="asked").data["rows"] == 1
    assert ask(book, clock, Reveal, seqs=(1, 2), reason="q").data["1"] == {}
    kinds = [row.kind for row in Reader(at.logbook).rows(Filter())]
    assert (EntryKind.LOOKED in kinds, EntryKind.ERASED in kinds) == (True, True)
