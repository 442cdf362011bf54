"""A certificate that came with its code counts as far as an authority of a list vouches for it, and as long."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding

from kiosk.core.codecs import Rejected, chain
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust, merge
from kiosk.core.trust.parse import parse
from tests.support import abroad
from tests.support.abroad import SINCE, UNTIL

DAY = timedelta(days=1)
DSC = abroad.key()
RSA = rsa.generate_private_key(65537, 2048)


def certificate(subject, public, issuer, signer, *, authority=False, since=SINCE, until=UNTIL, digest=None, pss=False):
    def name(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    how = {"rsa_padding": padding.PSS(padding.MGF1(SHA256()), 32)} if pss else {}
    return builder.sign(signer, digest or SHA256(), **how).public_bytes(Encoding.DER)


def csca(key, **more) -> Trust:
    return parse(certificate("CSCA", key.public_key(), "CSCA", key, authority=True, **more), "csca.der")


def dsc(key, **more) -> bytes:
    return certificate("DSC", DSC.public_key(), "CSCA", key, **more)


@pytest.mark.parametrize(
    ("key", "how"),
    [
        (ec.generate_private_key(ec.SECP256R1()), {}),
        (ec.generate_private_key(ec.SECP384R1()), {"digest": SHA384()}),
        (ec.generate_private_key(ec.BrainpoolP256R1()), {}),
        (RSA, {}),
        (RSA, {"pss": True}),
    ],
)
def test_an_authority_vouches_with_whatever_key_it_has(key, how):
    found = chain.signer(dsc(key, **how), "vds_nc", csca(key))
    assert (found.scheme, found.key) == ("vds_nc", DSC.public_key())


def test_a_signer_holds_while_its_certificate_and_its_authority_s_do():
    key = abroad.key()
    found = chain.signer(dsc(key, since=SINCE + DAY, until=UNTIL + DAY), "vds_nc", csca(key))
    assert (found.valid_from, found.valid_until) == (SINCE + DAY, UNTIL)
    found = chain.signer(dsc(key, since=SINCE - DAY, until=UNTIL - DAY), "vds_nc", csca(key))
    assert (found.valid_from, found.valid_until) == (SINCE, UNTIL - DAY)


def test_another_authority_of_the_same_name_made_it_not():
    with pytest.raises(Rejected) as refused:
        chain.signer(dsc(abroad.key()), "vds_nc", csca(abroad.key()))
    assert refused.value.reason is Reason.BAD_SIGNATURE


def test_of_an_authority_s_old_and_new_key_the_one_that_signed_counts():
    old, new = abroad.key(), abroad.key()
    both = merge([csca(new), csca(old)])
    assert chain.signer(dsc(old), "vds_nc", both)
    assert chain.signer(dsc(new), "vds_nc", both)


def test_who_is_no_authority_vouches_for_nobody():
    key = abroad.key()
    plain = parse(certificate("CSCA", key.public_key(), "CSCA", key), "csca.der")
    with pytest.raises(Rejected) as refused:
        chain.signer(dsc(key), "vds_nc", plain)
    assert refused.value.reason is Reason.UNKNOWN_ISSUER


def test_two_steps_are_one_too_many():
    root, middle = abroad.key(), abroad.key()
    below = certificate("DSC", DSC.public_key(), "middle", middle)
    with pytest.raises(Rejected) as refused:
        chain.signer(below, "vds_nc", csca(root))
    assert refused.value.reason is Reason.UNKNOWN_ISSUER


def test_a_listed_signer_counts_for_its_own_format_alone():
    made = dsc(abroad.key())
    listed = parse(made, "dsc.der")
    assert chain.signer(made, "vds_nc", listed).key == DSC.public_key()
    with pytest.raises(Rejected):
        chain.signer(made, "local_pass", listed)


@pytest.mark.parametrize("data", [b"", b"\x30\x03abc", b"nonsense"])
def test_what_is_no_certificate_is_malformed(data):
    with pytest.raises(Rejected) as refused:
        chain.signer(data, "vds_nc", Trust())
    assert refused.value.reason is Reason.MALFORMED
