"""DID documents."""

import json

import pytest

from kiosk.core.faults import SettingsError
from kiosk.core.trust import Trust
from kiosk.core.trust.parse import parse
from tests.support import abroad

ISSUER = abroad.NzPass()


def of(**changed: object) -> Trust:
    return parse(json.dumps(ISSUER.document(**changed)).encode(), "did.json")


def method(**changed: object) -> dict:
    return {**ISSUER.document()["verificationMethod"][0], **changed}


def test_a_document_s_key_signs_as_its_issuer_under_its_fragment():
    (signer,) = of().signers
    assert (signer.scheme, signer.kid, signer.issuer) == ("nz_pass", b"key-1", abroad.DID)


def test_a_key_may_stand_inside_the_list_of_assertions():
    (signer,) = of(verificationMethod=[], assertionMethod=[method(id="#key-9")]).signers
    assert signer.kid == b"key-9"


@pytest.mark.parametrize(
    "wrong",
    [{"assertionMethod": []}, {"verificationMethod": [method(controller="did:web:other")]},
     {"verificationMethod": [method(id="did:web:other#key-1")]}, {"verificationMethod": [method(id=abroad.DID)]},
     {"verificationMethod": [method(publicKeyJwk={})]}, {"verificationMethod": [7]}],
)  # fmt: skip
def test_a_key_that_may_not_assert_or_is_another_s_is_left_out_by_name(wrong):
    with pytest.raises(SettingsError, match=r"^did\.json: key 1: left out"):
        of(**wrong)


def test_a_published_private_key_is_refused():
    jwk = {**method()["publicKeyJwk"], "d": "AAAA"}
    with pytest.raises(SettingsError, match="private"):
        of(verificationMethod=[method(publicKeyJwk=jwk)])


@pytest.mark.parametrize("wrong", [{"id": 7}, {"id": "https://x"}, {"verificationMethod": {}}])
def test_what_is_no_document_is_refused(wrong):
    with pytest.raises(SettingsError, match="not a DID document"):
        of(**wrong)
