"""What a visit counts as, after everything that was decided about it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.core.entry import EntryKind
from kiosk.core.model import Direction, Outcome
from kiosk.core.reports import Mark, Owed, Remarks, Tally
from kiosk.core.view import Counts

AT = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
VISIT, INCOMPLETE, OVERRIDE, UNDO = EntryKind.VISIT, EntryKind.INCOMPLETE, EntryKind.OVERRIDE, EntryKind.UNDO


def tally(*marks: Mark) -> Tally:
    made = Tally()
    for mark in marks:
        made.add(mark)
    return made


def visit(outcome: Outcome | None, way: Direction | None = Direction.IN, name: str = "v1") -> Mark:
    return Mark(VISIT, name, AT, way, outcome)


def decided(outcome: Outcome, name: str = "v1") -> Mark:
    return Mark(OVERRIDE, name, AT + timedelta(seconds=20), None, outcome)


UNDONE = Mark(UNDO, "v1", AT + timedelta(seconds=40))
LEFT_HALF_WAY = Mark(INCOMPLETE, "v1", AT, Direction.IN, None)
EXPLAINED = Mark(EntryKind.EXPLAIN, "v1", AT + timedelta(seconds=50))


def test_verdicts_count_by_outcome_and_direction() -> None:
    made = tally(
        visit(Outcome.PASS),
        visit(Outcome.PASS, Direction.OUT, "v2"),
        visit(Outcome.CHECK, name="v3"),
        visit(Outcome.DENY, name="v4"),
        visit(Outcome.PASS, None, "v5"),
    )
    assert made.counts() == Counts(passed=3, checked=1, denied=1, entered=1, left=1)


def test_an_override_moves_a_visit_and_an_undo_moves_it_back() -> None:
    assert tally(visit(Outcome.CHECK), decided(Outcome.PASS)).counts() == Counts(passed=1, entered=1)
    assert tally(visit(Outcome.CHECK), decided(Outcome.PASS), UNDONE).counts() == Counts(checked=1)
    assert tally(visit(Outcome.PASS), decided(Outcome.DENY)).counts() == Counts(denied=1)


def test_an_undo_takes_back_the_last_override_only() -> None:
    made = tally(visit(Outcome.CHECK), decided(Outcome.DENY), decided(Outcome.PASS), UNDONE)
    assert made.counts() == Counts(denied=1)


def test_an_undo_of_nothing_changes_nothing() -> None:
    assert tally(visit(Outcome.PASS), UNDONE).counts() == Counts(passed=1, entered=1)


def test_somebody_who_left_half_way_is_incomplete_until_decided() -> None:
    assert tally(LEFT_HALF_WAY).counts() == Counts(incomplete=1)
    assert tally(LEFT_HALF_WAY, decided(Outcome.PASS)).counts() == Counts(passed=1, entered=1)


def test_a_visit_measured_again_counts_once_with_its_newest_verdict() -> None:
    assert tally(visit(Outcome.CHECK), visit(Outcome.PASS)).counts() == Counts(passed=1, entered=1)


def test_a_verdict_newer_than_a_decision_is_what_it_came_to() -> None:
    made = tally(visit(Outcome.CHECK), decided(Outcome.PASS), visit(Outcome.DENY))
    assert made.counts() == Counts(denied=1)
    assert tally(visit(Outcome.CHECK), decided(Outcome.PASS), LEFT_HALF_WAY).counts() == Counts(passed=1, entered=1)


def test_a_decision_about_an_unknown_visit_is_left_out() -> None:
    assert tally(decided(Outcome.PASS, "elsewhere")).counts() == Counts()


def test_a_medical_exit_is_one_who_left_and_nothing_else() -> None:
    assert tally(Mark(EntryKind.MEDICAL_EXIT, "m1", AT, Direction.OUT)).counts() == Counts(left=1)


def test_vehicles_and_evacuations_are_not_counted() -> None:
    marks = [Mark(kind, "x", AT, Direction.IN) for kind in (EntryKind.VEHICLE, EntryKind.EVACUATION, EntryKind.START)]
    assert tally(*marks).counts() == Counts()


def test_the_last_pass_is_when_it_came_to_pass() -> None:
    made = tally(visit(Outcome.CHECK), decided(Outcome.PASS))
    assert made.last_pass(Direction.IN, AT) == AT + timedelta(seconds=20)
    assert made.last_pass(Direction.OUT, AT) is None
    assert made.last_pass(Direction.IN, AT + timedelta(minutes=1)) is None


# --- What else there was to say ---------------------------------------------------------------------------


def test_remarks_add_to_the_counts_and_never_change_them() -> None:
    late = Mark(VISIT, "p1", AT, Direction.IN, Outcome.PASS, source="paper", recorded=AT + timedelta(hours=3))
    made = tally(
        late,
        visit(Outcome.CHECK),
        decided(Outcome.PASS),
        Mark(EntryKind.DISPUTE, "v1", AT + timedelta(hours=1)),
        Mark(EntryKind.MEDICAL_EXIT, "m1", AT, Direction.OUT, Outcome.PASS),
    )
    assert made.remarks() == Remarks(overridden=1, undone=0, disputed=1, medical=1, paper=1, retroactive=1)
    assert made.counts() == Counts(passed=2, entered=2, left=1)


def test_a_decision_taken_back_is_undone_and_no_longer_overridden() -> None:
    assert tally(visit(Outcome.CHECK), decided(Outcome.PASS), UNDONE).remarks() == Remarks(undone=1)


def test_a_row_written_within_minutes_is_not_retroactive() -> None:
    soon = Mark(VISIT, "v1", AT, Direction.IN, Outcome.PASS, recorded=AT + timedelta(minutes=5))
    assert tally(soon).remarks() == Remarks()


def test_a_dispute_about_an_unknown_visit_is_left_out() -> None:
    assert tally(Mark(EntryKind.DISPUTE, "elsewhere", AT)).remarks() == Remarks()


# --- Coming in again --------------------------------------------------------------------------------------


def passed(way: Direction, minutes: int) -> Mark:
    return Mark(VISIT, f"{way}{minutes}", AT + timedelta(minutes=minutes), way, Outcome.PASS)


IN, OUT = Direction.IN, Direction.OUT


def test_whoever_went_out_may_come_in_again_at_once() -> None:
    assert tally(passed(IN, 0), passed(OUT, 1)).last_pass(IN, AT) is None
    assert tally(passed(IN, 0), passed(OUT, 1), passed(IN, 2)).last_pass(IN, AT) == AT + timedelta(minutes=2)
    assert tally(passed(IN, 0), passed(OUT, 1)).last_pass(OUT, AT) == AT + timedelta(minutes=1)


def test_an_exit_that_was_stopped_clears_nothing() -> None:
    stopped = Mark(VISIT, "out", AT + timedelta(minutes=1), OUT, Outcome.DENY)
    assert tally(passed(IN, 0), stopped).last_pass(IN, AT) == AT
    undone = Mark(OVERRIDE, "out", AT + timedelta(minutes=2), None, Outcome.PASS), Mark(UNDO, "out", AT)
    assert tally(passed(IN, 0), stopped, *undone).last_pass(IN, AT) == AT


def test_leaving_half_way_is_no_pass() -> None:
    assert tally(LEFT_HALF_WAY).last_pass(IN, AT) is None


@pytest.mark.parametrize(
    ("marks", "owed"),
    [
        ([visit(Outcome.PASS)], None),
        ([visit(Outcome.CHECK)], Owed.UNDECIDED),
        ([LEFT_HALF_WAY], Owed.INCOMPLETE),
        ([LEFT_HALF_WAY, EXPLAINED], None),
        ([visit(Outcome.CHECK), decided(Outcome.PASS)], Owed.UNEXPLAINED),
        ([visit(Outcome.CHECK), replace(decided(Outcome.PASS), explained=True)], None),
        ([visit(Outcome.CHECK), decided(Outcome.PASS), EXPLAINED], None),
        ([visit(Outcome.CHECK), decided(Outcome.PASS), EXPLAINED, UNDONE], Owed.UNDECIDED),
        ([visit(Outcome.PASS), Mark(EntryKind.DISPUTE, "v1", AT)], Owed.DISPUTED),
        ([visit(Outcome.PASS), Mark(EntryKind.DISPUTE, "v1", AT), EXPLAINED], None),
        ([visit(Outcome.CHECK), EXPLAINED, visit(Outcome.CHECK)], Owed.UNDECIDED),
    ],
)
def test_what_is_owed_of_a_visit_is_what_nobody_has_said_yet(marks: list[Mark], owed: Owed | None) -> None:
    assert [each.owed for each in tally(*marks).visits()] == [owed]
