"""The strict reader of Protocol Buffers."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.codecs import Rejected, protobuf
from tests.support import abroad


@given(st.dictionaries(st.integers(1, 1000), st.integers(0, 2**64 - 1) | st.binary(max_size=50), max_size=6))
def test_what_was_written_comes_back(fields):
    message = protobuf.decode(abroad.protobuf(*fields.items()))
    assert {**message.numbers, **message.blobs} == fields


def test_an_absent_field_is_empty():
    message = protobuf.decode(b"")
    assert (message.number(1), message.data(1), message.text(1)) == (0, b"", "")
    assert message.message(1) == message


@pytest.mark.parametrize(
    "data",
    [b"\x08", b"\x12\x05ab", b"\x08\x01\x08\x02", b"\x09" + bytes(8), b"\x0b", b"\x00\x01", b"\x08\x80\x00",
     b"\x08" + b"\xff" * 10, b"\x08" + b"\xff" * 9 + b"\x7f", b"\xff\xff\xff\x7f\x01", b"\x0a\xff\xff\xff\xff\x0f"],
)  # fmt: skip
def test_what_no_encoder_writes_is_refused(data):
    with pytest.raises(Rejected):
        protobuf.decode(data)


def test_text_has_to_be_utf_8():
    with pytest.raises(Rejected):
        protobuf.decode(abroad.protobuf((1, b"\xff"))).text(1)


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(data):
    with suppress(Rejected):
        protobuf.decode(data)
