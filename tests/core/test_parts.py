"""Parts of a code, read one after the other."""

from kiosk.core.model import Credential, Part
from kiosk.core.parts import read_all, read_next
from tests.support import cards, mint

ISSUER = cards.Issuer()
TRUST = ISSUER.trust()
ONE, TWO = cards.parts(ISSUER.token(cards.card()), 2)
OTHER = cards.parts(ISSUER.token(cards.card(cards.dose("2022-02-02"))), 2)


def test_the_last_part_is_read_as_the_whole():
    held, first = read_next((), TWO, TRUST)
    assert isinstance(first, Part)
    assert held == (first,)
    held, whole = read_next(held, ONE, TRUST)
    assert isinstance(whole, Credential)
    assert held == ()


def test_another_code_between_two_parts_does_not_matter():
    found = read_all([ONE, mint.ONLINE_CODE, TWO], TRUST)
    assert isinstance(found[-1], Credential)
    assert len(found) == 2


def test_parts_of_two_people_stay_parts_and_the_newest_begins_anew():
    held, _ = read_next((), ONE, TRUST)
    held, found = read_next(held, OTHER[1], TRUST)
    assert isinstance(found, Part)
    held, whole = read_next(held, OTHER[0], TRUST)
    assert isinstance(whole, Credential)


def test_a_part_alone_counts_for_nothing():
    assert read_all([ONE, ONE], TRUST) == ()
