"""Batches and files of hashes."""

import json
from base64 import b64encode

import pytest

from kiosk.core.faults import SettingsError
from kiosk.core.reasons import Reason
from kiosk.core.revoked import hashes
from kiosk.core.trust.hash_file import dump
from kiosk.core.trust.parse import parse

LISTED = [bytes([n]) * 16 for n in (7, 3, 5)]


def batch(*digests: bytes, **changed: object) -> bytes:
    entries = [{"hash": b64encode(d).decode()} for d in digests]
    tree = {"country": "XX", "expires": "2027-01-01", "kid": "UNKNOWN_KID", "hashType": "UCI", "entries": entries}
    return json.dumps({**tree, **changed}).encode()


def test_a_batch_gives_its_hashes_and_short_ones_leave_a_doubt():
    whole, short = parse(batch(*LISTED, b"\x01" * 8), "batch.json").revoked
    assert whole.names(b"\x05" * 32) is Reason.REVOKED
    assert short.names(b"\x01" * 32) is Reason.POSSIBLY_REVOKED
    assert whole.names(b"\x01" * 32) is None


@pytest.mark.parametrize(
    "data",
    [batch(hashType="OTHER"), batch(entries={}), batch(b"short"), batch(entries=[{"hash": "!"}]), batch(entries=[7])],
)
def test_a_batch_with_a_hole_is_refused_whole(data):
    with pytest.raises(SettingsError, match=r"^batch\.json: "):
        parse(data, "batch.json")


@pytest.mark.parametrize("whole", [True, False])
def test_a_file_of_hashes_comes_back_as_it_was_written(whole):
    (known,) = parse(dump(hashes("eu_dcc", LISTED, whole=whole)), "a.revoked").revoked
    assert (known.format, len(known)) == ("eu_dcc", 3)
    assert known.names(b"\x07" * 32) is (Reason.REVOKED if whole else Reason.POSSIBLY_REVOKED)
    assert known.names(b"\x08" * 32) is None


GOOD = dump(hashes("eu_dcc", [*LISTED, b"\x05" * 8 + b"\x01" * 8], whole=True))


@pytest.mark.parametrize(
    "data",
    [GOOD[:-1], GOOD[:-8], GOOD[:64] + GOOD[72:80] + GOOD[64:72] + GOOD[80:],
     GOOD[:104] + GOOD[112:120] + GOOD[104:112] + GOOD[120:],
     GOOD.replace(b"whole", b"other"), GOOD[:60]],
)  # fmt: skip
def test_a_file_that_is_cut_or_out_of_order_is_refused(data):
    with pytest.raises(SettingsError, match=r"^a\.revoked: "):
        parse(data, "a.revoked")
