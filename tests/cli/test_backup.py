"""`kiosk backup` and `kiosk restore`: what people type, what they read, and a gate that goes on meanwhile."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import kiosk
from kiosk.core.entry import EntryKind
from kiosk.core.faults import KioskError
from kiosk.settings import Places, places
from kiosk.store import backup_order, restore, verify
from kiosk.store.backup_order import Order, Progress, State, To, Told
from kiosk.store.reader import Filter, Reader
from kiosk.store.recovery import RecoveryKey
from tests.support import gates
from tests.support.written_logbook import draft, write


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def at(tmp_path: Path) -> Places:
    """A kiosk that ran and is stopped; `stick` and `safe` lie beside it."""
    at = places(tmp_path / "state")
    now = datetime.now(UTC)
    write(at, [draft(number, happened=now - timedelta(minutes=9)) for number in range(20)])
    for folder in ("stick", "safe"):
        (tmp_path / folder).mkdir()
    return at


def run(*arguments: object) -> Result:
    return CliRunner().invoke(kiosk, [str(argument) for argument in arguments])


def with_key(at: Places) -> Path:
    file = at.state.parent / "safe" / "recovery.key"
    assert run("backup", "--state", at.state, "--new-recovery-key", "--out", file).exit_code == 0
    return file


def stick(at: Places) -> Path:
    return at.state.parent / "stick"


def test_from_an_old_card_to_a_new_one(at: Places, tmp_path: Path) -> None:
    key = with_key(at)
    compared = at.calibration("main")
    compared.parent.mkdir()
    compared.write_text("of the thermometer")
    made = run("backup", "--state", at.state, stick(at))
    assert made.exit_code == 0, made.output
    assert "20 rows" in made.stdout
    assert f"until {datetime.now(UTC).date() + timedelta(days=30)}" in made.stdout
    new = places(tmp_path / "new")
    done = run("restore", "--state", new.state, stick(at), "--recovery-key", key)
    assert done.exit_code == 0, done.output
    assert "21 rows; the log goes on after row 20" in done.stdout
    assert new.calibration("main").read_text() == compared.read_text()
    *_, found = verify.check(new.logbook)
    assert (found.rows, found.broken) == (21, None)
    assert Reader(at.logbook).page(Filter(kind=EntryKind.BACKUP))[0].detail.startswith("20 kiosk-1-")


def test_the_rules_of_a_country_come_along_with_their_folders(at: Places, tmp_path: Path) -> None:
    for name in ("RR-DE-0001.json", "DE/sets/manf.json", "DE/RR-DE-0002.json"):
        (at.country_rules / name).parent.mkdir(parents=True, exist_ok=True)
        (at.country_rules / name).write_text(name)
    (at.country_rules / ".half").write_text("x")
    key, new = with_key(at), places(tmp_path / "new")
    assert run("backup", "--state", at.state, stick(at)).exit_code == 0
    (new.country_rules / "DE").mkdir(parents=True)
    (new.country_rules / "DE" / "old.json").write_text("of the card before")
    done = run("restore", "--state", new.state, stick(at), "--recovery-key", key)
    assert done.exit_code == 0, done.output
    found = {str(path.relative_to(new.country_rules)): path.read_text() for path in new.country_rules.rglob("*.json")}
    assert found == {name: name for name in ("RR-DE-0001.json", "DE/sets/manf.json", "DE/RR-DE-0002.json")}
    assert [path.read_text() for path in new.state.glob("replaced-*/country-rules/DE/old.json")] == [
        "of the card before"
    ]


def test_a_recovery_key_is_printed_once_and_kept_nowhere(at: Places) -> None:
    shown = run("backup", "--state", at.state, "--new-recovery-key")
    key = RecoveryKey.parse(shown.stdout, "screen")
    kept = b"".join(path.read_bytes() for path in at.state.rglob("*") if path.is_file())
    assert key.seed not in kept
    assert shown.stdout.strip().encode() not in kept
    assert with_key(at).stat().st_mode & 0o077 == 0


def test_a_key_is_carried_on_where_it_lies(tmp_path: Path) -> None:
    old = RecoveryKey.new(datetime.now(UTC).date() - timedelta(days=20))
    file = tmp_path / "recovery.key"
    file.write_text(old.text)
    assert run("backup", "--carry-on", file).exit_code == 0
    today = datetime.now(UTC).date()
    assert RecoveryKey.parse(file.read_text(), "file") == old.on(today)


def test_without_a_key_a_folder_or_a_log_each_says_what_to_do(at: Places, tmp_path: Path) -> None:
    assert run("backup", "--state", at.state).exit_code == 2
    no_key = run("backup", "--state", at.state, stick(at))
    assert "kiosk backup --new-recovery-key" in str(no_key.exception)
    key = with_key(at)
    for wrong in (
        run("backup", "--state", at.state, tmp_path / "unplugged"),
        run("restore", "--state", tmp_path / "n", stick(at), "--recovery-key", key),
        run("restore", "--state", tmp_path / "n", tmp_path / "missing", "--recovery-key", key),
        run("restore", "--state", tmp_path / "n", stick(at), "--recovery-key", tmp_path / "lost.key"),
        run("restore", "--state", tmp_path / "n", "--resume"),
    ):
        assert isinstance(wrong.exception, KioskError), wrong.output
        assert "\n" not in str(wrong.exception)


def test_nothing_runs_on_a_state_in_the_middle_of_a_restore(at: Places) -> None:
    (at.state / restore.DECIDED).mkdir()
    for command in (["log", "verify"], ["gate"], ["web"], ["check"], ["backup", str(stick(at))]):
        result = run(*command, "--state", at.state)
        assert "kiosk restore --resume" in str(result.exception), command


def test_a_folder_with_backups_of_two_kiosks_wants_a_name(at: Places, tmp_path: Path) -> None:
    key = with_key(at)
    run("backup", "--state", at.state, stick(at))
    (tmp_path / "other.toml").write_text('[kiosk]\nid = "gate-2"\n')
    run("backup", "--state", at.state, "--config", tmp_path / "other.toml", stick(at))
    result = run("restore", "--state", tmp_path / "n", stick(at), "--recovery-key", key)
    assert "several kiosks" in str(result.exception)


def test_a_running_gate_is_backed_up_and_goes_on(tmp_path: Path) -> None:
    at = gates.fresh_places(tmp_path / "state")
    (tmp_path / "stick").mkdir()
    (tmp_path / "safe").mkdir()
    none = [option for kind in ("camera", "thermometer", "lamp", "buttons") for option in (f"--{kind}", "none")]
    with gates.running(("gate", *none, "--voice", "silent"), at=at):
        gates.eventually(lambda: gates.view(at))
        with_key(at)
        before = gates.view(at).turn
        with gates.running(("backup", str(tmp_path / "stick")), at=at) as (backup,):
            assert backup.wait(timeout=30) == 0
        gates.eventually(lambda: gates.view(at).turn > before)
        gates.eventually(lambda: Reader(at.logbook).page(Filter(kind=EntryKind.BACKUP)))
    assert len(list((tmp_path / "stick").iterdir())) == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_backup_ended_from_outside_leaves_no_plain_text_and_the_next_one_works(
    at: Places, how: signal.Signals
) -> None:
    at.runtime.mkdir(exist_ok=True)
    with_key(at)
    process = gates.start("backup", str(stick(at)), at=at)
    end = time.monotonic() + 20
    while process.poll() is None and not list(at.logbook.parent.glob(".copy-*")):
        assert time.monotonic() < end
    process.send_signal(how)
    process.wait()
    if how is not signal.SIGKILL:
        assert not [path for path in stick(at).iterdir() if path.name.startswith(".")]
        assert not list(at.logbook.parent.glob(".copy-*"))
    plain = [path for path in (*stick(at).rglob("*"), *at.logbook.parent.glob(".copy-*/*")) if path.is_file()]
    assert not any(b"SQLite format 3" in path.read_bytes() for path in plain)
    assert run("backup", "--state", at.state, stick(at)).exit_code == 0
    assert not [path for path in stick(at).iterdir() if path.name.startswith(".")]
    assert not list(at.logbook.parent.glob(".copy-*"))


def test_the_settings_say_where_the_nightly_backup_goes_and_restore_finds_it_there(at: Places, tmp_path: Path) -> None:
    key = with_key(at)
    config = tmp_path / "kiosk.toml"
    config.write_text(f"[backup]\nto = '{stick(at)}'\n")
    made = run("backup", "--state", at.state, "--config", config, "--daily")
    assert made.exit_code == 0, made.output
    assert str(stick(at)) in made.stdout
    done = run("restore", "--state", tmp_path / "new", "--config", config, "--recovery-key", key)
    assert done.exit_code == 0, done.output
    assert Reader(places(tmp_path / "new").logbook).head()[0] == 21


def test_a_night_without_a_target_is_no_fault_and_a_person_is_asked_for_one(at: Places) -> None:
    with_key(at)
    nightly = run("backup", "--state", at.state, "--daily")
    assert (nightly.exit_code, "backup.to" in nightly.stdout) == (0, True)
    assert run("backup", "--state", at.state).exit_code == 2


def test_a_stick_that_is_not_plugged_in_is_one_line(at: Places) -> None:
    with_key(at)
    refused = run("backup", "--state", at.state, "label:NOT-HERE")
    assert refused.exit_code == 1
    assert "NOT-HERE" in str(refused.exception or refused.output)


def ordered(at: Places, to: To = To.USUAL) -> None:
    at.runtime.mkdir(parents=True, exist_ok=True)
    (at.state / "kiosk.toml").write_text(f'[backup]\nto = "{stick(at)}"\n')
    backup_order.place(at.runtime, Order(id="a1", to=to, by="u1", at=datetime.now(UTC)))


def told(at: Places) -> Told:
    found = backup_order.told(at.runtime)
    assert found is not None
    return found


def test_what_a_page_asks_for_is_made_told_and_asked_for_no_more(at: Places) -> None:
    with_key(at)
    ordered(at)
    assert run("backup", "--daily", "--state", at.state).exit_code == 0
    assert (told(at).state, told(at).rows, told(at).id) == (State.DONE, 20, "a1")
    assert Path(told(at).path).is_file()
    assert not backup_order.is_placed(at.runtime)


def test_an_order_that_is_taken_away_stops_the_backup_and_leaves_nothing_of_it(
    at: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_key(at)
    ordered(at)
    monkeypatch.setattr(backup_order, "EVERY", timedelta())

    def withdraw(self: Progress, *_: object) -> None:
        backup_order.withdraw(at.runtime)
        step(self, "writing", 1, 2)

    step = Progress.step
    monkeypatch.setattr(Progress, "step", withdraw)
    assert run("backup", "--daily", "--state", at.state).exit_code == 0
    assert told(at).state is State.STOPPED
    assert [path for path in stick(at).rglob("*") if path.suffix != ".lock" and not path.name.endswith("lock")] == []


def test_why_there_is_no_backup_is_told_and_the_order_does_not_stand_for_ever(at: Places) -> None:
    with_key(at)
    ordered(at)
    stick(at).rmdir()
    assert run("backup", "--daily", "--state", at.state).exit_code == 1
    assert (told(at).state, "no such folder" in told(at).error) == (State.FAILED, True)
    assert not backup_order.is_placed(at.runtime)


def test_each_night_without_a_recovery_key_nothing_is_done_and_nothing_fails(at: Places) -> None:
    made = run("backup", "--daily", "--state", at.state)
    assert (made.exit_code, "there is no recovery key yet" in made.stdout) == (0, True)
