"""What a hand scanner types, put together to texts: it is a keyboard that is very fast.

Keys are taken by where they lie, so the language that the console or a page is set to makes no difference. A code
may hold line ends; therefore Enter alone ends nothing: a text ends with the pause after it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hardware.hand_scanners._layouts import (
    CAPS_LOCK,
    ENTER,
    KEYPAD,
    KEYPAD_ENTER,
    LAYOUTS,
    LEFT_ALT,
    LEFT_CTRL,
    LEFT_SHIFT,
    RIGHT_ALT,
    RIGHT_CTRL,
    RIGHT_SHIFT,
    SPACE,
    TAB,
    Layout,
)

AFTER_ENTER_S = 0.1  # of silence end a text whose last key was Enter or Tab; scanners type a key in 1 to 10 ms
WITHOUT_ENTER_S = 0.5  # of silence end any other: a radio link may pause for a moment
MOST_BYTES = 8192  # of one text; a QR code holds at most 7,089 characters (ISO/IEC 18004, table 7)
MOST_DIGITS = 10  # of an Alt code: four bytes of GB18030

_ENTERS = (ENTER, KEYPAD_ENTER)
_MODIFIERS = {LEFT_SHIFT, RIGHT_SHIFT, LEFT_CTRL, RIGHT_CTRL, LEFT_ALT, RIGHT_ALT}
_ACCENTS = {"^": "\u0302", "´": "\u0301", "`": "\u0300", "¨": "\u0308"}


class AltCodes(StrEnum):
    """What a number means that is typed on the numeric keypad with Alt held down."""

    GB18030 = "gb18030"  # up to 255 one byte, of UTF-8 or GB18030; above, all bytes of a character in GB18030 or GBK
    UNICODE = "unicode"  # a character's code point


@dataclass(frozen=True, slots=True)
class Habits:
    """How a scanner was set up to type."""

    layout: str = "us"
    alt: AltCodes = AltCodes.GB18030
    each_line: bool = False  # every line is a code of its own, as when a scanner empties its memory


class Typing:
    """Gathers keys and gives texts. Times are any clock's seconds, always the same one's."""

    def __init__(self, habits: Habits) -> None:
        self._layout: Layout = LAYOUTS[habits.layout]
        self._habits = habits
        self._last_s: float | None = None  # when the last key moved
        self.too_long = False  # a text was left out; whoever says so takes it back
        self.forget()

    def key(self, code: int, pressed: bool, now_s: float) -> str | None:
        """A key went down or up; the text that it ended, if any (only where each line is a code)."""
        if code == CAPS_LOCK:
            self._capitals ^= pressed
        elif code in _MODIFIERS:
            self._modifier(code, pressed)
        elif pressed:
            self._press(code)
        if pressed or self._last_s is not None:
            self._last_s = now_s
        return self._end() if self._habits.each_line and pressed and code in _ENTERS else None

    def due_s(self) -> float | None:
        """When the text ends if no key comes before; None while there is none."""
        if self._last_s is None:
            return None
        return self._last_s + (AFTER_ENTER_S if self._ended else WITHOUT_ENTER_S)

    def pause(self, now_s: float) -> str | None:
        """The text that has ended by `now_s`, if any."""
        due_s = self.due_s()
        return self._end() if due_s is not None and now_s >= due_s else None

    def forget(self) -> None:
        """Keys were lost, or the scanner was: what was typed so far is half a code, and the keys are up."""
        self._down: set[int] = set()
        self._capitals = False
        self._begin()

    def _begin(self) -> None:
        self._typed = bytearray()  # UTF-8, but for bytes that came as Alt codes
        self._over = False  # more came than a code can hold
        self._digits = ""  # of the Alt code that is being typed
        self._dead = ""
        self._last_s = None
        self._ended = False  # whether the last key was Enter or Tab

    # --- Keys -----------------------------------------------------------------------------------------------

    def _modifier(self, code: int, pressed: bool) -> None:
        if pressed:
            self._down.add(code)
        else:
            self._down.discard(code)
        if code == LEFT_ALT and not pressed and self._digits:
            digits, self._digits = self._digits, ""
            self._alt_code(int(digits))

    def _press(self, code: int) -> None:
        self._ended = code in (*_ENTERS, TAB)
        if code in KEYPAD:
            if LEFT_ALT in self._down:
                self._digits = (self._digits + KEYPAD[code])[:MOST_DIGITS]
            else:
                self._type(KEYPAD[code])
        elif code in _ENTERS:
            self._type("\n")
        else:
            self._character(code)

    def _character(self, code: int) -> None:
        if RIGHT_ALT in self._down:
            character = self._layout.third.get(code, "")
        else:
            held = bool(self._down & {LEFT_SHIFT, RIGHT_SHIFT})
            letter = self._layout.plain.get(code, "").isalpha()
            keys: Mapping[int, str] = self._layout.shifted if held ^ (self._capitals and letter) else self._layout.plain
            character = keys.get(code, "")
        if character and self._down & {LEFT_CTRL, RIGHT_CTRL}:
            capital = character.upper()  # of ß it is two letters
            character = chr(ord(capital) & 0x1F) if len(capital) == 1 and "@" <= capital <= "_" else ""
        if not character:
            return
        if self._dead:
            accent, self._dead = self._dead, ""
            character = accent if code == SPACE else _accented(accent, character)
        elif character in self._layout.dead:
            self._dead = character
            return
        self._type(character)

    def _alt_code(self, number: int) -> None:
        """One character, or one byte of one, by its number."""
        self._ended = False
        if self._habits.alt is AltCodes.UNICODE:
            usable = number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
            self._type(chr(number) if usable else "\ufffd")
        elif number <= 0xFF:
            self._add(bytes([number]))
        else:
            self._type(number.to_bytes((number.bit_length() + 7) // 8).decode("gb18030", "replace"))

    def _type(self, character: str) -> None:
        self._add(character.encode())

    def _add(self, data: bytes) -> None:
        if len(self._typed) + len(data) > MOST_BYTES:
            self._over = True
            return
        self._typed += data

    # --- The end --------------------------------------------------------------------------------------------

    def _end(self) -> str | None:
        typed, dead, over = bytes(self._typed), self._dead, self._over
        self._begin()
        if over:
            self.too_long = True
            return None
        text = _decoded(typed) + dead
        for end in ("\n", "\t"):
            if text.endswith(end):
                text = text[:-1]
                break
        return text or None


def _accented(accent: str, character: str) -> str:
    whole = unicodedata.normalize("NFC", character + _ACCENTS[accent])
    return whole if len(whole) == 1 else accent + character


def _decoded(typed: bytes) -> str:
    """What the bytes say: UTF-8 if they can be, else GB18030, else each byte for itself, so that nothing is lost."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return typed.decode(encoding)
        except UnicodeDecodeError:
            continue
    return typed.decode("latin-1")
