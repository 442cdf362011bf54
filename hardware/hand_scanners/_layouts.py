"""What each key of a keyboard types, by where it lies.  Source: linux/input-event-codes.h; the national layouts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ENTER, TAB, SPACE, KEYPAD_ENTER = 28, 15, 57, 96
LEFT_CTRL, RIGHT_CTRL, LEFT_ALT, RIGHT_ALT = 29, 97, 56, 100
LEFT_SHIFT, RIGHT_SHIFT, CAPS_LOCK = 42, 54, 58

# Keys by their position, row by row; in each row of a layout stands what they type, in the same order.
ROWS = ((41, *range(2, 14)), tuple(range(16, 28)), (*range(30, 41), 43), (86, *range(44, 54)))
KEYPAD = dict(zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73), "0123456789", strict=True))
KEYPAD_SIGNS = {83: ".", 98: "/", 55: "*", 74: "-", 78: "+"}

_NOTHING = "\0"  # a key that types nothing in this layout


@dataclass(frozen=True, slots=True)
class Layout:
    """What a key types alone, with Shift and with AltGr; `dead` characters wait for the next key."""

    plain: Mapping[int, str]
    shifted: Mapping[int, str]
    third: Mapping[int, str]
    dead: frozenset[str] = frozenset()


def _keys(rows: tuple[str, str, str, str]) -> dict[int, str]:
    pairs = (pair for keys, row in zip(ROWS, rows, strict=True) for pair in zip(keys, row, strict=True))
    return {key: character for key, character in pairs if character != _NOTHING}


def _layout(
    plain: tuple[str, str, str, str],
    shifted: tuple[str, str, str, str],
    third: Mapping[int, str] | None = None,
    dead: str = "",
) -> Layout:
    common = KEYPAD_SIGNS | {SPACE: " ", TAB: "\t"}
    return Layout(_keys(plain) | common, _keys(shifted) | common, third or {}, frozenset(dead))


LAYOUTS: Mapping[str, Layout] = {
    "us": _layout(
        ("`1234567890-=", "qwertyuiop[]", "asdfghjkl;'\\", "<zxcvbnm,./"),
        ("~!@#$%^&*()_+", "QWERTYUIOP{}", 'ASDFGHJKL:"|', ">ZXCVBNM<>?"),
    ),
    "uk": _layout(
        ("`1234567890-=", "qwertyuiop[]", "asdfghjkl;'#", "\\zxcvbnm,./"),
        ('¬!"£$%^&*()_+', "QWERTYUIOP{}", "ASDFGHJKL:@~", "|ZXCVBNM<>?"),
        {41: "¦", 5: "€"},
    ),
    "de": _layout(
        ("^1234567890ß´", "qwertzuiopü+", "asdfghjklöä#", "<yxcvbnm,.-"),
        ('°!"§$%&/()=?`', "QWERTZUIOPÜ*", "ASDFGHJKLÖÄ'", ">YXCVBNM;:_"),
        {3: "²", 4: "³", 8: "{", 9: "[", 10: "]", 11: "}", 12: "\\", 16: "@", 18: "€", 27: "~", 86: "|", 50: "µ"},
        "^´`",
    ),
    "fr": _layout(
        ("²&é\"'(-è_çà)=", "azertyuiop^$", "qsdfghjklmù*", "<wxcvbn,;:!"),
        (f"{_NOTHING}1234567890°+", "AZERTYUIOP¨£", "QSDFGHJKLM%µ", ">WXCVBN?./§"),
        {3: "~", 4: "#", 5: "{", 6: "[", 7: "|", 8: "`", 9: "\\", 10: "^", 11: "@", 12: "]", 13: "}", 18: "€", 27: "¤"},
        "^¨",
    ),
}
