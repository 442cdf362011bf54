"""NZ COVID Pass: what is read of it, and every way in which one can be wrong."""

from datetime import UTC, datetime

import pytest

from kiosk.core.formats import read
from kiosk.core.model import Credential, Holder, Kind, Refusal
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust
from tests.support import abroad

ISSUER = abroad.NzPass()


def refused(text: str, trust: Trust = ISSUER.trust) -> Reason:
    found = read(text, trust)
    assert isinstance(found, Refusal), found
    assert (found.format, found.kind) == ("nz_pass", Kind.HEALTH)
    return found.reason


def test_a_pass_is_read_whole():
    found = read(ISSUER.code(), ISSUER.trust)
    assert isinstance(found, Credential)
    assert found.holder == Holder(name="Anna Muster", birth_date="1980-02-29")
    assert (found.valid_from, found.valid_until) == (abroad.SINCE, abroad.UNTIL)
    assert found.issuer == abroad.DID
    assert found.credential_id == "urn:uuid:00010203-0405-0607-0809-0a0b0c0d0e0f"


def test_a_single_name_is_enough():
    subject = {"givenName": "Anna", "dob": "1980-02-29"}
    found = read(ISSUER.code(ISSUER.claims(credentialSubject=subject)), ISSUER.trust)
    assert isinstance(found, Credential)
    assert found.holder.name == "Anna"


def test_a_key_counts_only_for_the_issuer_whose_document_names_it():
    assert refused(ISSUER.code({**ISSUER.claims(), 1: "did:web:other.example"})) is Reason.UNKNOWN_ISSUER
    assert refused(ISSUER.code(kid=b"key-2")) is Reason.UNKNOWN_ISSUER
    assert refused(ISSUER.code(), Trust()) is Reason.UNKNOWN_ISSUER
    assert refused(ISSUER.code(signed_by=abroad.key())) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    "changed",
    [
        {4: None},
        {5: None},
        {7: b"short"},
        {7: "text"},
        {"vc": None},
        {4: "soon"},
        {5: datetime(2026, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_missing_claim_is_malformed(changed):
    assert refused(ISSUER.code({**ISSUER.claims(), **changed})) is Reason.MALFORMED


@pytest.mark.parametrize(
    "changed",
    [{"type": ["VerifiableCredential"]}, {"@context": ["x"]}, {"@context": "https://www.w3.org/2018/credentials/v1"},
     {"credentialSubject": {"givenName": "", "dob": "1980"}}, {"credentialSubject": {"givenName": "A"}},
     {"credentialSubject": []}],
)  # fmt: skip
def test_another_credential_of_the_same_issuer_is_malformed(changed):
    assert refused(ISSUER.code(ISSUER.claims(**changed))) is Reason.MALFORMED


@pytest.mark.parametrize("text", ["NZCP:/1/", "NZCP:/1/1", "NZCP:/1/abc", "NZCP:/1/AAAAAAAA", "NZCP:/1/==="])
def test_what_is_not_base_32_of_a_message_is_malformed(text):
    assert refused(text) is Reason.MALFORMED


def test_another_version_is_not_known():
    assert read("NZCP:/2/" + ISSUER.code()[8:], ISSUER.trust) == Refusal("", Kind.UNKNOWN, Reason.UNSUPPORTED)
