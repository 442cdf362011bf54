"""JWS compact, with the example of RFC 7515 and minted tokens."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from kiosk.core.codecs import Rejected, jws
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer

# RFC 7515 Appendix A.3: ES256.
EXAMPLE = (
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
X, Y = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"


def number(text):
    return int.from_bytes(urlsafe_b64decode(text + "="), "big")


EXAMPLE_KEY = EllipticCurvePublicNumbers(number(X), number(Y), SECP256R1()).public_key()
KEY = ec.generate_private_key(ec.SECP256R1())


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def minted(header, payload=b"{}", key=KEY):
    signed = b64(json.dumps(header).encode()) + "." + b64(payload)
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    return signed + "." + b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def refused(text, *keys):
    with pytest.raises(Rejected) as caught:
        jws.verify(text, [Signer("x", b"", key, "") for key in keys])
    return caught.value.reason


def test_the_example_of_the_standard_verifies():
    payload, signer = jws.verify(EXAMPLE, [Signer("x", b"", EXAMPLE_KEY, "joe")])
    assert json.loads(payload)["iss"] == "joe"
    assert signer.issuer == "joe"


def test_every_candidate_is_tried_and_the_kid_is_told():
    text = minted({"alg": "ES256", "kid": "k1"}, b"hello")
    assert jws.parse(text) == jws.Unverified("ES256", "k1")
    assert jws.verify(text, [Signer("x", b"", k, "") for k in (EXAMPLE_KEY, KEY.public_key())])[0] == b"hello"


def test_forged_and_foreign_tokens_are_refused():
    other = rsa.generate_private_key(65537, 2048).public_key()
    assert refused(EXAMPLE, KEY.public_key()) is Reason.BAD_SIGNATURE
    assert refused(EXAMPLE, other) is Reason.BAD_SIGNATURE
    assert refused(EXAMPLE) is Reason.UNKNOWN_ISSUER
    assert refused(EXAMPLE.replace(".eyJpc3", ".eyJpc4"), EXAMPLE_KEY) is Reason.BAD_SIGNATURE
    assert refused(EXAMPLE.rpartition(".")[0] + ".", EXAMPLE_KEY) is Reason.BAD_SIGNATURE


def test_ps256_verifies_with_its_own_key():
    key = rsa.generate_private_key(65537, 2048)
    signed = b64(json.dumps({"alg": "PS256"}).encode()) + "." + b64(b"hello")
    signature = key.sign(signed.encode(), padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
    text = signed + "." + b64(signature)
    assert jws.verify(text, [Signer("x", b"", key.public_key(), "")])[0] == b"hello"
    assert refused(text, KEY.public_key()) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("algorithm", ["none", "EdDSA", "HS256", "ES384", "RS256", "es256"])
def test_other_algorithms_are_not_even_tried(algorithm):
    assert refused(minted({"alg": algorithm}), KEY.public_key()) is Reason.UNSUPPORTED


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c", "....", "e30.e30.e30", "\u0661.a.b", EXAMPLE + ".x"])
def test_what_is_no_jws_is_malformed(text):
    assert refused(text, KEY.public_key()) is Reason.MALFORMED
