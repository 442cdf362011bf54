"""Lists of the EU gateway."""

import json
from base64 import b64encode

import pytest

from kiosk.core.faults import SettingsError
from kiosk.core.trust.parse import parse


def entry(der: bytes, **changed: object) -> dict:
    listed = {"kid": b64encode(b"12345678").decode(), "timestamp": "2021-06-01T00:00:00+02:00", "country": "DE",
              "certificateType": "DSC", "thumbprint": "00", "signature": "",
              "rawData": b64encode(der).decode()}  # fmt: skip
    return {**listed, **changed}


@pytest.mark.parametrize("wrap", [lambda entries: entries, lambda entries: {"certificates": entries}])
def test_signers_keep_their_listed_key_id_and_country(certificate, wrap):
    (signer,) = parse(json.dumps(wrap([entry(certificate())])).encode(), "list.json").signers
    assert (signer.scheme, signer.kid, signer.issuer) == ("eu_dcc", b"12345678", "DE")
    assert signer.valid_until is not None


def test_a_list_that_does_not_name_types_is_one_of_signers(certificate):
    bare = {name: entry(certificate())[name] for name in ("kid", "rawData")}
    (signer,) = parse(json.dumps([bare]).encode(), "list.json").signers
    assert signer.issuer == "AT"  # its own certificate's


def test_an_authority_and_a_broken_entry_are_notes_beside_a_good_one(certificate):
    good = entry(certificate())
    entries = [good, {**good, "certificateType": "CSCA"}, {**good, "rawData": "!"}, {**good, "kid": 7}, 7,
               {**good, "rawData": "AAAA"}]  # fmt: skip
    found = parse(json.dumps(entries).encode(), "list.json")
    assert len(found.signers) == 1
    assert len(found.notes) == 5
    assert "CSCA" in found.notes[0]


def test_a_curve_that_nobody_knows_is_a_note_beside_a_good_entry(certificate):
    p256, der = bytes.fromhex("06082a8648ce3d030107"), certificate()
    odd = der.replace(p256, p256[:-1] + b"\x63")
    found = parse(json.dumps([entry(der), entry(odd)]).encode(), "list.json")
    assert len(found.signers) == 1
    assert found.notes[0].startswith("list.json: entry 2: left out: ")


@pytest.mark.parametrize("data", [b'[{"rawData": 1', b'{"x": "rawData", "rawData": 1}', b'[{"rawData": "AAAA"}]'])
def test_what_gives_no_signer_is_refused_by_name(data):
    with pytest.raises(SettingsError, match=r"^list\.json: "):
        parse(data, "list.json")
