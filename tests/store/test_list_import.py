"""Lists and country rules are brought in whole or not at all, verified, bound, and never older than those in force."""

import json
import os
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from kiosk.core.country_rules import RuleBook
from kiosk.core.faults import SettingsError
from kiosk.core.formats import read
from kiosk.core.model import Credential
from kiosk.core.reasons import Reason
from kiosk.core.revoked import hashes
from kiosk.core.trust import hash_file, own_keys
from kiosk.settings import Places, places
from kiosk.store import lists, rule_files
from kiosk.store.list_import import Said, import_list
from tests.support import abroad, cards, mint
from tests.support.country import VALUE_SETS, rule

STREET = mint.street()
UTOPIA = abroad.Seals()
OWN = own_keys.dump(s for s in STREET.trust.signers if s.scheme in own_keys.SCHEMES)
DENY = json.dumps({"kiosk_deny": 1, "denied": ["venue:x"]}).encode()


@pytest.fixture
def at(tmp_path) -> Places:
    return places(tmp_path / "state")


def sign(data: bytes, *options: PKCS7Options) -> bytes:
    builder = PKCS7SignatureBuilder().set_data(data)
    builder = builder.add_signer(x509.load_der_x509_certificate(UTOPIA.signer), UTOPIA.key, SHA256())
    return builder.sign(Encoding.DER, [PKCS7Options.Binary, *options])


def written(folder: Path, **files: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name.replace("_", ".")).write_bytes(data)
    return folder


def deny(as_of: str) -> bytes:
    return json.dumps({"kiosk_deny": 1, "as_of": as_of, "denied": ["venue:x"]}).encode()


def test_an_import_replaces_the_list_of_that_name_whole(tmp_path):
    at = places(tmp_path / "state")
    source = written(tmp_path, list_json=OWN) / "list.json"
    assert import_list(source, at).target.read_bytes() == OWN
    source.write_bytes(DENY)
    import_list(source, at)
    assert [(file.name, trust.denied) for file, trust in lists.imported(at)] == [("list.json", {"venue:x"})]
    assert [path.name for path in at.trust.iterdir() if path.is_file()] == ["list.json"]


@pytest.mark.parametrize("data", [b"", b"{", b"{}", OWN[: len(OWN) // 2]])
def test_a_broken_import_leaves_the_old_list_in_place(tmp_path, data):
    at = places(tmp_path / "state")
    source = written(tmp_path, list_json=OWN) / "list.json"
    import_list(source, at)
    source.write_bytes(data)
    with pytest.raises(SettingsError):
        import_list(source, at)
    assert (at.trust / "list.json").read_bytes() == OWN


def test_an_import_that_cannot_be_written_leaves_the_old_list_and_no_litter(tmp_path, monkeypatch):
    at = places(tmp_path / "state")
    source = written(tmp_path, list_json=OWN) / "list.json"
    import_list(source, at)

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError, match="No space left"):
        import_list(source, at)
    files = [path for path in at.trust.rglob("*") if path.is_file()]
    assert [(path.name, path.read_bytes()) for path in files] == [("list.json", OWN)] * 2


def test_a_file_is_imported_under_a_name_that_will_be_found_again(tmp_path):
    with pytest.raises(SettingsError, match="name it by its kind"):
        import_list(written(tmp_path, list_txt=OWN) / "list.txt", places(tmp_path))


def test_a_signed_list_is_kept_as_what_it_holds_once_its_signer_is_vouched_for(tmp_path):
    at = places(tmp_path / "state")
    authority, signed = tmp_path / "authority.der", tmp_path / "world.p7"
    authority.write_bytes(UTOPIA.authority)
    signed.write_bytes(sign(OWN))
    with pytest.raises(SettingsError, match="--signed-by"):
        import_list(signed, at)
    brought = import_list(signed, at, Said(signed_by=authority.read_bytes()))
    assert brought.target.name == "world.json"
    assert lists.load([brought.target]).signers == lists.load([written(tmp_path, own_json=OWN) / "own.json"]).signers


def test_a_file_of_hashes_is_used_where_it_lies_and_survives_its_successor(tmp_path):
    at = places(tmp_path / "state")
    source = tmp_path / "eu.revoked"
    source.write_bytes(hash_file.dump(hashes("eu_dcc", [b"\x05" * 16], whole=False)))
    target = import_list(source, at).target
    (before,) = lists.load([target]).revoked
    source.write_bytes(hash_file.dump(hashes("eu_dcc", [b"\x06" * 16], whole=False)))
    import_list(source, at)
    (after,) = lists.load([target]).revoked
    assert before.names(b"\x05" * 32) is after.names(b"\x06" * 32) is Reason.POSSIBLY_REVOKED
    assert before.names(b"\x06" * 32) is after.names(b"\x05" * 32) is None
    target.write_bytes(b"")
    with pytest.raises(SettingsError, match="empty"):
        lists.load([target])


# --- What keys are for, and whose they are ------------------------------------------------------------------


def test_a_key_that_does_not_say_what_it_is_for_is_bound_at_its_import(at, tmp_path):
    issuer = abroad.Ramzor()
    source = written(tmp_path, pass_pem=abroad.der(issuer.key.public_key())) / "pass.pem"
    open_ = {s.scheme for s in import_list(source, at).found.signers}
    assert open_ == {"eu_dcc", "nhs_poster", "ramzor"}
    import_list(source, at, Said(purpose="ramzor", issuer="IL"))
    (signer,) = lists.of_kiosk(at).signers
    assert (signer.scheme, signer.issuer) == ("ramzor", "IL")
    assert isinstance(read(issuer.code(), lists.of_kiosk(at)), Credential)


def test_a_key_is_not_bound_to_what_it_cannot_sign(at, tmp_path):
    source = written(tmp_path, pass_pem=abroad.der(abroad.Ramzor().key.public_key())) / "pass.pem"
    with pytest.raises(SettingsError, match=r"^pass\.pem: no key in it can sign divoc"):
        import_list(source, at, Said(purpose="divoc"))
    assert lists.imported(at) == ()


def test_a_set_of_keys_without_an_issuer_is_bound_to_one(at, tmp_path):
    card = cards.Issuer()
    source = written(tmp_path, keys_json=json.dumps({"keys": [card.jwk]}).encode()) / "keys.json"
    import_list(source, at, Said(issuer="https://another.example"))
    assert read(card.card(), lists.of_kiosk(at)).reason is Reason.UNKNOWN_ISSUER
    import_list(source, at, Said(issuer=cards.ISSUER))
    assert isinstance(read(card.card(), lists.of_kiosk(at)), Credential)


def test_a_list_that_names_its_issuer_is_not_given_another(at, tmp_path):
    source = written(tmp_path, k_json=json.dumps({"keys": [cards.Issuer().jwk], "iss": cards.ISSUER}).encode())
    with pytest.raises(SettingsError, match="leave --issuer away"):
        import_list(source / "k.json", at, Said(issuer="https://another.example"))


def test_a_folder_of_certificates_is_one_list_of_its_name(at, tmp_path):
    folder = written(tmp_path / "signers", a_der=UTOPIA.signer, b_crt=UTOPIA.authority, README_txt=b"no list")
    assert import_list(folder, at).target.name == "signers.pem"
    (folder / "b.crt").unlink()
    import_list(folder, at)
    assert not any(s.authority for s in lists.of_kiosk(at).signers)
    (folder / "c.pem").write_bytes(b"nonsense")
    with pytest.raises(SettingsError, match=r"^c\.pem: "):
        import_list(folder, at)
    with pytest.raises(SettingsError, match="no certificates and no country rules"):
        import_list(written(tmp_path / "empty"), at)


# --- Signed lists ---------------------------------------------------------------------------------------------


def under_line(data: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    return b64encode(cards.es256(key, data)) + b"\n" + data


def gateway(**changed: object) -> bytes:
    entry = {"kid": b64encode(b"12345678").decode(), "country": "UT", "certificateType": "DSC",
             "rawData": b64encode(UTOPIA.signer).decode(), **changed}  # fmt: skip
    return json.dumps({"certificates": [entry]}).encode()


def test_germany_s_list_counts_under_the_pinned_key_alone(at, tmp_path):
    key = abroad.key()
    pinned = Said(signed_by=abroad.der(key.public_key()))
    source = written(tmp_path, DSC_json=under_line(gateway(), key)) / "DSC.json"
    with pytest.raises(SettingsError, match="--signed-by"):
        import_list(source, at)
    with pytest.raises(SettingsError, match="its signature is wrong"):
        import_list(source, at, Said(signed_by=abroad.der(abroad.key().public_key())))
    import_list(source, at, pinned)
    (signer,) = lists.of_kiosk(at).signers
    assert (signer.scheme, signer.kid, signer.issuer) == ("eu_dcc", b"12345678", "UT")
    source.write_bytes(under_line(gateway(country="XX"), key))
    import_list(source, at)  # the key that the first import named still counts
    assert lists.of_kiosk(at).signers[0].issuer == "XX"
    for stranger in (under_line(gateway(), abroad.key()), gateway()):
        source.write_bytes(stranger)
        with pytest.raises(SettingsError, match=r"signature is wrong|not signed"):
            import_list(source, at)
    assert lists.of_kiosk(at).signers[0].issuer == "XX"


@pytest.mark.parametrize("spaces", [b"\n", b"\r\n", b" \n\n"])
def test_germany_s_list_is_read_however_its_lines_end(at, tmp_path, spaces):
    key = abroad.key()
    line, _, body = under_line(gateway(), key).partition(b"\n")
    source = written(tmp_path, DSC_json=line + spaces + body + b"\n") / "DSC.json"
    assert import_list(source, at, Said(signed_by=abroad.der(key.public_key()))).found.signers


def test_no_flipped_bit_of_germany_s_list_makes_another_list(at, tmp_path):
    key = abroad.key()
    pinned = Said(signed_by=abroad.der(key.public_key()))
    data = under_line(gateway(), key)
    source = tmp_path / "DSC.json"
    for bit in range(0, 8 * len(data), 41):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        source.write_bytes(flipped)
        try:
            found = import_list(source, at, pinned).found
        except SettingsError:
            continue
        assert [s.issuer for s in found.signers] == ["UT"]


def test_a_gateway_s_entries_count_when_their_own_signatures_do(at, tmp_path):
    good = b64encode(sign(UTOPIA.signer, PKCS7Options.DetachedSignature)).decode()
    other = b64encode(UTOPIA.authority).decode()
    tree = (
        json.loads(gateway(signature=good))["certificates"]
        + json.loads(gateway(signature=good, rawData=other))["certificates"]
    )
    source = written(tmp_path, dsc_json=json.dumps(tree).encode()) / "dsc.json"
    brought = import_list(source, at, Said(signed_by=UTOPIA.authority))
    assert len(brought.found.signers) == 1
    assert "entry 2: left out: its signature is wrong" in brought.found.notes[0]
    with pytest.raises(SettingsError, match=r"entry 1: left out: neither this certificate nor its authority"):
        import_list(source, at, Said(signed_by=abroad.certificate("X", abroad.key().public_key(), "X", abroad.key())))


def test_a_signed_list_remembers_when_it_was_signed(at, tmp_path):
    source = written(tmp_path, list_p7=sign(OWN)) / "list.p7"
    import_list(source, at, Said(signed_by=UTOPIA.signer))
    (as_of,) = {trust.as_of for _, trust in lists.imported(at)}
    assert as_of is not None
    assert abs(datetime.now(UTC) - as_of).total_seconds() < 600
    import_list(source, at)  # by the signer that the first import named
    source.write_bytes(OWN)
    with pytest.raises(SettingsError, match="not signed"):
        import_list(source, at)


# --- Never back ----------------------------------------------------------------------------------------------


def test_an_older_list_does_not_take_the_place_of_a_newer_one(at, tmp_path):
    source = written(tmp_path, deny_json=deny("2026-11-20T08:00:00Z")) / "deny.json"
    import_list(source, at)
    source.write_bytes(deny("2026-11-19T08:00:00Z"))
    with pytest.raises(SettingsError, match=r"older than the one in force .*say --older"):
        import_list(source, at)
    assert lists.of_kiosk(at).as_of == datetime(2026, 11, 20, 8, tzinfo=UTC)
    import_list(source, at, Said(older=True))
    assert lists.of_kiosk(at).as_of == datetime(2026, 11, 19, 8, tzinfo=UTC)


def test_a_broken_list_in_force_is_replaced_by_a_good_one(at, tmp_path):
    at.trust.mkdir(parents=True)
    (at.trust / "deny.json").write_bytes(b'{"kiosk_list": 1, "list": "?"}')
    import_list(written(tmp_path, deny_json=DENY) / "deny.json", at)
    assert lists.of_kiosk(at).denied == {"venue:x"}


# --- Country rules ----------------------------------------------------------------------------------------------


def put(folder: Path, name: str, part: object) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(part))
    return file


def test_a_folder_of_rules_is_in_force_as_one_file(at, tmp_path):
    put(tmp_path / "XY", "TR-XY-0001/rule.json", rule())
    put(tmp_path / "XY", "TR-XY-0001/tests/1.json", {"payload": {}, "expected": True})
    put(tmp_path / "XY", "sets/types.json", VALUE_SETS)
    brought = import_list(tmp_path / "XY", at)
    assert brought.target == at.country_rules / "XY.json"
    book = rule_files.load(at.country_rules)
    assert ([r.identifier for r in book.rules], set(book.value_sets)) == (["TR-XY-0001"], {"covid-19-lab-test-type"})


def test_rules_that_are_wrong_or_clash_with_others_change_nothing(at, tmp_path):
    import_list(put(tmp_path, "one.json", rule()), at)
    before = rule_files.load(at.country_rules).digest
    for part, why in ((rule(logic={"xor": [1]}), "rule TR-XY-0001"), (rule(Type="Wish"), "its Type")):
        with pytest.raises(SettingsError, match=why):
            import_list(put(tmp_path, "one.json", part), at)
    with pytest.raises(SettingsError, match="is there twice"):
        import_list(put(tmp_path, "two.json", rule()), at)
    assert rule_files.load(at.country_rules).digest == before


def test_rules_do_not_go_back_to_an_older_version(at, tmp_path):
    import_list(put(tmp_path, "XY.json", [rule(Version="1.0.9")]), at)
    with pytest.raises(SettingsError, match=r"TR-XY-0001 1\.0\.8 instead of 1\.0\.9; say --older"):
        import_list(put(tmp_path, "XY.json", [rule(Version="1.0.8")]), at)
    import_list(put(tmp_path, "XY.json", [rule(Version="1.0.10")]), at)
    import_list(put(tmp_path, "XY.json", [rule(Version="1.0.8")]), at, Said(older=True))
    assert rule_files.load(at.country_rules).rules[0].version == (1, 0, 8)


def signed_rules(*parts: object) -> dict[str, object]:
    cms = [b64encode(sign(json.dumps(part).encode())).decode() for part in parts]
    return {"TR-XY-0001": [{"validFrom": "2021-07-05T00:00:00Z", "version": "1.0.0", "cms": each} for each in cms]}


def test_rules_signed_one_by_one_count_when_every_signature_holds(at, tmp_path):
    source = put(tmp_path, "XY.json", signed_rules(rule(), rule("GR-XY-0002")))
    with pytest.raises(SettingsError, match="--signed-by"):
        import_list(source, at)
    with pytest.raises(SettingsError, match="neither this certificate"):
        import_list(source, at, Said(signed_by=abroad.certificate("X", abroad.key().public_key(), "X", abroad.key())))
    brought = import_list(source, at, Said(signed_by=UTOPIA.authority))
    assert isinstance(brought.found, RuleBook)
    assert {r.identifier for r in rule_files.load(at.country_rules).rules} == {"TR-XY-0001", "GR-XY-0002"}


def test_one_signed_file_of_rules_counts_too(at, tmp_path):
    source = written(tmp_path, XY_p7=sign(json.dumps([rule(), VALUE_SETS]).encode())) / "XY.p7"
    assert import_list(source, at, Said(signed_by=UTOPIA.authority)).target == at.country_rules / "XY.json"


def test_what_is_said_of_keys_is_not_said_of_rules(at, tmp_path):
    with pytest.raises(SettingsError, match="leave --for and --issuer away"):
        import_list(put(tmp_path, "XY.json", rule()), at, Said(issuer="XY"))


def test_rules_that_were_signed_are_followed_only_by_signed_ones_until_somebody_takes_them_away(at, tmp_path):
    import_list(put(tmp_path, "XY.json", signed_rules(rule())), at, Said(signed_by=UTOPIA.authority))
    later = rule(Version="9.0.0")
    for name in ("XY.json", "other.json"):  # under its own name, or beside it
        with pytest.raises(SettingsError, match="sign"):
            import_list(put(tmp_path, name, later), at)
    assert rule_files.load(at.country_rules).rules[0].version == (1, 0, 0)
    import_list(put(tmp_path, "third.json", rule("GR-XY-0002")), at)  # a rule that nobody signed before
    import_list(put(tmp_path, "XY.json", signed_rules(later)), at)  # by the same authority, without saying so again
    assert max(each.version for each in rule_files.load(at.country_rules).rules) == (9, 0, 0)
    lists.take_away(at.country_rules / "XY.json")
    import_list(put(tmp_path, "XY.json", rule(Version="9.0.1")), at)
    assert max(each.version for each in rule_files.load(at.country_rules).rules) == (9, 0, 1)
