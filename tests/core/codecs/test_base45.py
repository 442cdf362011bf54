"""Base45, with the vectors of RFC 9285 §4."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.codecs import Rejected, base45

VECTORS = [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0"), (b"", "")]


@pytest.mark.parametrize(("data", "text"), VECTORS)
def test_the_vectors_of_the_standard_hold_both_ways(data, text):
    assert base45.encode(data) == text
    assert base45.decode(text) == data


@given(st.binary(max_size=300))
def test_what_was_encoded_decodes_to_itself(data):
    assert base45.decode(base45.encode(data)) == data


@pytest.mark.parametrize(
    "text",
    [
        "GGW:",  # 65,536: above two bytes, and one character too many
        "GGW",  # 65,536
        ":::",
        "::",  # above one byte
        "U6",  # 256
        "A",
        "BB8A",
        "bb8",
        "BB\n",
        "BB8\n",
        "BB\t",
        "\u00a0B8",
        "ÄB8",
        "B\u0000B",
    ],
)
def test_what_no_encoder_writes_is_refused(text):
    with pytest.raises(Rejected):
        base45.decode(text)


@given(st.text(alphabet=base45.ALPHABET, max_size=60))
def test_a_text_has_one_meaning_or_none(text):
    try:
        data = base45.decode(text)
    except Rejected:
        return
    assert base45.encode(data) == text
