"""Trust lists as files."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from kiosk.core.faults import SettingsError
from kiosk.core.reasons import Reason
from kiosk.core.revoked import hashes
from kiosk.core.trust import Trust, hash_file, own_keys
from kiosk.services import lists
from kiosk.settings import places
from tests.support import abroad, mint

STREET = mint.street()
UTOPIA = abroad.Seals()
OWN = own_keys.dump(s for s in STREET.trust.signers if s.scheme != "eu_dcc")
DENY = json.dumps({"kiosk_deny": 1, "denied": ["venue:x"]}).encode()


def sign(data: bytes) -> bytes:
    builder = PKCS7SignatureBuilder().set_data(data)
    builder = builder.add_signer(x509.load_der_x509_certificate(UTOPIA.signer), UTOPIA.key, SHA256())
    return builder.sign(Encoding.DER, [PKCS7Options.Binary])


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
    assert {s.scheme for s in trust.signers} == {"local_pass", "venue"}
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


def test_an_import_replaces_the_list_of_that_name_whole(tmp_path):
    at = places(tmp_path / "state")
    source = written(tmp_path, list_json=OWN) / "list.json"
    assert lists.import_list(source, at)[0].read_bytes() == OWN
    source.write_bytes(DENY)
    lists.import_list(source, at)
    assert [(file.name, trust.denied) for file, trust in lists.imported(at)] == [("list.json", {"venue:x"})]
    assert [path.name for path in at.trust.iterdir()] == ["list.json"]


@pytest.mark.parametrize("data", [b"", b"{", b"{}", OWN[: len(OWN) // 2]])
def test_a_broken_import_leaves_the_old_list_in_place(tmp_path, data):
    at = places(tmp_path / "state")
    source = written(tmp_path, list_json=OWN) / "list.json"
    lists.import_list(source, at)
    source.write_bytes(data)
    with pytest.raises(SettingsError):
        lists.import_list(source, at)
    assert (at.trust / "list.json").read_bytes() == OWN


def test_an_import_that_cannot_be_written_leaves_the_old_list_and_no_litter(tmp_path, monkeypatch):
    at = places(tmp_path / "state")
    source = written(tmp_path, list_json=OWN) / "list.json"
    lists.import_list(source, at)

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError, match="No space left"):
        lists.import_list(source, at)
    assert [(path.name, path.read_bytes()) for path in at.trust.iterdir()] == [("list.json", OWN)]


def test_a_file_is_imported_under_a_name_that_will_be_found_again(tmp_path):
    with pytest.raises(SettingsError, match="name it by its kind"):
        lists.import_list(written(tmp_path, list_txt=OWN) / "list.txt", places(tmp_path))


def test_a_signed_list_is_kept_as_what_it_holds_once_its_signer_is_vouched_for(tmp_path):
    at = places(tmp_path / "state")
    authority, signed = tmp_path / "authority.der", tmp_path / "world.p7"
    authority.write_bytes(UTOPIA.authority)
    signed.write_bytes(sign(OWN))
    with pytest.raises(SettingsError, match="--signed-by"):
        lists.import_list(signed, at)
    target, trust = lists.import_list(signed, at, lists.load([authority]))
    assert (target.name, target.read_bytes(), len(trust.signers)) == ("world.json", OWN, 2)


def test_a_file_of_hashes_is_used_where_it_lies_and_survives_its_successor(tmp_path):
    at = places(tmp_path / "state")
    source = tmp_path / "eu.revoked"
    source.write_bytes(hash_file.dump(hashes("eu_dcc", [b"\x05" * 16], whole=False)))
    target, _ = lists.import_list(source, at)
    (before,) = lists.load([target]).revoked
    source.write_bytes(hash_file.dump(hashes("eu_dcc", [b"\x06" * 16], whole=False)))
    lists.import_list(source, at)
    (after,) = lists.load([target]).revoked
    assert before.names(b"\x05" * 32) is after.names(b"\x06" * 32) is Reason.POSSIBLY_REVOKED
    assert before.names(b"\x06" * 32) is after.names(b"\x05" * 32) is None
    target.write_bytes(b"")
    with pytest.raises(SettingsError, match="empty"):
        lists.load([target])
