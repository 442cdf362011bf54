"""Signers from certificates and public keys, odd ones included."""

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.core.codecs import cose
from kiosk.core.faults import SettingsError
from kiosk.core.trust import certificates
from kiosk.core.trust.parse import parse

TEST, VACCINATION, STRAY_RECOVERY = (
    "1.3.6.1.4.1.1847.2021.1.1",
    "1.3.6.1.4.1.1847.2021.1.2",
    "1.3.6.1.4.1.0.1847.2021.1.3",
)
EXTENDED_KEY_USAGE, KEY_USAGE, ALTERNATIVE_NAMES = "2.5.29.37", "2.5.29.15", "2.5.29.17"


def pem(*ders: bytes, label: str = "CERTIFICATE") -> bytes:
    armoured = (b64encode(der).decode() for der in ders)
    return "".join(f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n" for body in armoured).encode()


def test_a_certificate_tells_key_country_purposes_and_times(certificate):
    der = certificate(TEST, STRAY_RECOVERY)
    (signer,) = parse(der, "a.der").signers
    assert (signer.scheme, signer.issuer) == ("eu_dcc", "AT")
    assert signer.kid == sha256(der).digest()[:8]
    assert signer.usages == {"test", "recovery"}
    assert (signer.valid_from, signer.valid_until) == (
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )


def test_a_certificate_that_names_none_of_the_purposes_may_sign_all(certificate):
    assert parse(certificate(), "a").signers[0].usages == frozenset()
    assert parse(certificate("1.3.6.1.5.5.7.3.2"), "a").signers[0].usages == frozenset()


def test_several_certificates_and_words_between_them_are_read_from_one_pem_file(certificate):
    data = b"# our signers\n" + pem(certificate(TEST)) + b"and\n" + pem(certificate(VACCINATION))
    assert [s.usages for s in parse(data, "a.pem").signers] == [{"test"}, {"vaccination"}]


@pytest.mark.parametrize("form", [lambda der: der, lambda der: pem(der, label="PUBLIC KEY")])
def test_a_bare_public_key_has_an_id_of_its_own(form):
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    signers = parse(form(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)), "a").signers
    assert {(s.scheme, s.kid) for s in signers} == {("eu_dcc", cose.key_id(key)), ("nhs_poster", b""), ("ramzor", b"")}
    assert {(s.issuer, s.valid_until) for s in signers} == {("", None)}


def test_a_certificate_that_says_what_it_is_for_is_for_nothing_else(certificate):
    assert {s.scheme for s in parse(certificate(TEST), "a").signers} == {"eu_dcc"}
    open_ = {s.scheme for s in parse(certificate(), "a").signers}
    assert open_ == {"eu_dcc", "nhs_poster", "ramzor", "vds_nc"}


def test_text_that_begins_like_a_certificate_is_none():
    with pytest.raises(SettingsError, match="not a trust list"):
        parse(b"0gQ/" * 22, "a.pem")


def test_an_extension_that_strict_readers_refuse_does_not_cost_a_country_its_signer(certificate):
    der = certificate(TEST, raw={KEY_USAGE: b"\xff\xff"})
    with pytest.raises(ValueError):
        _ = x509.load_der_x509_certificate(der).extensions
    (signer,) = parse(der, "a").signers
    assert signer.usages == {"test"}  # its purposes are still held to


def test_an_empty_list_of_purposes_names_none(certificate):
    der = certificate(raw={EXTENDED_KEY_USAGE: b"\x30\x00"})
    with pytest.raises(ValueError):
        _ = x509.load_der_x509_certificate(der).extensions
    assert parse(der, "a").signers[0].usages == frozenset()


@pytest.mark.parametrize("broken", [b"", b"\x30", b"\x30\x05\x06", b"\x04\x00", b"\x30\x80\x00\x00", b"\x30\x00\x00"])
def test_purposes_that_cannot_be_read_cost_the_signer_its_place(certificate, broken):
    data = pem(certificate(raw={EXTENDED_KEY_USAGE: broken}), certificate(TEST))
    trust = parse(data, "a.pem")
    assert [s.usages for s in trust.signers] == [{"test"}]
    assert trust.notes[0].startswith("a.pem: entry 1: left out: ")


def test_one_bad_entry_of_a_good_list_is_a_note(certificate):
    trust = parse(pem(certificate(TEST), b"\x30\x03abc"), "list.pem")
    assert len(trust.signers) == 1
    assert trust.notes == ("list.pem: entry 2: left out: malformed: neither a certificate nor a public key",)


@pytest.mark.parametrize(
    "data", [b"-----BEGIN CERTIFICATE-----\n", b"0", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END"]
)
def test_a_file_without_any_usable_entry_is_refused(data):
    with pytest.raises(SettingsError, match=r"^a\.pem: "):
        parse(data, "a.pem")


def test_a_pem_file_that_lost_a_character_is_refused_with_the_entry(certificate):
    whole = pem(certificate(TEST)) + pem(certificate(VACCINATION))
    at = whole.rindex(b"\n-----END") - 5
    with pytest.raises(SettingsError, match=r"^a\.pem: entry 2 is not base64; get the file again"):
        parse(whole[:at] + whole[at + 1 :], "a.pem")


def test_a_kind_of_name_that_nobody_knows_does_not_cost_a_country_its_signer(certificate):
    x400_address = b"\x30\x04\xa3\x02\x30\x00"
    (signer,) = parse(certificate(TEST, raw={ALTERNATIVE_NAMES: x400_address}), "a.der").signers
    assert signer.usages == {"test"}


def test_our_own_kind_of_key_is_pointed_to_its_own_list():
    der = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(SettingsError, match="kiosk pass keys"):
        parse(der, "a.der")


def test_a_certificate_of_an_impossible_version_is_a_note_like_any_other(certificate):
    der = certificate(TEST)
    at = der.index(b"\xa0\x03\x02\x01\x02") + 4
    trust = parse(pem(der[:at] + b"\x12" + der[at + 1 :], der), "a.pem")
    assert len(trust.signers) == len(trust.notes) == 1


def test_a_listed_kid_counts_more_than_the_computed_one(certificate):
    assert certificates.signer(certificate(), b"listed").kid == b"listed"
