"""Every way in which issuers wrap the same certificate is the same certificate: all of them, in all combinations."""

from itertools import product

import pytest
from cbor2 import CBORTag
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.core.codecs import cbor, cose
from kiosk.core.formats import read
from kiosk.core.model import Credential
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer, Trust
from tests.support import mint

KEYS = {"ES256": (ec.generate_private_key(ec.SECP256R1()), -7), "PS256": (mint.rsa_key(), -37)}
WRAPPINGS = {
    "untagged": lambda message: message,
    "tagged": lambda message: CBORTag(18, message),
    "tagged as CWT too": lambda message: CBORTag(61, CBORTag(18, message)),
    "tagged twice": lambda message: CBORTag(18, CBORTag(18, message)),
}
HEADERS = {  # where key id and algorithm stand: (protected, unprotected)
    "both protected": lambda kid, alg: ({1: alg, 4: kid}, {}),
    "kid unprotected": lambda kid, alg: ({1: alg}, {4: kid}),
    "alg unprotected": lambda kid, alg: ({4: kid}, {1: alg}),
    "none protected": lambda kid, alg: (None, {1: alg, 4: kid}),
    "both in both": lambda kid, alg: ({1: alg, 4: kid}, {1: 0, 4: b"another"}),
}
SECONDS = int((mint.NOW - mint.HOUR).timestamp())
TIMES = {
    "whole": lambda moment: moment,
    "float": lambda moment: moment + 0.75,
    "tagged number": lambda moment: CBORTag(1, moment),
    "tagged text": lambda _moment: CBORTag(0, "2026-11-21T06:30:00Z"),
}


def code(algorithm: str, wrapping: str, header: str, times: str, issuer: str = "XX") -> str:
    key, number = KEYS[algorithm]
    protected, unprotected = HEADERS[header](mint.KID, number)
    head = b"" if protected is None else cbor.encode(protected)
    certificate = mint.payload("Anna Muster", "1980-02-29", mint.NOW, positive=False)
    claims = {1: issuer, 4: SECONDS + 9999, 6: TIMES[times](SECONDS), -260: {1: certificate}}
    payload = cbor.encode(claims)
    signature = cose._sign(key, cose._covered(head, payload, b""))
    return mint.hc1(cbor.encode(WRAPPINGS[wrapping]([head, unprotected, payload, signature])))


def known(algorithm: str, **more: object) -> Trust:
    return Trust(signers=(Signer("eu_dcc", mint.KID, KEYS[algorithm][0].public_key(), "", **more),))


@pytest.mark.parametrize("algorithm", KEYS)
def test_the_same_certificate_in_every_wrapping_says_the_same(algorithm):
    said = set()
    for combination in product(WRAPPINGS, HEADERS, TIMES):
        found = read(code(algorithm, *combination), known(algorithm))
        assert isinstance(found, Credential), combination
        said.add((found.issuer, found.holder, found.tests, found.credential_id, found.valid_from))
    assert len(said) == 1


@pytest.mark.parametrize("algorithm", KEYS)
def test_of_several_keys_under_one_id_the_one_that_signed_counts(algorithm):
    stranger = Signer("eu_dcc", mint.KID, ec.generate_private_key(ec.SECP256R1()).public_key(), "YY")
    (own,) = known(algorithm).signers
    text = code(algorithm, "tagged", "both protected", "whole")
    for signers in ((stranger, own), (own, stranger)):
        assert read(text, Trust(signers=signers)).issuer == "XX"
    assert read(text, Trust(signers=(stranger,))).reason is Reason.BAD_SIGNATURE


def test_a_label_of_the_other_algorithm_is_a_bad_signature():
    text = code("ES256", "tagged", "both protected", "whole")
    assert read(text, known("PS256")).reason is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("issuer", ["XX", "CH", "TW", "GB", "United Nations"])
def test_issuers_outside_the_eu_are_read_like_any_other(issuer):
    found = read(code("ES256", "untagged", "kid unprotected", "float", issuer), known("ES256"))
    assert found.issuer == issuer


@pytest.mark.parametrize(
    ("usages", "holds"),
    [((), True), (("test",), True), (("test", "recovery"), True), (("vaccination",), False), (("recovery",), False)],
)
def test_what_a_signer_is_for_binds_every_wrapping(usages, holds):
    for wrapping, header in product(WRAPPINGS, HEADERS):
        found = read(code("ES256", wrapping, header, "whole"), known("ES256", usages=frozenset(usages)))
        assert isinstance(found, Credential) is holds
        assert holds or found.reason is Reason.WRONG_KEY_USAGE
