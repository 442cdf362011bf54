"""`kiosk certlogic` answers every line, in order, with a result or a sentence."""

import json

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import kiosk


def run(*lines: object) -> Result:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return CliRunner().invoke(kiosk, ["certlogic", "--jsonl"], input=text)


def answers(*lines: object) -> list[dict]:
    return [json.loads(line) for line in run(*lines).stdout.splitlines()]


def test_each_line_is_answered_with_its_result():
    older = {"+": [{"var": "n"}, 1]}
    assert answers(
        {"id": 1, "logic": older, "data": {"n": 2}},
        {"id": "b", "logic": {"var": ""}, "data": None},
        {"id": None, "logic": {"plusTime": ["2020-02-29", 1, "year"]}, "data": {}},
        {"id": [4], "logic": {"var": ""}, "data": {"名": ["王"]}},
    ) == [
        {"id": 1, "result": 3},
        {"id": "b", "result": None},
        {"id": None, "result": "2021-03-01T00:00:00.000Z"},
        {"id": [4], "result": {"名": ["王"]}},
    ]


def test_a_rule_that_is_wrong_is_an_answer_and_no_fault():
    done = run({"id": 1, "logic": {"+": ["a", 1]}, "data": {}}, {"id": 2, "logic": {"xor": [1]}, "data": {}})
    assert done.exit_code == 0
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first == {"id": 1, "error": 'an operand of "+" must be an integer, but is a string'}
    assert second == {"id": 2, "error": 'unrecognised operator: "xor"'}


@pytest.mark.parametrize(
    "line", ["{", '{"id": 1}', '{"id": 1, "logic": true}', "[]", '{"id": 1, "data": 1, "data": 2}']
)
def test_a_line_that_is_not_understood_is_said_and_exits_1(line):
    done = run(line, {"id": 2, "logic": True, "data": {}})
    assert done.exit_code == 1
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert set(first) == {"id", "error"}
    assert second == {"id": 2, "result": True}


def test_a_rule_may_be_nested_as_deep_as_the_language_allows():
    logic: object = True
    for _ in range(60):
        logic = {"!": [logic]}
    assert answers({"id": 1, "logic": logic, "data": {}}) == [{"id": 1, "result": True}]
    for _ in range(20):
        logic = {"!": [logic]}
    (answer,) = answers({"id": 1, "logic": logic, "data": {}})
    assert "nested deeper" in answer["error"]


def test_without_jsonl_it_says_what_it_wants():
    done = CliRunner().invoke(kiosk, ["certlogic"])
    assert done.exit_code == 2
    assert "--jsonl" in done.stderr
