"""Strict CBOR: the traps of RFC 8949 and of the library under it."""

import contextlib
import time

import cbor2
import pytest
from cbor2 import CBORTag
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.codecs import Rejected, cbor

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20) | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=8) | st.integers(0, 99), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(PLAIN)
def test_plain_values_come_back_as_they_went(value):
    assert cbor.decode(cbor.encode(value)) == value


@given(st.binary(max_size=100))
def test_random_bytes_are_decoded_or_rejected_and_nothing_else(data):
    with contextlib.suppress(Rejected):
        cbor.decode(data, tags=frozenset({0, 1, 18}))


@pytest.mark.parametrize("tag", [*range(70), 100, 256, 258, 260, 261, 1004, 43000, 55799, 2**32, 2**64 - 1])
def test_every_tag_is_refused_unless_asked_for(tag):
    for inner in (b"\x00", b"\x60", b"\x40", b"\x80", b"\x82\x00\x01", b"\x6a2026-11-21"):
        head = cbor2.dumps(CBORTag(tag, 0))[:-1]
        with pytest.raises(Rejected):
            cbor.decode(head + inner)


def test_no_tag_has_a_meaning_that_this_module_does_not_know_of():
    unknown = []
    for tag in range(66_000):
        seen = []
        with contextlib.suppress(cbor2.CBORDecodeError):
            cbor2.loads(cbor2.dumps(CBORTag(tag, 0)), tag_hook=lambda *_, seen=seen: seen.append(1))
        if not seen and tag not in cbor._KNOWN:
            unknown.append(tag)
    assert unknown == []


def test_an_allowed_tag_is_kept_and_nothing_is_made_of_it():
    tagged = cbor.decode(cbor2.dumps({4: CBORTag(1, 1e300), 6: CBORTag(0, "not a date")}), tags=frozenset({0, 1}))
    assert tagged == {4: CBORTag(1, 1e300), 6: CBORTag(0, "not a date")}


def test_inside_an_allowed_tag_lists_are_lists_and_maps_are_maps():
    inside = cbor.decode(cbor2.dumps(CBORTag(18, [b"", {1: [2]}])), tags=frozenset({18})).value
    assert inside == [b"", {1: [2]}]
    assert type(inside) is list
    assert type(inside[1]) is dict


HOSTILE = {
    "bytes left over": b"\x01\x02",
    "nothing": b"",
    "equal keys": b"\xa2\x01\x02\x01\x03",
    "equal keys written differently": b"\xa2\x01\x02\x18\x01\x03",
    "a key of True": b"\xa1\xf5\x03",
    "a key of bytes": b"\xa1\x41\x01\x03",
    "a key that is a list": b"\xa1\x81\x01\x03",
    "a key of NaN": b"\xa1\xf9\x7e\x00\x03",
    "NaN": b"\xf9\x7e\x00",
    "infinity": b"\xf9\x7c\x00",
    "undefined": b"\xf7",
    "a simple value": b"\xe5",
    "a cycle": b"\xd8\x1c\x81\xd8\x1d\x00",
    "billion laughs": b"\xd8\x1c\x82\x60\x60" + b"\xd8\x1d\x00",
    "a regular expression": b"\xd8\x23\x66(a+)+$",
    "a bignum": b"\xc2\x58\x20" + b"\xff" * 32,
    "a decimal fraction of 10^(10^9)": b"\xc4\x82\x1a\x3b\x9a\xca\x00\x01",
    "broken UTF-8": b"\x62\xff\xff",
    "half of a character": b"\x63\xed\xa0\x80",
    "a string longer than the rest": b"\x5b\x7f" + b"\xff" * 7,
    "an array longer than the rest": b"\x9b\x00\x00\x00" + b"\xff" * 5,
    "depth 17": b"\x81" * 17 + b"\x00",
    "depth 5000": b"\x81" * 5000 + b"\x00",
    "endless depth": b"\x81" * 60_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes_are_refused_quickly(data):
    started = time.perf_counter()
    with pytest.raises(Rejected):
        cbor.decode(data)
    assert time.perf_counter() - started < 1


def test_equal_maps_have_equal_bytes():
    assert cbor.encode({2: "b", 1: "a"}) == cbor.encode({1: "a", 2: "b"})
