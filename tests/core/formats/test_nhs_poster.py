"""NHS posters: what is read of them, and every way in which one can be wrong."""

import pytest

from kiosk.core.formats import read
from kiosk.core.model import Kind, Refusal, VenueCode
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust
from kiosk.core.trust.parse import parse
from tests.support import abroad

ISSUER = abroad.Posters()


def refused(text: str, trust: Trust = ISSUER.trust) -> Reason:
    found = read(text, trust)
    assert isinstance(found, Refusal), found
    assert (found.format, found.kind) == ("nhs_poster", Kind.VENUE)
    return found.reason


def test_a_poster_is_read_whole():
    place = VenueCode("nhs_poster", "GB", "4WT59M5Y", "South Gate", signed=True, facts={"postcode": "AB1"})
    assert read(ISSUER.code(), ISSUER.trust) == place
    assert read(ISSUER.code(version="12"), ISSUER.trust) == place


@pytest.mark.parametrize("version", ["0", "Z", "", "01", "-1", "1:2"])
def test_a_version_that_is_none_is_malformed(version):
    assert refused(ISSUER.code(version=version)) is Reason.MALFORMED


def test_only_a_listed_key_under_its_own_id_counts():
    assert refused(ISSUER.code(kid="4")) is Reason.UNKNOWN_ISSUER
    assert refused(ISSUER.code(), abroad.Posters().trust) is Reason.BAD_SIGNATURE
    assert refused(ISSUER.code(), Trust()) is Reason.UNKNOWN_ISSUER


def test_a_key_s_file_may_say_its_id():
    der = abroad.der(ISSUER.key.public_key())
    assert isinstance(read(ISSUER.code(), parse(der, "nhs-kid3.der")), VenueCode)
    assert refused(ISSUER.code(), parse(der, "nhs-kid4.der")) is Reason.UNKNOWN_ISSUER
    assert isinstance(read(ISSUER.code(), parse(der, "nhs.der")), VenueCode)  # it says none: tried for any


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "PS256"}])
def test_another_algorithm_is_refused(header):
    assert refused(ISSUER.code(**header)) is Reason.UNSUPPORTED


def test_a_cut_off_signature_is_refused():
    assert refused(ISSUER.code().rpartition(".")[0] + ".") is Reason.BAD_SIGNATURE
    assert refused(ISSUER.code().rpartition(".")[0]) is Reason.MALFORMED


@pytest.mark.parametrize("claims", [{}, [], {"id": ""}, {"id": 7}])
def test_a_poster_of_no_place_is_malformed(claims):
    assert refused(ISSUER.code(claims)) is Reason.MALFORMED
