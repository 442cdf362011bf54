"""A health card in several codes, shown to a whole gate one after the other."""

import json

import pytest

from kiosk.core.ports import LampPattern
from tests.support import cards

ISSUER = cards.Issuer()
NBF = 1_600_000_000


def card(name: str = "Muster") -> str:
    payload = cards.card(nbf=NBF)
    payload["vc"]["credentialSubject"]["fhirBundle"]["entry"][0]["resource"]["name"][0]["family"] = name
    return ISSUER.token(payload)


@pytest.fixture
def gate(house):
    house.at.trust.mkdir(parents=True, exist_ok=True)
    (house.at.trust / "cards.json").write_text(json.dumps({"iss": cards.ISSUER, "keys": [ISSUER.jwk]}))
    house.gate._lists._refresh()
    return house


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_the_parts_of_one_card_are_one_visit_and_light_green(gate, order):
    texts = cards.parts(card(), 3)
    for at in order:
        assert gate.lamp.shown[-1:] != [LampPattern.PASS]
        gate.looks(texts[at])
    gate.measures()
    assert gate.lamp.shown[-1] is LampPattern.PASS
    (row,) = [row for row in gate.rows() if row.kind == "visit"]
    assert (row.outcome, row.format) == ("pass", "smart_health_card")


def test_parts_of_two_people_accuse_nobody_of_forgery(gate):
    mine, theirs = cards.parts(card("Muster"), 2), cards.parts(card("Beispiel-Mustermann"), 2)
    gate.looks(mine[0])
    gate.looks(theirs[1])
    assert LampPattern.DENY not in gate.lamp.shown
    gate.looks(theirs[0])
    gate.measures()
    assert gate.lamp.shown[-1] is LampPattern.PASS
