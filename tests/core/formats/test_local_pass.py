"""Passes of our own."""

import re

import pytest
import segno

from kiosk.core import model
from kiosk.core.codecs import cwt
from kiosk.core.formats import local_pass, read
from kiosk.core.model import Credential, Group, Holder, Kind, Refusal
from kiosk.core.reasons import Reason
from tests.support import mint


def test_what_is_issued_is_read_back(street):
    found = read(street.pass_(group=Group.VISITORS, tested_at=mint.NOW - mint.DAY), street.trust)
    assert isinstance(found, Credential)
    assert (found.format, found.kind, found.issuer) == ("local_pass", Kind.PASS, "Compound")
    assert found.holder == Holder(name="王小明", person="R1")
    assert found.group is Group.VISITORS
    assert found.credential_id == "0102030405060708"
    assert (found.valid_from, found.valid_until) == (mint.NOW - mint.HOUR, mint.NOW + mint.DAY)
    assert found.tests == (model.Test(model.TestResult.NEGATIVE, mint.NOW - mint.DAY),)


def test_one_code_for_a_household_names_all_of_it(street):
    others = (Holder(name="黄小宝"), Holder(name="黄大宝", person="R7"))
    text = local_pass.issue(
        street.pass_key,
        issuer="C",
        credential_id=b"12345678",
        name="黄丽",
        valid_from=mint.NOW,
        valid_until=mint.NOW + mint.DAY,
        household=others,
    )
    assert read(text, street.trust).household == others
    assert read(street.pass_(), street.trust).household == ()


@pytest.mark.parametrize("others", [7, ["A"], [["", "A"]] * 10, [["", "\u202e"]], [["R1"]], [[1, "A"]]])
def test_a_household_of_another_shape_is_malformed_though_signed(street, others):
    claims = {cwt.EXPIRES: 2_000_000_000, cwt.TOKEN_ID: b"12345678", local_pass.GROUP: "residents"}
    text = cwt.seal("CKP1:", {**claims, local_pass.HOUSEHOLD: others}, street.pass_key)
    assert read(text, street.trust).reason is Reason.MALFORMED


def test_what_is_not_known_is_left_open(street):
    found = read(street.pass_(person=""), street.trust)
    assert isinstance(found, Credential)
    assert found.holder.person is None
    assert found.tests == ()


def test_the_issuer_is_the_one_of_the_trust_list_not_the_one_that_the_pass_names(street):
    text = local_pass.issue(
        street.pass_key,
        issuer="Somebody else",
        credential_id=b"12345678",
        name="A",
        valid_from=mint.NOW,
        valid_until=mint.NOW + mint.DAY,
    )
    assert read(text, street.trust).issuer == "Compound"


def test_a_pass_is_small_and_prints_in_alphanumeric_mode(street):
    text = street.pass_("欧阳修-Alexandra Gößinger", tested_at=mint.NOW)
    assert re.fullmatch(r"[0-9A-Z $%*+\-./:]+", text)
    code = segno.make_qr(text, error="M")
    assert code.mode == "alphanumeric"
    assert int(code.version) <= 13


def test_a_forged_name_is_a_bad_signature(street):
    assert read(mint.forged(street.pass_()), street.trust) == Refusal("local_pass", Kind.PASS, Reason.BAD_SIGNATURE)


@pytest.mark.parametrize("claim", [cwt.EXPIRES, cwt.TOKEN_ID, local_pass.GROUP])
def test_a_pass_without_a_needed_claim_is_malformed_though_signed(street, claim):
    claims = {cwt.EXPIRES: 2_000_000_000, cwt.TOKEN_ID: b"12345678", local_pass.GROUP: "residents"}
    assert isinstance(read(cwt.seal("CKP1:", claims, street.pass_key), street.trust), Credential)
    del claims[claim]
    assert read(cwt.seal("CKP1:", claims, street.pass_key), street.trust).reason is Reason.MALFORMED


@pytest.mark.parametrize("group", ["kings", 7, ["residents"], None])
def test_an_unknown_group_is_malformed(street, group):
    claims = {cwt.EXPIRES: 2_000_000_000, cwt.TOKEN_ID: b"12345678", local_pass.GROUP: group}
    assert read(cwt.seal("CKP1:", claims, street.pass_key), street.trust).reason is Reason.MALFORMED
