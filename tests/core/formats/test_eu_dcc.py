"""EU certificates: what is read of them, and every way in which one can be wrong."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cbor2 import CBORTag
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.core import model
from kiosk.core.codecs import cbor, cose
from kiosk.core.formats import read
from kiosk.core.model import Credential, Kind, Recovery, Refusal, Vaccination
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer, Trust
from tests.support import mint

VACCINATION = {"tg": "840539006", "vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215", "dn": 2, "sd": 2,
               "dt": "2021-06-01", "co": "XX", "is": "M", "ci": "URN:UVCI:V1"}  # fmt: skip
RECOVERY = {"tg": "840539006", "fr": "2021-01-10", "co": "XX", "is": "M", "df": "2021-01-21", "du": "2021-07-09",
            "ci": "URN:UVCI:R1"}  # fmt: skip


def refused(text: str, trust: Trust) -> Reason:
    result = read(text, trust)
    assert isinstance(result, Refusal)
    assert (result.format, result.kind) == ("eu_dcc", Kind.HEALTH)
    return result.reason


def good(text: str, trust: Trust) -> Credential:
    result = read(text, trust)
    assert isinstance(result, Credential)
    return result


def signed(street, claims) -> str:
    return mint.hc1(cose.sign1(cbor.encode(claims), street.dcc_key, mint.KID))


def test_a_test_certificate_is_read_whole(street):
    found = good(street.dcc(), street.trust)
    assert (found.format, found.kind, found.issuer) == ("eu_dcc", Kind.HEALTH, "XX")
    assert found.credential_id == "URN:UVCI:01:XX:MINT1#A"
    assert found.holder == model.Holder(name="Anna Muster", birth_date="1980-02-29")
    assert (found.valid_from, found.valid_until) == (mint.NOW - mint.HOUR, mint.NOW + mint.DAY)
    assert found.tests == (model.Test(model.TestResult.NEGATIVE, mint.NOW - 5 * mint.HOUR, "nucleic_acid"),)
    assert found.claims["ver"] == "1.3.0"


def test_a_vaccination_and_a_recovery_are_read(street):
    found = good(street.dcc(t=None, v=[VACCINATION]), street.trust)
    assert found.vaccinations == (Vaccination(2, 2, date(2021, 6, 1), "EU/1/20/1528"),)
    assert found.credential_id == "URN:UVCI:V1"
    found = good(street.dcc(t=None, r=[RECOVERY]), street.trust)
    assert found.recoveries == (Recovery(date(2021, 1, 10), date(2021, 1, 21), date(2021, 7, 9)),)


def test_a_positive_test_is_positive(street):
    assert good(street.dcc(positive=True), street.trust).tests[0].result is model.TestResult.POSITIVE


def test_times_are_told_and_not_judged(street):
    found = good(street.dcc(expired=True), street.trust)
    assert found.valid_until == mint.NOW - timedelta(minutes=1)


def test_the_times_of_the_signer_go_along(street):
    since, until = mint.NOW - mint.DAY, mint.NOW + mint.DAY
    dated = tuple(replace(s, valid_from=since, valid_until=until) for s in street.trust.signers)
    found = good(street.dcc(), Trust(signers=dated))
    assert (found.signer_valid_from, found.signer_valid_until) == (since, until)


def test_a_forged_name_is_a_bad_signature(street):
    assert refused(mint.forged(street.dcc()), street.trust) is Reason.BAD_SIGNATURE


def test_a_stranger_s_key_is_a_bad_signature_under_a_known_kid_and_an_unknown_issuer_under_another(street):
    key = ec.generate_private_key(ec.SECP256R1())
    assert refused(street.dcc(key=key), street.trust) is Reason.BAD_SIGNATURE
    assert refused(street.dcc(key=key, kid=b"stranger"), street.trust) is Reason.UNKNOWN_ISSUER


def test_rsa_signers_are_believed_too(street):
    key = mint.rsa_key()
    trust = Trust(signers=(Signer("eu_dcc", b"rsa", key.public_key(), "YY"),))
    assert good(street.dcc(key=key, kid=b"rsa"), trust).issuer == "YY"


def test_a_key_of_another_scheme_signs_no_certificate(street):
    trust = Trust(signers=tuple(replace(s, scheme="venue") for s in street.trust.signers))
    assert refused(street.dcc(), trust) is Reason.UNKNOWN_ISSUER


def usages(street, *allowed: str) -> Trust:
    return Trust(signers=(Signer("eu_dcc", mint.KID, street.dcc_key.public_key(), "XX", frozenset(allowed)),))


def test_a_signer_may_sign_only_what_it_is_for(street):
    assert good(street.dcc(), usages(street, "test"))
    assert good(street.dcc(), usages(street, "test", "recovery"))
    assert refused(street.dcc(), usages(street, "vaccination", "recovery")) is Reason.WRONG_KEY_USAGE
    assert refused(street.dcc(v=[VACCINATION]), usages(street, "test")) is Reason.WRONG_KEY_USAGE
    assert refused(street.dcc(t=None, r=[RECOVERY]), usages(street, "test")) is Reason.WRONG_KEY_USAGE


def test_of_two_entries_for_one_key_the_one_that_allows_it_counts(street):
    both = Trust(signers=usages(street, "vaccination").signers + usages(street, "test").signers)
    assert good(street.dcc(), both)


def test_a_forgery_under_the_wrong_usage_is_still_a_forgery(street):
    assert refused(mint.forged(street.dcc()), usages(street, "recovery")) is Reason.BAD_SIGNATURE


EXPIRY = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        int(EXPIRY.timestamp()),
        EXPIRY.timestamp() + 0.25,
        CBORTag(1, int(EXPIRY.timestamp())),
        CBORTag(0, "2027-01-01T00:00:00Z"),
    ],
)
def test_every_form_of_time_met_in_the_wild_is_understood(street, written):
    claims = {1: "XX", 4: written, 6: written, -260: {1: mint.payload("A B", "1980", mint.NOW, False)}}
    found = good(signed(street, claims), street.trust)
    assert (found.valid_from, found.valid_until) == (EXPIRY, EXPIRY)


@pytest.mark.parametrize(
    "claims",
    [
        {1: "XX", 4: 5, -260: {1: {"ver": "1.3.0"}}},
        {1: "XX", 4: 5, -260: {1: {"t": [], "v": None}}},
        {1: "XX", 4: 5, -260: {1: []}},
        {1: "XX", 4: 5, -260: {}},
        {1: "XX", 4: 5},
        {1: "XX", 4: "tomorrow", -260: {1: {"t": [{}]}}},
        {1: "XX", 4: float("1e30"), -260: {1: {"t": [{}]}}},
        [],
        b"",
    ],
)
def test_a_signed_token_without_a_certificate_is_malformed(street, claims):
    assert refused(signed(street, claims), street.trust) is Reason.MALFORMED


def test_odd_members_are_left_out_and_nothing_is_guessed(street):
    odd = {"nam": 7, "dob": None, "t": [{"sc": "soon", "tr": "260415000"}, {"tr": 1}, {"sc": 7}, "x"]}
    found = good(street.dcc(**odd, v=[{"dn": True, "sd": -1, "dt": "2021"}]), street.trust)
    assert found.tests == ()
    assert found.holder == model.Holder()
    assert found.credential_id is None
    assert found.vaccinations == (Vaccination(0, 0, None, ""),)


def test_the_transliterated_name_stands_in_for_a_missing_one(street):
    found = good(street.dcc(nam={"fnt": "MUSTER", "gnt": "ANNA"}), street.trust)
    assert found.holder.name == "ANNA MUSTER"


def test_names_lose_control_and_bidi_characters_and_length(street):
    found = good(street.dcc(nam={"gn": "An\u202ena\x1b[2J\u0000", "fn": "M" * 500}), street.trust)
    assert found.holder.name == "Anna[2J " + "M" * 120


@pytest.mark.parametrize("text", ["HC1:", "HC1:ABC", "HC1:abc", "HC1:NCFOXN", "HC1:" + "Ä"])
def test_a_cut_or_foreign_text_is_malformed(street, text):
    assert refused(text, street.trust) is Reason.MALFORMED


def test_a_code_cut_anywhere_is_malformed(street):
    text = street.dcc()
    assert {refused(text[:length], street.trust) for length in range(4, len(text))} == {Reason.MALFORMED}


def test_the_unprotected_header_states_nothing(street):
    protected, _, payload, signature = mint.message_of(street.dcc())
    told = mint.hc1(cbor.encode([protected, {1: -8, 4: b"other", "name": "Eve"}, payload, signature]))
    assert good(told, street.trust).holder.name == "Anna Muster"


WHO = {"hcid": "US111", "name": "Eddie Murphy", "birthDate": "1986-09-19", "identifier": "123", "date": "2021-07-08",
       "vaccine": {"code": "1119349007"}, "brand": {"code": "B1"}, "dose": 1, "total_doses": 2,
       "country": {"code": "USA"}, "valid_from": "2021-07-08", "valid_until": "2022-07-08"}  # fmt: skip


@pytest.mark.parametrize("claims", [WHO, {-260: {3: WHO}}, {1: "US", 4: 4_000_000_000, 5: 0, -260: {3: WHO}}])
def test_a_vaccination_status_of_the_who_is_read_from_either_place(street, claims):
    found = good(signed(street, claims), street.trust)
    assert found.holder == model.Holder(name="Eddie Murphy", birth_date="1986-09-19", document="123")
    assert found.vaccinations == (Vaccination(1, 2, date(2021, 7, 8), "B1"),)
    assert (found.valid_from, found.valid_until) == (
        datetime(2021, 7, 8, tzinfo=UTC),
        datetime(2022, 7, 8, 23, 59, 59, tzinfo=UTC),
    )
    assert found.credential_id == "US111"


def test_a_vaccination_status_needs_a_key_for_vaccinations(street):
    only_tests = Trust(signers=tuple(replace(s, usages=frozenset({"test"})) for s in street.trust.signers))
    assert refused(signed(street, WHO), only_tests) is Reason.WRONG_KEY_USAGE
    assert refused(signed(street, {**WHO, "hcid": ""}), street.trust) is Reason.MALFORMED
