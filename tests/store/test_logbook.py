"""The logbook's owner appends, answers what the gate asks, and forgets."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, timedelta
from pathlib import Path
from sqlite3 import connect

import pytest
from sqlite_utils import Database

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.faults import LogbookBroken, LogbookUnwritable, NotOwner
from kiosk.core.model import Direction, Measurement, Outcome
from kiosk.core.view import Counts
from kiosk.store import owning
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.migrations.logbook import migrations
from kiosk.store.questions import DayTally
from kiosk.store.reader import Filter, Reader
from kiosk.store.verify import check

Drafted = Callable[..., Draft]


def test_rows_are_numbered_from_one_and_chained(logbook: Logbook, visit: Drafted, path: Path) -> None:
    rows = [logbook.append(visit(f"v{number}")) for number in range(3)]
    assert [row.seq for row in rows] == [1, 2, 3]
    assert len({row.hash for row in rows}) == 3
    *_, verified = check(path)
    assert (verified.rows, verified.broken, verified.head) == (3, None, rows[-1].hash)


def test_a_logbook_goes_on_where_it_was_closed(
    opened: Callable[[], Logbook], visit: Drafted, clock: Callable[[], object]
) -> None:
    first = opened()
    first.append(visit())
    first.close()
    second = opened()
    assert second.last_recorded() == clock()
    assert second.append(visit("v2")).seq == 2
    second.close()


def test_a_clean_stop_leaves_no_write_ahead_log(logbook: Logbook, visit: Drafted, path: Path) -> None:
    logbook.append(visit())
    logbook.close()
    assert sorted(each.name for each in path.parent.iterdir()) == [
        "logbook.db",
        "logbook.db.epoch",
        "logbook.db.head",
        "logbook.db.lock",
        "logbook.db.readers",
    ]


def test_a_second_owner_is_refused_at_once(logbook: Logbook, opened: Callable[[], Logbook], visit: Drafted) -> None:
    with pytest.raises(NotOwner, match="another process owns it"):
        opened()
    assert logbook.append(visit()).seq == 1


def test_names_are_nowhere_in_the_files(logbook: Logbook, visit: Drafted, path: Path) -> None:
    note = (SealClass.NOTE, (("note", "quarrelled about Planted-Note"),))
    for number in range(20):
        draft = visit(f"v{number}", holder="Planted-Name")
        logbook.append(replace(draft, person="Planted-Person", code_key="Planted-Key", sealed=(*draft.sealed, note)))
    for file in path.parent.iterdir():
        assert b"Planted" not in file.read_bytes()
        assert b"13800001234" not in file.read_bytes()
    assert logbook.reveal([20])[20] == {
        "name": "Planted-Name",
        "phone": "13800001234",
        "note": "quarrelled about Planted-Note",
    }


def test_the_length_of_a_seal_does_not_tell_short_names_apart(logbook: Logbook, visit: Drafted, path: Path) -> None:
    logbook.append(visit("v1", holder="Li"))
    logbook.append(visit("v2", holder="Alexandra Konstantinopoulou"))
    logbook.close()
    with connect(path) as db:
        lengths = {length for (length,) in db.execute("SELECT length(blob) FROM sealed")}
    db.close()
    assert len(lengths) == 1


def test_revealing_leaves_out_rows_that_do_not_exist_and_empties_those_that_hide_nothing(
    logbook: Logbook, visit: Drafted
) -> None:
    logbook.append(visit(sealed=()))
    assert logbook.reveal([1, 2]) == {1: {}}


def test_forgetting_days_makes_names_unreadable_and_the_chain_still_holds(
    logbook: Logbook, visit: Drafted, path: Path, clock: object
) -> None:
    logbook.append(visit("v1"))
    clock.on(days=1)
    logbook.append(visit("v2"))
    assert logbook.purge(clock().date(), by="u1") == 1
    assert logbook.reveal([1, 2]) == {1: {}, 2: {"name": "王小明", "phone": "13800001234"}}
    *_, verified = check(path)
    assert (verified.rows, verified.forgotten, verified.broken) == (3, 1, None)
    (told,) = Reader.open(path).page(Filter(kind=EntryKind.PURGED))
    assert (told.volunteer, told.detail) == ("u1", "2026-11-22")
    assert logbook.purge(clock().date()) == 0
    assert Reader.open(path).count(Filter(kind=EntryKind.PURGED)) == 1


def test_today_cannot_be_forgotten(logbook: Logbook) -> None:
    with pytest.raises(ValueError, match="only days that are over"):
        logbook.purge(date(2026, 11, 22))


def test_an_identity_that_passed_is_found_again_across_midnight(
    logbook: Logbook, visit: Drafted, clock: object
) -> None:
    clock.time = clock().replace(hour=23, minute=58)
    passed = clock()
    logbook.append(visit("v1"))
    clock.on(minutes=5)
    assert logbook.passed_before("code-1", Direction.IN, clock() - timedelta(minutes=10)) == passed
    assert logbook.passed_before("code-1", Direction.OUT, clock() - timedelta(minutes=10)) is None
    assert logbook.passed_before("code-2", Direction.IN, clock() - timedelta(minutes=10)) is None
    assert logbook.passed_before("code-1", Direction.IN, clock() - timedelta(minutes=1)) is None


def test_a_visit_let_through_by_override_has_passed_until_it_is_undone(
    logbook: Logbook, visit: Drafted, clock: object
) -> None:
    since = clock() - timedelta(minutes=10)
    logbook.append(visit(outcome=Outcome.CHECK))
    assert logbook.passed_before("code-1", Direction.IN, since) is None
    clock.on(seconds=20)
    logbook.append(Draft(EntryKind.OVERRIDE, clock(), refers="v1", outcome=Outcome.PASS, volunteer="u1"))
    assert logbook.passed_before("code-1", Direction.IN, since) == clock()
    logbook.append(Draft(EntryKind.UNDO, clock(), refers="v1", volunteer="u1"))
    assert logbook.passed_before("code-1", Direction.IN, since) is None


def test_a_pass_overridden_to_deny_has_not_passed(logbook: Logbook, visit: Drafted, clock: object) -> None:
    logbook.append(visit())
    logbook.append(Draft(EntryKind.OVERRIDE, clock(), refers="v1", outcome=Outcome.DENY, volunteer="u1"))
    assert logbook.passed_before("code-1", Direction.IN, clock() - timedelta(minutes=1)) is None


def test_counts_follow_new_rows_and_agree_with_a_fresh_reader(
    logbook: Logbook, visit: Drafted, path: Path, clock: object
) -> None:
    day = clock().replace(hour=0, minute=0), clock().replace(hour=0, minute=0) + timedelta(days=1)
    assert logbook.counts(*day) == Counts()
    logbook.append(visit("v1"))
    logbook.append(visit("v2", outcome=Outcome.CHECK, direction=Direction.OUT))
    assert logbook.counts(*day) == Counts(passed=1, checked=1, entered=1)
    logbook.append(Draft(EntryKind.OVERRIDE, clock(), refers="v2", outcome=Outcome.PASS))
    clock.on(days=1)
    logbook.append(visit("v3"))
    assert logbook.counts(*day) == Counts(passed=2, entered=1, left=1) == Reader.open(path).counts(*day)


def test_counts_carried_on_over_midnight_agree_with_a_fresh_reader_row_by_row(
    logbook: Logbook, visit: Drafted, path: Path, clock: object
) -> None:
    midnight = clock().replace(hour=0, minute=0) + timedelta(days=1)
    clock.on(hours=16, minutes=29)
    days = [(midnight - timedelta(days=1), midnight), (midnight, midnight + timedelta(days=1))]
    carried = [DayTally(*day) for day in days]

    def counts(*expected: Counts) -> None:
        for day, tally, count in zip(days, carried, expected, strict=True):
            with owning.reading(path) as db:
                assert tally.counts(db) == Reader.open(path).counts(*day) == logbook.counts(*day) == count

    logbook.append(visit("v1", outcome=Outcome.CHECK))
    counts(Counts(checked=1), Counts())
    clock.on(minutes=2)
    logbook.append(visit("v2"))
    logbook.append(visit("v1"))  # measured again: the same visit
    counts(Counts(passed=1, entered=1), Counts(passed=1, entered=1))
    logbook.append(Draft(EntryKind.OVERRIDE, clock(), visit="v1", refers="v1", outcome=Outcome.DENY))
    counts(Counts(denied=1), Counts(passed=1, entered=1))


def test_the_rows_of_a_visit_come_in_their_order(logbook: Logbook, visit: Drafted, clock: object) -> None:
    logbook.append(visit("v1"))
    logbook.append(visit("v2"))
    logbook.append(Draft(EntryKind.EXPLAIN, clock(), refers="v1"))
    assert [row.seq for row in logbook.visit_rows("v1")] == [1, 3]


def test_person_tags_find_a_persons_rows_of_the_days_asked_for(
    logbook: Logbook, visit: Drafted, path: Path, clock: object
) -> None:
    for _ in range(3):
        logbook.append(visit())
        logbook.append(visit(person="P00002"))
        clock.on(days=1)
    tags = logbook.tags(["P00001"], date(2026, 11, 21), date(2026, 11, 22))
    assert len(tags) == 2
    assert [row.seq for row in Reader.open(path).rows(Filter(person_tags=tags))] == [1, 3]


HOSTILE = ["a\x00b", "\ud800 half", "\u202egnp.exe", "x" * 10_000, "\r\n=cmd()", "'; DROP TABLE entry; --", "🧪" * 300]


@pytest.mark.parametrize("text", HOSTILE, ids=["nul", "surrogate", "bidi", "long", "formula", "sql", "astral"])
def test_hostile_text_is_stored_without_harm(logbook: Logbook, visit: Drafted, path: Path, text: str) -> None:
    everywhere = dict.fromkeys(
        ("lane", "issuer", "format", "volunteer", "detail", "source", "person", "code_key"), text
    )
    logbook.append(visit(text, holder=text, **everywhere))
    *_, verified = check(path)
    assert (verified.rows, verified.broken) == (1, None)
    (row,) = Reader.open(path).page(Filter())
    shown = row.issuer + logbook.reveal([1])[1].get("name", "")
    assert not {"\x00", "\ud800", "\u202e", "\r", "\n"} & set(shown)
    assert len(row.issuer) <= 200
    assert logbook.passed_before(text, Direction.IN, row.happened) == row.happened


def test_a_measurement_that_is_no_number_is_refused_by_name_and_the_next_row_is_written(
    logbook: Logbook, visit: Drafted, clock: object
) -> None:
    nan = Measurement(float("nan"), 33.0, 21.0, 0.1, 5, "heat_balance", clock())
    with pytest.raises(LogbookUnwritable, match="nan"):
        logbook.append(visit(measurement=nan))
    assert logbook.append(visit()).seq == 1


def test_a_probe_leaves_no_row(logbook: Logbook, path: Path) -> None:
    assert logbook.probe()
    assert Reader.open(path).count(Filter()) == 0


def test_a_damaged_end_is_named_when_the_logbook_is_opened(
    opened: Callable[[], Logbook], visit: Drafted, path: Path
) -> None:
    book = opened()
    for number in range(3):
        book.append(visit(f"v{number}"))
    book.close()
    with connect(path) as db:
        db.execute("UPDATE entry SET body = replace(body, 'main', 'back') WHERE seq = 2")
    db.close()
    with pytest.raises(LogbookBroken, match="row 2"):
        opened()


def test_a_file_that_is_no_database_is_named(opened: Callable[[], Logbook], path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(LogbookBroken, match="move it aside"):
        opened()


STEPS = [step.name for step in migrations._migrations]


@pytest.mark.parametrize("stop", [*STEPS, None])
def test_every_earlier_shape_is_brought_to_the_newest(
    opened: Callable[[], Logbook], visit: Drafted, path: Path, stop: str | None
) -> None:
    path.parent.mkdir()
    db = connect(path, isolation_level=None)
    migrations.apply(Database(db), stop_before=stop)
    db.close()
    book = opened()
    book.append(visit())
    assert book.counts(book.last_recorded(), book.last_recorded() + timedelta(days=1)).passed == 1
    book.close()


def test_times_in_other_zones_are_stored_as_utc(logbook: Logbook, visit: Drafted, path: Path, clock: object) -> None:
    from zoneinfo import ZoneInfo

    logbook.append(visit(happened=clock().astimezone(ZoneInfo("Asia/Shanghai"))))
    (row,) = Reader.open(path).page(Filter())
    assert row.happened == clock()
    assert row.happened.tzinfo is UTC


def test_the_keys_are_not_where_the_rows_are(logbook: Logbook, visit: Drafted, path: Path, keys: Keyring) -> None:
    logbook.append(visit())
    assert not [each for each in path.parent.iterdir() if "key" in each.name]
