"""`kiosk tls`: made once, shown, renewed, replaced only when said so."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import tls
from kiosk.core.faults import SettingsError


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def run(state: Path, action: str, *options: str) -> Result:
    return CliRunner().invoke(tls.command, [action, "--state", str(state), *options])


def test_an_authority_is_made_for_the_names_that_are_given_and_for_this_machine_itself(tmp_path: Path) -> None:
    made = run(tmp_path, "init", "--name", "kiosk.local", "--name", "192.168.1.7")
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith("Names: kiosk.local, 192.168.1.7, localhost, 127.0.0.1, ::1\n")
    assert run(tmp_path, "show").stdout == "\n".join(made.stdout.splitlines()[:-1]) + "\n"


def test_without_names_it_is_made_for_this_machines_own(tmp_path: Path) -> None:
    assert ".local" in run(tmp_path, "init").stdout.splitlines()[0]


def test_an_authority_that_devices_trust_is_replaced_only_when_that_is_said(tmp_path: Path) -> None:
    first = run(tmp_path, "init", "--name", "a.example").stdout
    again = run(tmp_path, "init", "--name", "b.example")
    assert isinstance(again.exception, SettingsError)
    assert "--anew" in str(again.exception)
    assert run(tmp_path, "show").stdout in first
    anew = run(tmp_path, "init", "--name", "b.example", "--anew")
    assert "b.example" in anew.stdout
    assert first.splitlines()[3] not in anew.stdout


def test_a_renewed_certificate_keeps_names_and_fingerprint(tmp_path: Path) -> None:
    first = run(tmp_path, "init", "--name", "a.example").stdout
    before = (tmp_path / "web" / "tls" / "server.pem").read_bytes()
    assert run(tmp_path, "renew").stdout in first
    assert (tmp_path / "web" / "tls" / "server.pem").read_bytes() != before


def test_without_an_authority_there_is_nothing_to_show(tmp_path: Path) -> None:
    for action in ("show", "renew"):
        assert "say kiosk tls init" in str(run(tmp_path, action).exception)
