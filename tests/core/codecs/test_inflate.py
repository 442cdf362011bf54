"""Bounded decompression."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.codecs import Rejected
from kiosk.core.codecs.inflate import LIMIT, deflate, inflate


@given(st.binary(max_size=2000))
def test_what_was_deflated_inflates_to_itself(data):
    assert inflate(deflate(data)) == data


def test_the_limit_itself_is_still_allowed():
    assert len(inflate(deflate(bytes(LIMIT)))) == LIMIT


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (deflate(bytes(LIMIT + 1)), "larger"),
        (deflate(bytes(3_000_000)), "larger"),
        (deflate(b"x" * 500)[:-1], "cut short"),
        (deflate(b"x" * 500)[:-4], "cut short"),
        (deflate(b"x") + b"y", "followed"),
        (deflate(b"x") + deflate(b"y"), "followed"),
        (b"", "cut short"),
        (b"plain text", "not a zlib"),
        (zlib.compress(b"x" * 500)[:-1] + b"\x00", "not a zlib"),  # wrong Adler-32
    ],
)
def test_bombs_and_broken_streams_are_refused(data, why):
    with pytest.raises(Rejected, match=why):
        inflate(data)
