"""The gate believes the newest good lists: running and after a start, whatever became of a file in between."""

import json
from pathlib import Path

import msgspec
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


STRAY = "\udcff"  # a byte in a file's name that is no character
DAMAGED = {
    "rules.toml": [
        b"a = " + b"[" * 20_000, b"a = " + b"9" * 5000, b"\xff", b'[online]\npatterns = ["a health b{99999999999}"]'
    ],
    "trust/signers.pem": [b"-----BEGIN CERTIFICATE-----\nMAAAA\n-----END CERTIFICATE-----\n", b""],
    f"trust/{STRAY}.json": [b"{"],
    "country-rules/at.json": [b'[{"Identifier": 1}]', b"[" * 20_000, b"9" * 5000],
}  # fmt: skip


@pytest.mark.parametrize(
    ("file", "data"),
    [
        pytest.param(file, data, id=f"{Path(file).stem.strip(STRAY)}{at}")
        for file in DAMAGED
        for at, data in enumerate(DAMAGED[file])
    ],
)
def test_whatever_becomes_of_a_file_the_gate_names_it_and_goes_on_with_what_it_believed(at, file, data):
    at.rules.write_text("[temperature]\nthreshold_c = 37.0\n")
    running = started(at)
    (at.state / file).parent.mkdir(exist_ok=True)
    (at.state / file).write_bytes(data)
    running._refresh()
    views = [state.view() for state in (running.rules_state, running.trust_state, running.country_state)]
    (refused,) = (view for view in views if not view.ok)
    assert refused.state == "refused"
    assert Path(file).stem.strip(STRAY) in refused.detail
    msgspec.json.encode(views)  # they go to the pages
    assert running.policy.rules.temperature.threshold_c == 37.0
    assert running.policy.trust.denied == {"venue:1", "venue:2"}
    started(at)  # with the file as it is


def test_what_no_reader_foresaw_does_not_end_the_watching(at, monkeypatch):
    def unforeseen(*_: object) -> Trust:
        raise ZeroDivisionError("nobody thought of it")

    running = started(at)
    with monkeypatch.context() as during:
        during.setattr(lists, "of_kiosk", unforeseen)
        (at.trust / "deny-2.json").touch()
        running._refresh()
        assert "nobody thought of it" in running.trust_state.view().detail
        during.setattr(lists, "last_good", unforeseen)
        assert started(at).policy.trust.denied == Trust().denied
    lists.take_away(at.trust / "deny-2.json")
    running._refresh()
    assert running.trust_state.view().ok
    assert running.policy.trust.denied == {"venue:1"}
