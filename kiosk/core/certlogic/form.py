"""Whether an expression has CertLogic's form, before anything is evaluated.  Source: CertLogic specification 1.3.2."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kiosk.core.certlogic.moments import UNITS
from kiosk.core.certlogic.values import LARGEST

MAX_DEPTH = 128  # levels of JSON, which are 64 nested operations
MAX_PARTS = 20_000  # literals, lists and operations in one expression; the longest rule in use has 200

COMPARING = frozenset({"<", ">", "<=", ">=", "after", "before", "not-after", "not-before"})
_PAIRS = frozenset({"===", "in", "+"})
_PATH = re.compile(r"[^.]+(\.[^.]+)*")


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong with an expression, and the part of it that is."""

    expression: Any
    message: str


def validate(expression: Any) -> list[Issue]:
    """What is wrong with the form of `expression`, a JSON value; empty when it is CertLogic.

    The messages are those of the specification's own validator. An expression nested deeper than 128 levels or of
    more than 20,000 parts is refused as a whole.
    """
    too_large = _too_large(expression)
    return [Issue(None, too_large)] if too_large else list(_issues(expression))


def _too_large(expression: Any) -> str:
    """Why an expression is too large to be looked at, without recursion; empty when it is not."""
    parts, waiting = 0, [(expression, 1)]
    while waiting:
        part, depth = waiting.pop()
        parts += 1
        if depth > MAX_DEPTH:
            return f"the expression is nested deeper than {MAX_DEPTH} levels"
        if parts > MAX_PARTS:
            return f"the expression has more than {MAX_PARTS} parts"
        members = part if isinstance(part, list) else part.values() if isinstance(part, dict) else ()
        waiting.extend((member, depth + 1) for member in members)
    return ""


def is_integer(value: object) -> bool:
    """Whether a literal is an integer; JSON does not tell 1.0 from 1."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _issues(expression: Any) -> Iterator[Issue]:
    match expression:
        case bool() | str():
            return
        case int() | float():
            if not is_integer(expression):
                yield Issue(expression, f"{expression} is a non-integer number")
            elif abs(expression) > LARGEST:
                yield Issue(expression, f"{expression} is beyond the integers that can be told apart")
        case list():
            for member in expression:
                yield from _issues(member)
        case dict() if len(expression) != 1:
            yield Issue(expression, f"expression object must have exactly one key, but it has {len(expression)}")
        case dict():
            ((operator, values),) = expression.items()
            yield from _of_operation(expression, operator, values)
        case _:
            yield Issue(expression, "invalid CertLogic expression")


def _of_operation(expression: Any, operator: object, values: Any) -> Iterator[Issue]:
    if operator == "var":
        yield from _of_var(expression, values)
    elif not isinstance(values, list):
        yield Issue(expression, 'operation not of the form { "<operator>": [ <values...> ] }')
    elif operator == "and" or operator in COMPARING or operator in _PAIRS:
        yield from _of_infix(expression, str(operator), values)
    elif operator == "!":
        if len(values) == 1:
            yield from _issues(values[0])
        else:
            what = f"a !-operation (logical not/negation) must have exactly 1 operand, but it has {len(values)}"
            yield Issue(expression, what)
    elif operator in _OPERANDS:
        yield from _of_named(expression, str(operator), values)
    else:
        yield Issue(expression, f'unrecognised operator: "{operator}"')


def _of_var(expression: Any, path: object) -> Iterator[Issue]:
    if not isinstance(path, str):
        yield Issue(expression, 'not of the form { "var": "<path>" }')
    elif path and not _PATH.fullmatch(path):
        yield Issue(expression, f"data access path doesn't have a valid format: {path}")


def _of_infix(expression: Any, operator: str, values: list[Any]) -> Iterator[Issue]:
    most = len(values)
    if operator == "and":
        if len(values) < 2:
            yield Issue(expression, f'an "and" operation must have at least 2 operands, but it has {len(values)}')
    else:
        most = 3 if operator in COMPARING else 2
        if not 2 <= len(values) <= most:
            wanted = "2 or 3" if most == 3 else "2"
            what = f'an operation with operator "{operator}" must have {wanted} operands, but it has {len(values)}'
            yield Issue(expression, what)
    for value in values[:most]:
        yield from _issues(value)


_OPERANDS = {"if": 3, "reduce": 3, "plusTime": 3, "extractFromUVCI": 2, "dccDateOfBirth": 1}


def _of_named(expression: Any, operator: str, values: list[Any]) -> Iterator[Issue]:
    wanted = _OPERANDS[operator]
    if len(values) != wanted:
        article = "an" if operator[0] in "ei" else "a"
        operands = "1 value/operand" if wanted == 1 else f"{wanted} values/operands"
        what = f'{article} "{operator}"-operation must have exactly {operands}, but it has {len(values)}'
        yield Issue(expression, what)
    literals = 1 if operator in ("plusTime", "extractFromUVCI") else wanted
    for value in values[:literals]:
        yield from _issues(value)
    if operator == "plusTime":
        if len(values) > 1 and not is_integer(values[1]):
            what = f'"amount" argument (#2) of "plusTime" must be an integer, but it is: {values[1]}'
            yield Issue(expression, what)
        if len(values) > 2 and values[2] not in UNITS:
            units = ", ".join(UNITS)
            what = (
                f'"unit" argument (#3) of "plusTime" must be a string equal to one of {units}, but it is: {values[2]}'
            )
            yield Issue(expression, what)
    if operator == "extractFromUVCI" and len(values) > 1 and not is_integer(values[1]):
        what = f'"index" argument (#2) of "extractFromUVCI" must be an integer, but it is: {values[1]}'
        yield Issue(expression, what)
