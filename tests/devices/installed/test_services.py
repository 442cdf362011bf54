"""The units as PID 1 really runs them: ready, fed, restarted, dark when the gate is gone, and closed in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.core.requests import Typed
from kiosk.services.street import Mint
from tests.support import installed_kiosk as system
from tests.support.gates import ask
from tests.support.installed_kiosk import AT, GATE, RESOLVER, SCANNER, UNITS, WEB, device, lit_soon, soon, systemctl
from tests.support.kernel_devices import HEALTHY_C, HeaderLines, ThermometerPart

pytestmark = pytest.mark.timeout(240)

GREEN = 17
BACK_WITHIN_S = 15.0  # of a killed gate; on a Pi it takes about two seconds


@pytest.mark.parametrize("unit", UNITS)
def test_each_service_says_that_it_is_ready(kiosk: Mint, unit: str) -> None:
    assert system.active(unit), system.journal(unit)
    assert system.shows(unit, "Type") == "notify"


def test_watchdogs_are_fed_and_nothing_is_restarted(kiosk: Mint) -> None:
    """But for the scanner: its second is short for a guest on a busy machine, and it is back at once."""
    before = system.restarts()
    fed = {unit: system.shows(unit, "WatchdogTimestampMonotonic") for unit in UNITS}
    for unit in UNITS:
        soon(lambda unit=unit: system.shows(unit, "WatchdogTimestampMonotonic") != fed[unit], within_s=10)
    after = system.restarts()
    assert {unit: after[unit] - before[unit] for unit in UNITS if unit != SCANNER} == {GATE: 0, WEB: 0, RESOLVER: 0}


def test_a_killed_gate_is_dark_at_once_and_back_by_itself(kiosk, header, part, figure) -> None:
    _make_green(kiosk, header, part)
    os.kill(system.pid(GATE), signal.SIGKILL)
    killed_s = time.monotonic()
    soon(lambda: not header.lit(GREEN), within_s=5)
    dark_s = time.monotonic() - killed_s
    soon(lambda: system.active(GATE) and system.gate(), within_s=BACK_WITHIN_S)
    figure(f"a killed gate: dark after {dark_s:.2f} s, back after {time.monotonic() - killed_s:.2f} s")
    assert not header.lit(GREEN)


def test_a_hanging_gate_is_ended_by_the_watchdog_and_never_stays_green(
    kiosk: Mint, header: HeaderLines, part: ThermometerPart
) -> None:
    _make_green(kiosk, header, part)
    hung = system.pid(GATE)
    os.kill(hung, signal.SIGSTOP)
    soon(lambda: system.pid(GATE) not in (0, hung), within_s=12)
    assert not header.lit(GREEN)
    soon(lambda: system.active(GATE) and system.gate())


def test_a_killed_scanner_looks_again(kiosk, figure) -> None:
    os.kill(system.pid(SCANNER), signal.SIGKILL)
    killed_s = time.monotonic()
    soon(lambda: device("scanner") != "ok", within_s=5)
    soon(lambda: device("scanner") == device("camera") == "ok")
    figure(f"a killed scanner looks again after {time.monotonic() - killed_s:.2f} s")


def test_stopping_the_kiosk_leaves_every_lamp_dark(kiosk, header, part) -> None:
    _make_green(kiosk, header, part)
    systemctl("stop", "kiosk.target", GATE, WEB)  # as docs/install.md says: it returns when both have ended
    assert [system.pid(unit) for unit in (GATE, WEB)] == [0, 0]
    soon(lambda: not system.pid(SCANNER), within_s=5)
    assert not any(header.lit(line) for line in (GREEN, 27, 22))
    systemctl("start", "kiosk.target")
    soon(lambda: all(map(system.active, UNITS)) and device("camera") == "ok")


# --- Closed in ------------------------------------------------------------------------------------------


def test_the_running_scanner_can_open_no_file_no_socket_and_no_process(kiosk: Mint) -> None:
    soon(lambda: system.pid(SCANNER) and system.shows(SCANNER, "StatusText") == "looking")
    limits = Path(f"/proc/{system.pid(SCANNER)}/limits").read_text().splitlines()
    soft = {line[:26].strip(): line[26:].split()[0] for line in limits}
    assert (soft["Max open files"], soft["Max processes"], soft["Max core file size"]) == ("0", "0", "0")


@pytest.mark.parametrize("unit", UNITS)
def test_each_service_has_a_user_no_privileges_and_a_filter_of_system_calls(kiosk: Mint, unit: str) -> None:
    lines = Path(f"/proc/{system.pid(unit)}/status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    assert status["Uid"].split()[0] != "0"
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


PROBE = """
import errno, json, os, socket
def tried(what):
    try:
        what()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"
def reads(path): return lambda: open(path, "rb").close()
def writes(path): return lambda: os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
def asks(path): return lambda: socket.socket(socket.AF_UNIX).connect(path)
def lists(path): return lambda: os.listdir(path)[0] if os.listdir(path) else os.open("/nothing", 0)
print(json.dumps({
    "i2c": tried(reads("/dev/i2c-1")),
    "gpio": tried(reads("/dev/" + max((name for name in os.listdir("/dev") if "gpiochip" in name), default="none"))),
    "camera": tried(lambda: os.close(os.open("/dev/video0", os.O_RDWR))),
    "disk": tried(reads("/dev/ubda")),
    "logbook": tried(reads("/var/lib/kiosk/gate/logbook.db")),
    "gate's keys": tried(lists("/var/lib/kiosk/gate/keys")),
    "roster": tried(reads("/var/lib/kiosk/web/desk.db")),
    "write logbook": tried(writes("/var/lib/kiosk/gate/new")),
    "write roster": tried(writes("/var/lib/kiosk/web/new")),
    "ask the gate": tried(asks("/run/kiosk/gate.sock")),
    "ask the pages": tried(asks("/run/kiosk/desk.sock")),
    "speak as a scanner": tried(asks("/run/kiosk/scanner/main.sock")),
    "ask the resolver": tried(asks("/run/kiosk/resolver/resolver.sock")),
    "write system": tried(writes("/usr/new")),
    "shadow": tried(reads("/etc/shadow")),
    "internet": tried(lambda: socket.socket(socket.AF_INET).close()),
    "packets": tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()),
    "mount": tried(lambda: os.unshare(0x20000) if hasattr(os, "unshare") else os.chroot("/")),
    "clock": tried(lambda: __import__("time").clock_settime(0, 0)),
}))
"""

ASKING = {"ask the gate", "ask the pages", "speak as a scanner", "ask the resolver"}
# What each service may do of all that; the rest is refused. The gate and the pages trust each other.
MAY = {
    GATE: {"i2c", "gpio", "logbook", "gate's keys", "roster", "write logbook", *ASKING},
    SCANNER: {"camera", "speak as a scanner"},
    WEB: {"logbook", "roster", "write roster", "internet", *ASKING},
    RESOLVER: {"internet", "ask the resolver"},
}


@pytest.fixture(scope="module")
def probed(installed: Mint) -> dict[str, dict[str, str]]:
    """What a program was told that tried all of it in place of each service, closed in by the same unit."""
    script = Path("/opt/kiosk/probe.py")
    script.write_text(PROBE)
    soon(lambda: all(map(system.active, UNITS)))
    Path("/run/systemd/system").mkdir(exist_ok=True)
    probes = {unit: f"kiosk-probe-{place}" for place, unit in enumerate(UNITS)}
    for unit, probe in probes.items():
        told = Path(f"/run/{probe}.json")
        (Path("/run/systemd/system") / f"{probe}.service").write_text(_in_place_of(unit, script, told))
    systemctl("daemon-reload")
    systemctl("start", *(f"{probe}.service" for probe in probes.values()))
    return {unit: json.loads(Path(f"/run/{probe}.json").read_text()) for unit, probe in probes.items()}


@pytest.mark.parametrize("unit", UNITS)
def test_inside_its_unit_a_service_can_do_what_it_must_and_nothing_else(probed, unit: str) -> None:
    told = probed[unit]
    assert {what for what, answer in told.items() if answer == "done"} == MAY[unit], told


def _in_place_of(unit: str, script: Path, told: Path) -> str:
    """The unit of a service, with a Python program in its place that runs once and says what it prints to `told`."""
    template = Path("/etc/systemd/system") / f"{unit.replace('@main', '@')}.service"
    instead = {
        "ExecStart=": f"ExecStart=/opt/kiosk/current/bin/python {script}\nStandardOutput=truncate:{told}",
        "Type=": "Type=oneshot",
    } | dict.fromkeys(("Restart=", "RestartSec=", "WatchdogSec=", "ExecStopPost=", "RuntimeDirectory", "PartOf="), "")
    lines = template.read_text().replace("%i", "main").replace("/run/kiosk-gate", "/run/kiosk").splitlines()
    return "\n".join(next((new for old, new in instead.items() if line.startswith(old)), line) for line in lines)


def test_a_stranger_on_the_machine_reaches_no_socket_of_the_kiosk(kiosk: Mint) -> None:
    code = (
        "import os, socket, sys\nos.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "link = socket.socket(socket.AF_UNIX)\n"
        "try: link.connect(sys.argv[1])\n"
        "except PermissionError: sys.exit(0)\nsys.exit(1)"
    )
    sockets = sorted(AT.runtime.rglob("*.sock"))
    assert {AT.gate_socket, AT.desk_socket, AT.scanner_socket("main"), AT.resolver_socket} == set(sockets)
    for path in sockets:
        done = subprocess.run(["/usr/bin/python3", "-c", code, path], timeout=60, check=False)
        assert done.returncode == 0, path


def _make_green(mint: Mint, header: HeaderLines, part: ThermometerPart) -> None:
    """Somebody has just passed: the lamp is green."""
    part.measures(24.0)
    soon(lambda: device("thermometer") == device("lamp") == "ok" and not header.lit(GREEN))
    ask(AT, Typed, lane="main", text=mint.local_pass(f"Resident {datetime.now(UTC)}"))
    part.measures(HEALTHY_C)
    lit_soon(header, GREEN, within_s=10)
    part.measures(24.0)


def test_pages_that_changed_a_setting_have_the_process_that_reads_it_started_anew(kiosk: Mint) -> None:
    """They write a file; systemd, and nobody else, starts the gate anew. The pages go on."""
    before = {unit: system.pid(unit) for unit in (GATE, WEB)}
    subprocess.run(
        ["/usr/bin/tee", AT.anew("gate")], input=b"changed", stdout=subprocess.DEVNULL,
        user="kiosk-web", group="kiosk", extra_groups=[], check=True, timeout=60,
    )  # fmt: skip
    soon(lambda: system.pid(GATE) not in (0, before[GATE]))
    soon(lambda: system.active(GATE) and system.gate())
    assert system.pid(WEB) == before[WEB]
