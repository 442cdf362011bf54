"""Signed lists: verified before anything in them counts, or refused by name."""

import json
from base64 import b64encode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from kiosk.core.codecs import der
from kiosk.core.faults import SettingsError
from kiosk.core.trust import Trust, signed_list
from kiosk.core.trust.parse import parse
from tests.support import abroad

UTOPIA = abroad.Seals()
LIST = json.dumps({b64encode(b"12345678").decode(): [b64encode(UTOPIA.signer).decode()]}).encode()


def content(data: bytes, name: str, known: Trust) -> bytes:
    return signed_list.content(data, name, signed_list.anchors(known)).data


def signed(
    held: bytes, key=None, certificate: bytes = UTOPIA.signer, digest=None, options=(PKCS7Options.Binary,)
) -> bytes:
    builder = PKCS7SignatureBuilder().set_data(held)
    builder = builder.add_signer(x509.load_der_x509_certificate(certificate), key or UTOPIA.key, digest or SHA256())
    return builder.sign(Encoding.DER, list(options))


def test_a_list_is_what_its_signer_signed_when_the_signer_or_its_authority_is_named():
    assert content(signed(LIST), "list.p7", UTOPIA.trust) == LIST
    assert content(signed(LIST), "list.p7", parse(UTOPIA.signer, "signer.der")) == LIST


def test_an_rsa_signer_counts_too():
    key = abroad.Divoc().key
    certificate = abroad.certificate("R", key.public_key(), "CSCA", UTOPIA.authority_key)
    assert content(signed(LIST, key, certificate), "list.p7", UTOPIA.trust) == LIST


def test_the_certificates_of_a_master_list_are_given_as_certificates():
    held = der.encode(0x30, der.encode(2, b"\x00") + der.encode(0x31, UTOPIA.authority + UTOPIA.signer))
    found = parse(content(signed(held), "world.ml", UTOPIA.trust), "world.pem")
    assert [bool(s.authority) for s in found.signers if s.scheme == "eu_dcc"] == [True, False]


def test_without_a_named_signer_it_is_refused_and_says_what_to_do():
    with pytest.raises(SettingsError, match=r"^list\.der: a signed list; say kiosk trust import --signed-by"):
        parse(signed(LIST), "list.der")


@pytest.mark.parametrize("anchors", [Trust(), parse(abroad.Seals().authority, "namesake.der")])
def test_a_stranger_s_list_is_refused(anchors):
    with pytest.raises(SettingsError, match=r"^list\.p7: (neither|its signature)"):
        content(signed(LIST), "list.p7", anchors)


def test_a_key_that_is_not_the_certificate_s_is_a_wrong_signature():
    with pytest.raises(SettingsError, match="its signature is wrong"):
        content(signed(LIST, ec.generate_private_key(ec.SECP256R1())), "list.p7", UTOPIA.trust)


@pytest.mark.parametrize(
    "data",
    [signed(LIST, digest=SHA512()), signed(LIST, options=(PKCS7Options.DetachedSignature, PKCS7Options.Binary)),
     signed(LIST, options=(PKCS7Options.NoCerts, PKCS7Options.Binary)),
     signed(LIST, options=(PKCS7Options.NoAttributes, PKCS7Options.Binary)), signed(LIST)[:-9], b"\x30\x80"],
)  # fmt: skip
def test_a_list_signed_otherwise_is_refused_by_name(data):
    with pytest.raises(SettingsError, match=r"^list\.p7: "):
        content(data, "list.p7", UTOPIA.trust)


def test_no_flipped_bit_of_it_makes_another_list():
    data = signed(LIST)
    for bit in range(0, 8 * len(data), 5):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            assert content(bytes(flipped), "list.p7", UTOPIA.trust) == LIST
        except SettingsError:
            continue
