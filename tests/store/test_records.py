"""What the manager's pages ask of the logbook: bounded counts, one row with its proof, the rows about a day."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.core import entry
from kiosk.core.entry import Draft, EntryKind
from kiosk.core.faults import StoreUnreadable
from kiosk.core.model import Direction, Outcome
from kiosk.settings import places
from kiosk.store.daily import rows_about
from kiosk.store.reader import Filter
from kiosk.store.records import Count, Records
from tests.support import written_logbook
from tests.support.written_logbook import MORNING, draft


@pytest.fixture
def logbook(tmp_path: Path) -> Records:
    at = places(tmp_path)
    decided = Draft(EntryKind.OVERRIDE, MORNING + timedelta(hours=1), visit="visit-2", refers="visit-2")
    written_logbook.write(at, [*(draft(number) for number in range(60)), decided])
    return Records.open(at.logbook)


@pytest.mark.parametrize(
    "chosen",
    [
        Filter(),
        Filter(outcome=Outcome.CHECK),
        Filter(direction=Direction.OUT, kind=EntryKind.VISIT),
        Filter(min_c=37.0),
        Filter(since=MORNING, until=MORNING + timedelta(minutes=5)),
        Filter(outcome=Outcome.DENY, kind=EntryKind.OVERRIDE),
        Filter(person_tags=("x",)),
    ],
)
def test_a_bounded_count_is_the_count_up_to_its_bound(logbook: Records, chosen: Filter, monkeypatch):
    whole = logbook.count(chosen)
    for stretch, most in itertools.product((1, 7, 20_000), (0, 5, 12, 61, 100)):
        monkeypatch.setattr("kiosk.store.records._FIRST_STRETCH", stretch)
        assert logbook.count_to(chosen, most) == min(whole, most + 1)


def test_a_count_of_the_newest_rows_says_that_older_ones_were_not_counted(logbook: Records):
    chosen = Filter(outcome=Outcome.CHECK)
    assert logbook.count_near(chosen, 100, 61) == Count(12)
    assert logbook.count_near(chosen, 100, 11) == Count(2, older=True)
    assert logbook.count_near(chosen, 1, 11) == Count(2)


def test_a_row_comes_with_its_place_in_the_chain(logbook: Records):
    first, second = logbook.place(1), logbook.place(2)
    assert first is not None
    assert second is not None
    assert (first.prev, first.holds, first.last) == (entry.GENESIS, True, 61)
    assert second.prev == first.hash
    assert second.sealed == ("identity",)
    assert second.signed is not None
    assert second.signed.seq >= 2
    assert logbook.place(62) is None


def test_neighbours_in_time_and_in_writing_are_found(logbook: Records):
    assert logbook.first().seq == 1
    assert logbook.last_before(MORNING) is None
    assert logbook.last_before(MORNING + timedelta(seconds=21)).seq == 2
    assert [row.seq for row in logbook.after(58, 10)] == [59, 60, 61]
    assert logbook.about(["visit-2", "visit-3", ""]) == {"visit-2": (EntryKind.OVERRIDE,)}


def test_the_rows_about_a_stretch_hold_what_was_decided_after_it(logbook: Records):
    rows = rows_about(logbook, MORNING, MORNING + timedelta(minutes=1))
    assert [row.seq for row in rows] == [1, 2, 3, 61]


def test_without_a_logbook_everything_says_so(tmp_path: Path):
    nothing = Records.open(tmp_path / "no.db")
    for ask in (lambda: nothing.count_to(Filter(), 1), lambda: nothing.place(1), nothing.first):
        with pytest.raises(StoreUnreadable):
            ask()
