"""A rule can neither hang nor crash who evaluates it."""

import time

import pytest

from kiosk.core.certlogic import CertLogicError, compile_logic, evaluate, validate
from kiosk.core.certlogic.form import MAX_DEPTH, MAX_PARTS


def nested(levels: int, inner=True):
    for _ in range(levels):
        inner = {"!": [inner]}
    return inner


def test_sixty_nested_operations_are_evaluated():
    assert evaluate(nested(60), {}) is True


@pytest.mark.parametrize("levels", [MAX_DEPTH, 100_000])
def test_a_rule_that_is_nested_too_deeply_is_refused_before_anything_is_called(levels):
    deep = nested(levels)
    assert [issue.message for issue in validate(deep)] == [f"the expression is nested deeper than {MAX_DEPTH} levels"]
    with pytest.raises(CertLogicError, match="nested deeper"):
        compile_logic(deep)
    while isinstance(deep, dict):  # taken apart by hand: the interpreter's own way is as deep as the rule
        deep = deep["!"][0]


def test_a_rule_of_too_many_parts_is_refused():
    with pytest.raises(CertLogicError, match="parts"):
        compile_logic([1] * (MAX_PARTS + 1))


def fold(inner, start=0):
    return {"reduce": [{"var": "x"}, inner, start]}


LONG = list(range(2000))
# Each within a fold sees only `current` and `accumulator`: a list that is to be folded again is carried along.
GATHERED = {"var": "accumulator"}
SQUARED = fold({"reduce": [GATHERED, GATHERED, GATHERED]}, {"var": "x"})
DOUBLED = fold([{"var": "accumulator"}, {"var": "accumulator"}], [1])
WRAPPED = fold([{"var": "accumulator"}], [1])
COMPARED = {"===": [DOUBLED, DOUBLED]}
SEARCHED = fold({"in": [{"var": "accumulator"}, [{"var": "accumulator"}] * 500]}, "x")
GROWN = fold({"+": [{"var": "accumulator"}, {"var": "accumulator"}]}, 1)


@pytest.mark.parametrize("expression", [SQUARED, DOUBLED, WRAPPED, COMPARED, SEARCHED, GROWN])
def test_a_fold_that_would_not_end_is_stopped(expression):
    began = time.process_time()
    with pytest.raises(CertLogicError):
        evaluate(expression, {"x": LONG})
    assert time.process_time() - began < 1
