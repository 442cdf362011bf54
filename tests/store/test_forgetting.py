"""What is forgotten is gone from every byte that the kiosk keeps, and the chain still holds."""

import json
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.faults import LogbookBroken
from kiosk.store import holding, persons, retention, seals
from kiosk.store.desk import Desk
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.persons import Who
from kiosk.store.reader import Filter, Reader
from kiosk.store.verify import Flaw, check

Drafted = Callable[..., Draft]
NOTE = (SealClass.NOTE, (("note", "quarrelled with Planted-Zhang"),))
IDENTITY = (SealClass.IDENTITY, (("name", "Planted-Wang"), ("phone", "13800001234")))


def last(path: Path):
    *_, verified = check(path)
    return verified


@pytest.fixture
def both(opened: Callable[[], Logbook], visit: Drafted) -> Logbook:
    book = opened()
    book.append(visit("v1", sealed=(IDENTITY, NOTE)))
    book.append(visit("v2", person="P00002", sealed=(NOTE,)))
    yield book
    book.close()


def test_one_class_is_forgotten_and_the_other_still_shows_and_proves(both: Logbook, path: Path, clock: object) -> None:
    clock.on(days=1)
    assert both.purge(clock().date(), classes=[SealClass.IDENTITY]) == 1
    assert both.reveal([1]) == {1: {"note": "quarrelled with Planted-Zhang"}}
    assert last(path).broken is None
    assert both.purge(clock().date(), classes=[SealClass.NOTE]) == 2
    assert both.reveal([1, 2]) == {1: {}, 2: {}}
    assert (last(path).broken, last(path).forgotten) == (None, 2)
    told = [row.detail for row in Reader.open(path).rows(Filter(kind=EntryKind.PURGED))]
    assert told == ["2026-11-22 identity", "2026-11-22 note"]


def test_the_class_that_is_left_cannot_be_changed_or_taken_away(both: Logbook, path: Path, clock: object) -> None:
    clock.on(days=1)
    both.purge(clock().date(), classes=[SealClass.IDENTITY])
    both.close()
    with sqlite3.connect(path) as db:
        blob = db.execute("SELECT blob FROM sealed WHERE seq = 1").fetchone()[0]
        db.execute("UPDATE sealed SET blob = x'00' WHERE seq = 1")
    db.close()
    assert (last(path).broken.seq, last(path).broken.flaw) == (1, Flaw.OTHER_SEALS)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE sealed SET blob = ? WHERE seq = 1", (blob,))
        db.execute("DELETE FROM sealed WHERE seq = 2")
    db.close()
    assert (last(path).broken.seq, last(path).broken.flaw) == (2, Flaw.LOST_SEALS)


def test_a_row_from_before_classes_had_digests_is_forgotten_as_a_whole(
    both: Logbook, path: Path, clock: object
) -> None:
    clock.on(days=1)
    both._db.execute("UPDATE entry SET body = json_remove(body, '$.seals') WHERE seq = 1")
    both.purge(clock().date(), classes=[SealClass.IDENTITY])
    held = both._db.execute("SELECT count(*) FROM sealed WHERE seq = 1").fetchone()
    assert held == (2,)  # unreadable already: its key is gone
    both.purge(clock().date(), classes=[SealClass.IDENTITY, SealClass.NOTE])
    assert both._db.execute("SELECT count(*) FROM sealed WHERE seq = 1").fetchone() == (0,)


def test_a_person_is_found_by_tag_and_by_name_with_what_was_decided_about_them(
    both: Logbook, visit: Drafted, clock: object
) -> None:
    both.append(Draft(EntryKind.EXPLAIN, clock(), refers="v2", volunteer="u1", sealed=(NOTE,)))
    both.append(visit("v9", person="P00009", holder="Planted-Wangdi"))
    since = clock().date()
    by_tag = both.about(Who(persons=("P00002",)), since)
    assert [each.entry.seq for each in by_tag] == [2, 3]
    by_name = both.about(Who(names=("planted wang",)), since)
    assert [each.entry.seq for each in by_name] == [1]
    assert by_name[0].personal["phone"] == "13800001234"
    in_a_note = both.about(Who(names=("Planted-Zhang",)), since)
    assert [each.entry.seq for each in in_a_note] == [1, 2, 3]


def test_while_a_name_is_looked_for_in_many_rows_others_are_written_down_after_each_few(
    both: Logbook, visit: Drafted, clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3, 8):
        both.append(visit(f"v{number}", sealed=(IDENTITY,)))
    at_once, written = [], []
    reveal = seals.reveal

    def counted(db: sqlite3.Connection, keys: Keyring, seqs: list[int]) -> dict[int, dict[str, str]]:
        at_once[-1] += len(seqs)
        return reveal(db, keys, seqs)

    def somebody_comes_in() -> None:
        at_once.append(0)
        thread = threading.Thread(target=lambda: written.append(both.append(visit("w", sealed=()))), daemon=True)
        thread.start()
        thread.join(10)  # for ever, where the search keeps the logbook to itself
        assert len(written) == len(at_once) - 1

    monkeypatch.setattr(persons, "_AT_ONCE", 2)
    monkeypatch.setattr(seals, "reveal", counted)
    monkeypatch.setattr(holding, "give_way", somebody_comes_in)
    at_once.append(0)
    found = both.about(Who(names=("Planted-Wang",)), clock().date())
    assert [each.entry.seq for each in found] == [1, 3, 4, 5, 6, 7]
    assert (max(at_once), sum(at_once)) == (3, 7 + 6)  # the last of the search and the first of what is shown
    assert len(written) == 3 + 2


def test_erasing_leaves_a_tombstone_and_the_chain(both: Logbook, path: Path, clock: object) -> None:
    assert both.erase([1], by="u1", reason="asked for it") == 1
    assert both.reveal([1, 2])[1] == {}
    assert both.reveal([2])[2] == {"note": "quarrelled with Planted-Zhang"}
    (told,) = Reader.open(path).rows(Filter(kind=EntryKind.ERASED))
    assert (told.rows, told.volunteer) == ((1,), "u1")
    assert (last(path).broken, last(path).forgotten) == (None, 1)
    assert both.erase([1]) == 0
    assert path.with_name("logbook.db-wal").stat().st_size == 0


def files_with(folder: Path, *planted: str) -> list[str]:
    """The files under `folder` in whose bytes one of `planted` stands, in any encoding that the kiosk writes."""
    encoded = ((text.encode(), text.encode("utf-16-le"), json.dumps(text)[1:-1].encode()) for text in planted)
    forms = [form for forms in encoded for form in forms]
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(path.name for path in found if any(form in path.read_bytes() for form in forms))


def test_after_the_purge_no_byte_that_the_kiosk_keeps_has_a_planted_name(
    tmp_path: Path, opened: Callable[[], Logbook], visit: Drafted, clock: object, keys: Keyring
) -> None:
    book = opened()
    desk = Desk.open(tmp_path / "web" / "desk.db", now=clock)
    csv = b"id,name,building,unit,room,phone\nP00001,Planted-Li,3,1,502,13900005678\n"
    assert desk.roster.apply(csv, UTC).applied
    desk.users.check("Planted-Typo", "000000")
    desk.audit.write("roster_imported", by="u1", detail="Planted-Filter")
    for number in range(40):
        book.append(visit(f"v{number}", sealed=(IDENTITY, NOTE)))
    clock.on(days=400)
    book.append(visit("later", holder="Li"))
    assert files_with(tmp_path, "Planted-Li", "Planted-Typo", "Planted-Filter")
    ciphertext = book._db.execute("SELECT blob FROM sealed WHERE seq = 1").fetchone()[0]
    book.purge(clock().date() - timedelta(days=14))
    assert desk.roster.remove("P00001")
    assert not desk.roster.remove("P00001")
    deleted = desk.forget_on_time(audit_days=180)
    assert deleted["audit"] >= 1
    for each in (book, desk):
        each.close()
    names = ("Planted-Wang", "Planted-Zhang", "Planted-Typo", "Planted-Filter", "Planted-Li", "138000", "139000")
    assert files_with(tmp_path, *names, *(name.casefold() for name in names)) == []
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and ciphertext in path.read_bytes()]
    assert not list((tmp_path / "keys" / "days").glob("2026-11-*"))


def test_every_table_of_the_desk_has_its_retention(tmp_path: Path, clock: object) -> None:
    desk = Desk.open(tmp_path / "desk.db", now=clock)
    with desk._file.look() as db:
        names = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        assert db.execute("PRAGMA secure_delete").fetchone() == (1,)
    desk.close()
    assert {name for name in names if not name.startswith(("_sqlite", "sqlite_"))} == set(retention.tables(180))
    assert all(kept.why for kept in retention.tables(180).values())


def test_what_is_young_enough_stays(tmp_path: Path, clock: object) -> None:
    desk = Desk.open(tmp_path / "desk.db", now=clock)
    desk.audit.write("old", by="u1")
    clock.on(days=2)
    desk.audit.write("young", by="u1")
    desk.users.check("nobody", "000000")
    kept = {"session": 0, "failure": 0, "token": 0, "issued": 0}
    assert desk.forget_on_time(audit_days=1) == {"audit": 1, **kept}
    assert [act.what for act in desk.audit.page()] == ["secret_wrong", "young"]
    desk.close()


def test_a_damaged_seal_does_not_hide_other_rows(both: Logbook, clock: object) -> None:
    both._db.execute("UPDATE sealed SET nonce = zeroblob(12) WHERE seq = 1 AND class = 'note'")
    assert [each.entry.seq for each in both.about(Who(names=("Planted-Zhang",)), clock().date())] == [2]
    with pytest.raises(LogbookBroken, match="row 1"):
        both.reveal([1])
