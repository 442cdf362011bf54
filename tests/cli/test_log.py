"""`kiosk log`: list, export, verify, purge."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.cli.log import command
from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.faults import KioskError
from kiosk.core.model import Direction, Outcome
from kiosk.core.reasons import Answer, Reason
from kiosk.core.requests import Purge, Reply
from kiosk.services import link
from kiosk.settings import Places, places
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook

START = datetime(2026, 10, 1, 7, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def state(tmp_path: Path) -> Places:
    """A kiosk that wrote three rows, a day apart, and stopped: the second one a stop."""
    at = places(tmp_path)
    time = [START]
    book = Logbook.open(
        at.logbook,
        Keyring.open(at.keys),
        kiosk="gate-1",
        boot="b1",
        clock_state=lambda: "trusted",
        now=lambda: time[0],
        monotonic_ns=lambda: 0,
    )
    for number in range(3):
        stopped = number == 1
        book.append(
            Draft(
                EntryKind.VISIT,
                time[0],
                lane="main",
                visit=f"v{number}",
                direction=Direction.IN,
                outcome=Outcome.DENY if stopped else Outcome.PASS,
                reasons=(Reason.EXPIRED,) if stopped else (),
                issuer="=1+1",
                sealed=((SealClass.IDENTITY, (("name", "王小明"),)),),
            )
        )
        time[0] += timedelta(days=1)
    book.close()
    return at


Run = Callable[..., Result]


@pytest.fixture
def run(state: Places) -> Run:
    def run(action: str, *options: str, **how: str) -> Result:
        return CliRunner().invoke(command, [action, "--state", str(state.state), *options], **how)

    return run


def test_list_shows_the_newest_rows_last_in_words(run: Run) -> None:
    result = run("list", "--limit", "2")
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["2", "3"]
    assert "2026-10-02 15:30:00" in lines[0]
    assert "Stop" in lines[0]
    assert "The code has expired" in lines[0]
    assert "王小明" not in result.output


def test_list_speaks_json_lines_and_filters(run: Run) -> None:
    result = run("list", "--jsonl", "--outcome", "deny", "--since", "2026-10-02", "--until", "2026-10-03")
    (row,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert (row["seq"], row["reasons"]) == (2, ["expired"])
    assert run("list", "--jsonl", "--reason", "febrile").stdout == ""


def test_export_writes_csv_that_a_spreadsheet_takes_for_text(run: Run, tmp_path: Path) -> None:
    result = run("export", "--format", "csv", "--out", str(tmp_path / "x.csv"), "--columns", "seq,issuer,outcome")
    assert result.exit_code == 0, result.output
    assert result.stderr == "3 rows\n"
    text = (tmp_path / "x.csv").read_bytes().decode("utf-8-sig")
    assert (tmp_path / "x.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(text)))[:2] == [["Number", "Issuer", "Outcome"], ["1", "'=1+1", "pass"]]


def test_export_writes_json_lines_to_standard_output(run: Run) -> None:
    result = run("export", "--format", "jsonl", "--out", "-")
    assert [json.loads(line)["seq"] for line in result.stdout.splitlines()] == [1, 2, 3]


def test_wrong_uses_are_named(run: Run, tmp_path: Path) -> None:
    unknown = run("export", "--format", "csv", "--out", str(tmp_path / "x"), "--columns", "seq,nonsense")
    assert unknown.exit_code == 2
    assert "nonsense" in unknown.stderr
    assert run("list", "--since", "yesterday").exit_code == 2
    nowhere = run("export", "--format", "csv", "--out", str(tmp_path / "no" / "x"))
    assert isinstance(nowhere.exception, KioskError)
    assert "No such file" in str(nowhere.exception)


def test_verify_tells_how_far_the_log_holds(run: Run, state: Places) -> None:
    assert run("verify").stdout.startswith("3 rows hold, 0 of them forgotten as written; head ")
    with sqlite3.connect(state.logbook) as db:
        db.execute("UPDATE entry SET body = replace(body, 'deny', 'pass') WHERE seq = 2")
    db.close()
    broken = run("verify")
    assert isinstance(broken.exception, KioskError)
    assert str(broken.exception) == "row 2: it was changed after it was written; the rows before it hold"


def test_purge_acts_as_the_owner_while_the_gate_is_stopped(run: Run) -> None:
    assert run("purge", "--before", "2026-10-03", "--yes").stdout == "2 rows lost their personal fields\n"
    assert run("verify").stdout.startswith("4 rows hold, 2 of them forgotten")


def test_purge_asks_first_and_refuses_days_that_are_not_over(run: Run) -> None:
    assert run("purge", "--before", "2026-10-03", input="n\n").exit_code == 1
    assert run("verify").stdout.startswith("3 rows hold, 0 of them")
    refused = run("purge", "--before", "9999-01-01", "--yes")
    assert str(refused.exception) == "only days that are over can be forgotten"


@pytest.fixture
def asked(state: Places) -> Iterator[list[Purge]]:
    """A gate that runs and notes what it is asked."""
    got: list[Purge] = []

    def answer(request: Purge) -> Reply:
        got.append(request)
        return Reply(request_id=request.request_id, answer=Answer.DONE, data={"rows": 7, "unfinished": True})

    server = link.Server(state.gate_socket, lambda connection: link.serve_requests(connection, Purge, answer))
    yield got
    server.close()


def test_purge_asks_the_gate_while_it_runs(run: Run, asked: list[Purge]) -> None:
    told = run("purge", "--before", "2026-10-03", "--yes").stdout.splitlines()
    assert told[0] == "7 rows lost their personal fields"
    assert told[1].endswith("leave the disk when a backup has ended.")
    assert asked[0].before == datetime(2026, 10, 3, tzinfo=UTC)


def test_without_a_logbook_each_says_so_in_one_line(tmp_path: Path) -> None:
    for action in (
        ["list"],
        ["verify"],
        ["export", "--format", "csv", "--out", "-"],
        ["purge", "--before", "2026-10-01", "--yes"],
    ):
        result = CliRunner().invoke(command, [*action, "--state", str(tmp_path)])
        assert isinstance(result.exception, KioskError), action
        assert "logbook" in str(result.exception)
