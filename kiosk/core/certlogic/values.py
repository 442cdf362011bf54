"""What CertLogic's values are: which count as true, which are equal, and how much work one evaluation may take.

Source: CertLogic specification 1.3.2, "Values". A date-time is an aware UTC `datetime`; only operations make one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kiosk.core.entry import iso

STEPS = 100_000  # of one evaluation; the longest rule in use takes some hundred
MAX_DEPTH = 64  # of a value that operations built
LARGEST = 2**53 - 1  # the integers that every implementation holds exactly

_WITH_A_TRUTH = frozenset({bool, type(None), str, int, list, dict})


class CertLogicError(ValueError):
    """An expression is wrong, or meets a value that it cannot work on; the text is one sentence."""


class Budget:
    """The steps that are left to one evaluation: a rule may fold lists, so its length does not bound its time."""

    __slots__ = ("left",)

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Takes `steps` away. Raises CertLogicError when none is left."""
        self.left -= steps
        if self.left < 0:
            raise CertLogicError(f"the evaluation takes more than {STEPS} steps")


def truth(value: object) -> bool:
    """Whether `value` is truthy. Raises CertLogicError for a date-time and a fraction, which are neither."""
    if type(value) in _WITH_A_TRUTH:
        return bool(value)
    if isinstance(value, float) and value.is_integer():
        return value != 0
    raise CertLogicError(f"{name_of(value)} is neither truthy nor falsy")


def integer(value: object, what: str) -> int:
    """`value`, which is an integer. Raises CertLogicError naming `what` is not."""
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():  # JSON does not tell 1.0 from 1
        return int(value)
    raise CertLogicError(f"{what} must be an integer, but is {name_of(value)}")


def same(left: object, right: object, budget: Budget, depth: int = MAX_DEPTH) -> bool:
    """Equality without coercion: true is not 1, and "1" is not 1. Raises CertLogicError when that takes too long."""
    budget.spend(1)
    if depth == 0:
        raise CertLogicError(f"a value is nested deeper than {MAX_DEPTH}")
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b, budget, depth - 1) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key], budget, depth - 1) for key in left)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right


def as_json(value: object, budget: Budget, depth: int = MAX_DEPTH) -> Any:
    """`value` as JSON would have it: date-times become texts in UTC with milliseconds.

    Raises CertLogicError for a value that is too large or nested too deeply to be written down.
    """
    budget.spend(1)
    if depth == 0:
        raise CertLogicError(f"a value is nested deeper than {MAX_DEPTH}")
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, list):
        return [as_json(member, budget, depth - 1) for member in value]
    if isinstance(value, dict):
        return {str(key): as_json(member, budget, depth - 1) for key, member in value.items()}
    return value


_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a fraction",
    str: "a string",
    datetime: "a date-time",
    list: "an array",
    dict: "an object",
}


def name_of(value: object) -> str:
    """The kind of a value in words; never the value, which may be personal."""
    return _NAMES.get(type(value), "no value of JSON")
