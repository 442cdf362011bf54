"""The kiosk as `systemd/install.sh` installed it, run by PID 1, with every unit there is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.services.street import Mint
from tests.support.gates import wall
from tests.support.installed_kiosk import (
    AT,
    GATE,
    SCANNER,
    SETTINGS,
    UNITS,
    active,
    device,
    gate,
    journal,
    keep_the_clock,
    soon,
    systemctl,
)
from tests.support.kernel_devices import HeaderLines, PluggedCamera, ThermometerPart

INSTALLER = Path(__file__).parents[3] / "systemd" / "install.sh"
PATIENCE = Path("/etc/systemd/system/kiosk-scanner@.service.d/guest.conf")
NEEDED = ("camera", "scanner", "thermometer", "lamp")
LANE = """
[[lane]]
name = "main"
lamp = "leds:green=17,amber=27,red=22,chip={chip}"
buttons = "gpio:pass=5,deny=6,again=13,call=19,evacuate=26,chip={chip}"
hand_scanner = "evdev:name=Kiosk Test Hand Scanner"

[scanner]
width = 640
height = 480

[resolver]
url = "http://127.0.0.1:9/"
"""


@pytest.fixture(scope="session")
def installed() -> Iterator[Mint]:
    """Every unit runs; what its codes are signed with."""
    mint = Mint.fresh(datetime.now(UTC))
    mint.publish(AT.trust)
    keep_the_clock()
    SETTINGS.write_text(LANE.format(chip=HeaderLines().chip))
    PATIENCE.parent.mkdir(parents=True, exist_ok=True)
    PATIENCE.write_text("[Service]\nWatchdogSec=5s\n")  # a second is little for a guest on a busy machine
    subprocess.run([INSTALLER], env=os.environ | {"APT": "no"}, check=True, timeout=200)
    systemctl("enable", "--now", "kiosk-resolver.service")
    try:
        soon(lambda: all(map(active, UNITS)))
    except AssertionError as late:
        waited_for = [unit for unit in UNITS if not active(unit)]
        raise AssertionError("does not start: " + "\n".join(map(journal, waited_for))) from late
    yield mint
    systemctl("stop", "kiosk.target")


@pytest.fixture
def kiosk(installed: Mint, part: ThermometerPart, lens: PluggedCamera) -> Mint:
    """The same, with every device well and nobody in front of it."""
    lens.sees(wall(640, 480))
    try:
        soon(lambda: {device(each) for each in NEEDED} == {"ok"})
    except AssertionError as late:
        states = [f"{each.name} {each.state} {each.detail}" for each in gate().devices if not each.ok]
        raise AssertionError(f"not well: {states}\n{journal(GATE)}\n{journal(SCANNER)}") from late
    return installed
