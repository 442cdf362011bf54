"""The answer of `kiosk read`, member by member."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest

from kiosk.core.formats import read
from kiosk.core.summary import summary
from kiosk.core.trust import Trust
from tests.support import mint

STREET = mint.street()
MEMBERS = [
    *("text_sha256", "format", "kind", "status", "reason", "issuer"),
    *("holder", "valid_from", "valid_until", "facts"),
]


def told(text, at=mint.NOW, trust=STREET.trust):
    answer = summary(text, read(text, trust), trust, at)
    assert list(answer) == MEMBERS
    json.dumps(answer)
    return answer


def test_a_certificate_is_told_whole():
    text = STREET.dcc()
    assert told(text) == {
        "text_sha256": sha256(text.encode()).hexdigest(),
        "format": "eu_dcc",
        "kind": "health",
        "status": "valid",
        "reason": "valid",
        "issuer": "XX",
        "holder": {"name": "Anna Muster", "birth_date": "1980-02-29"},
        "valid_from": "2026-11-21T06:30:00.000Z",
        "valid_until": "2026-11-22T07:30:00.000Z",
        "facts": {
            "credential_id": "URN:UVCI:01:XX:MINT1#A",
            "tests": [{"result": "negative", "sampled_at": "2026-11-21T02:30:00.000Z", "method": "nucleic_acid"}],
        },
    }


@pytest.mark.parametrize(
    ("text", "status", "reason", "kind"),
    [
        (STREET.dcc(expired=True), "expired", "expired", "health"),
        (STREET.dcc(valid_from=mint.NOW + mint.HOUR), "not_yet_valid", "not_yet_valid", "health"),
        (mint.forged(STREET.dcc()), "invalid", "bad_signature", "health"),
        (STREET.dcc(kid=b"unknown"), "untrusted", "unknown_issuer", "health"),
        (STREET.pass_(), "valid", "valid", "pass"),
        (STREET.venue(), "valid", "valid", "venue"),
        (STREET.venue(valid_until=mint.NOW - mint.HOUR), "expired", "expired", "venue"),
        (mint.ONLINE_CODE, "online_required", "online_required", "health"),
        ("HC1:X", "malformed", "malformed", "health"),
        ("hello", "unsupported", "unsupported", "unknown"),
        ("\ud800", "malformed", "malformed", "unknown"),
    ],
)
def test_every_status_has_its_reason(text, status, reason, kind):
    answer = told(text)
    assert (answer["status"], answer["reason"], answer["kind"]) == (status, reason, kind)


def test_a_code_whose_signer_is_out_of_time_is_untrusted():
    (dsc, *_) = STREET.trust.signers
    dated = Trust(signers=(type(dsc)(dsc.scheme, dsc.kid, dsc.key, "XX", valid_until=mint.NOW - mint.DAY),))
    answer = told(STREET.dcc(), trust=dated)
    assert (answer["status"], answer["reason"]) == ("untrusted", "issuer_expired")


def test_a_revoked_code_is_revoked_even_when_it_was_read_before_the_list_came():
    text, denied = STREET.pass_(), STREET.denying("local_pass:0102030405060708")
    assert told(text, trust=denied)["status"] == "revoked"
    assert summary(text, read(text, STREET.trust), denied, mint.NOW)["status"] == "revoked"


def test_the_moment_decides():
    text = STREET.pass_()
    assert told(text, mint.NOW + timedelta(days=2))["status"] == "expired"
    assert told(text, mint.NOW - timedelta(days=2))["status"] == "not_yet_valid"


def test_a_refusal_tells_nothing_of_the_holder():
    answer = told(mint.forged(STREET.dcc()))
    assert (answer["holder"], answer["facts"], answer["issuer"], answer["valid_until"]) == ({}, {}, "", None)
