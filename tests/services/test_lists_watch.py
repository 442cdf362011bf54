"""The gate believes the newest good lists: running and after a start, whatever became of a file in between."""

import json

import pytest

from kiosk.core.trust import Trust
from kiosk.services.clock import SystemClock
from kiosk.services.lists_watch import Lists
from kiosk.settings import Places, places
from kiosk.store import lists
from kiosk.store.list_import import import_list


@pytest.fixture
def at(tmp_path) -> Places:
    found = places(tmp_path / "state")
    for number in (1, 2):
        source = tmp_path / f"deny-{number}.json"
        source.write_text(json.dumps({"kiosk_deny": 1, "denied": [f"venue:{number}"]}))
        import_list(source, found)
    return found


def started(at: Places) -> Lists:
    made = Lists(at, (), SystemClock())
    made.close()
    return made


def test_a_list_that_breaks_while_the_gate_runs_leaves_what_it_believed(at):
    running = started(at)
    (at.trust / "deny-1.json").write_text("{")
    running._refresh()
    assert running.policy.trust.denied == {"venue:1", "venue:2"}
    assert "deny-1.json" in running.trust_state.view().detail


def test_a_gate_that_starts_with_a_broken_list_takes_the_copy_of_its_import_and_says_so(at):
    (at.trust / "deny-1.json").write_bytes(b"")
    running = started(at)
    assert running.policy.trust.denied == {"venue:1", "venue:2"}
    assert not running.trust_state.view().ok
    assert "deny-1.json" in running.trust_state.view().detail


def test_without_a_good_copy_nothing_is_believed(at):
    (at.trust / "deny-1.json").write_text("{")
    lists.copy_of(at.trust / "deny-1.json").write_text("{")
    assert started(at).policy.trust.denied == Trust().denied


def test_a_list_that_was_removed_does_not_come_back(at):
    lists.take_away(at.trust / "deny-1.json")
    (at.trust / "deny-2.json").write_text("{")
    assert started(at).policy.trust.denied == {"venue:2"}
