"""Codes that a community signs itself, as links."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core.codecs import cbor, cose, plain
from kiosk.core.formats import community_code, read
from kiosk.core.marks import Colour
from kiosk.core.model import Credential, Group, Holder, Kind, OnlineCode, Refusal, Test, TestResult, VenueCode
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer
from tests.support import flips, mint

STREET = mint.street()
ISSUING = community_code.Issuing(mint.LINK, "serial-1", mint.NOW, mint.DAY)


def extended(said: object, attribute: str = "PERS", **issuing: object) -> object:
    """What is read of a code whose signed extension says this."""
    text = community_code.sealed(STREET.code_key, replace(ISSUING, **issuing), attribute, cbor.encode(said))
    return read(text, STREET.trust)


def fields(text: str) -> list[str]:
    """The fields behind the link, which has one more dot than fields."""
    return text.partition("#")[2].split(".")


def test_what_is_issued_is_read_back():
    tested_at = mint.NOW - 5 * mint.HOUR
    text = STREET.community_code(colour=Colour.YELLOW, group=Group.VISITORS, tested_at=tested_at)
    assert read(text, STREET.trust) == Credential(
        format="community_code",
        kind=Kind.HEALTH,
        issuer="Compound",
        credential_id="0a1b2c3d4e5f6071",
        holder=Holder(name="王小明", person="R1"),
        valid_from=mint.NOW - mint.HOUR,
        valid_until=mint.NOW + 23 * mint.HOUR,
        tests=(Test(TestResult.NEGATIVE, tested_at),),
        group=Group.VISITORS,
        issued=mint.NOW - mint.HOUR,
        colour=Colour.YELLOW,
    )


def test_a_place_is_a_venue_code_that_may_hold_for_ever():
    found = read(STREET.place_code(), STREET.trust)
    assert found == VenueCode(
        "community_code", "Compound", "south-gate", "南门", valid_from=mint.NOW - mint.HOUR, signed=True
    )
    assert read(STREET.place_code(holds=2 * mint.HOUR), STREET.trust).valid_until == mint.NOW + mint.HOUR


def test_the_text_has_the_fields_of_the_standards_in_their_order():
    text = STREET.community_code(colour=Colour.GREEN)
    assert text.startswith(mint.LINK + "#")
    system, attribute, serial, extension, made, minutes, kid, signature = fields(text)
    assert (system, attribute, serial) == ("CKC1", "PERS", "0a1b2c3d4e5f6071")
    assert cbor.decode(plain.base64url(extension)) == {
        1: "王小明", 2: "R1", 3: 1, 5: int((mint.NOW - 5 * mint.HOUR).timestamp()),
    }  # fmt: skip
    assert (datetime.fromtimestamp(int(made), UTC), minutes) == (mint.NOW - mint.HOUR, "1440")
    assert (len(kid), len(signature)) == (11, 86)
    assert len(text) < 300  # a phone shows it, a camera at arm's length reads it


def test_a_link_of_a_government_is_no_online_code_when_it_says_all_itself():
    issuing = replace(ISSUING, link="https://h.example.gov.cn/jkm/qrcode?a=1")
    text = community_code.issue_person(STREET.code_key, issuing, name="A", colour=Colour.GREEN)
    assert isinstance(read(text, STREET.trust), Credential)
    assert isinstance(read(issuing.link, STREET.trust), OnlineCode)


def test_another_community_s_code_is_of_an_unknown_issuer_and_a_place_s_stays_a_place():
    other = mint.street()
    assert read(other.community_code(), STREET.trust) == Refusal("community_code", Kind.HEALTH, Reason.UNKNOWN_ISSUER)
    assert read(other.place_code(), STREET.trust) == Refusal("community_code", Kind.VENUE, Reason.UNKNOWN_ISSUER)


@pytest.mark.parametrize("field", range(1, 8))
def test_a_field_of_another_code_under_the_old_signature_is_a_forgery(field):
    one = fields(STREET.community_code())
    two = fields(STREET.community_code("李娜", serial="other", made=mint.NOW, holds=mint.HOUR, colour=Colour.RED))
    if field == 1:
        two[1] = "SITE"
    if field == 6:
        two[6] = "AAAAAAAAAAA"
    changed = [*one[:field], two[field], *one[field + 1 :]]
    reason = read(f"{mint.LINK}#{'.'.join(changed)}", STREET.trust).reason
    assert reason is (Reason.UNKNOWN_ISSUER if field == 6 else Reason.BAD_SIGNATURE)


def test_the_link_is_signed_too_so_that_nobody_leads_residents_elsewhere():
    text = STREET.community_code().replace("c.example.org", "c.example.com")
    assert read(text, STREET.trust).reason is Reason.BAD_SIGNATURE


def test_a_key_for_passes_signs_no_health_codes():
    text = community_code.issue_person(STREET.pass_key, ISSUING, name="A", colour=Colour.GREEN)
    assert read(text, STREET.trust).reason is Reason.UNKNOWN_ISSUER


def test_after_a_change_of_keys_both_are_believed_and_a_taken_one_is_not():
    newer = Ed25519PrivateKey.generate()
    signer = Signer("community_code", cose.key_id(newer.public_key()), newer.public_key(), "Compound")
    both = replace(STREET.trust, signers=(*STREET.trust.signers, signer))
    text = community_code.issue_person(newer, ISSUING, name="A", colour=Colour.GREEN)
    assert isinstance(read(text, both), Credential)
    assert isinstance(read(STREET.community_code(), both), Credential)
    assert read(text, STREET.trust).reason is Reason.UNKNOWN_ISSUER


def test_a_serial_on_the_deny_list_is_revoked():
    denied = STREET.denying("community_code:0a1b2c3d4e5f6071")
    assert read(STREET.community_code(), denied).reason is Reason.REVOKED


@pytest.mark.parametrize(
    "said",
    [
        {},
        {3: 0},
        {3: 4},
        {3: True},
        {3: "green"},
        {3: 1.0},
        {3: 1, 4: "kings"},
        {3: 1, 5: "noon"},
        {3: 1, 5: -1},
        [1],
        {3: 1, 9: "x" * 300},
    ],
)
def test_a_signed_extension_that_makes_no_sense_is_malformed(said):
    assert extended(said).reason is Reason.MALFORMED


def test_a_person_s_code_has_an_end_and_a_place_s_an_id():
    assert extended({3: 1}, holds=None).reason is Reason.MALFORMED
    assert extended({1: "x"}, "SITE") == Refusal("community_code", Kind.VENUE, Reason.MALFORMED)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + ".x",
        lambda text: text[:-1],
        lambda text: text + "=",
        lambda text: text.replace(".1440.", ".01440."),
        lambda text: text.replace(".1440.", ".-1."),
        lambda text: text.replace(".1440.", ".\u0661."),
        lambda text: text.replace("#CKC1.", "#CKC1..", 1),
        lambda text: text.replace("#CKC1.", "##CKC1.", 1),
        lambda text: text.replace("https://", "https://user@", 1),
        lambda text: text.replace("https://c.example.org/h", "https://c.example.org/" + "h" * 200),
        lambda text: text.replace("https://c.example.org/h", "https://"),
    ],
)
def test_another_spelling_is_malformed(change):
    text = STREET.community_code()
    assert read(change(text), STREET.trust).reason is Reason.MALFORMED


def test_the_signature_has_one_spelling():
    """86 characters hold four bits more than 64 bytes: all but one value of them is refused."""
    text = STREET.community_code()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    answers = {read(text[:-1] + last, STREET.trust) for last in alphabet if last != text[-1]}
    assert answers <= {
        Refusal("community_code", Kind.HEALTH, reason) for reason in (Reason.MALFORMED, Reason.BAD_SIGNATURE)
    }


@pytest.mark.parametrize("make", [STREET.community_code, STREET.place_code])
def test_every_flipped_bit_is_refused_or_changes_nothing(make):
    tried = flips.tried(flips.Sample("community_code", make(), STREET.trust))
    assert tried.believed == ()
    assert tried.bits > 1500


@pytest.mark.parametrize(
    ("issuing", "name", "why"),
    [
        ({"link": "http://x.example.org/"}, "A", "https"),
        ({"link": "https://x.example.org/#a"}, "A", "https"),
        ({"link": "https://x.example.org/王"}, "A", "https"),
        ({"holds": None}, "A", "ends"),
        ({"holds": timedelta(seconds=5)}, "A", "a minute"),
        ({"holds": timedelta(days=36600)}, "A", "ten years"),
        ({"serial": "a b"}, "A", "serial"),
        ({"serial": ""}, "A", "serial"),
        ({}, "王" * 100, "too long"),
    ],
)
def test_what_does_not_fit_is_not_issued(issuing, name, why):
    with pytest.raises(ValueError, match=why):
        community_code.issue_person(STREET.code_key, replace(ISSUING, **issuing), name=name, colour=Colour.GREEN)


SERIALS = st.from_regex(r"[0-9A-Za-z_-]{1,64}", fullmatch=True)
MOMENTS = st.integers(1_600_000_000, 2_500_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=20)


@settings(max_examples=150, deadline=None)
@given(
    serial=SERIALS, made=MOMENTS, minutes=st.integers(1, 500_000), name=NAMES, colour=st.sampled_from(Colour),
    person=SERIALS.map(lambda each: each[:20]) | st.just(""), group=st.sampled_from(Group) | st.none(),
    tested_at=MOMENTS | st.none(),
)  # fmt: skip
def test_whatever_is_issued_is_read_back(serial, made, minutes, name, colour, person, group, tested_at):
    issuing = community_code.Issuing(mint.LINK, serial, made, timedelta(minutes=minutes))
    text = community_code.issue_person(
        STREET.code_key, issuing, name=name, colour=colour, person=person, group=group, tested_at=tested_at
    )
    found = read(text, STREET.trust)
    assert isinstance(found, Credential)
    assert found.credential_id == serial
    assert (found.valid_from, found.valid_until) == (made, made + timedelta(minutes=minutes))
    assert (found.colour, found.group, found.holder.person) == (colour, group, person or None)
    assert found.holder.name == (plain.words(name) or None)
    assert [test.sampled_at for test in found.tests] == ([tested_at] if tested_at else [])


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80), st.text("ABCabc019-_.", max_size=200))
def test_no_text_behind_the_mark_makes_it_raise(link, rest):
    assert isinstance(read(f"https://{link}#CKC1.{rest}", STREET.trust), Refusal)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["PERS", "SITE"]))
def test_no_signed_extension_makes_it_raise(extension, attribute):
    read(community_code.sealed(STREET.code_key, ISSUING, attribute, extension), STREET.trust)
