"""Trust lists as files."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.core.faults import SettingsError
from kiosk.core.trust import Trust, own_keys
from kiosk.settings import places
from kiosk.store import lists
from tests.support import mint

STREET = mint.street()
OWN = own_keys.dump(s for s in STREET.trust.signers if s.scheme != "eu_dcc")
DENY = json.dumps({"kiosk_deny": 1, "denied": ["venue:x"]}).encode()


def written(folder: Path, **files: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name.replace("_", ".")).write_bytes(data)
    return folder


def test_files_and_folders_become_one_trust(tmp_path):
    folder = written(tmp_path / "lists", deny_json=DENY, README_txt=b"not a list")
    (folder / ".hidden.json").write_bytes(b"{")
    (folder / "inner").mkdir()
    file = written(tmp_path, keys_json=OWN) / "keys.json"
    trust = lists.load([folder, file])
    assert {s.scheme for s in trust.signers} == set(own_keys.SCHEMES)
    assert trust.denied == {"venue:x"}


def test_no_path_is_an_empty_trust():
    assert lists.load([]) == Trust()


def test_a_list_without_a_date_is_as_old_as_its_file(tmp_path):
    file = written(tmp_path, deny_json=DENY) / "deny.json"
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert lists.load([file]).as_of == datetime.fromtimestamp(1_700_000_000, UTC)


def test_keys_of_our_own_never_make_the_trust_look_stale(tmp_path):
    file = written(tmp_path, keys_json=OWN) / "keys.json"
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert lists.load([file]).as_of is None


@pytest.mark.parametrize(("data", "why"), [(None, "cannot be read"), (b"x", "not a trust list"), (b"{}", "no entry")])
def test_a_missing_or_broken_file_is_named_with_its_reason(tmp_path, data, why):
    if data is not None:
        written(tmp_path, keys_json=data)
    with pytest.raises(SettingsError, match=rf"keys\.json: .*{why}"):
        lists.load([tmp_path / "keys.json"])


def test_a_folder_without_a_list_is_told(tmp_path):
    with pytest.raises(SettingsError, match="no trust list in this folder"):
        lists.load([tmp_path])


def test_one_broken_file_of_a_folder_is_not_passed_over(tmp_path):
    with pytest.raises(SettingsError, match=r"broken\.json"):
        lists.load([written(tmp_path, keys_json=OWN, broken_json=b"{")])


def test_a_fresh_kiosk_trusts_nobody_and_does_not_fail(tmp_path):
    assert lists.of_kiosk(places(tmp_path)) == Trust()
