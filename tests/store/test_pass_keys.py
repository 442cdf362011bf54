"""The keys that passes are signed with."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.core import formats
from kiosk.core.formats import local_pass
from kiosk.core.model import Refusal
from kiosk.core.reasons import Reason
from kiosk.core.validity import validity
from kiosk.settings import places
from kiosk.store import lists, pass_keys
from kiosk.store.list_import import import_list


def test_makers_that_start_together_get_one_key(tmp_path):
    at = places(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        kids = set(pool.map(lambda _: pass_keys.open_key(at.pass_keys, "local_pass", "East").signer.kid, range(16)))
    assert len(kids) == 1
    assert len(lists.load([lists.public_list(at)]).signers) == 1


def test_a_key_keeps_the_issuer_under_which_it_was_made(tmp_path):
    at = places(tmp_path)
    pass_keys.open_key(at.pass_keys, "local_pass", "East gate")
    assert pass_keys.open_key(at.pass_keys, "local_pass", "Renamed").signer.issuer == "East gate"


def test_the_public_half_is_published_again_when_its_list_was_lost(tmp_path):
    at = places(tmp_path)
    first = pass_keys.open_key(at.pass_keys, "venue", "East").signer
    lists.public_list(at).unlink()
    assert pass_keys.open_key(at.pass_keys, "venue", "East").signer.kid == first.kid
    assert lists.of_kiosk(at).find("venue", first.kid)


NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def issued(at, now):
    own = pass_keys.open_key(at.pass_keys, "local_pass", "East", now)
    return local_pass.issue(
        own.key, issuer="East", credential_id=b"12345678", name="A", valid_from=NOW - DAY, valid_until=NOW + 99 * DAY
    )


def stands(text, at, now):
    found = formats.read(text, lists.of_kiosk(at))
    return found.reason if isinstance(found, Refusal) else validity(found, now)


def test_after_a_rotation_the_old_key_holds_to_its_end_and_the_new_one_signs(tmp_path):
    at = places(tmp_path)
    old = issued(at, NOW)
    pass_keys.rotate(at.pass_keys, "local_pass", "East", NOW, NOW + 30 * DAY, NOW)
    new = issued(at, NOW)
    assert new != old
    assert stands(old, at, NOW) is stands(new, at, NOW) is stands(new, at, NOW - DAY / 2) is Reason.VALID
    assert stands(old, at, NOW + 31 * DAY) is Reason.ISSUER_EXPIRED
    assert stands(new, at, NOW + 31 * DAY) is Reason.VALID
    assert not (tmp_path / "passes" / "local_pass-next.pem").exists()


def test_a_new_key_can_be_learnt_by_others_before_it_signs(tmp_path):
    here, there = places(tmp_path / "here"), places(tmp_path / "there")
    old = issued(here, NOW)
    pass_keys.rotate(here.pass_keys, "local_pass", "East", NOW + 5 * DAY, NOW + 9 * DAY, NOW)
    import_list(lists.public_list(here), there)
    assert issued(here, NOW + 4 * DAY) == old
    new = issued(here, NOW + 5 * DAY)
    assert new != old
    assert stands(new, there, NOW + 5 * DAY) is stands(old, there, NOW + 8 * DAY) is Reason.VALID
    assert stands(old, there, NOW + 10 * DAY) is Reason.ISSUER_EXPIRED


def test_a_rotation_said_twice_makes_one_key_that_waits(tmp_path):
    at = places(tmp_path)
    first = pass_keys.rotate(at.pass_keys, "local_pass", "East", NOW + 5 * DAY, NOW + 9 * DAY, NOW)
    second = pass_keys.rotate(at.pass_keys, "local_pass", "East", NOW + 2 * DAY, NOW + 9 * DAY, NOW)
    assert first.kid == second.kid
    assert len(lists.load([lists.public_list(at)]).signers) == 2


def test_a_denied_pass_is_refused_here_at_once_and_elsewhere_by_import(tmp_path):
    at, there = places(tmp_path / "here"), places(tmp_path / "there")
    text = issued(at, NOW)
    import_list(lists.public_list(at), there)
    path = pass_keys.deny(at.pass_keys, "kiosk-1", [b"12345678".hex()], NOW)
    assert stands(text, at, NOW) is Reason.REVOKED
    assert lists.of_kiosk(at).as_of is None  # what is said here never grows stale here
    assert stands(text, there, NOW) is Reason.VALID
    import_list(path, there)
    assert stands(text, there, NOW) is Reason.REVOKED
    pass_keys.deny(at.pass_keys, "kiosk-1", [b"12345678".hex()], NOW + DAY, lift=True)
    assert stands(text, at, NOW) is Reason.VALID
    import_list(path, there)
    assert stands(text, there, NOW) is Reason.VALID


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_makes_belongs_to_whom_the_folder_belongs_to(tmp_path):
    at = places(tmp_path)
    at.pass_keys.mkdir()
    os.chown(at.pass_keys, 1234, 1234)
    pass_keys.rotate(at.pass_keys, "local_pass", "East", NOW + 5 * DAY, NOW + 9 * DAY, NOW)
    owners = {path.name: path.stat().st_uid for path in at.pass_keys.iterdir() if path.suffix != ".json"}
    assert owners == {".lock": 1234, "local_pass.pem": 1234, "local_pass-next.pem": 1234}
