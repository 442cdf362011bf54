"""Who is inside: what is paired, what is not, and how sure that is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from kiosk.core.inside import Confidence, Inside, Passing, told, who
from kiosk.core.model import Direction, Group

EIGHT = datetime(2026, 11, 21, 8, tzinfo=UTC)
IN, OUT = Direction.IN, Direction.OUT
_numbers = count(1)


def went(way: Direction, minutes: float, **known: Any) -> Passing:
    number = next(_numbers)
    return Passing(f"v{number}", number, EIGHT + timedelta(minutes=minutes), way, **known)


def counts(inside: Inside) -> tuple[int, int, int, int]:
    return (*(inside.count(each) for each in Confidence), inside.left_unseen)


@pytest.mark.parametrize(
    ("known", "confidence"),
    [
        ({"person": "P1", "day": "d"}, Confidence.CERTAIN),
        ({"pass_": "local_pass x 1"}, Confidence.CERTAIN),
        ({"name": "wang 3-2"}, Confidence.LIKELY),
        ({"code": "c", "day": "d"}, Confidence.UNKNOWN),
        ({}, Confidence.UNKNOWN),
    ],
)
def test_confidence_follows_from_how_somebody_is_known(known: dict[str, str], confidence: Confidence) -> None:
    one = went(IN, 0, **known)
    assert one.confidence is confidence
    assert who([one]).people == (one,)
    assert who([one, went(OUT, 5, **known)]).people == ()


def test_somebody_who_came_by_pass_and_leaves_by_name_is_the_same() -> None:
    assert who([went(IN, 0, pass_="p", name="wang 3"), went(OUT, 9, name="wang 3")]).people == ()


def test_on_another_day_a_person_is_found_by_pass_or_name() -> None:
    came = went(IN, 0, day="1", person="tag of day 1", name="wang 3")
    assert who([came, went(OUT, 1440, day="2", person="tag of day 2", name="wang 3")]).people == ()
    assert who([came, went(OUT, 1440, day="2", person="tag of day 1")]).people == (came,)


def test_two_of_one_name_whom_the_roster_tells_apart_stay_two() -> None:
    came = went(IN, 0, day="1", person="P1", name="wang")
    assert counts(who([came, went(OUT, 1, day="1", person="P2", name="wang")])) == (1, 0, 0, 1)


def test_coming_in_twice_is_one_person_since_the_second_time() -> None:
    again = went(IN, 60, pass_="p")
    assert who([went(IN, 0, pass_="p"), again]).people == (again,)


def test_an_exit_of_nobody_known_takes_the_oldest_unknown_out() -> None:
    known, first, second = went(IN, 0, name="wang"), went(IN, 1), went(IN, 2)
    assert who([known, first, second, went(OUT, 3)]).people == (known, second)


def test_an_exit_of_somebody_known_who_never_came_in_is_counted_apart() -> None:
    assert counts(who([went(IN, 0), went(OUT, 1, pass_="p")])) == (0, 0, 1, 1)
    assert counts(who([went(OUT, 1)])) == (0, 0, 0, 1)


def test_a_reset_begins_anew() -> None:
    reset = EIGHT + timedelta(minutes=10)
    late = went(IN, 11, name="li")
    inside = who([went(IN, 0, name="wang"), late], reset=reset)
    assert (inside.people, inside.since) == ((late,), reset)


def test_who_was_inside_at_an_hour() -> None:
    came = went(IN, 0, name="wang")
    assert who([came, went(OUT, 60, name="wang")], until=EIGHT + timedelta(minutes=59)).people == (came,)


def test_a_paper_line_typed_later_falls_into_its_place() -> None:
    out, typed_later = went(OUT, 30, name="wang 3"), went(IN, 10, name="wang 3")
    assert who([out, typed_later]).people == ()


def test_a_page_is_told_numbers_and_rows_without_names() -> None:
    one = went(IN, 0, name="wang 3", lane="main", group=Group.VISITORS)
    data = told(who([one]))
    assert (data["certain"], data["likely"], data["unknown"], data["left_unseen"]) == (0, 1, 0, 0)
    assert data["people"] == [
        {
            "seq": one.seq,
            "visit": one.visit,
            "at": "2026-11-21T08:00:00.000Z",
            "lane": "main",
            "group": "visitors",
            "confidence": "likely",
            "long": False,
        }
    ]
    assert "wang" not in str(data)


def test_ten_thousand_passings_are_paired_in_a_moment() -> None:
    rows = [went(IN, n / 60, pass_=f"p{n}") for n in range(5000)]
    rows += [went(OUT, 200 + n / 60, pass_=f"p{n}") for n in range(0, 5000, 2)]
    assert len(who(rows).people) == 2500


def test_a_long_stay_does_not_vanish_it_is_less_certain_and_says_so() -> None:
    stays = [went(IN, 0, person="P1", day="d"), went(IN, 60 * 50, person="P2", day="e")]
    data = told(who(stays, begins=EIGHT - timedelta(days=3), until=EIGHT + timedelta(hours=51)))
    assert (data["certain"], data["likely"], data["long"], data["begins"]) == (1, 1, 1, "2026-11-18T08:00:00.000Z")
    assert [(one["confidence"], one["long"]) for one in data["people"]] == [("likely", True), ("certain", False)]  # type: ignore[attr-defined]
