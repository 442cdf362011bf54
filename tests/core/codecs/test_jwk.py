"""Public keys as JSON."""

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from kiosk.core.codecs import Rejected, jwk
from tests.support import abroad, cards, mint


def test_a_p_256_key_comes_back():
    key = abroad.key()
    assert jwk.public_key(cards.jwk_of(key)).public_numbers() == key.public_key().public_numbers()


def test_an_rsa_key_comes_back():
    numbers = mint.rsa_key().public_key().public_numbers()
    n, e = (cards.b64(v.to_bytes((v.bit_length() + 7) // 8, "big")) for v in (numbers.n, numbers.e))
    found = jwk.public_key({"kty": "RSA", "n": n, "e": e})
    assert isinstance(found, RSAPublicKey)
    assert found.public_numbers() == numbers


def test_the_thumbprint_is_the_one_of_the_cards_specification():
    key = {"kty": "EC", "crv": "P-256", "x": "11XvRWy1I2S0EyJlyf_bWfw_TQ5CJJNLw78bHXNxcgw",
           "y": "eZXwxvO1hvCY0KucrPfKo7yAyMT6Ajc3N7OkAB6VYy8"}  # fmt: skip
    assert jwk.thumbprint(key) == "3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s"


GOOD = cards.jwk_of(abroad.key())


@pytest.mark.parametrize(
    "key",
    [None, {}, {**GOOD, "crv": "P-384"}, {**GOOD, "x": "AAAA"}, {**GOOD, "x": "!"}, {**GOOD, "d": "AAAA"},
     {**GOOD, "y": 7}, {"kty": "RSA", "n": "AA", "e": "AQAB"}, {"kty": "oct", "k": "AAAA"}],
)  # fmt: skip
def test_any_other_key_is_refused(key):
    with pytest.raises(Rejected):
        jwk.public_key(key)
