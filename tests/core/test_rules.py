"""Rules as data: a wrong file is refused whole, by key and reason."""

from __future__ import annotations

import pytest

from kiosk.core import checks
from kiosk.core.faults import SettingsError
from kiosk.core.model import ConditionKind, Group, Outcome, Remedy
from kiosk.core.rules import Rules, parse


def test_an_empty_file_is_the_default_with_a_version_of_its_own():
    rules = parse(b"", "rules.toml")
    assert rules.temperature.threshold_c == 37.3
    assert rules.version.startswith("default+")


def test_the_version_changes_with_the_content():
    assert parse(b"version = 'w47'", "r").version != parse(b"version = 'w47' ", "r").version


def test_a_file_changes_what_it_names_and_nothing_else():
    text = b"""
        [temperature]
        threshold_c = 37.0
        [groups.deliveries]
        checks = ["temperature"]
        unknown_to_roster = "check"
        [conditions.remedies]
        thermometer_down = ["waive"]
    """
    rules = parse(text, "rules.toml")
    assert rules.temperature.threshold_c == 37.0
    assert rules.group(Group.DELIVERIES).checks == ("temperature",)
    assert rules.group(Group.DELIVERIES).unknown_to_roster is Outcome.CHECK
    assert rules.group(Group.RESIDENTS) == Rules().group(Group.RESIDENTS)
    assert rules.conditions.remedies[ConditionKind.THERMOMETER_DOWN] == (Remedy.WAIVE,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"[temperature]\nthreshold_c = 50", "rules.toml: temperature.threshold_c: expected `float` <= 45.0"),
        (b"[temperatur]", "rules.toml: temperatur: no such key; did you mean temperature?"),
        (b"[groups.residents]\nchecks = ['tempreature']", "there is no check 'tempreature'"),
        (b"[groups.neighbours]", "groups"),
        (b"[test]\nmissing = 'amber'", "test.missing"),
        (b"[show\n", "not TOML"),
        (b"\xff", "not UTF-8"),
        (b"[temperature]\nthreshold_c = nan", "temperature.threshold_c"),
    ],
)
def test_a_wrong_file_is_refused_with_key_and_reason(text, says):
    with pytest.raises(SettingsError) as refused:
        parse(text, "rules.toml")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_every_check_is_found_by_its_name():
    assert {"credential", "attestation", "identity", "test_age", "temperature", "venue", "replay"} <= checks.names()
    for name in checks.names():
        assert callable(checks.named(name))
