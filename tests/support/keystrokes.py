"""What a hand scanner sends for a text: events as the kernel passes them on, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hardware.hand_scanners._devices import EVENT
from hardware.hand_scanners._layouts import ENTER, KEYPAD, LAYOUTS, LEFT_ALT, LEFT_SHIFT, RIGHT_ALT

EV_SYN, EV_KEY, EV_MSC, MSC_SCAN = 0, 1, 4, 4
Key = tuple[int, bool]  # code, down or up


def stroke(code: int) -> list[Key]:
    """A key, down and up."""
    return [(code, True), (code, False)]


def held(modifier: int, keys: Iterable[Key]) -> list[Key]:
    """Keys while a modifier is down."""
    return [(modifier, True), *keys, (modifier, False)]


def typed(text: str, layout: str = "us") -> Iterator[Key]:
    """The keys of a text, as a scanner set to `layout` types it; a line end is Enter."""
    keys = LAYOUTS[layout]
    for character in text:
        if character == "\n":
            yield from stroke(ENTER)
            continue
        for modifier, table in ((0, keys.plain), (LEFT_SHIFT, keys.shifted), (RIGHT_ALT, keys.third)):
            code = next((code for code, types in table.items() if types == character), None)
            if code is not None:
                yield from held(modifier, stroke(code)) if modifier else stroke(code)
                break
        else:
            raise ValueError(f"{layout} has no key for {character!r}")


def alt_code(number: int) -> list[Key]:
    """A number on the keypad with Alt held down."""
    digits = {digit: code for code, digit in KEYPAD.items()}
    return held(LEFT_ALT, [key for digit in str(number) for key in stroke(digits[digit])])


def events(keys: Iterable[Key]) -> bytes:
    """As they come out of /dev/input: each key with the scan code before it and a report's end after it."""
    sent = bytearray()
    for number, (code, down) in enumerate(keys):
        for kind, what, value in ((EV_MSC, MSC_SCAN, 0x70000 + code), (EV_KEY, code, int(down)), (EV_SYN, 0, 0)):
            sent += EVENT.pack(1_700_000_000, number * 2000, kind, what, value)
    return bytes(sent)


def dropped() -> bytes:
    """The kernel's word that its buffer ran over."""
    return EVENT.pack(1_700_000_000, 0, EV_SYN, 3, 0)


def report() -> bytes:
    """The end of a report."""
    return EVENT.pack(1_700_000_000, 0, EV_SYN, 0, 0)
