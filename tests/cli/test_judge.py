"""`kiosk judge`: rules tried on visits without a gate."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from kiosk.cli import kiosk
from kiosk.core.trust import own_keys
from tests.support import mint

AT = mint.NOW.isoformat()


@pytest.fixture
def ask(tmp_path):
    street = mint.street()
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "ours.json").write_bytes(own_keys.dump(s for s in street.trust.signers if s.scheme == "local_pass"))
    rules = tmp_path / "rules.toml"
    rules.write_text("")

    def ask(*visits, rules_text=""):
        rules.write_text(rules_text)
        lines = "".join((v if isinstance(v, str) else json.dumps(v)) + "\n" for v in visits)
        arguments = ["judge", "--state", str(tmp_path / "s"), "--rules", str(rules), "--trust", str(lists), "--jsonl"]
        result = CliRunner().invoke(kiosk, arguments, input=lines)
        return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]

    ask.street = street
    return ask


def test_visits_are_judged_in_order(ask):
    good = ask.street.pass_()
    code, answers = ask(
        {"id": 1, "scans": [good], "temperature_c": 36.5, "at": AT},
        {"id": 2, "scans": [good], "temperature_c": 38.5, "at": AT},
        {"id": 3, "scans": [good], "at": AT},
        {"id": 4, "scans": [good], "at": AT, "direction": "out"},
        {"id": 5, "scans": [mint.forged(good)], "temperature_c": 36.5, "at": AT},
        {"id": 6, "scans": [], "at": AT},
    )
    assert code == 0
    assert [(a["id"], a["outcome"], a["reasons"], a["wants"]) for a in answers] == [
        (1, "pass", [], []),
        (2, "check", ["febrile"], []),
        (3, None, [], ["temperature"]),
        (4, "pass", [], []),
        (5, "deny", ["bad_signature"], []),
        (6, None, [], ["code", "temperature"]),
    ]


def test_the_visits_own_clock_counts(ask):
    later = (mint.NOW + timedelta(days=4000)).isoformat()
    _, (answer,) = ask({"id": 1, "scans": [ask.street.pass_()], "temperature_c": 36.5, "at": later})
    assert answer["outcome"] == "deny"
    assert "expired" in answer["reasons"]


def test_other_rules_other_verdicts(ask):
    visit = {"id": 1, "scans": [ask.street.pass_()], "temperature_c": 37.0, "at": AT}
    assert ask(visit)[1][0]["outcome"] == "pass"
    assert ask(visit, rules_text="[temperature]\nthreshold_c = 36.9")[1][0]["outcome"] == "check"


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        '{"id": 1}',
        '{"id": 1, "scans": [1]}',
        '{"id": 1, "scans": [], "temperature_c": "warm"}',
        '{"id": 1, "scans": [], "temperature_c": NaN}',
        '{"id": 1, "scans": [], "direction": "up"}',
        '{"id": 1, "scans": [], "at": "yesterday"}',
    ],
)
def test_a_line_that_is_not_understood_is_named_and_the_others_go_on(ask, line):
    code, answers = ask(line, {"id": "next", "scans": [], "at": AT})
    assert code == 1
    assert "error" in answers[0]
    assert answers[1]["id"] == "next"


def test_a_wrong_rules_file_is_one_line(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text("[temperatur]")
    result = CliRunner().invoke(kiosk, ["judge", "--state", str(tmp_path), "--rules", str(rules), "--jsonl"], input="")
    assert result.exit_code == 1
    assert "did you mean temperature?" in str(result.exception)
