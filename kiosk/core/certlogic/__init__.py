"""CertLogic, the language of the EU's country rules: a rule is compiled once and evaluated on any data.

Source: CertLogic specification 1.3.2 (eHealth Network). Stricter than JsonLogic: what it does not define is an error,
and neither a deep nor an endless rule can hang or crash who evaluates it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kiosk.core.certlogic import moments
from kiosk.core.certlogic.form import COMPARING, Issue, validate
from kiosk.core.certlogic.values import LARGEST, Budget, CertLogicError, as_json, integer, name_of, same, truth

__all__ = ["CertLogicError", "Issue", "Logic", "compile_logic", "evaluate", "validate"]

Step = Callable[[Any, Budget], Any]  # one compiled part: (data, budget) -> value

_SEPARATORS = re.compile("[/#:]")
_INDEX = re.compile("[0-9]{1,9}")
_PREFIX = "URN:UVCI:"
SHORT = 64  # items of an array that may be looked through without counting


@dataclass(frozen=True, slots=True)
class Logic:
    """A compiled expression. Calling it with data gives a value in which date-times are aware UTC `datetime`s."""

    step: Step

    def __call__(self, data: Any) -> Any:
        """The value on `data`, a JSON value. Raises CertLogicError."""
        return self.step(data, Budget())


def compile_logic(expression: Any) -> Logic:
    """`expression`, a JSON value, made ready to be evaluated often.

    Raises CertLogicError with the first thing that is wrong with its form, operands that would not be reached included.
    """
    issues = validate(expression)
    if issues:
        raise CertLogicError(issues[0].message)
    return Logic(_compiled(expression))


def evaluate(expression: Any, data: Any) -> Any:
    """The value of `expression` on `data` as JSON; date-times become texts. Raises CertLogicError."""
    return as_json(compile_logic(expression)(data), Budget())


def _compiled(expression: Any) -> Step:
    if isinstance(expression, list):
        return _array(expression)
    if not isinstance(expression, dict):
        literal = int(expression) if isinstance(expression, float) else expression
        return lambda _data, _budget: literal
    ((name, values),) = expression.items()
    if name == "var":
        return _var(values)
    if name in COMPARING:
        return _comparison(name, [_compiled(value) for value in values])
    return _OPERATIONS[name](values)


def _array(members: list[Any]) -> Step:
    if not any(isinstance(member, list | dict) for member in members):
        literal = [int(member) if isinstance(member, float) else member for member in members]
        return lambda _data, _budget: literal
    steps = [_compiled(member) for member in members]
    return lambda data, budget: [step(data, budget) for step in steps]


def _var(path: str) -> Step:
    """An integer in a path is an index of an array; of an object it is a name like any other."""
    if not path:
        return lambda data, _budget: data
    fragments = [(part, int(part) if _INDEX.fullmatch(part) else -1) for part in path.split(".")]

    def access(data: Any, _budget: Budget) -> Any:
        for name, index in fragments:
            if isinstance(data, dict):
                data = data.get(name)
            elif isinstance(data, list) and 0 <= index < len(data):
                data = data[index]
            else:
                return None
        return data

    match fragments:  # the shapes that nearly every path of a rule has, without the loop
        case [(first, -1), (second, -1)]:
            return _field(first, second)
        case [(first, -1), (second, -1), (_, index)] if index >= 0:
            return _entry(first, second, index, access)
        case [(first, -1), (second, -1), (_, index), (last, -1)] if index >= 0:
            return _field_of_entry(first, second, index, last, access)
    return access


def _field(first: str, second: str) -> Step:
    """`payload.dob`: what is no object has no such name, and gives null like one without it."""

    def access(data: Any, _budget: Budget) -> Any:
        try:
            return data[first][second]
        except (KeyError, TypeError):
            return None

    return access


def _entry(first: str, second: str, index: int, otherwise: Step) -> Step:
    """`payload.v.0`; where that is no array, `otherwise` says what it is."""

    def access(data: Any, budget: Budget) -> Any:
        try:
            entries = data[first][second]
            return entries[index] if type(entries) is list else otherwise(data, budget)
        except (KeyError, TypeError, IndexError):
            return None

    return access


def _field_of_entry(first: str, second: str, index: int, last: str, otherwise: Step) -> Step:
    """`payload.v.0.dn`; where that is not an array of objects, `otherwise` says what it is."""

    def access(data: Any, budget: Budget) -> Any:
        try:
            entries = data[first][second]
            return entries[index][last] if type(entries) is list else otherwise(data, budget)
        except (KeyError, TypeError, IndexError):
            return None

    return access


def _if(values: list[Any]) -> Step:
    guard, then, otherwise = (_compiled(value) for value in values)

    def choose(data: Any, budget: Budget) -> Any:
        value = guard(data, budget)
        if value is True or (value is not False and value is not None and truth(value)):
            return then(data, budget)
        return otherwise(data, budget)

    return choose


def _and(values: list[Any]) -> Step:
    steps = [_compiled(value) for value in values]

    def every(data: Any, budget: Budget) -> Any:
        value: Any = True
        for step in steps:
            value = step(data, budget)
            if not truth(value):
                break
        return value

    return every


def _not(values: list[Any]) -> Step:
    operand = _compiled(values[0])
    return lambda data, budget: not truth(operand(data, budget))


def _equal(values: list[Any]) -> Step:
    left, right = (_compiled(value) for value in values)
    if any(isinstance(value, str) for value in values):  # a text equals nothing but a text, so that Python's == will do
        return lambda data, budget: bool(left(data, budget) == right(data, budget))

    def equal(data: Any, budget: Budget) -> bool:
        one, other = left(data, budget), right(data, budget)
        return one == other if type(one) is type(other) is int else same(one, other, budget)

    return equal


def _in(values: list[Any]) -> Step:
    wanted, among = (_compiled(value) for value in values)

    def member(data: Any, budget: Budget) -> bool:
        item, array = wanted(data, budget), among(data, budget)
        if not isinstance(array, list):
            raise CertLogicError(f'right-hand side of "in" must be an array, but is {name_of(array)}')
        if len(array) > SHORT:
            budget.spend(len(array) // 16)
        if isinstance(item, str):
            return item in array
        return any(same(item, each, budget) for each in array)

    return member


def _plus(values: list[Any]) -> Step:
    left, right = (_compiled(value) for value in values)

    def add(data: Any, budget: Budget) -> int:
        total = integer(left(data, budget), 'an operand of "+"') + integer(right(data, budget), 'an operand of "+"')
        if abs(total) > LARGEST:
            raise CertLogicError("a sum beyond the integers that can be told apart")
        return total

    return add


_COMPARES: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "before": operator.lt,
    "after": operator.gt,
    "not-after": operator.le,
    "not-before": operator.ge,
}


def _comparison(name: str, steps: list[Step]) -> Step:
    """Every operand is evaluated and must be of the one type, also where the first two decide."""
    holds, what = _COMPARES[name], f'an operand of "{name}"'

    wanted: type = int if name[0] in "<>" else datetime

    def typed(value: Any) -> Any:
        if wanted is int:
            return integer(value, what)
        if type(value) is not datetime:
            raise CertLogicError(f"{what} must be a date-time, but is {name_of(value)}")
        return value

    if len(steps) == 2:
        first, second = steps

        def compare(data: Any, budget: Budget) -> bool:
            left, right = first(data, budget), second(data, budget)
            if type(left) is wanted and type(right) is wanted:
                return holds(left, right)
            return holds(typed(left), typed(right))

        return compare

    def between(data: Any, budget: Budget) -> bool:
        left, middle, right = [typed(step(data, budget)) for step in steps]
        return holds(left, middle) and holds(middle, right)

    return between


def _plus_time(values: list[Any]) -> Step:
    text, amount, unit = _compiled(values[0]), int(values[1]), values[2]

    def moved(data: Any, budget: Budget) -> datetime:
        value = text(data, budget)
        if not isinstance(value, str):
            raise CertLogicError(f'date argument of "plusTime" must be a string, but is {name_of(value)}')
        return moments.moved(value, amount, unit)

    return moved


def _date_of_birth(values: list[Any]) -> Step:
    text = _compiled(values[0])

    def born(data: Any, budget: Budget) -> datetime:
        value = text(data, budget)
        if not isinstance(value, str):
            raise CertLogicError(f'operand of "dccDateOfBirth" must be a string, but is {name_of(value)}')
        return moments.day(value)

    return born


def _reduce(values: list[Any]) -> Step:
    operand, fold, initial = (_compiled(value) for value in values)
    parts = _parts(values[1])

    def folded(data: Any, budget: Budget) -> Any:
        array, accumulator = operand(data, budget), initial(data, budget)
        if array is None:
            return accumulator
        if not isinstance(array, list):
            raise CertLogicError(f'operand of "reduce" must be an array or null, but is {name_of(array)}')
        for current in array:
            budget.spend(parts)
            accumulator = fold({"accumulator": accumulator, "current": current}, budget)
        return accumulator

    return folded


def _parts(expression: Any) -> int:
    """How many parts an expression has: what one turn of a fold over it costs."""
    members = (
        expression if isinstance(expression, list) else expression.values() if isinstance(expression, dict) else ()
    )
    return 1 + sum(_parts(member) for member in members)


def _extract(values: list[Any]) -> Step:
    identifier, index = _compiled(values[0]), int(values[1])

    def fragment(data: Any, budget: Budget) -> str | None:
        text = identifier(data, budget)
        if text is None:
            return None
        if not isinstance(text, str):
            raise CertLogicError(
                f'"UVCI" argument of "extractFromUVCI" must be a string or null, but is {name_of(text)}'
            )
        budget.spend(1 + len(text) // 16)
        fragments = _SEPARATORS.split(text.removeprefix(_PREFIX))
        return fragments[index] if 0 <= index < len(fragments) else None

    return fragment


_OPERATIONS: dict[str, Callable[[list[Any]], Step]] = {
    "if": _if,
    "and": _and,
    "!": _not,
    "===": _equal,
    "in": _in,
    "+": _plus,
    "plusTime": _plus_time,
    "dccDateOfBirth": _date_of_birth,
    "reduce": _reduce,
    "extractFromUVCI": _extract,
}
