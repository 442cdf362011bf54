"""COSE_Sign1 in all the shapes that are met, and in those that must not pass."""

import pytest
from cbor2 import CBORTag
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from kiosk.core.codecs import Rejected, cbor, cose
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer

PAYLOAD = b"payload"
P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(65537, 2048)
ED = Ed25519PrivateKey.generate()


def signer(key, kid=b"kid"):
    return Signer("x", kid, key.public_key(), "XX")


def parts(key=P256, kid=b"kid"):
    return cbor.decode(cose.sign1(PAYLOAD, key, kid), tags=frozenset({18})).value


def refused(data, *signers) -> Reason:
    with pytest.raises(Rejected) as caught:
        cose.signers(cose.parse(data), signers)
    return caught.value.reason


@pytest.mark.parametrize("key", [P256, RSA, ED])
def test_what_was_signed_verifies_with_its_own_key_only(key):
    data = cose.sign1(PAYLOAD, key, b"kid")
    message = cose.parse(data)
    assert (message.payload, message.kid) == (PAYLOAD, b"kid")
    assert cose.signers(message, [signer(key)]) == (signer(key),)
    for other in (ec.generate_private_key(ec.SECP256R1()), P384, RSA, ED):
        if other is not key:
            assert refused(data, signer(other)) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    "wrap",
    [
        lambda item: item,
        lambda item: CBORTag(18, item),
        lambda item: CBORTag(61, CBORTag(18, item)),
        lambda item: CBORTag(18, CBORTag(18, item)),
    ],
    ids=["untagged", "Sign1", "CWT and Sign1", "Sign1 twice"],
)
def test_a_message_is_read_however_it_is_tagged(wrap):
    assert cose.parse(cbor.encode(wrap(parts()))).payload == PAYLOAD


def test_a_message_in_three_tags_is_refused():
    assert refused(cbor.encode(CBORTag(61, CBORTag(18, CBORTag(18, parts()))))) is Reason.MALFORMED


def rebuilt(protected, unprotected, key=P256):
    """A message signed by hand over any headers."""
    header = cbor.encode(protected) if protected else b""
    covered = cbor.encode(["Signature1", header, b"", PAYLOAD])
    r, s = cose.decode_dss_signature(key.sign(covered, ec.ECDSA(SHA256())))
    return cbor.encode([header, unprotected, PAYLOAD, r.to_bytes(32, "big") + s.to_bytes(32, "big")])


def test_kid_and_algorithm_count_from_the_unprotected_header_where_the_protected_has_none():
    for protected, unprotected in (({1: -7}, {4: b"kid"}), ({4: b"kid"}, {1: -7}), ({}, {1: -7, 4: b"kid"})):
        message = cose.parse(rebuilt(protected, unprotected))
        assert (message.kid, message.algorithm) == (b"kid", cose.Algorithm.ES256)
        assert cose.signers(message, [signer(P256)])


def test_the_protected_header_wins():
    message = cose.parse(rebuilt({1: -7, 4: b"mine"}, {1: -8, 4: b"other"}))
    assert (message.kid, message.algorithm) == (b"mine", cose.Algorithm.ES256)


def test_every_signer_that_shares_the_kid_is_tried():
    other = signer(ec.generate_private_key(ec.SECP256R1()))
    assert cose.signers(cose.parse(cose.sign1(PAYLOAD, P256, b"kid")), [other, signer(P256)]) == (signer(P256),)


def test_without_a_signer_the_issuer_is_unknown():
    assert refused(cose.sign1(PAYLOAD, P256, b"kid")) is Reason.UNKNOWN_ISSUER


def test_an_algorithm_goes_with_one_type_of_key_only():
    for key, algorithm in ((P256, -37), (P256, -8), (RSA, -7), (RSA, -8), (ED, -7), (ED, -37)):
        _protected, _, payload, signature = parts(key)
        lying = cbor.encode([cbor.encode({1: algorithm, 4: b"kid"}), {}, payload, signature])
        assert refused(lying, signer(key)) is Reason.BAD_SIGNATURE


def test_es256_is_the_curve_p_256_and_64_bytes():
    covered = cbor.encode(["Signature1", cbor.encode({1: -7, 4: b"kid"}), b"", PAYLOAD])
    r, s = cose.decode_dss_signature(P384.sign(covered, ec.ECDSA(SHA256())))
    signature = r.to_bytes(48, "big") + s.to_bytes(48, "big")
    big = cbor.encode([cbor.encode({1: -7, 4: b"kid"}), {}, PAYLOAD, signature])
    assert refused(big, signer(P384)) is Reason.BAD_SIGNATURE
    protected, _, payload, good = parts()
    for signature in (good[:-1], good + b"\x00", b"", bytes(64), b"\xff" * 64, P256.sign(b"x", ec.ECDSA(SHA256()))):
        assert refused(cbor.encode([protected, {}, payload, signature]), signer(P256)) is Reason.BAD_SIGNATURE


def test_ps256_has_a_salt_of_32_bytes():
    header = cbor.encode({1: -37, 4: b"kid"})
    covered = cbor.encode(["Signature1", header, b"", PAYLOAD])
    for salt in (0, 20, 222):
        signature = RSA.sign(covered, padding.PSS(padding.MGF1(SHA256()), salt), SHA256())
        assert refused(cbor.encode([header, {}, PAYLOAD, signature]), signer(RSA)) is Reason.BAD_SIGNATURE


def test_what_a_signature_is_meant_for_is_part_of_it():
    message = cose.parse(cose.sign1(PAYLOAD, ED, b"kid", aad=b"PASS"))
    assert cose.signers(message, [signer(ED)], aad=b"PASS")
    with pytest.raises(Rejected):
        cose.signers(message, [signer(ED)], aad=b"VENUE")


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ([b"", {}, PAYLOAD], Reason.MALFORMED),
        ([b"", {}, PAYLOAD, b"", b""], Reason.MALFORMED),
        ([b"", {}, None, b""], Reason.MALFORMED),  # detached payload
        (["", {}, PAYLOAD, b""], Reason.MALFORMED),
        ([b"\x01", {}, PAYLOAD, b""], Reason.MALFORMED),  # a header that is no map
        ([b"", {1: -7}, PAYLOAD, b""], Reason.MALFORMED),  # no kid
        ([b"", {1: -7, 4: "text"}, PAYLOAD, b""], Reason.MALFORMED),
        ([b"", {4: b"kid"}, PAYLOAD, b""], Reason.UNSUPPORTED),
        ([b"", {1: "none", 4: b"kid"}, PAYLOAD, b""], Reason.UNSUPPORTED),
        ([b"", {1: [-7], 4: b"kid"}, PAYLOAD, b""], Reason.UNSUPPORTED),
        ([b"", {1: 5, 4: b"kid"}, PAYLOAD, b""], Reason.UNSUPPORTED),  # HMAC
        ([cbor.encode({1: -7, 2: [99], 4: b"kid", 99: 1}), {}, PAYLOAD, b""], Reason.UNSUPPORTED),  # critical
        (7, Reason.MALFORMED),
        ({}, Reason.MALFORMED),
    ],
)
def test_other_shapes_are_refused(item, reason):
    assert refused(cbor.encode(item), signer(P256)) is reason
