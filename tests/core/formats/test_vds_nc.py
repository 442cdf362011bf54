"""ICAO seals: what is read of them, whose certificate counts, and every way in which one can be wrong."""

import json
from datetime import UTC, date, datetime

import pytest

from kiosk.core.formats import read
from kiosk.core.model import Credential, Holder, Kind, Refusal, Vaccination
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust, merge
from kiosk.core.trust.parse import parse
from tests.support import abroad

UTOPIA = abroad.Seals()


def good(text: str, trust: Trust = UTOPIA.trust) -> Credential:
    found = read(text, trust)
    assert isinstance(found, Credential), found
    return found


def refused(text: str, trust: Trust = UTOPIA.trust) -> Reason:
    found = read(text, trust)
    assert isinstance(found, Refusal), found
    assert (found.format, found.kind) == ("vds_nc", Kind.HEALTH)
    return found.reason


def test_a_vaccination_is_read_whole():
    found = good(UTOPIA.code())
    assert (found.issuer, found.credential_id) == ("UT", "U1")
    assert found.holder == Holder(name="Muster Anna", birth_date="1980-02-29", document="X123")
    assert found.vaccinations == (Vaccination(1, 0, date(2021, 3, 3), "Comirnaty"),)
    assert (found.signer_valid_from, found.signer_valid_until) == (abroad.SINCE, abroad.UNTIL)


@pytest.mark.parametrize(("result", "known"), [("Negative", "negative"), ("positive", "positive"), ("?", "unknown")])
def test_a_test_is_read_with_its_result(result, known):
    message = {"utci": "T1", "pid": {"n": "Anna"}, "dat": {"sc": "2020-12-12T12:00:00+08:00"},
               "tr": {"tc": "molecular(PCR)", "r": result}}  # fmt: skip
    (test,) = good(UTOPIA.code(message, kind="icao.test")).tests
    assert (test.result, test.sampled_at, test.method) == (
        known,
        datetime(2020, 12, 12, 4, tzinfo=UTC),
        "nucleic_acid",
    )


def test_the_order_and_the_spaces_of_its_json_do_not_matter():
    tree = json.loads(UTOPIA.code())
    turned = json.dumps({"sig": tree["sig"], "data": dict(reversed(tree["data"].items()))}, indent=1).replace("\n", " ")
    assert good(turned) == good(UTOPIA.code())


def test_a_signer_that_is_itself_listed_needs_no_authority():
    assert good(UTOPIA.code(), parse(UTOPIA.signer, "dsc.der")).credential_id == "U1"


def test_a_certificate_counts_only_when_a_listed_authority_made_it():
    assert refused(UTOPIA.code(), Trust()) is Reason.UNKNOWN_ISSUER
    namesake = abroad.Seals()  # another country that calls its authority the same
    assert refused(UTOPIA.code(), namesake.trust) is Reason.BAD_SIGNATURE
    assert good(UTOPIA.code(), merge([namesake.trust, UTOPIA.trust]))
    elsewhere = abroad.certificate("DSC", UTOPIA.key.public_key(), "CSCA of nowhere", abroad.key())
    assert refused(UTOPIA.code(certificate=elsewhere)) is Reason.UNKNOWN_ISSUER


def test_a_certificate_that_is_no_authority_s_vouches_for_nobody():
    below = abroad.certificate("mine", UTOPIA.key.public_key(), "DSC", UTOPIA.key)
    assert refused(UTOPIA.code(certificate=below), parse(UTOPIA.signer, "d.der")) is Reason.UNKNOWN_ISSUER


@pytest.mark.parametrize("change", [{"uvci": "U2"}, {"pid": {"n": "Other"}}, {"ve": []}])
def test_a_change_under_the_signature_is_a_bad_signature(change):
    tree = json.loads(UTOPIA.code())
    tree["data"]["msg"] |= change
    assert refused(json.dumps(tree)) is Reason.BAD_SIGNATURE


def test_another_algorithm_is_not_known_here():
    assert refused(UTOPIA.code(alg="ES384")) is Reason.UNSUPPORTED


@pytest.mark.parametrize("signature", [{"sigvl": "!"}, {"cer": "AAAA"}, {"cer": "?"}, {"alg": 7}, {"sigvl": None}])
def test_a_seal_without_its_parts_is_malformed(signature):
    assert refused(UTOPIA.code(**signature)) in (Reason.MALFORMED, Reason.BAD_SIGNATURE)


@pytest.mark.parametrize(
    "text",
    ['{"icao.vacc": 1}', '{"data": {"hdr": {"t": "icao.vacc", "v": 2}}}', '{"t": "icao.test"', '{"icao.test": NaN}'],
)
def test_json_that_only_looks_like_one_is_malformed(text):
    assert refused(text) is Reason.MALFORMED
