"""The units are what systemd understands, and as closed as the design asks for."""

from __future__ import annotations

import configparser
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from kiosk.settings import load

SYSTEMD = Path(__file__).parents[2] / "systemd"
UNITS = SYSTEMD / "system"
SERVICES = ["kiosk-gate.service", "kiosk-scanner@.service", "kiosk-web.service", "kiosk-resolver.service"]

analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


class Unit(configparser.RawConfigParser):
    """A unit file whose repeated keys are kept, one a line."""

    def __init__(self, name: str) -> None:
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#",), interpolation=None)
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.read_string((UNITS / name).read_text(encoding="utf-8"))
        self.lines = (UNITS / name).read_text(encoding="utf-8").splitlines()

    def all(self, key: str) -> list[str]:
        return [line.partition("=")[2] for line in self.lines if line.startswith(f"{key}=")]


@pytest.fixture
def rendered(tmp_path: Path) -> Path:
    """The units with a program that exists on this machine."""
    for path in UNITS.iterdir():
        text = path.read_text(encoding="utf-8").replace("/opt/kiosk/current/bin/kiosk", "/bin/true")
        (tmp_path / path.name.replace("@.", "@main.")).write_text(text, encoding="utf-8")
    return tmp_path


@analyze
def test_systemd_understands_every_unit_without_a_word_of_complaint(rendered: Path) -> None:
    units = sorted(str(path) for path in rendered.iterdir())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, timeout=60, check=False
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "kiosk" in line]
    assert (ours, done.returncode) == ([], 0)


@analyze
@pytest.mark.parametrize(("unit", "most"), list(zip(SERVICES, (1.5, 1.0, 2.0, 2.0), strict=True)))
def test_no_service_is_more_exposed_than_the_design_allows(unit: str, most: float) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={most * 10:.0f}", UNITS / unit],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    overall = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert overall is not None, done.stderr
    assert float(overall.group(1)) <= most
    assert done.returncode == 0


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_says_that_it_is_alive_and_is_started_again_for_ever(name: str) -> None:
    unit = Unit(name)
    assert unit["Service"]["Type"] == "notify"
    assert unit["Service"]["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    watchdogs = dict(zip(SERVICES, ("3s", "1s", "15s", "15s"), strict=True))
    assert unit["Service"]["WatchdogSec"] == watchdogs[name]


def test_each_service_has_a_user_of_its_own_that_sysusers_makes() -> None:
    made = (SYSTEMD / "sysusers.d" / "kiosk.conf").read_text(encoding="utf-8")
    users = [Unit(name)["Service"]["User"] for name in SERVICES]
    assert len(set(users)) == len(users)
    for user in users:
        assert re.search(rf"^u {user} ", made, re.MULTILINE)
    for name in SERVICES:
        service = Unit(name)["Service"]
        for group in service.get("SupplementaryGroups", "").split():
            assert re.search(rf"^g {group} ", made, re.MULTILINE)


def test_no_service_has_both_a_network_and_devices() -> None:
    gate, scanner, web, resolver = map(Unit, SERVICES)
    for unit in (gate, scanner):
        assert unit["Service"]["PrivateNetwork"] == "yes"
        assert unit["Service"]["RestrictAddressFamilies"] == "AF_UNIX"
    for unit in (web, resolver):
        assert unit.all("DeviceAllow") == []
        assert unit["Service"]["PrivateDevices"] == "yes"


def test_the_scanner_touches_nothing_but_the_camera() -> None:
    scanner = Unit(SERVICES[1])
    assert scanner.all("DeviceAllow") == ["char-video4linux rw"]
    assert scanner.all("ReadWritePaths") == []
    assert "/var/lib/kiosk:ro" in scanner["Service"]["TemporaryFileSystem"].split()


@pytest.mark.parametrize(("name", "folder"), [(SERVICES[1], "scanner"), (SERVICES[3], "resolver")])
def test_who_meets_strangers_bytes_is_shown_no_socket_but_its_own(name: str, folder: str) -> None:
    unit = Unit(name)
    assert "/run/kiosk:ro" in unit["Service"]["TemporaryFileSystem"].split()
    assert unit.all("BindPaths") == [f"/run/kiosk/{folder}"]
    assert not any("/run/kiosk" in paths for paths in unit.all("ReadWritePaths"))


def test_services_write_into_their_own_folders_only() -> None:
    gate, _, web, _ = map(Unit, SERVICES)
    assert gate["Service"]["ReadWritePaths"].split() == ["/var/lib/kiosk/gate", "/run/kiosk"]
    assert "/var/lib/kiosk/gate" not in web["Service"]["ReadWritePaths"].split()


def test_the_gate_may_ask_the_kernel_about_the_clock_and_not_set_it() -> None:
    gate = Unit("kiosk-gate.service")
    assert gate.all("SystemCallFilter")[-1].split() == ["adjtimex", "clock_adjtime", "clock_adjtime64"]
    assert (gate["Service"]["ProtectClock"], gate["Service"]["CapabilityBoundingSet"]) == ("no", "")


def test_a_backup_is_made_each_night_and_a_missed_night_is_made_good() -> None:
    timer, service = Unit("kiosk-backup.timer"), Unit("kiosk-backup.service")
    assert (timer["Timer"]["Persistent"], timer["Install"]["WantedBy"]) == ("true", "timers.target")
    assert service["Service"]["ExecStart"].endswith("kiosk backup --daily --state /var/lib/kiosk")
    assert (service["Service"]["PrivateNetwork"], service["Service"]["PrivateMounts"]) == ("yes", "yes")
    assert "kiosk-backup.timer" in (SYSTEMD / "install.sh").read_text(encoding="utf-8")


def test_a_backup_that_a_page_asks_for_is_started_by_the_order_alone_and_never_in_a_circle() -> None:
    path, service = Unit("kiosk-backup.path"), Unit("kiosk-backup.service")
    order = path["Path"]["PathExists"]
    assert order == "/run/kiosk/backup-order"
    assert service["Service"]["ExecStopPost"].endswith(f"rm -f {order}")
    assert not any(line.startswith("Condition") for line in service.lines)  # its end would not tidy up
    assert "kiosk-backup.path" in Unit("kiosk.target")["Unit"]["Wants"].split()


def test_the_folders_belong_to_whom_the_design_says() -> None:
    lines = (SYSTEMD / "tmpfiles.d" / "kiosk.conf").read_text(encoding="utf-8").splitlines()
    folders = {words[1]: tuple(words[2:5]) for words in map(str.split, lines) if words[:1] == ["d"]}
    assert folders["/var/lib/kiosk/gate"] == ("2750", "kiosk-gate", "kiosk")
    assert folders["/var/lib/kiosk/gate/keys"] == ("0700", "kiosk-gate", "kiosk")
    assert folders["/var/lib/kiosk/web"] == ("2750", "kiosk-web", "kiosk")
    assert int(folders["/run/kiosk"][0], 8) & stat.S_ISGID
    assert int(folders["/run/kiosk"][0], 8) & stat.S_ISVTX


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="systemd-sysusers is not installed")
def test_users_and_folders_are_made_in_an_empty_system(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", SYSTEMD / "sysusers.d" / "kiosk.conf"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    users = (tmp_path / "etc" / "passwd").read_text(encoding="utf-8")
    assert {"kiosk-gate", "kiosk-scanner", "kiosk-web"} <= {line.split(":")[0] for line in users.splitlines()}
    groups = (tmp_path / "etc" / "group").read_text(encoding="utf-8")
    assert re.search(r"^kiosk:x:\d+:kiosk-gate,kiosk-resolver,kiosk-scanner,kiosk-web$", groups, re.MULTILINE)


def install(destination: Path, *options: str) -> str:
    done = subprocess.run(
        [SYSTEMD / "install.sh", *options],
        env={"DESTDIR": str(destination), "PATH": "/usr/bin:/bin"},
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.stdout


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}


def test_installing_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    assert "writes /etc/systemd/system/kiosk-gate.service" in install(tmp_path)
    once = tree(tmp_path)
    assert {"etc/systemd/system/kiosk.target", "etc/udev/rules.d/70-kiosk.rules", "usr/local/bin/kiosk"} <= once
    assert install(tmp_path) == ""
    assert tree(tmp_path) == once


def test_uninstalling_leaves_the_settings_alone(tmp_path: Path) -> None:
    install(tmp_path)
    (tmp_path / "etc" / "kiosk" / "kiosk.toml").write_text("[kiosk]\nid = 'north'\n", encoding="utf-8")
    install(tmp_path)
    assert "stay" in install(tmp_path, "--uninstall")
    assert tree(tmp_path) == {"etc/kiosk/kiosk.toml"}
    assert "north" in (tmp_path / "etc" / "kiosk" / "kiosk.toml").read_text(encoding="utf-8")


def test_the_installed_settings_are_the_defaults() -> None:
    settings = load(SYSTEMD / "kiosk.toml")
    assert [lane.name for lane in settings.lane] == ["main"]
    assert settings == load(None)


def test_each_setting_of_the_sample_is_accepted_when_its_comment_sign_is_taken_away(tmp_path: Path) -> None:
    text = (SYSTEMD / "kiosk.toml").read_text(encoding="utf-8")
    sample = tmp_path / "kiosk.toml"
    sample.write_text(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE), encoding="utf-8")
    assert load(sample).kiosk.place == "North gate"


def test_the_web_may_let_a_long_export_stand_back_and_has_room_for_it() -> None:
    web = Unit("kiosk-web.service")
    filters = web.all("SystemCallFilter")
    assert filters[-1] == "setpriority"  # after what was refused before it
    assert "@resources" in filters[-2]
    assert not web.all("NoExecPaths")  # it is this program's own interpreter once more
    assert {"KillMode", "LimitNPROC"}.isdisjoint(web["Service"])  # a stop or a crash ends it with the service
    assert int(web["Service"]["TasksMax"]) >= 128
