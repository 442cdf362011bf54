"""The keys that passes are signed with."""

from concurrent.futures import ThreadPoolExecutor

from kiosk.services import lists, pass_keys
from kiosk.settings import places


def test_makers_that_start_together_get_one_key(tmp_path):
    at = places(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        kids = set(pool.map(lambda _: pass_keys.open_key(at, "local_pass", "East").signer.kid, range(16)))
    assert len(kids) == 1
    assert len(lists.load([lists.public_list(at)]).signers) == 1


def test_a_key_keeps_the_issuer_under_which_it_was_made(tmp_path):
    at = places(tmp_path)
    pass_keys.open_key(at, "local_pass", "East gate")
    assert pass_keys.open_key(at, "local_pass", "Renamed").signer.issuer == "East gate"


def test_the_public_half_is_published_again_when_its_list_was_lost(tmp_path):
    at = places(tmp_path)
    first = pass_keys.open_key(at, "venue", "East").signer
    lists.public_list(at).unlink()
    assert pass_keys.open_key(at, "venue", "East").signer.kid == first.kid
    assert lists.of_kiosk(at).find("venue", first.kid)
