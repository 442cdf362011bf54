"""`kiosk code` and `kiosk venue`: codes that a community issues itself, believed by its own kiosks offline."""

import json
import stat
from datetime import UTC, datetime, timedelta

import cv2
import pytest
from click.testing import CliRunner, Result

from kiosk.cli import kiosk
from kiosk.core.formats import read
from kiosk.core.marks import Colour
from kiosk.core.model import Credential, Group, VenueCode
from kiosk.printing import paper
from kiosk.settings import places
from kiosk.store import lists
from tests.support.codes import codes_in

CJK = pytest.mark.skipif(not paper.CJK_FONT.exists(), reason=f"install {paper.CJK_PACKAGE} for printing Chinese")
LINK = ("--link", "https://c.example.org/h")
SOMEBODY = ("code", "issue", "--name", "王小明", "--colour", "green")


@pytest.fixture
def run(tmp_path):
    def invoke(*args: str, state: str = "state") -> Result:
        return CliRunner().invoke(kiosk, [*args, "--state", str(tmp_path / state)], catch_exceptions=False)

    return invoke


def own(tmp_path, state="state"):
    return lists.of_kiosk(places(tmp_path / state))


def test_an_issued_health_code_is_believed_by_its_own_kiosk(run, tmp_path):
    args = ("--person", "R1", "--group", "visitors", "--hours", "2", "--tested-at", "2026-11-21T07:30:00+08:00")
    found = read(run(*SOMEBODY, *LINK, *args).stdout.strip(), own(tmp_path))
    assert isinstance(found, Credential)
    assert (found.holder.name, found.holder.person, found.group) == ("王小明", "R1", Group.VISITORS)
    assert (found.colour, found.valid_until - found.valid_from) == (Colour.GREEN, timedelta(hours=2))
    assert found.tests[0].sampled_at.isoformat() == "2026-11-20T23:30:00+00:00"


def test_another_kiosk_believes_it_after_importing_the_keys_and_not_before(run, tmp_path):
    text = run(*SOMEBODY, *LINK).stdout.strip()
    asked = json.loads(run("read", text, state="other").stdout)
    assert (asked["status"], asked["format"]) == ("untrusted", "community_code")
    run("pass", "keys", "--out", str(tmp_path / "gate-1.json"))
    run("trust", "import", str(tmp_path / "gate-1.json"), state="other")
    asked = json.loads(run("read", text, state="other").stdout)
    assert (asked["status"], asked["kind"], asked["facts"]["colour"]) == ("valid", "health", "green")


def test_two_codes_of_one_person_are_two_and_one_can_be_taken_back(run, tmp_path):
    texts = [run(*SOMEBODY, *LINK).stdout.strip() for _ in range(2)]
    serials = [read(text, own(tmp_path)).credential_id for text in texts]
    deny = tmp_path / "deny.json"
    deny.write_text(json.dumps({"kiosk_deny": 1, "denied": [f"community_code:{serials[0]}"]}))
    run("trust", "import", str(deny))
    answers = [json.loads(run("read", text).stdout)["status"] for text in texts]
    assert answers == ["revoked", "valid"]


def test_the_code_is_a_picture_for_its_holder_alone(run, tmp_path):
    out = tmp_path / "code.png"
    text = run(*SOMEBODY, *LINK, "--out", str(out)).stdout.strip()
    assert codes_in(cv2.imread(str(out))) == [text]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_the_settings_know_where_codes_lead(run, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "kiosk.toml").write_text('[venue]\nlink = "https://d.example.org/"\n')
    assert run(*SOMEBODY).stdout.startswith("https://d.example.org/#CKC1.PERS.")
    assert run("venue", "poster", "--id", "g", "--name", "门").stdout.startswith("https://d.example.org/#CKC1.SITE.")
    assert run("venue", "poster", "--id", "g", "--name", "门", "--link", "").stdout.startswith("CKV1:")


@pytest.mark.parametrize(
    "args",
    [
        SOMEBODY,
        (*SOMEBODY, "--link", "http://c.example.org/"),
        (*SOMEBODY, *LINK, "--hours", "0"),
        (*SOMEBODY, *LINK, "--out", "card.pdf"),
        (*SOMEBODY, *LINK, "--person", "x" * 300),
        ("code", "issue", "--name", "\u202e", "--colour", "green", *LINK),
        ("code", "issue", "--name", "A", "--colour", "blue", *LINK),
        ("venue", "poster", "--id", "g", "--name", "门", "--link", "ftp://x/"),
        ("venue", "poster", "--id", "g", "--name", "门", "--until", "2020-01-01"),
        ("venue", "poster", "--id", "g", "--name", "门", "--paper", "a3"),
    ],
)
def test_wrong_use_exits_2_with_one_line(run, args):
    result = run(*args)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@CJK
@pytest.mark.parametrize("link", [(), LINK])
def test_a_poster_is_written_as_pdf_svg_and_code_and_believed(run, tmp_path, link):
    out = [tmp_path / name for name in ("poster.pdf", "poster.svg", "code.png")]
    outs = [argument for path in out for argument in ("--out", str(path))]
    until = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=30)
    args = ("--id", "south-gate", "--name", "南门", "--name-en", "South Gate", "--paper", "a5")
    text = run("venue", "poster", *args, "--until", until.isoformat(), *link, *outs).stdout.strip()
    found = read(text, own(tmp_path))
    assert isinstance(found, VenueCode)
    assert (found.venue_id, found.name, found.signed) == ("south-gate", "南门", True)
    assert until - timedelta(minutes=1) <= found.valid_until <= until
    assert out[0].read_bytes().startswith(b"%PDF-")
    assert "进门请扫码".encode() in out[1].read_bytes()
    assert codes_in(cv2.imread(str(out[2]))) == [text]
