"""`kiosk user` and `kiosk roster`, with the web's process stopped and running."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click import Command
from click.testing import CliRunner, Result

from kiosk.cli import roster, token, user
from kiosk.core.faults import KioskError
from kiosk.services.desk_owner import DeskOwner
from kiosk.settings import places
from kiosk.store import users
from kiosk.store.desk import Desk

GOOD = "姓名,楼栋,房号,电话\n王小明,3,502,13800001234\n李雷,3,503,\n"


@pytest.fixture(autouse=True)
def quick_and_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr(users, "_hasher", users.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(params=["stopped", "running"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """The desk's owner, or nobody."""
    if request.param == "stopped":
        yield
        return
    at = places(tmp_path)
    at.runtime.mkdir()
    with closing(Desk.open(at.desk)) as desk, closing(DeskOwner(at.desk_socket, desk)):
        yield


Run = Callable[..., Result]


@pytest.fixture
def run(running: None, tmp_path: Path) -> Run:
    def run(command: Command, action: str, *options: str, **how: str) -> Result:
        return CliRunner().invoke(command, [action, "--state", str(tmp_path), *options], **how)

    return run


def test_a_user_is_added_with_a_secret_that_is_printed_once(run: Run) -> None:
    added = run(user.command, "add", "Li Na", "--role", "volunteer")
    assert added.exit_code == 0, added.output
    first, second = added.stdout.splitlines()
    assert first == "u1\tLi Na\tvolunteer"
    assert second.rpartition(" ")[2].isdigit()
    assert run(user.command, "list").stdout == "u1\tLi Na\tvolunteer\n"


def test_a_secret_may_be_asked_for_and_is_not_printed(run: Run) -> None:
    added = run(user.command, "add", "Boss", "--role", "manager", "--ask", input="a long passphrase\n" * 2)
    assert added.exit_code == 0, added.output
    assert "a long passphrase" not in added.output


def test_refusals_are_one_line(run: Run) -> None:
    run(user.command, "add", "Li Na", "--role", "volunteer")
    taken = run(user.command, "add", "li na", "--role", "volunteer")
    assert isinstance(taken.exception, KioskError)
    assert str(taken.exception) == "there is already a user of that name; choose another"
    weak = run(user.command, "add", "Wang", "--role", "volunteer", "--ask", input="123456\n" * 2)
    assert "too easy to guess" in str(weak.exception)
    assert run(user.command, "add", "Wang", "--role", "king").exit_code == 2


def test_a_roster_is_looked_through_then_taken_over_then_exported(run: Run, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(GOOD)
    looked = run(roster.command, "import", str(tmp_path / "r.csv"))
    assert (
        looked.stdout
        == "2 new, 0 changed, 0 unchanged; 0 others stay. Nothing was changed yet; add --apply to do it.\n"
    )
    done = run(roster.command, "import", str(tmp_path / "r.csv"), "--apply")
    assert done.stdout == "2 new, 0 changed, 0 unchanged; 0 others stay. Done.\n"
    assert run(roster.command, "export", "--out", str(tmp_path / "out.csv")).exit_code == 0
    assert "王小明,3,,502,13800001234" in (tmp_path / "out.csv").read_text("utf-8-sig")


def test_a_wrong_roster_names_file_line_and_column_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(GOOD + ",3,504,nonsense\n")
    wrong = run(roster.command, "import", str(tmp_path / "r.csv"), "--apply")
    assert wrong.exit_code == 1
    assert f"{tmp_path / 'r.csv'}:4: name: must not be empty" in wrong.stderr
    assert f"{tmp_path / 'r.csv'}:4: phone: no phone number" in wrong.stderr
    run(roster.command, "export", "--out", str(tmp_path / "out.csv"))
    assert "王小明" not in (tmp_path / "out.csv").read_text("utf-8-sig")


def test_a_missing_roster_file_is_one_line(run: Run, tmp_path: Path) -> None:
    missing = run(roster.command, "import", str(tmp_path / "none.csv"))
    assert isinstance(missing.exception, KioskError)
    assert "none.csv: No such file" in str(missing.exception)


def test_what_the_command_line_did_is_written_down(run: Run, running: None, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(GOOD)
    run(user.command, "add", "Li Na", "--role", "volunteer")
    run(roster.command, "import", str(tmp_path / "r.csv"), "--apply")
    run(roster.command, "export", "--out", "-")
    with sqlite3.connect(f"file:{tmp_path}/web/desk.db?mode=ro", uri=True) as db:
        acts = db.execute("SELECT who, what FROM audit ORDER BY seq").fetchall()
    db.close()
    assert acts == [("cli", "user_added"), ("cli", "roster_imported"), ("cli", "roster_exported")]


def test_whoever_forgot_a_pin_gets_another_by_name_or_id(run: Run) -> None:
    run(user.command, "add", "Li Na", "--role", "volunteer")
    for name in ("Li Na", "u1"):
        reset = run(user.command, "reset", name)
        assert reset.exit_code == 0, reset.output
        assert reset.stdout.splitlines()[0] == "u1\tLi Na\tvolunteer"
        assert reset.stdout.split()[-1].isdigit()
    missing = run(user.command, "reset", "Nobody")
    assert isinstance(missing.exception, KioskError)
    assert str(missing.exception) == "there is no such user"


def test_a_user_is_shut_out_and_let_in_again_but_never_the_last_manager(run: Run) -> None:
    run(user.command, "add", "Boss", "--role", "manager")
    run(user.command, "add", "Li Na", "--role", "volunteer")
    assert run(user.command, "disable", "Li Na").exit_code == 0
    assert "u2\tLi Na\tvolunteer\tdisabled" in run(user.command, "list").stdout
    assert run(user.command, "enable", "u2").exit_code == 0
    assert "disabled" not in run(user.command, "list").stdout
    assert "somebody must be left" in str(run(user.command, "disable", "Boss").exception)


def test_a_token_is_made_listed_and_revoked(run: Run) -> None:
    made = run(token.command, "add", "Street office", "--scope", "reports", "--scope", "log", "--days", "30")
    assert made.exit_code == 0, made.output
    token_id, name, scopes = made.stdout.splitlines()[0].split("\t")
    secret = made.stdout.split()[-1]
    assert (name, scopes, secret.startswith("kiosk_")) == ("Street office", "log reports", True)
    listed = run(token.command, "list").stdout
    assert listed.startswith(f"{token_id}\tStreet office\tlog reports\t")
    assert secret not in listed
    assert run(token.command, "revoke", token_id).exit_code == 0
    assert run(token.command, "list").stdout == ""
    assert "no such token" in str(run(token.command, "revoke", token_id).exception)
