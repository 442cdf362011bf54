"""Text of strangers, before it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.codecs import plain


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("  Anna \n\t Muster ", "Anna Muster"),
        ("王小明", "王小明"),
        ("An\u202ena\u2066", "Anna"),
        ("\x1b[31mred", "[31mred"),
        ("a\u0000b", "ab"),
        ("\ud800x", "x"),
        ("e\u0301", "é"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        (None, ""),
        (7, ""),
    ],
)
def test_only_visible_characters_remain(given_, shown):
    assert plain.words(given_) == shown


@given(st.text())
def test_the_result_is_short_and_holds_no_control_character(text):
    shown = plain.words(text, 20)
    assert len(shown) <= 20
    assert not plain.has_controls(shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u2028\u2029\ufeff")


@pytest.mark.parametrize("text", ["\n", "a\x00", "\x7f", "\x85", "\ud800"])
def test_control_characters_are_seen(text):
    assert plain.has_controls(text)
