"""The identity that replay and roster go by."""

from dataclasses import replace

import pytest

from kiosk.core.formats import read
from kiosk.core.identity import document_key, key, normalised_name
from kiosk.core.model import Credential, Holder, Kind, VenueCode
from tests.support import mint

SECRET = b"k" * 32
STREET = mint.street()
PERSON = Credential("f", Kind.HEALTH, "XX", None, Holder(name="Anna Muster", birth_date="1980-02-29"), None, None)


def key_of(text: str, secret: bytes = SECRET) -> str:
    return key(read(text, STREET.trust), text, secret)


def test_one_credential_in_two_codes_is_one_identity():
    first, second = STREET.dcc(), STREET.dcc()
    assert first != second  # ECDSA signs anew each time
    assert key_of(first) == key_of(second)


def test_different_credentials_secrets_and_formats_differ():
    keys = {
        key_of(STREET.dcc()),
        key_of(STREET.dcc(), b"other"),
        key_of(STREET.pass_()),
        key_of(STREET.pass_(credential_id=b"another!")),
        key_of(STREET.venue()),
        key_of(mint.ONLINE_CODE),
        key_of(mint.ONLINE_CODE + "1"),
        key_of("\ud800"),
    }
    assert len(keys) == 8
    assert all(len(k) == 64 for k in keys)


def test_without_an_id_the_holder_counts_and_without_a_holder_the_text():
    assert key(PERSON, "one", SECRET) == key(PERSON, "two", SECRET)
    assert key(PERSON, "x", SECRET) != key(replace(PERSON, holder=Holder(name="Anna Muster")), "x", SECRET)
    assert key(PERSON, "x", SECRET) != key(replace(PERSON, issuer="YY"), "x", SECRET)
    with_person = replace(PERSON, holder=Holder(person="R1", name="A"))
    assert key(with_person, "x", SECRET) == key(replace(with_person, holder=Holder(person="R1", name="B")), "x", SECRET)
    nobody = replace(PERSON, holder=Holder())
    assert key(nobody, "one", SECRET) != key(nobody, "two", SECRET)


def test_parts_do_not_run_into_each_other():
    assert key(VenueCode("f", "ab", "c"), "", SECRET) != key(VenueCode("f", "a", "bc"), "", SECRET)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna Muster", "MUSTER  ANNA"),
        ("Gabriele Musterfrau-Gößinger", "gossinger musterfrau gabriele"),
        ("José Ángel", "jose angel"),
        ("王小明", "王 小明"),
        ("Straße", "STRASSE"),
        ("Ａｎｎａ", "anna"),
    ],
)
def test_names_that_people_write_differently_are_one(one, other):
    assert normalised_name(one) == normalised_name(other)


def test_different_names_stay_different():
    names = ["Anna Muster", "Anne Muster", "王小明", "王小朋", "Anna Maria Muster", "김민수"]
    assert len({normalised_name(name) for name in names}) == len(names)


def test_a_document_is_known_however_it_was_typed():
    assert document_key("11010 5194912-31002x", SECRET) == document_key("11010519491231002X", SECRET)
    assert document_key("11010519491231002X", SECRET) != document_key("11010519491231002X", b"other")
    assert document_key(" - ", SECRET) == ""


def test_keys_of_documents_and_of_codes_never_meet():
    assert document_key("ABC", SECRET) != key(read("ABC", STREET.trust), "ABC", SECRET)
