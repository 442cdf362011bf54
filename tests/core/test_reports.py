"""What a visit counts as, after everything that was decided about it."""

import dataclasses
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from kiosk.core.entry import EntryKind
from kiosk.core.model import Direction, Outcome
from kiosk.core.reports import ABOUT, COUNTED, Mark, Owed, Remarks, Tally
from kiosk.core.view import Counts

AT = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
AN_INSTANT = timedelta(milliseconds=1)
IN, OUT = Direction.IN, Direction.OUT
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


# --- The days of a month add up to the month ---------------------------------------------------------------

MIDNIGHT = datetime(2026, 11, 21, 16, tzinfo=UTC)
DAYS = [(MIDNIGHT + timedelta(days=number), MIDNIGHT + timedelta(days=number + 1)) for number in range(-1, 3)]
_marks = st.builds(
    Mark,
    kind=st.sampled_from(sorted(COUNTED | ABOUT | {EntryKind.EXPLAIN, EntryKind.VEHICLE})),
    visit=st.sampled_from(["v1", "v2", "v3", "v4"]),
    happened=st.integers(-20 * 60, 44 * 60).map(lambda minutes: MIDNIGHT + timedelta(minutes=minutes)),
    direction=st.sampled_from([*Direction, None]),
    outcome=st.sampled_from([*Outcome, None]),
    source=st.sampled_from(["", "paper"]),
)


@given(st.lists(_marks, max_size=25))
def test_the_days_add_up_to_the_whole_whatever_was_written_and_when(marks: list[Mark]) -> None:
    def of(within: tuple[datetime, datetime] | None) -> Tally:
        made = Tally(within)
        for mark in marks:
            made.add(mark)
        return made

    every, days = of(None), [of(day) for day in DAYS]
    for whole, parts in (
        (asdict(every.counts()), [asdict(day.counts()) for day in days]),
        (dataclasses.asdict(every.remarks()), [dataclasses.asdict(day.remarks()) for day in days]),
    ):
        assert whole == {name: sum(part[name] for part in parts) for name in whole}
    assert of((DAYS[0][0], DAYS[-1][1])).counts() == every.counts()


def test_a_visit_measured_again_after_midnight_counts_once_where_it_began() -> None:
    late, again = (
        Mark(VISIT, "v1", MIDNIGHT - AN_INSTANT, IN, Outcome.CHECK),
        Mark(VISIT, "v1", MIDNIGHT, IN, Outcome.PASS),
    )
    counts = []
    for day in DAYS:
        made = Tally(day)
        made.add(late)
        made.add(again)
        counts.append(made.counts())
    assert counts == [Counts(passed=1, entered=1), Counts(), Counts(), Counts()]


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
