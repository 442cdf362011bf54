"""The Israeli Green Pass: what is read of it, and every way in which one can be wrong."""

from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from kiosk.core.formats import read
from kiosk.core.model import Credential, Holder, Kind, Refusal, Vaccination
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust
from kiosk.core.trust.parse import parse
from tests.support import abroad, mint

ISSUER = abroad.Ramzor()


def good(text: str, trust: Trust = ISSUER.trust) -> Credential:
    found = read(text, trust)
    assert isinstance(found, Credential), found
    return found


def refused(text: str, trust: Trust = ISSUER.trust) -> Reason:
    found = read(text, trust)
    assert isinstance(found, Refusal), found
    assert (found.format, found.kind) == ("ramzor", Kind.HEALTH)
    return found.reason


def test_a_pass_is_read_whole():
    found = good(ISSUER.code())
    assert (found.issuer, found.credential_id) == ("IL", "01/IL/1#A")
    assert found.holder == Holder(name="Moshe Cohen", birth_date="1990-02-07", document="0098")
    assert found.vaccinations == (
        Vaccination(1, 0, date(2021, 1, 17), "Pfizer"),
        Vaccination(2, 0, date(2021, 2, 8), "BNT162b2"),
    )
    assert (found.valid_from, found.valid_until) == (
        datetime(2026, 2, 15, tzinfo=UTC),
        datetime(2026, 12, 14, tzinfo=UTC),
    )


def test_a_last_day_without_a_time_counts_whole():
    assert good(ISSUER.code(e="2026-12-14")).valid_until == datetime(2026, 12, 14, 23, 59, 59, tzinfo=UTC)


def test_a_name_in_hebrew_alone_is_a_name():
    assert good(ISSUER.code(g="", f="", gl="משה", fl="כהן")).holder.name == "משה כהן"


def test_an_rsa_key_signs_too():
    key = mint.rsa_key()
    covered = ISSUER.code().partition("#")[2]
    made = key.sign(covered.encode(), padding.PKCS1v15(), SHA256())
    text = f"{abroad.b64encode(made).decode()}#{covered}"
    assert good(text, parse(abroad.der(key.public_key()), "k.der")).credential_id == "01/IL/1#A"


def test_another_key_or_another_text_is_a_bad_signature():
    assert refused(ISSUER.code(), abroad.Ramzor().trust) is Reason.BAD_SIGNATURE
    assert refused(ISSUER.code().replace("Moshe", "Mosha")) is Reason.BAD_SIGNATURE
    assert refused(ISSUER.code(), Trust()) is Reason.UNKNOWN_ISSUER


@pytest.mark.parametrize("changed", [{"id": ""}, {"id": 7}, {"e": "never"}, {"a": "2026-13-01"}])
def test_a_pass_without_an_id_or_with_a_time_that_is_none_is_malformed(changed):
    assert refused(ISSUER.code(**changed)) is Reason.MALFORMED


def test_json_that_two_readers_could_understand_differently_is_malformed():
    text = "A" * 96 + '#{"id": "1", "id": "2"}'
    assert refused(text) is Reason.MALFORMED
