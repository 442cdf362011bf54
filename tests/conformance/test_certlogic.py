"""CertLogic's public test suite, its validator's suite, and the tests of the countries' own rules: all of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kiosk.core.certlogic import CertLogicError, compile_logic, evaluate, validate


class Assertion(NamedTuple):
    """One expectation of the suite."""

    where: str
    expression: Any
    data: Any
    expected: Any


def assertions(folder: Path) -> Iterator[Assertion]:
    """Those that the suite does not mark to be skipped."""
    for file in sorted(folder.glob("*.json")):
        suite = json.loads(file.read_text())
        for case in suite["cases"]:
            for number, assertion in enumerate(case["assertions"], start=1):
                if "skip" not in (part.get("directive") for part in (suite, case, assertion)):
                    expression = assertion.get("certLogicExpression", case.get("certLogicExpression"))
                    where = f"{file.name}: {case['name']}: {number}"
                    yield Assertion(where, expression, assertion["data"], assertion["expected"])


def as_evaluated(assertion: Assertion) -> Any:
    try:
        return evaluate(assertion.expression, assertion.data)
    except CertLogicError as error:
        return f"error: {error}"


def same(left: Any, right: Any) -> bool:
    """Equal as JSON: 1 is not true."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def test_every_assertion_of_the_suite_holds(certs, capsys):
    suite = list(assertions(certs / "certlogic" / "testSuite"))
    wrong = {a.where: found for a in suite if not same(found := as_evaluated(a), a.expected)}
    with capsys.disabled():
        print(f"\nCertLogic test suite: {len(suite) - len(wrong)} of {len(suite)} assertions hold")
    assert wrong == {}
    assert suite


def test_the_validator_finds_what_the_suite_says_is_wrong_and_nothing_else(certs, capsys):
    cases = [
        (case["certLogicExpression"], [(issue["expr"], issue["message"]) for issue in case["issues"]])
        for file in sorted((certs / "certlogic" / "validation-testSuite").glob("*.json"))
        for case in json.loads(file.read_text())["cases"]
    ]
    wrong = [
        (expression, issues)
        for expression, issues in cases
        if [(issue.expression, issue.message) for issue in validate(expression)] != issues
    ]
    with capsys.disabled():
        print(f"\nCertLogic validation suite: {len(cases) - len(wrong)} of {len(cases)} cases agree")
    assert wrong == []
    assert cases


@pytest.fixture(scope="module")
def rules(certs) -> dict[Path, Any]:
    """Every country's rules, by their folder."""
    return {file.parent: json.loads(file.read_text()) for file in sorted((certs / "rules").glob("*/*/rule.json"))}


def test_every_rule_of_every_country_has_certlogics_form(rules):
    assert {str(folder): issues for folder, rule in rules.items() if (issues := validate(rule["Logic"]))} == {}
    assert rules


def test_every_rule_says_of_every_test_what_its_country_expects(rules, capsys):
    tried, wrong = 0, []
    for folder, rule in rules.items():
        logic = compile_logic(rule["Logic"])
        for file in sorted((folder / "tests").glob("*.json")):
            test = json.loads(file.read_text())
            tried += 1
            found = logic({"payload": test["payload"], "external": test["external"]})
            if found is not test["expected"]:
                wrong.append(f"{folder.name}/{file.name}: {found}")
    with capsys.disabled():
        countries = len({folder.parent for folder in rules})
        print(f"\nCountry rules: {tried - len(wrong)} of {tried} tests of {len(rules)} rules of {countries} countries")
    assert wrong == []
    assert tried
