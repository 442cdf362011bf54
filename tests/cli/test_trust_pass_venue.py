"""Importing trust, issuing passes, making posters."""

import json
import os
import stat
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from kiosk.cli import kiosk, pass_, trust
from kiosk.core.faults import SettingsError
from kiosk.core.formats import read
from kiosk.core.model import Credential, Group, VenueCode
from kiosk.core.reasons import Reason
from kiosk.printing import paper
from kiosk.settings import places
from kiosk.store import lists
from tests.support import abroad, cards, country, mint
from tests.support.codes import codes_in

CJK = pytest.mark.skipif(not paper.CJK_FONT.exists(), reason=f"install {paper.CJK_PACKAGE} for printing Chinese")


@pytest.fixture
def run(tmp_path):
    def invoke(*args: str, state: str = "state", answers: str = "") -> Result:
        asked = [*args, "--state", str(tmp_path / state)]
        return CliRunner().invoke(kiosk, asked, input=answers, catch_exceptions=False)

    return invoke


def own(tmp_path: Path, state: str = "state"):
    return lists.of_kiosk(places(tmp_path / state))


def test_an_issued_pass_is_believed_by_its_own_kiosk_at_once(run, tmp_path):
    result = run("pass", "issue", "--name", "王小明", "--person", "R1", "--group", "visitors", "--days", "2")
    found = read(result.stdout.rstrip("\n"), own(tmp_path))
    assert isinstance(found, Credential)
    assert (found.holder.name, found.holder.person, found.group) == ("王小明", "R1", Group.VISITORS)
    assert found.issuer == "kiosk-1"


def test_a_day_ends_at_midnight_of_the_kiosk_s_zone(run, tmp_path):
    text = run("pass", "issue", "--name", "A", "--from", "2026-11-21T07:30:00+08:00", "--days", "1").stdout.strip()
    assert read(text, own(tmp_path)).valid_until.isoformat() == "2026-11-21T16:00:00+00:00"


def test_two_passes_of_one_person_are_two_credentials(run, tmp_path):
    ids = {read(run("pass", "issue", "--name", "A").stdout.strip(), own(tmp_path)).credential_id for _ in range(2)}
    assert len(ids) == 2


def test_another_kiosk_believes_it_after_importing_the_keys(run, tmp_path):
    text = run("pass", "issue", "--name", "A").stdout.strip()
    run("pass", "keys", "--out", str(tmp_path / "gate-1.json"))
    assert run("trust", "import", str(tmp_path / "gate-1.json"), state="other").exit_code == 0
    assert isinstance(read(text, own(tmp_path, "other")), Credential)


def test_private_keys_are_for_their_owner_alone_and_public_ones_for_all(run, tmp_path):
    run("pass", "keys")
    folder = tmp_path / "state" / "passes"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.suffix}
    private = dict.fromkeys(("local_pass.pem", "venue.pem", "community_code.pem"), 0o600)
    assert modes == {**private, "public.json": 0o644}


def test_a_key_is_made_once(run, tmp_path):
    run("pass", "issue", "--name", "A")
    before = (tmp_path / "state" / "passes" / "local_pass.pem").read_bytes()
    run("pass", "issue", "--name", "B")
    assert (tmp_path / "state" / "passes" / "local_pass.pem").read_bytes() == before


def test_a_broken_key_is_not_replaced_but_told(run, tmp_path):
    run("pass", "issue", "--name", "A")
    (tmp_path / "state" / "passes" / "local_pass.pem").write_text("nonsense")
    with pytest.raises(SettingsError, match="restore it from a backup"):
        run("pass", "issue", "--name", "B")


@pytest.mark.parametrize(
    "args",
    [
        ["--days", "1", "--until", "2027-01-01"],
        ["--from", "2027-01-02", "--until", "2027-01-01"],
        ["--days", "0"],
        ["--group", "kings"],
        ["--out", "card.doc"],
        ["--tested-at", "yesterday"],
        ["--name", "\u202e"],
    ],
)
def test_wrong_use_exits_2_and_makes_no_key(run, tmp_path, args):
    assert run("pass", "issue", "--name", "A", *args).exit_code == 2
    assert not (tmp_path / "state").exists()


@CJK
def test_a_card_is_a_pdf_and_the_code_alone_a_picture_that_scans(run, tmp_path):
    out = [tmp_path / name for name in ("card.pdf", "code.png", "code.svg")]
    text = run("pass", "issue", "--name", "王小明", *(a for path in out for a in ("--out", str(path)))).stdout.strip()
    assert out[0].read_bytes().startswith(b"%PDF-")
    assert b"<svg" in out[2].read_bytes()
    picture = cv2.imdecode(np.frombuffer(out[1].read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert codes_in(picture) == [text]
    assert stat.S_IMODE(out[0].stat().st_mode) == 0o600


@CJK
def test_a_batch_makes_cards_a_record_and_a_file_of_errors(run, tmp_path):
    people, out = tmp_path / "people.csv", tmp_path / "cards.pdf"
    people.write_text("姓名,类别\n王小明,居民\n黄丽,国王\n")
    result = run("pass", "batch", str(people), "--out", str(out))
    assert result.exit_code == 1
    assert "1 lines are wrong, the first is 3: none of residents" in result.stderr
    assert out.read_bytes().startswith(b"%PDF-")
    record = (tmp_path / "cards-issued.csv").read_text("utf-8-sig")
    assert "王小明" in record
    assert {stat.S_IMODE(tmp_path.joinpath(f"cards{end}").stat().st_mode) for end in (".pdf", "-issued.csv")} == {0o600}
    assert run("pass", "batch", str(people), "--out", str(out)).exit_code == 1
    assert (tmp_path / "cards-issued.csv").read_text("utf-8-sig") == record


@CJK
def test_a_batch_that_is_cut_short_leaves_nothing_and_gives_the_same_passes_when_said_again(run, tmp_path, monkeypatch):
    people, out = tmp_path / "people.csv", tmp_path / "cards.pdf"
    people.write_text("name\nA\nB\n")

    def cut(_cards, _made):
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(pass_, "pass_sheets", cut)
        assert run("pass", "batch", str(people), "--out", str(out)).exit_code == 1
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["people.csv"]
    assert run("pass", "batch", str(people), "--out", str(out)).exit_code == 0


def test_a_pass_is_taken_back_by_its_number_or_its_code(run, tmp_path):
    text = run("pass", "issue", "--name", "A", "--with", "B").stdout.strip()
    found = read(text, own(tmp_path))
    assert [other.name for other in found.household] == ["B"]
    assert "denied-kiosk-1.json" in run("pass", "deny", text).stdout
    assert read(text, own(tmp_path)).reason is Reason.REVOKED
    run("pass", "deny", "--lift", found.credential_id)
    assert isinstance(read(text, own(tmp_path)), Credential)
    with pytest.raises(SettingsError, match="neither the number on a card"):
        run("pass", "deny", "CKP1:ABC")


def test_a_rotated_key_signs_and_the_old_one_holds(run, tmp_path):
    old = run("pass", "issue", "--name", "A").stdout.strip()
    assert "the old one holds until" in run("pass", "rotate", "--overlap-days", "7").stdout
    new = run("pass", "issue", "--name", "A").stdout.strip()
    kids = {read(text, own(tmp_path)).signer_valid_until is None for text in (old, new)}
    assert kids == {True, False}


def test_a_household_of_too_many_is_wrong_use(run):
    assert run("pass", "issue", "--name", "A", *(["--with", "B"] * 10)).exit_code == 2


@CJK
def test_a_venue_poster_carries_a_code_that_its_kiosk_believes(run, tmp_path):
    out = tmp_path / "poster.pdf"
    text = run("venue", "poster", "--id", "south-gate", "--name", "南门", "--out", str(out)).stdout.strip()
    found = read(text, own(tmp_path))
    assert isinstance(found, VenueCode)
    assert (found.venue_id, found.name, found.signed) == ("south-gate", "南门", True)
    assert out.read_bytes().startswith(b"%PDF-")


def test_a_venue_needs_an_id_and_a_name(run):
    assert run("venue", "poster", "--id", " ", "--name", "x").exit_code == 2
    assert run("venue", "poster", "--name", "x").exit_code == 2


def test_the_lists_are_shown_with_what_they_hold(run, tmp_path):
    assert "No trust list" in run("trust", "list").stdout
    run("pass", "keys", "--out", str(tmp_path / "keys.json"), state="other")
    (tmp_path / "deny.json").write_text(json.dumps({"kiosk_deny": 1, "as_of": "2026-11-21", "denied": ["venue:x"]}))
    run("trust", "import", str(tmp_path / "keys.json"), str(tmp_path / "deny.json"))
    shown = run("trust", "list").stdout.splitlines()
    assert shown[0].startswith("deny.json: 1 denied; as of 2026-11-21")
    kinds = ("community_code", "local_pass", "venue")
    assert shown[1] == "keys.json: " + "; ".join(f"{kind}: 1 signers (kiosk-1 1)" for kind in kinds)
    assert "  local_pass (pass)" in shown


def test_a_list_is_shown_with_purposes_validity_and_age(run, tmp_path):
    authority = tmp_path / "csca.der"
    authority.write_bytes(abroad.Seals().authority)
    run("trust", "import", str(authority))
    os.utime(tmp_path / "state" / "trust" / "csca.der", (1_700_000_000, 1_700_000_000))
    first, second, *_ = run("trust", "list").stdout.splitlines()
    assert "as of 2023-11-14: STALE" in first
    assert "import a newer one" in first
    assert second == "  eu_dcc (health): until 2027-01-01; 1 authorities"


def test_a_broken_list_is_one_line_beside_the_good_ones(run, tmp_path):
    (tmp_path / "deny.json").write_text('{"kiosk_deny": 1, "denied": ["venue:x"]}')
    run("trust", "import", str(tmp_path / "deny.json"))
    (tmp_path / "state" / "trust" / "bad.json").write_text("{")
    result = run("trust", "list")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == "bad.json: cannot be used: not JSON at line 1"
    assert "deny.json: 1 denied" in result.stdout
    assert run("trust", "remove", "bad.json").exit_code == 0
    assert run("trust", "list").exit_code == 0
    with pytest.raises(SettingsError, match="no such list"):
        run("trust", "remove", "bad.json")


def test_keys_that_leave_open_what_they_are_for_are_told_and_can_be_bound(run, tmp_path):
    key = tmp_path / "pass.der"
    key.write_bytes(abroad.der(abroad.key().public_key()))
    result = run("trust", "import", str(key))
    assert "believed for eu_dcc, nhs_poster, ramzor; say --for FORMAT" in result.stderr
    assert "--for FORMAT" in run("trust", "list").stdout
    assert "--for" not in run("trust", "import", "--for", "ramzor", str(key)).stderr
    assert "ramzor: 1 signers (? 1)" in run("trust", "list").stdout


def test_at_a_terminal_open_keys_are_asked_about(run, tmp_path, monkeypatch):
    key, cards_ = tmp_path / "pass.der", tmp_path / "cards.json"
    key.write_bytes(abroad.der(abroad.key().public_key()))
    cards_.write_text(json.dumps({"keys": [cards.Issuer().jwk]}))
    monkeypatch.setattr(trust, "_at_a_terminal", lambda: True)
    result = run("trust", "import", str(key), str(cards_), answers="nonsense\nramzor\nhttps://issuer.example\n")
    assert result.exit_code == 0
    schemes = {(s.scheme, s.issuer) for s in own(tmp_path).signers}
    assert schemes == {("ramzor", ""), ("smart_health_card", "https://issuer.example")}


def test_country_rules_are_imported_and_shown(run, tmp_path):
    folder = tmp_path / "XY"
    folder.mkdir()
    (folder / "rule.json").write_text(json.dumps(country.rule()))
    assert "1 rules (XY 1), valid 2021-07-05 to 2030-06-01" in run("trust", "import", str(folder)).stdout
    assert "country-rules: 1 rules (XY 1)" in run("trust", "list").stdout
    (tmp_path / "state" / "country-rules" / "bad.json").write_text("[{}]")
    result = run("trust", "list")
    assert (result.exit_code, "country rules: cannot be used: bad.json" in result.stdout) == (1, True)
    run("trust", "remove", "bad.json", "XY.json")
    assert "rules (" not in run("trust", "list").stdout


def test_two_files_of_one_name_are_not_imported(run, tmp_path):
    assert run("trust", "import", "a/x.json", "b/x.json").exit_code == 2


def test_an_online_code_needs_no_key(run):
    result = run("read", mint.ONLINE_CODE)
    assert json.loads(result.stdout)["status"] == "online_required"
