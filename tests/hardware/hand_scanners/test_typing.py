"""Keys become texts, whatever the layout, the terminator and the alphabet."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.hand_scanners._layouts import (
    CAPS_LOCK,
    ENTER,
    LAYOUTS,
    LEFT_ALT,
    LEFT_CTRL,
    LEFT_SHIFT,
    RIGHT_ALT,
    SPACE,
    TAB,
)
from hardware.hand_scanners._typing import AFTER_ENTER_S, MOST_BYTES, WITHOUT_ENTER_S, AltCodes, Habits, Typing
from tests.support.keystrokes import Key, alt_code, held, stroke, typed

KEY_S = 0.004
BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def texts(keys: Iterable[Key], habits: Habits = Habits()) -> list[str]:  # noqa: B008 - frozen
    """What comes of the keys, typed at a scanner's pace, and of the silence after them."""
    typing, now_s, came = Typing(habits), 0.0, []
    for code, down in keys:
        now_s += KEY_S
        came += [typing.key(code, down, now_s), typing.pause(now_s)]
    came.append(typing.pause(now_s + WITHOUT_ENTER_S))
    return [text for text in came if text is not None]


@pytest.mark.parametrize("text", ["KP1:ABC", "HC1:6BF+70790T9WJWG.FKY*4GO0", "https://a.example/?q=1&b=%7E#x", BASE45])
def test_a_text_comes_out_as_it_was_typed(text: str) -> None:
    assert texts(typed(text + "\n")) == [text]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_key_of_every_layout_gives_its_character(layout: str) -> None:
    known = LAYOUTS[layout]
    tables = (known.plain, known.shifted, known.third)
    every = "".join(sorted(set(chain(*(table.values() for table in tables))) - known.dead - set("\t")))
    assert texts(typed(f"<{every}>", layout), Habits(layout=layout)) == [f"<{every}>"]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("modifiers", [(LEFT_CTRL,), (LEFT_CTRL, LEFT_SHIFT), (LEFT_CTRL, RIGHT_ALT), (LEFT_ALT,)])
def test_no_key_with_any_modifier_stops_the_scanner(layout: str, modifiers: tuple[int, ...]) -> None:
    down, up = [(code, True) for code in modifiers], [(code, False) for code in modifiers]
    for code in set(range(128)) - set(modifiers):
        came = texts([*down, *stroke(code), *up, *typed("<\n", layout)], Habits(layout=layout))
        assert came[-1].endswith("<"), code


@given(st.text(st.sampled_from(sorted(set(LAYOUTS["us"].plain.values()) | set(LAYOUTS["us"].shifted.values()))),
               min_size=1, max_size=60))  # fmt: skip
def test_any_printable_ascii_comes_out_but_for_one_end_that_ends_it(text: str) -> None:
    without_end = text[:-1] if text.endswith("\t") else text
    assert texts(typed(text)) == [without_end] * bool(without_end)


def test_the_language_the_console_is_set_to_makes_no_difference_but_the_scanners_own_does() -> None:
    assert texts(typed("zy", "de"), Habits(layout="us")) == ["yz"]
    assert texts(typed("zy", "de"), Habits(layout="de")) == ["zy"]


def test_a_code_of_several_lines_is_one_text() -> None:
    assert texts(typed("BEGIN:VCARD\nN:Li\nEND:VCARD\n")) == ["BEGIN:VCARD\nN:Li\nEND:VCARD"]


def test_where_each_line_is_a_code_enter_ends_one_at_once() -> None:
    typing = Typing(Habits(each_line=True))
    came = [typing.key(code, down, 0.0) for code, down in typed("A1\nB2\n")]
    assert [text for text in came if text] == ["A1", "B2"]


def test_two_codes_with_a_pause_between_them_are_two_texts() -> None:
    typing = Typing(Habits())
    for code, down in typed("A1\n"):
        typing.key(code, down, 1.0)
    assert typing.pause(1.0 + AFTER_ENTER_S / 2) is None
    assert typing.pause(1.0 + AFTER_ENTER_S) == "A1"
    for code, down in typed("B2\n"):
        typing.key(code, down, 2.0)
    assert typing.pause(2.0 + AFTER_ENTER_S) == "B2"


def test_a_scanner_that_sends_no_enter_is_waited_for_a_little_longer() -> None:
    typing = Typing(Habits())
    for code, down in typed("A1"):
        typing.key(code, down, 1.0)
    assert typing.pause(1.0 + AFTER_ENTER_S) is None
    assert typing.pause(1.0 + WITHOUT_ENTER_S) == "A1"
    assert typing.due_s() is None


def test_tab_ends_a_text_too_and_one_end_alone_is_taken_off() -> None:
    assert texts([*typed("A1"), *stroke(TAB)]) == ["A1"]
    assert texts(typed("A1\n\n")) == ["A1\n"]
    assert texts(stroke(ENTER)) == []


def test_caps_lock_turns_letters_round_and_nothing_else() -> None:
    assert texts([*stroke(CAPS_LOCK), *typed("aB1:")]) == ["Ab1:"]


def test_control_characters_come_as_ctrl_and_a_key() -> None:
    assert texts([*typed("01"), *held(LEFT_CTRL, typed("]")), *typed("10")]) == ["01\x1d10"]


def test_a_dead_key_waits_for_its_letter() -> None:
    german = Habits(layout="de")
    assert texts([*stroke(41), *stroke(SPACE), *stroke(41), *typed("a", "de"), *stroke(41), *typed("x", "de")],
                 german) == ["^â^x"]  # fmt: skip
    assert texts(stroke(41), german) == ["^"]


def test_altgr_gives_the_third_character() -> None:
    assert texts(held(RIGHT_ALT, stroke(16)), Habits(layout="de")) == ["@"]


@pytest.mark.parametrize("text", ["健康码：绿", "王小明 3-201", "㐀𠀀"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_as_alt_codes_of_single_bytes(text: str, encoding: str) -> None:
    keys = chain(*(alt_code(byte) for byte in text.encode(encoding)))
    assert texts([*keys, *stroke(ENTER)]) == [text]


@pytest.mark.parametrize("text", ["健康码", "㐀𠀀"])
def test_chinese_as_alt_codes_of_whole_characters(text: str) -> None:
    gb18030 = chain(*(alt_code(int.from_bytes(character.encode("gb18030"))) for character in text))
    assert texts([*typed("C:"), *gb18030, *stroke(ENTER)]) == ["C:" + text]
    unicode = chain(*(alt_code(ord(character)) for character in text))
    assert texts([*typed("C:"), *unicode, *stroke(ENTER)], Habits(alt=AltCodes.UNICODE)) == ["C:" + text]


def test_numbers_that_are_no_character_are_no_crash() -> None:
    assert texts([*alt_code(0xD800), *alt_code(9_999_999_999)], Habits(alt=AltCodes.UNICODE)) == ["\ufffd\ufffd"]
    assert texts([*alt_code(0xFFFF), *alt_code(9_999_999_999)]) != []
    assert texts(alt_code(0xFF)) == ["ÿ"]  # neither UTF-8 nor GB18030: each byte for itself


def test_a_text_longer_than_any_code_is_left_out_and_the_next_one_read() -> None:
    typing = Typing(Habits())
    for code, down in typed("A" * (MOST_BYTES + 1) + "\n"):
        typing.key(code, down, 1.0)
    assert typing.pause(2.0) is None
    assert typing.too_long
    for code, down in typed("B\n"):
        typing.key(code, down, 3.0)
    assert typing.pause(4.0) == "B"


@given(st.lists(st.tuples(st.integers(0, 0x2FF), st.booleans()), max_size=80), st.sampled_from(sorted(LAYOUTS)),
       st.sampled_from(AltCodes), st.booleans())  # fmt: skip
def test_no_keys_in_any_order_are_a_crash(keys: list[Key], layout: str, alt: AltCodes, each_line: bool) -> None:
    for text in texts(keys, Habits(layout, alt, each_line)):
        assert text
