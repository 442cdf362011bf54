"""Country rules for tests: rules of an invented country in the EU's format, and books of them."""

from __future__ import annotations

import json
from typing import Any

from kiosk.core.country_rules import RuleBook, parse

RECENT = {  # a test is at most 24 hours old
    "if": [
        {"var": "payload.t.0"},
        {
            "not-after": [
                {"plusTime": [{"var": "external.validationClock"}, 0, "hour"]},
                {"plusTime": [{"var": "payload.t.0.sc"}, 24, "hour"]},
            ]
        },
        False,
    ]
}
KNOWN_MAKER = {"in": [{"var": "payload.t.0.tt"}, {"var": "external.valueSets.covid-19-lab-test-type"}]}
VALUE_SETS = {"valueSetId": "covid-19-lab-test-type", "valueSetValues": {"LP6464-4": {"display": "NAAT"}}}


def rule(identifier: str = "TR-XY-0001", logic: Any = RECENT, **changed: Any) -> dict[str, Any]:
    """One rule as its file has it; `changed` replaces members, None takes one away."""
    members = {
        "Identifier": identifier,
        "Type": "Acceptance",
        "Country": identifier[3:5],
        "Version": "1.0.0",
        "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "0.7.5",
        "CertificateType": "Test",
        "Description": [{"lang": "en", "desc": "At most 24 hours."}, {"lang": "de", "desc": "Höchstens 24 Stunden."}],
        "ValidFrom": "2021-07-05T00:00:00Z",
        "ValidTo": "2030-06-01T00:00:00Z",
        "AffectedFields": ["t.0", "t.0.sc"],
        "Logic": logic,
        **changed,
    }
    return {name: value for name, value in members.items() if value is not None}


def book(*parts: Any) -> RuleBook:
    """The book of these rules and value sets, each in a file of its own."""
    return parse((f"{number}.json", json.dumps(part).encode()) for number, part in enumerate(parts))
