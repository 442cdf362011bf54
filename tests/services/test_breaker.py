"""The circuit breaker: patient with one miss, short with many, and never closed for ever."""

from hypothesis import given
from hypothesis import strategies as st

from kiosk.services.breaker import Breaker


def test_one_miss_opens_nothing_and_an_answer_forgives_it():
    breaker = Breaker(misses=2, pause_s=10)
    breaker.missed(0)
    breaker.answered()
    breaker.missed(1)
    assert not breaker.open
    assert breaker.allows(1)


def test_misses_in_a_row_open_it_for_its_pause_then_one_probe_goes_through():
    breaker = Breaker(misses=2, pause_s=10)
    breaker.missed(0)
    breaker.missed(1)
    assert breaker.open
    assert not breaker.allows(10.9)
    assert [breaker.allows(11), breaker.allows(11)] == [True, False]
    assert breaker.open


def test_a_probe_that_fails_begins_the_pause_anew_and_one_that_succeeds_ends_it():
    breaker = Breaker(misses=1, pause_s=10)
    breaker.missed(0)
    assert breaker.allows(10)
    breaker.missed(11)
    assert not breaker.allows(20)
    assert breaker.allows(21)
    breaker.answered()
    assert not breaker.open
    assert breaker.allows(21)


def test_a_late_miss_of_an_older_question_does_not_lengthen_the_pause():
    breaker = Breaker(misses=1, pause_s=10)
    breaker.missed(0)
    breaker.missed(9)
    assert breaker.allows(10)


@given(st.lists(st.sampled_from(["ask", "answered", "missed"])), st.integers(1, 5))
def test_whatever_happened_it_asks_again_after_its_pause(events, misses):
    breaker, now_s, under_way = Breaker(misses=misses, pause_s=10), 0.0, 0
    for event in events:
        now_s += 1
        if event == "ask":
            under_way += breaker.allows(now_s)
        elif under_way:
            under_way -= 1
            breaker.answered() if event == "answered" else breaker.missed(now_s)
    for _ in range(under_way):  # every question is answered or missed in the end
        breaker.missed(now_s)
    assert breaker.allows(now_s + 11)
