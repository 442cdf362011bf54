"""`formats.read`: which format claims a text, and that nothing a stranger holds up makes it raise."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core import formats
from kiosk.core.codecs import base45, cbor, inflate
from kiosk.core.formats import all_formats, claimant, eu_dcc, read
from kiosk.core.model import Credential, Kind, Refusal
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust
from tests.support import abroad, cards, mint

CARDS = cards.Issuer()
STREET = mint.street()
SAMPLES = {
    "eu_dcc": STREET.dcc(),
    "local_pass": STREET.pass_(),
    "venue": STREET.venue(),
    "community_code": STREET.community_code(),
    "online_code": mint.ONLINE_CODE,
    "smart_health_card": CARDS.card(),
    "nz_pass": abroad.NzPass().code(),
    "vds_nc": abroad.Seals().code(),
    "divoc": abroad.Divoc().code(),
    "ramzor": abroad.Ramzor().code(),
    "nhs_poster": abroad.Posters().code(),
    "nz_covid_tracer": abroad.tracer(),
    "corona_warn_app": abroad.corona_warn_app(),
    "notify_me": abroad.notify_me(),
    "recognised": "https://www.safeentry-qr.gov.sg/tenant/PROD-1-GATE-SE",
}
NOTHING = Refusal("", Kind.UNKNOWN, Reason.UNSUPPORTED)


def test_every_format_has_a_sample_here():
    assert {f.name for f in all_formats()} == SAMPLES.keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_claimed_by_its_own_format_alone(name):
    text = SAMPLES[name]
    by_prefix = [f.name for f in all_formats() if text.startswith(f.prefixes or ("\0",))]
    by_sniff = [f.name for f in all_formats() if f.sniff(text, STREET.trust)]
    assert by_prefix + by_sniff == [name]
    assert read(text, STREET.trust).format == name


@pytest.mark.parametrize("name", SAMPLES)
def test_no_other_format_believes_the_sample(name):
    for other in all_formats():
        if other.name != name:
            try:
                believed = other.decode(SAMPLES[name], STREET.trust)
            except formats.Rejected:
                continue
            pytest.fail(f"{other.name} took {believed}")


def test_the_longest_prefix_wins(monkeypatch):
    short = replace(all_formats()[0], name="short", prefixes=("HC",))
    monkeypatch.setattr(formats, "all_formats", lambda: (short, *all_formats()))
    found = claimant(SAMPLES["eu_dcc"], STREET.trust)
    assert found is not None
    assert found.name == "eu_dcc"


def test_a_text_that_two_formats_sniff_belongs_to_neither(monkeypatch):
    known = all_formats()
    twin = replace(next(f for f in known if f.name == "online_code"), name="twin")
    monkeypatch.setattr(formats, "all_formats", lambda: (*known, twin))
    assert read(mint.ONLINE_CODE, STREET.trust) == NOTHING


def test_an_empty_trust_believes_nothing():
    assert read(SAMPLES["eu_dcc"], Trust()).reason is Reason.UNKNOWN_ISSUER
    assert read(SAMPLES["local_pass"], Trust()).reason is Reason.UNKNOWN_ISSUER
    assert read(SAMPLES["venue"], Trust()).reason is Reason.UNKNOWN_ISSUER
    assert read(SAMPLES["online_code"], Trust()) == NOTHING


@pytest.mark.parametrize(
    "text",
    ["", "\n", "HC1:\x00", *("x" * 8193, "王" * 2731, "HC1:" + "A" * 9000),
      "HC1:ABC\n", "a\x1b[2J", "\x7f", "\x85", "\ud800"],
)  # fmt: skip
def test_empty_oversized_and_control_texts_are_malformed(text):
    assert read(text, STREET.trust) == Refusal("", Kind.UNKNOWN, Reason.MALFORMED)


@pytest.mark.parametrize(
    "text", ["hello", "HC2:ABC", "hc1:abc", "HC", "NCFOXN", "https://example.com/", "王小明", "-1"]
)
def test_other_texts_are_unsupported(text):
    assert read(text, STREET.trust) == NOTHING


def test_a_denied_credential_is_revoked():
    denied = STREET.denying("local_pass:0102030405060708", "eu_dcc:URN:UVCI:01:XX:MINT1#A")
    assert read(SAMPLES["local_pass"], denied) == Refusal("local_pass", Kind.PASS, Reason.REVOKED)
    assert read(SAMPLES["eu_dcc"], denied).reason is Reason.REVOKED
    assert isinstance(read(STREET.pass_(credential_id=b"other"), denied), Credential)


def test_a_decoder_that_breaks_is_a_malformed_code_and_no_crash(monkeypatch):
    def broken(text, trust):
        raise ZeroDivisionError

    monkeypatch.setattr(
        formats, "all_formats", lambda: (formats.Format("x", Kind.HEALTH, ("X:",), broken, lambda *_: False),)
    )
    assert read("X:1", STREET.trust) == Refusal("x", Kind.HEALTH, Reason.MALFORMED)


BOMBS = {
    "inflates to 3 MB": "HC1:" + base45.encode(inflate.deflate(bytes(3_000_000))),
    "nests 5,000 deep": mint.hc1(b"\x81" * 5000),
    "refers to itself": mint.hc1(b"\xd8\x1c\x81\xd8\x1d\x00"),
    "a regular expression": mint.hc1(b"\xd8\x23\x66(a+)+$"),
    "claims 2^40 members": mint.hc1(b"\x9b\x00\x00\x01\x00\x00\x00\x00\x00"),
    "10,000 maps": mint.hc1(b"\x99\x27\x10" + b"\xa0" * 10_000),
    "a pass of zeros": "CKP1:" + "0" * 3000,
    "only spaces": "CKP1:" + " " * 3000,
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_bombs_are_refused_quickly(text):
    started = time.perf_counter()
    assert isinstance(read(text, STREET.trust), Refusal)
    assert time.perf_counter() - started < 1


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | st.sampled_from(["HC1:", "CKP1:", "CKV1:", "https://x.gov.cn/"]).flatmap(
    lambda prefix: st.text(alphabet=base45.ALPHABET, max_size=200).map(lambda rest: prefix + rest)
))  # fmt: skip
def test_no_text_makes_it_raise(text):
    read(text, STREET.trust)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["HC1:", "CKP1:", "CKV1:"]))
def test_no_bytes_behind_a_prefix_make_it_raise(data, prefix):
    assert isinstance(read(mint.hc1(data) if prefix == "HC1:" else prefix + base45.encode(data), STREET.trust), Refusal)


def facts(result):
    return None if isinstance(result, Refusal) else result


@pytest.mark.parametrize("name", ["eu_dcc", "local_pass", "venue"])
def test_one_flipped_bit_never_makes_other_facts(name):
    text = SAMPLES[name]
    prefix, data = text[: text.index(":") + 1], base45.decode(text[text.index(":") + 1 :])
    true = read(text, STREET.trust)
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        assert facts(read(prefix + base45.encode(bytes(flipped)), STREET.trust)) in (None, true)


def test_one_flipped_bit_under_the_compression_never_makes_other_facts():
    message = inflate.inflate(base45.decode(SAMPLES["eu_dcc"][4:]))
    true = read(SAMPLES["eu_dcc"], STREET.trust)
    for bit in range(8 * len(message)):
        flipped = bytearray(message)
        flipped[bit // 8] ^= 1 << bit % 8
        assert facts(read(mint.hc1(bytes(flipped)), STREET.trust)) in (None, true)


@pytest.mark.parametrize("name", ["eu_dcc", "local_pass", "venue"])
def test_one_other_character_never_makes_other_facts(name):
    true = read(SAMPLES[name], STREET.trust)
    for at, was in enumerate(SAMPLES[name]):
        for now in ("0", "Z", ":"):
            if now != was:
                text = SAMPLES[name][:at] + now + SAMPLES[name][at + 1 :]
                assert facts(read(text, STREET.trust)) in (None, true)


def test_a_pass_is_never_a_venue_code_even_when_one_key_signs_both():
    both = replace(STREET.trust, signers=tuple(replace(s, scheme=n) for s in STREET.trust.signers for n in SAMPLES))
    assert read("CKV1:" + SAMPLES["local_pass"][5:], both).reason is Reason.BAD_SIGNATURE
    assert read("CKP1:" + SAMPLES["venue"][5:], both).reason is Reason.BAD_SIGNATURE
    assert isinstance(read(SAMPLES["local_pass"], both), Credential)


def test_a_certificate_in_a_pass_s_clothes_is_refused():
    message = cbor.encode(mint.message_of(SAMPLES["eu_dcc"]))
    assert read("CKP1:" + base45.encode(message), STREET.trust).reason is Reason.UNSUPPORTED
    assert eu_dcc.PREFIXES == ("HC1:",)
