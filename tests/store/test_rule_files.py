"""The gate's country rules come from a folder, are swapped whole, and stay when a new file is wrong."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.core.faults import SettingsError
from kiosk.services.clock import SystemClock
from kiosk.services.lists_watch import Lists
from kiosk.settings import Places, places
from kiosk.store import rule_files
from tests.support.country import VALUE_SETS, rule


@pytest.fixture
def at(tmp_path: Path) -> Places:
    found = places(tmp_path)
    found.rules.write_text('[country]\ncode = "XY"\n')
    return found


def put(at: Places, name: str, part: object) -> Path:
    file = at.country_rules / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(part))
    return file


@pytest.fixture
def lists(at: Places):
    made = Lists(at, (), SystemClock())
    yield made
    made.close()


def identifiers(lists: Lists) -> list[str]:
    return [each.identifier for each in lists.policy.rules.country.book.rules]


def test_every_file_of_the_folder_and_below_it_counts(at):
    put(at, "XY/TR-XY-0001/rule.json", rule())
    put(at, "valuesets/types.json", VALUE_SETS)
    put(at, ".hidden.json", "nonsense")
    put(at, "README.txt", "nonsense")
    found = rule_files.load(at.country_rules)
    assert len(found.rules) == 1
    assert set(found.value_sets) == {"covid-19-lab-test-type"}


def test_without_a_folder_there_are_no_rules(at):
    assert rule_files.load(at.country_rules).rules == ()


def test_rules_that_come_and_change_are_in_force_and_named_in_the_version(at, lists):
    assert identifiers(lists) == []
    before = lists.policy.rules.version
    put(at, "one.json", rule())
    lists._refresh()
    assert identifiers(lists) == ["TR-XY-0001"]
    version = lists.policy.rules.version
    assert version.startswith(f"{before}+XY.")
    put(at, "two.json", rule("GR-XY-0002"))
    lists._refresh()
    assert identifiers(lists) == ["TR-XY-0001", "GR-XY-0002"]
    assert lists.policy.rules.version != version


def test_a_wrong_file_leaves_the_old_rules_in_force_and_is_named(at, lists):
    put(at, "one.json", rule())
    lists._refresh()
    wrong = put(at, "two.json", rule("GR-XY-0002", {"xor": [1]}))
    lists._refresh()
    assert identifiers(lists) == ["TR-XY-0001"]
    assert not lists.country_state.view().ok
    assert "two.json: rule GR-XY-0002" in lists.country_state.view().detail
    wrong.unlink()
    lists._refresh()
    assert lists.country_state.view().ok


def test_rules_that_are_asked_grow_stale_like_lists(at, lists):
    file = put(at, "one.json", rule())
    os.utime(file, (1_700_000_000, 1_700_000_000))
    lists._refresh()
    assert lists.policy.trust.as_of == datetime.fromtimestamp(1_700_000_000, UTC)
    at.rules.write_text("")
    lists._refresh()
    assert lists.policy.trust.as_of is None


def test_a_file_that_cannot_be_read_is_named(at):
    put(at, "one.json", rule()).write_bytes(b"[" * 300 + b"]" * 300)
    with pytest.raises(SettingsError, match=r"one\.json: .*nested"):
        rule_files.load(at.country_rules)


def test_no_file_of_rules_may_set_the_book_itself(at):
    at.rules.write_text('[country]\ncode = "XY"\nbook = {}\n')
    made = Lists(at, (), SystemClock())
    made.close()
    assert "book: no such key" in made.rules_state.view().detail
