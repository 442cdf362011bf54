"""However filters are mixed, an index answers; and what it answers is what reading every row would."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.core.entry import Draft, EntryKind
from kiosk.core.model import Direction, Measurement, Outcome
from kiosk.core.reasons import Reason
from kiosk.store import owning
from kiosk.store.entries import Entry
from kiosk.store.facets import Found
from kiosk.store.logbook import Logbook
from kiosk.store.reader import Filter, Reader


@pytest.fixture
def reader(logbook: Logbook, visit: Callable[..., Draft], path: Path, clock: object) -> Reader:
    turns = zip(range(60), itertools.cycle((Outcome.PASS, Outcome.CHECK, Outcome.DENY)), strict=False)
    for number, outcome in turns:
        logbook.append(
            visit(
                f"v{number}",
                lane=("main", "back")[number % 2],
                direction=(Direction.IN, Direction.OUT)[number % 5 == 0],
                outcome=outcome,
                reasons=() if outcome is Outcome.PASS else (Reason.FEBRILE, Reason.EXPIRED)[: 1 + number % 2],
                measurement=Measurement(36.0 + number / 30, 33.0, 21.5, 0.1, 5, "heat_balance", clock()),
                volunteer="u1" if number % 7 == 0 else "",
                happened=clock() - timedelta(days=1 if number % 11 == 0 else 0),
                format="eu_dcc",
            )
        )
        clock.on(minutes=10)
    return Reader.open(path)


def fits(row: Entry, chosen: Filter) -> bool:
    c = row.temperature.forehead_c if row.temperature else None
    return all(
        (
            chosen.since is None or row.happened >= chosen.since,
            chosen.until is None or row.happened < chosen.until,
            all(
                getattr(chosen, name) in (None, getattr(row, name))
                for name in ("lane", "kind", "outcome", "volunteer", "direction", "format")
            ),
            chosen.reason is None or chosen.reason in row.reasons,
            chosen.min_c is None or (c is not None and c >= chosen.min_c),
            chosen.max_c is None or (c is not None and c <= chosen.max_c),
        )
    )


def mixtures(begin: object) -> list[Filter]:
    values: dict[str, tuple[object, ...]] = {
        "since": (begin + timedelta(hours=2),),
        "until": (begin + timedelta(hours=6), begin + timedelta(hours=1)),
        "lane": ("main",),
        "direction": (Direction.OUT,),
        "kind": (EntryKind.VISIT, EntryKind.OVERRIDE),
        "outcome": (Outcome.DENY,),
        "reason": (Reason.EXPIRED,),
        "volunteer": ("u1",),
        "min_c": (36.5,),
        "max_c": (37.4, 36.2),
    }
    mixed = [Filter()]
    for count in (1, 2, 3):
        for names in itertools.combinations(values, count):
            for chosen in itertools.product(*(values[name] for name in names)):
                mixed.append(Filter(**dict(zip(names, chosen, strict=True))))  # type: ignore[arg-type]
    return mixed


def test_every_mixture_of_filters_answers_what_reading_all_rows_would(reader: Reader, clock: object) -> None:
    begin = clock() - timedelta(hours=10)
    every = list(reader.rows(Filter()))
    for chosen in mixtures(begin):
        expected = [row.seq for row in every if fits(row, chosen)]
        assert [row.seq for row in reader.page(chosen, limit=100)] == expected[::-1], chosen
        assert [row.seq for row in reader.rows(chosen)] == expected, chosen
        assert reader.count(chosen) == len(expected), chosen
        if len(expected) > 5:
            second = reader.page(chosen, before=expected[-5], limit=5)
            assert [row.seq for row in second] == expected[-10:-5][::-1], chosen


def test_no_mixture_reads_rows_that_it_does_not_show(reader: Reader, path: Path, clock: object) -> None:
    plans = set()
    with owning.reading(path) as db:
        for chosen in mixtures(clock() - timedelta(hours=10)):
            said: list[str] = []
            db.set_trace_callback(said.append)
            found = Found(db, chosen)
            found.newest(db, found.span, 50)
            found.count(db)
            db.set_trace_callback(None)
            for sql in said:
                plans |= {(step[3], sql) for step in db.execute(f"EXPLAIN QUERY PLAN {sql}") if " entry" in step[3]}
    whole = {(plan, sql) for plan, sql in plans if plan.startswith("SCAN") and "INDEX" not in plan}
    assert {sql for _, sql in whole} <= {"SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1"}
    asked = [plan for plan, sql in plans if "facet = " in sql or "facet IN" in sql]
    assert asked
    assert all("INDEX entry_facet (facet=?" in plan for plan in asked)


def test_a_persons_rows_are_found_by_their_tags_alone(reader: Reader, path: Path) -> None:
    with owning.reading(path) as db:
        said: list[str] = []
        found = Found(db, Filter(person_tags=("a" * 32, "b" * 32)))
        db.set_trace_callback(said.append)
        found.within(db, found.span)
        db.set_trace_callback(None)
        (plan,) = [step[3] for step in db.execute(f"EXPLAIN QUERY PLAN {said[0]}") if " entry " in step[3]]
    assert "entry_person_tag (person_tag=?" in plan
