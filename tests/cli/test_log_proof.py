"""`kiosk log`: signed files, heads, one person's rows, erasure."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.cli.log import command
from kiosk.core.faults import KioskError
from kiosk.settings import Places, places
from tests.support.written_logbook import draft, write

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def state(tmp_path: Path) -> Places:
    at = places(tmp_path / "state")
    write(at, [draft(number) for number in range(20)])
    return at


@pytest.fixture
def run(state: Places) -> Run:
    def run(action: str, *options: str) -> Result:
        return CliRunner().invoke(command, [action, "--state", str(state.state), *options])

    return run


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_an_export_is_signed_and_holds_elsewhere_with_the_gates_key(run: Run, tmp_path: Path, form: str) -> None:
    out, key = tmp_path / f"x.{form}", tmp_path / "gate.pem"
    assert run("key", "--out", str(key)).exit_code == 0
    assert run("export", "--format", form, "--out", str(out), "--outcome", "pass").exit_code == 0
    elsewhere = CliRunner().invoke(command, ["verify", str(out), "--key", str(key), "--state", str(tmp_path / "none")])
    assert elsewhere.exit_code == 0, elsewhere.exception
    assert "holds: 12 rows" in elsewhere.stdout
    assert json.loads((tmp_path / f"x.{form}.manifest.json").read_bytes())["manifest"]["filter"] == {"outcome": "pass"}
    out.write_bytes(out.read_bytes()[:-1])
    cut = CliRunner().invoke(command, ["verify", str(out), "--key", str(key)])
    assert "its end is missing" in str(cut.exception)


def test_names_leave_only_for_a_reason_and_the_file_says_when_it_expires(
    run: Run, tmp_path: Path, state: Places
) -> None:
    plain, named = tmp_path / "plain.csv", tmp_path / "named.csv"
    assert run("export", "--format", "csv", "--out", str(plain)).exit_code == 0
    assert "王小明" not in plain.read_text("utf-8-sig")
    refused = run("export", "--format", "csv", "--out", str(named), "--names")
    assert refused.exit_code == 2
    assert "reason" in refused.stderr
    assert not named.exists()
    assert run("export", "--format", "csv", "--out", str(named), "--names", "--because", "case 12").exit_code == 0
    text = named.read_text("utf-8-sig")
    assert "王小明0" in text
    assert text.splitlines()[-1] == "This file holds names of people. Delete it by 2026-12-04."
    assert "deleted by 2026-12-04" in run("verify", str(named)).stdout
    kinds = [json.loads(line) for line in run("list", "--jsonl", "--kind", "exported").stdout.splitlines()]
    assert [row["detail"] for row in kinds] == ["pseudonyms", "names"]


def test_the_head_is_a_short_code_that_verify_takes(run: Run, tmp_path: Path, state: Places) -> None:
    file = tmp_path / "head.json"
    code = run("head", "--out", str(file)).stdout.strip()
    assert code.startswith("20:")
    assert run("verify", "--head", code, "--head", str(file)).exit_code == 0
    with closing(sqlite3.connect(state.logbook)) as db:
        db.executescript("DELETE FROM sealed WHERE seq > 18; DELETE FROM entry WHERE seq > 18; DELETE FROM head;")
    (state.logbook.parent / "logbook.db.head").unlink()
    assert run("verify").exit_code == 0
    assert str(run("verify", "--head", code).exception) == (
        "rows 19 to 20: this is an older copy of the log: a head kept elsewhere knows later rows"
    )
    assert "no row has the code" in str(run("verify", "--head", code.partition(":")[2]).exception)
    assert "neither a code" in str(run("verify", "--head", "no-such-file").exception)


def test_a_person_gets_everything_about_them_and_can_be_erased(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "person.json"
    assert run("person", "--name", "王小明7", "--reason", "asked", "--out", str(out)).exit_code == 0
    (row,) = json.loads(out.read_bytes())["rows"]
    assert (row["entry"]["seq"], row["personal"]["room"]) == (8, "3-2-501")
    assert out.stat().st_mode & 0o777 == 0o600
    assert (
        run("erase", "--name", "王小明7", "--reason", "asked", "--yes").stdout == "1 rows lost their personal fields\n"
    )
    assert "1 of them forgotten" in run("verify").stdout
    assert run("erase", "--reason", "asked", "--yes").exit_code == 2


def test_wrong_uses_of_proofs_are_named(run: Run, tmp_path: Path) -> None:
    assert isinstance(run("verify", str(tmp_path / "none.csv")).exception, KioskError)
    (tmp_path / "no.pem").write_text("nonsense")
    assert "not a public key" in str(run("verify", "--key", str(tmp_path / "no.pem")).exception)
    assert run("export", "--format", "xlsx", "--out", "-").exit_code == 2
