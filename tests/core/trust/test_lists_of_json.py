"""The three kinds of JSON lists, and how a file's kind is found."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.codecs import cose
from kiosk.core.faults import SettingsError
from kiosk.core.trust import Signer, own_keys
from kiosk.core.trust.parse import kinds, parse


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def of_json(tree) -> bytes:
    return json.dumps(tree).encode()


KEY = Ed25519PrivateKey.generate().public_key()
OWN = {"scheme": "local_pass", "kid": b64(cose.key_id(KEY)), "issuer": "东区", "key": b64(KEY.public_bytes_raw())}
SAMPLES = {
    "certificates": b"-----BEGIN CERTIFICATE-----",
    "denied": of_json({"kiosk_deny": 1, "denied": ["a:b"]}),
    "gateway": of_json([{"kid": "", "rawData": ""}]),
    "hash_file": b"kiosk-revoked 1 eu_dcc prefix",
    "revocation_batch": of_json({"hashType": "UCI", "entries": []}),
    "imported": of_json({"kiosk_list": 1, "list": ""}),
    "signed_list": bytes.fromhex("301506092a864886f70d010702a008"),
    "kid_list": of_json({"AAAAAAAAAAA=": ["MA=="]}),
    "contexts": of_json({"kiosk_contexts": 1, "contexts": {}}),
    "did": of_json({"id": "did:web:x", "verificationMethod": []}),
    "jwks": of_json({"keys": [{"kty": "EC"}]}),
    "card_revocations": of_json({"kid": "k", "method": "rid", "rids": []}),
    "own_keys": of_json({"kiosk_keys": 1, "keys": []}),
}


def test_every_kind_of_list_has_a_sample_and_claims_it_alone():
    names = {kind.__name__.rpartition(".")[2]: kind for kind in kinds()}
    assert names.keys() == SAMPLES.keys()
    for name, data in SAMPLES.items():
        assert [other for other, kind in names.items() if kind.recognises(data)] == [name]


@pytest.mark.parametrize(
    "data", [b"A" * 86 + b'==\n{"certificates": []}', b'{"VR-AT-0001": [{"cms": "AA=="}]}', b'[{"cms": "AA=="}]']
)
def test_every_form_of_signed_list_says_how_it_is_imported(data):
    with pytest.raises(SettingsError, match=r"^x\.json: a signed list; say kiosk trust import --signed-by"):
        parse(data, "x.json")


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"?", b'{"kiosk_list": 2, "list": "AA=="}', b'{"kiosk_list": 1, "list": "?"}',
             b'{"kiosk_list": 1}', b'{"kiosk_list": 1, "list": "AA==", "for": 1}', b'{"kiosk_list": 1, "list": 7}',
             b'{"kiosk_list": 1, "list": "AA==", "as_of": "soon"}',
             b'{"kiosk_list": 1, "list": "' + b64encode(b'{"kiosk_list": 1, "list": "AA=="}') + b'"}']
)  # fmt: skip
def test_what_was_said_of_a_list_is_read_whole_or_not_at_all(data):
    with pytest.raises(SettingsError, match=r"^x\.json: "):
        parse(data, "x.json")


@pytest.mark.parametrize("data", [b"", b"hello", b"[]", b"\xff\xfe", b"\x00"])
def test_what_is_no_list_is_refused_by_name(data):
    with pytest.raises(SettingsError, match=r"^x\.json: not a trust list"):
        parse(data, "x.json")


def test_a_kid_list_gives_its_signers_under_the_listed_ids(certificate):
    der = certificate()
    tree = {b64(b"any-kid"): [b64(der), b64(der)], sha256(der).hexdigest()[:16]: b64(der)}
    trust = parse(b"\xef\xbb\xbf" + of_json(tree), "list.json")
    assert [s.kid for s in trust.signers] == [b"any-kid", b"any-kid", sha256(der).digest()[:8]]
    assert trust.find("eu_dcc", b"any-kid")


def test_bad_entries_of_a_kid_list_are_notes(certificate):
    tree = {b64(b"kid"): [b64(certificate()), "no base64", 7, b64(b"no DER")], "n o": [b64(certificate())]}
    trust = parse(of_json(tree), "list.json")
    assert len(trust.signers) == 1
    assert len(trust.notes) == 4
    assert all(note.startswith("list.json: entry ") for note in trust.notes)


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"{}",
        b'{"a": 1}',
        b'{"a": {}}',
        b'{"AA==": ["x"], "AA==": ["y"]}',
        b'{"AA==": ["x"]}',
        b'{"\\ud800": "x"}',
    ],
)
def test_a_broken_kid_list_is_refused_whole(data):
    with pytest.raises(SettingsError, match=r"^list\.json: "):
        parse(data, "list.json")


def test_our_own_keys_come_back_as_they_were_written():
    signers = (
        Signer("local_pass", cose.key_id(KEY), KEY, "东区"),
        Signer("venue", cose.key_id(KEY), KEY, "东区"),
    )
    found = parse(own_keys.dump(signers), "public.json").signers
    assert [(s.scheme, s.kid, s.issuer) for s in found] == [(s.scheme, s.kid, s.issuer) for s in signers]
    assert [s.key.public_bytes_raw() for s in found] == [KEY.public_bytes_raw()] * 2


def test_an_own_key_may_be_bound_to_a_time():
    dated = {**OWN, "valid_from": "2026-01-01", "valid_until": "2027-01-01T00:00:00+08:00"}
    (signer,) = parse(of_json({"kiosk_keys": 1, "keys": [dated]}), "k").signers
    assert signer.valid_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert signer.valid_until == datetime(2026, 12, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"scheme": "eu_dcc"},
        {"kid": b64(b"12345678")},
        {"key": b64(b"short")},
        {"key": "not base64!"},
        {"key": None},
        {"issuer": 7},
        {"valid_until": "never"},
    ],
)
def test_a_wrong_own_key_is_a_note_beside_a_good_one(change):
    trust = parse(of_json({"kiosk_keys": 1, "keys": [OWN, {**OWN, **change}]}), "k.json")
    assert len(trust.signers) == 1
    assert trust.notes[0].startswith("k.json: entry 2: left out: ")


@pytest.mark.parametrize("tree", [{"kiosk_keys": 2, "keys": []}, {"kiosk_keys": 1}, {"kiosk_keys": 1, "keys": {}}])
def test_an_unknown_version_of_our_keys_is_refused(tree):
    with pytest.raises(SettingsError):
        parse(of_json(tree), "k.json")


def test_a_deny_list_is_read_with_its_date():
    tree = {"kiosk_deny": 1, "as_of": "2026-11-21T00:00:00Z", "denied": ["eu_dcc:URN:UVCI:01:XX:1#A", "local_pass:01"]}
    trust = parse(of_json(tree), "deny.json")
    assert trust.denies("eu_dcc", "URN:UVCI:01:XX:1#A")
    assert trust.denies("local_pass", "01")
    assert not trust.denies("venue", "01")
    assert not trust.denies("local_pass", None)
    assert trust.as_of == datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize("denied", [["a"], [":a"], ["a:"], [7], {}, "a:b"])
def test_a_deny_list_with_a_hole_is_refused_whole(denied):
    with pytest.raises(SettingsError, match=r"^deny\.json: "):
        parse(of_json({"kiosk_deny": 1, "denied": [*denied] if isinstance(denied, list) else denied}), "deny.json")
