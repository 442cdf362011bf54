"""`kiosk check`: one line per thing, a hint for each fault, exit 1 when there is any."""

from __future__ import annotations

import socket
import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click import unstyle
from click.testing import CliRunner, Result

from kiosk.cli import check
from kiosk.cli.check import Line, command
from kiosk.core.entry import Draft, EntryKind
from kiosk.core.faults import StoreUnreadable
from kiosk.core.view import DeviceView, GateView
from kiosk.services import link
from kiosk.services.clock import ClockState
from kiosk.services.messages import Follow, State
from kiosk.settings import places
from kiosk.store import soundness
from kiosk.store.authority import Authority
from kiosk.store.reader import Reader
from tests.support.online_service import OnlineService
from tests.support.written_logbook import draft, write

SIMULATED = ["--camera", "none", "--thermometer", "simulated", "--lamp", "none", "--voice", "silent"]


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which font, catalogues and clock are in order, in English."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr(check, "_font", lambda: "font")
    monkeypatch.setattr(check, "_language", lambda _language: "loaded")
    monkeypatch.setattr(check.SystemClock, "state", lambda _clock: ClockState.TRUSTED)


def run(state: Path, *options: str) -> Result:
    return CliRunner().invoke(command, ["--state", str(state), *options])


def row(result: Result, about: str) -> str:
    (found,) = (line for line in result.output.splitlines() if about in line)
    return found


def test_a_machine_in_order_is_told_so_and_exits_0(tmp_path: Path) -> None:
    result = run(tmp_path, *SIMULATED)
    assert result.exit_code == 0, result.output
    assert all(line.startswith("ok ") for line in result.output.splitlines())
    assert "object 22.0 °C, air 22.0 °C" in row(result, "thermometer")


@pytest.mark.parametrize(
    ("option", "spec", "says"),
    [
        ("--thermometer", "mlx90614:bus=99", "enable I2C, check the bus number"),
        ("--thermometer", "mlx90614:bus=x", "must be a whole number from 0 to 99"),
        ("--lamp", "leds:green=17,red=22,chip=99", "gpio"),
        ("--camera", "opencv:98", "/dev/video98 is not there"),
        ("--voice", "recorded:/nowhere", "no such folder"),
        ("--buttons", "gpio", "at least one button"),
    ],
)
def test_a_fault_is_one_line_with_a_hint_and_exits_1(tmp_path: Path, option: str, spec: str, says: str) -> None:
    result = run(tmp_path, *SIMULATED, option, spec)
    assert result.exit_code == 1
    found = row(result, "FAULT")
    assert says.lower() in found.lower()
    assert spec in found


def test_a_full_disk_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "LEAST_FREE", 1 << 62)
    result = run(tmp_path, *SIMULATED)
    assert result.exit_code == 1
    assert "delete something" in row(result, "free space")


def test_a_clock_in_the_past_is_a_fault_and_an_unset_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check.SystemClock, "state", lambda _clock: ClockState.DEGRADED)
    assert "compare it with a watch" in row(run(tmp_path, *SIMULATED), "watch")
    monkeypatch.setattr(check.SystemClock, "state", lambda _clock: ClockState.UNTRUSTED)
    result = run(tmp_path, *SIMULATED)
    assert "in the past" in row(result, "FAULT")
    assert result.exit_code == 1


@pytest.mark.parametrize(("code", "exit_code"), [("missing", 0), ("recovering", 1), ("forbidden", 1)])
def test_a_logbook_that_is_not_there_yet_is_fine_and_one_that_cannot_be_read_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, exit_code: int
) -> None:
    def head(reader: Reader) -> tuple[int, bytes]:
        raise StoreUnreadable(code, "logbook.db: start its owner")

    monkeypatch.setattr(Reader, "head", head)
    assert run(tmp_path, *SIMULATED).exit_code == exit_code


def test_wrong_settings_are_one_line_and_not_a_table(tmp_path: Path) -> None:
    wrong = tmp_path / "kiosk.toml"
    wrong.write_text("[web]\nport = 0\n", encoding="utf-8")
    result = run(tmp_path)
    assert result.exit_code != 0
    assert "web.port" in str(result.exception)
    assert result.output == ""


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[None]:
    """A gate that runs, with a thermometer that is unplugged."""
    devices = (
        DeviceView(name="lamp", driver="leds:green=17,red=22", ok=True, state="ok"),
        DeviceView(
            name="thermometer", driver="mlx90614:bus=1", ok=False, state="nack", detail="does not answer", lane="main",
            reading="34.5 °C, 22.0 °C", errors={"nack": 7, "bad_pec": 2}, facts={"id": "2a17-1234", "checking": "pec"},
        ),
    )  # fmt: skip
    view = GateView(turn=1, at=datetime(2026, 11, 21, tzinfo=UTC), kiosk="k", lanes=(), devices=devices)

    def serve(connection: socket.socket) -> None:
        assert isinstance(link.receive(connection, Follow), Follow)
        link.send(connection, State(view=view))

    server = link.Server(places(tmp_path).gate_socket, serve)
    yield
    server.close()


@pytest.mark.usefixtures("gate")
def test_a_running_gate_is_asked_instead_of_opening_its_devices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "_devices", lambda _lane: pytest.fail("a device was opened"))
    monkeypatch.delenv("KIOSK_RUNTIME", raising=False)
    result = run(tmp_path)
    assert result.exit_code == 1
    assert row(result, "leds:green=17").startswith("ok ")
    assert "does not answer" in row(result, "FAULT")


@pytest.mark.usefixtures("gate")
def test_a_device_of_a_running_gate_says_what_it_last_gave_who_it_is_and_how_often_it_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KIOSK_RUNTIME", raising=False)
    found = row(run(tmp_path), "main: thermometer mlx90614:bus=1")
    assert "34.5 °C, 22.0 °C; number 2a17-1234, its values are checked: by a check sum (PEC); " in found
    assert "sends damaged values 2×, does not answer 7×" in found


def test_who_is_on_each_bus_is_called_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {1: [check.i2c.Found(0x5A, "thermometer MLX90614")], 3: []}
    monkeypatch.setattr(check.i2c, "numbers", lambda: list(found))
    monkeypatch.setattr(check.i2c, "scan", found.__getitem__)
    result = run(tmp_path, *SIMULATED)
    assert "0x5a thermometer MLX90614" in row(result, "I2C bus 1")
    assert "nobody answers" in row(result, "I2C bus 3")


def test_columns_stand_under_each_other_in_chinese_too() -> None:
    found = [Line("灯 leds", True, "好"), Line("camera opencv:0", False, "坏")]
    first, second = map(unstyle, check.table(found))
    assert first.index("好") + 1 == second.index("坏")  # the lamp's character is two columns wide


def written(state: Path) -> Path:
    at = places(state)
    write(at, [draft(number) for number in range(300)])
    return at.logbook


def test_doubts_about_the_logbook_are_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path)
    mounts = tmp_path / "mounts"
    mounts.write_text("x / vfat rw 0 0\n")
    monkeypatch.setattr(soundness, "_MOUNTS", mounts)
    result = run(tmp_path, *SIMULATED)
    assert result.exit_code == 1
    assert "is formatted as FAT" in row(result, "vfat")


def test_a_damaged_page_and_a_file_that_was_set_aside_are_told_with_the_one_command_that_helps(tmp_path: Path) -> None:
    logbook = written(tmp_path)
    soundness.set_aside(logbook, datetime.now(UTC), "row 7 is not what was written")
    written(tmp_path)
    with closing(sqlite3.connect(logbook)) as db:
        page = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'entry_visit'").fetchone()[0]
    data = bytearray(logbook.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    logbook.write_bytes(data)
    result = run(tmp_path, *SIMULATED)
    assert result.exit_code == 1
    assert "kiosk log verify" in row(result, "is damaged")
    assert "row 7 is not what was written" in row(result, "had a file set aside")


def test_how_old_the_newest_backup_is_stands_in_the_table(tmp_path: Path) -> None:
    at = places(tmp_path)
    (tmp_path / "kiosk.toml").write_text("[backup]\nto = 'label:KIOSK'\n")
    settings = ["--config", str(tmp_path / "kiosk.toml"), *SIMULATED]
    now = datetime.now(UTC)
    write(at, [Draft(EntryKind.BACKUP, now, detail="300 k1.kioskbackup")])
    assert f"k1.kioskbackup, {now:%F}" in row(run(tmp_path, *settings), "kioskbackup")
    assert run(tmp_path, *settings).exit_code == 0
    write(places(tmp_path / "other"), [draft(1)])
    assert "none yet, though one should go to label:KIOSK" in row(run(tmp_path / "other", *settings), "none yet")


# --- The online service -----------------------------------------------------------------------------------


def configured(state: Path, url: str) -> Path:
    state.mkdir(exist_ok=True)
    file = state / "kiosk.toml"
    file.write_text(f'[resolver]\nurl = "{url}"\n')
    return file


def test_an_online_service_is_reached_without_a_question_or_named_with_what_it_means(tmp_path: Path) -> None:
    with closing(OnlineService()) as service:
        result = run(tmp_path, *SIMULATED, "--config", str(configured(tmp_path, service.url)))
        assert row(result, "online service").startswith("ok ")
        assert "is there" in row(result, "online service")
        assert service.asked == []
        url = service.url
    result = run(tmp_path, *SIMULATED, "--config", str(configured(tmp_path, url)))
    assert result.exit_code == 1
    assert "cannot be reached (Connection refused); volunteers look at the phones" in row(result, "online service")
    assert "online service" not in run(tmp_path / "other", *SIMULATED).output


def test_an_online_service_whose_certificate_does_not_hold_is_named_with_the_setting(tmp_path: Path) -> None:
    authority, tls = Authority(tmp_path / "tls"), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.make(["127.0.0.1"], "gate", datetime.now(UTC))
    tls.load_cert_chain(authority.chain, authority.key)
    with closing(OnlineService(tls=tls)) as service:
        result = run(tmp_path, *SIMULATED, "--config", str(configured(tmp_path, service.url)))
    assert "resolver.ca_file" in row(result, "online service")
    assert row(result, "online service").startswith("FAULT")
