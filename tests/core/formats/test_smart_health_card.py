"""SMART Health Cards: what is read of them, and every way in which one can be wrong."""

import json
from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.core import model
from kiosk.core.formats import read
from kiosk.core.model import Credential, Kind, Part, Refusal, Vaccination
from kiosk.core.parts import collect
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust, merge
from kiosk.core.trust.parse import parse
from tests.support import cards

ISSUER = cards.Issuer()
TRUST = ISSUER.trust()
ISSUED = datetime.fromtimestamp(cards.NBF, UTC)


def good(text: str, trust: Trust = TRUST) -> Credential:
    found = read(text, trust)
    assert isinstance(found, Credential), found
    return found


def refused(text: str, trust: Trust = TRUST) -> Reason:
    found = read(text, trust)
    assert isinstance(found, Refusal), found
    assert (found.format, found.kind) == ("smart_health_card", Kind.HEALTH)
    return found.reason


def test_a_vaccination_card_is_read_whole():
    found = good(ISSUER.card(cards.card(cards.dose("2021-02-01", code="208"), cards.dose(), exp=cards.NBF + 60)))
    assert (found.format, found.kind, found.issuer) == ("smart_health_card", Kind.HEALTH, cards.ISSUER)
    assert found.holder == model.Holder(name="Anna B. Muster", birth_date="1980-02-29")
    assert found.vaccinations == (
        Vaccination(1, 0, date(2021, 1, 1), "207"),
        Vaccination(2, 0, date(2021, 2, 1), "208"),
    )
    assert (found.valid_from, found.valid_until) == (ISSUED, datetime.fromtimestamp(cards.NBF + 60, UTC))
    assert found.credential_id is None


def test_a_vaccination_that_was_not_given_is_none():
    assert good(ISSUER.card(cards.card(cards.dose(status="not-done")))).vaccinations == ()


@pytest.mark.parametrize(
    ("code", "result"),
    [("260415000", "negative"), ("260373001", "positive"), ("10828004", "positive"), ("1", "unknown")],
)
def test_a_test_is_read_with_its_result(code, result):
    (test,) = good(ISSUER.card(cards.card(cards.result(code)))).tests
    assert (test.result, test.sampled_at, test.method) == (
        result,
        datetime(2026, 11, 20, 1, tzinfo=UTC),
        "nucleic_acid",
    )


def test_a_test_whose_day_cannot_be_told_proves_nothing():
    assert good(ISSUER.card(cards.card(cards.result(at="2026-11")))).tests == ()
    preliminary = {**cards.result(), "status": "preliminary"}
    assert good(ISSUER.card(cards.card(preliminary))).tests == ()


def test_a_card_as_it_stands_in_a_file_is_the_same_card():
    token = ISSUER.token(cards.card())
    assert good(token) == good(cards.qr(token))


def test_an_end_in_milliseconds_is_beyond_every_calendar_and_counts_as_none():
    assert good(ISSUER.card(cards.card(exp=(cards.NBF + 60) * 1000))).valid_until is None


# --- Several codes -------------------------------------------------------------------------------------


def test_every_part_says_which_it_is_and_of_how_many():
    texts = cards.parts(ISSUER.token(cards.card()), 3)
    found = [read(text, TRUST) for text in texts]
    assert [(p.index, p.count) for p in found if isinstance(p, Part)] == [(1, 3), (2, 3), (3, 3)]
    assert all("shc" not in repr(p) for p in found)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 1, 2, 0]])
def test_parts_make_the_card_in_whatever_order_they_come(order):
    token = ISSUER.token(cards.card())
    texts = cards.parts(token, 3)
    held: tuple[Part, ...] = ()
    whole = None
    for at in order:
        part = read(texts[at], TRUST)
        assert isinstance(part, Part)
        assert whole is None
        held, whole = collect(held, part)
    assert whole is not None
    assert held == ()
    assert good(whole) == good(cards.qr(token))


def test_a_part_of_somebody_else_s_card_begins_anew():
    mine, theirs = (cards.parts(ISSUER.token(cards.card(cards.dose(day))), 2) for day in ("2021-01-01", "2021-03-03"))
    held, _ = collect((), read(mine[0], TRUST))
    held, whole = collect(held, read(theirs[0], TRUST))
    assert whole is None
    held, whole = collect(held, read(theirs[1], TRUST))
    assert good(whole).vaccinations[0].on == date(2021, 3, 3)


def test_parts_of_two_cards_make_none_that_is_believed():
    mine, theirs = (cards.parts(ISSUER.token(cards.card(cards.dose(day))), 2) for day in ("2021-01-01", "2021-03-03"))
    held, _ = collect((), read(mine[0], TRUST))
    _, whole = collect(held, read(theirs[1], TRUST))
    assert whole is not None
    assert refused(whole) in (Reason.BAD_SIGNATURE, Reason.MALFORMED)


def test_one_part_of_one_is_a_whole_card():
    token = ISSUER.token(cards.card())
    assert good(f"shc:/1/1/{cards.digits(token)}") == good(cards.qr(token))


@pytest.mark.parametrize(
    "text",
    ["shc:/2/1/1234", "shc:/0/2/1234", "shc:/1/100/1234", "shc:/1/2/123", "shc:/1/2/", "shc:/1/2", "shc:/1/x/12",
     "shc:/1/2/" + "12" * 1192, "shc:/", "shc:/123", "shc:/12x4", "shc:/١٢٣٤", "shc:/²²", "shc:/9999"],
)  # fmt: skip
def test_digits_that_no_encoder_writes_are_malformed(text):
    found = read(text, TRUST)
    assert found == Refusal("smart_health_card", Kind.HEALTH, Reason.MALFORMED) or text == "shc:/1/2/"


# --- Who signed ----------------------------------------------------------------------------------------


def test_a_stranger_s_key_is_a_bad_signature_under_a_known_kid_and_an_unknown_issuer_under_another():
    other = ec.generate_private_key(ec.SECP256R1())
    assert refused(cards.qr(ISSUER.token(cards.card(), key=other))) is Reason.BAD_SIGNATURE
    assert refused(cards.Issuer().card()) is Reason.UNKNOWN_ISSUER
    assert refused(ISSUER.card(), Trust()) is Reason.UNKNOWN_ISSUER


def test_a_known_key_may_not_speak_for_another_issuer():
    assert refused(ISSUER.card(cards.card(iss="https://other.example"))) is Reason.UNKNOWN_ISSUER


def test_a_key_set_that_does_not_say_whose_it_is_counts_for_whom_it_signs_as():
    assert good(ISSUER.card(), ISSUER.trust(iss=None)).issuer == cards.ISSUER


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": None}, {"zip": None}, {"zip": "GZ"},
                                    {"kid": None}, {"kid": 7}, {"crit": ["x"], "x": 1}])  # fmt: skip
def test_a_card_signed_or_compressed_otherwise_is_refused(header):
    assert refused(ISSUER.card(**header)) in (Reason.UNSUPPORTED, Reason.MALFORMED, Reason.UNKNOWN_ISSUER,
                                              Reason.BAD_SIGNATURE)  # fmt: skip


BUNDLE = {"resourceType": "Bundle"}


@pytest.mark.parametrize(
    "payload",
    [
        b"not deflate",
        cards.deflate(b"not JSON"),
        cards.deflate(b"\xef\xbb\xbf" + json.dumps(cards.card()).encode()),
        cards.deflate(b"\xff{}"),
        cards.deflate(b"{}") + b"more",
        cards.deflate(bytes(200_000)),
        cards.deflate(b'"a text"'),
        cards.deflate(b'{"iss": "a", "iss": "b"}'),
        {"iss": cards.ISSUER, "nbf": cards.NBF},
        {"nbf": cards.NBF, "vc": cards.card()["vc"]},
        cards.card(nbf=None),
        cards.card(nbf="soon"),
        cards.card(exp="never"),
        cards.card(vc={"type": [], "credentialSubject": {"fhirBundle": BUNDLE}}),
        cards.card(vc={"type": ["https://smarthealth.cards#health-card"], "credentialSubject": {"fhirBundle": BUNDLE}}),
        cards.card({**cards.dose(), "vaccineCode": {}}),
        cards.card({**cards.dose(), "lotNumber": ""}),
        cards.card({**cards.dose(), "performer": []}),
        cards.card({"resourceType": "Patient", "name": [{"family": "Two"}]}),
    ],
    ids=repr,
)
def test_a_payload_that_is_no_card_is_malformed(payload):
    assert refused(ISSUER.card(payload)) is Reason.MALFORMED


# --- Withdrawn -----------------------------------------------------------------------------------------


def withdrawn(*rids: str) -> Trust:
    listed = ", ".join(f'"{rid}"' for rid in rids)
    tree = f'{{"kid": "{ISSUER.jwk["kid"]}", "method": "rid", "ctr": 1, "rids": [{listed}]}}'
    return merge([TRUST, parse(tree.encode(), "revoked.json")])


def test_a_card_whose_rid_is_listed_is_revoked():
    text = ISSUER.card(cards.card(rid="abc"))
    assert good(text).credential_id == f"{ISSUER.jwk['kid']}/abc"
    assert refused(text, withdrawn("abc", "xyz")) is Reason.REVOKED
    assert good(text, withdrawn("ab", "abcd"))


def test_a_rid_with_a_time_ends_the_cards_up_to_then():
    text = ISSUER.card(cards.card(rid="abc"))
    assert refused(text, withdrawn(f"abc.{cards.NBF}")) is Reason.REVOKED
    assert good(text, withdrawn(f"abc.{cards.NBF - 1}"))
    assert refused(text, withdrawn("abc.1", f"abc.{cards.NBF}")) is Reason.REVOKED
    both = merge([withdrawn(f"abc.{cards.NBF}"), withdrawn("abc.1")])
    assert refused(text, both) is Reason.REVOKED
