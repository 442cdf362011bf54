"""A real gate on a disk that fails: nobody is shown green without a row, it never dies, and it recovers in seconds."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest

from kiosk.core.faults import LinkDown
from kiosk.core.requests import MedicalExit, Typed
from kiosk.services.street import Mint
from kiosk.settings import places
from tests.support.gates import ask, eventually, view
from tests.support.power.days import DEVICES, RULES
from tests.support.power.faults import FOR_EVER, KINDS, Fault
from tests.support.power.kiosks import run_kiosk
from tests.support.power.ledger import LIGHTS_GREEN, Ledger, greens
from tests.support.power.machine import Machine, kill

RECOVERS_WITHIN_S = 6.0  # the gate tries every two seconds
CASES = [
    Fault("EIO", ("fdatasync",), times=1),
    Fault("EIO", ("fdatasync",), times=FOR_EVER, spreads=True),
    Fault("EIO", ("write",), nth=3, times=FOR_EVER, spreads=True),
    Fault("EIO", ("fsync",), times=FOR_EVER, spreads=True),  # the keys of the day
    Fault("EIO", ("rename",), times=FOR_EVER, spreads=True),
    Fault("ENOSPC", ("write",), nth=5, times=FOR_EVER, short=True),
    Fault("ENOSPC", KINDS, times=FOR_EVER),
    Fault("EDQUOT", ("write",), times=FOR_EVER),
    Fault("EROFS", KINDS, times=FOR_EVER),
]

pytestmark = [pytest.mark.usefixtures("mountable"), pytest.mark.timeout(120)]


class Gate:
    """A gate on a machine, and what it has acknowledged."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.at = places(machine.disk / "var", machine.folder / "run")
        self.at.runtime.mkdir()
        self.lamp = machine.folder / "lamp.txt"
        self.mint = Mint.fresh(datetime.now(UTC))
        self.mint.publish(machine.folder / "lists")
        state = places(machine.image / "var")
        state.state.mkdir()
        state.rules.write_text(RULES)
        self.ledger = Ledger()

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        with self.lamp.open("ab") as out:
            gate = run_kiosk("gate", *DEVICES, "--trust", str(self.machine.folder / "lists"), at=self.at, out=out)
        try:
            yield gate
        finally:
            kill([gate])

    def somebody_comes(self) -> None:
        """Somebody shows a good pass, and somebody has to go to hospital."""
        with suppress(LinkDown):
            ask(self.at, Typed, lane="main", text=self.mint.local_pass("Resident"))
            ask(self.at, MedicalExit, lane="main", name="李娜")

    def meets_a_fault(self) -> bool:
        self.somebody_comes()
        return bool(self.machine.counts()["failed"])

    def shows_green_again(self) -> bool:
        before = greens(self.lamp)
        self.somebody_comes()
        return greens(self.lamp) > before

    def check(self) -> list[str]:
        self.ledger.acknowledge(LIGHTS_GREEN, greens(self.lamp))
        return self.ledger.check(self.at.logbook, self.at.keys).flaws


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        if holds():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("fault", CASES, ids=lambda fault: f"{fault.error}-{fault.kinds[0]}-{fault.times > 1}")
def test_nobody_is_shown_green_without_a_row_and_the_gate_recovers_by_itself(machine: Machine, fault: Fault) -> None:
    here = Gate(machine)
    with machine.on(seed=5), here.running() as gate:
        eventually(lambda: view(here.at))
        machine.arm(fault)
        assert _within(4.0, here.meets_a_fault)
        here.somebody_comes()
        assert machine.heal() > 0
        assert _within(RECOVERS_WITHIN_S, here.shows_green_again)
        assert gate.poll() is None
        machine.cut()
    with machine.on(seed=6), here.running():
        eventually(lambda: view(here.at))
        assert here.check() == []


@pytest.mark.parametrize("error", ["EIO", "EROFS"])
def test_a_gate_that_starts_on_a_failing_disk_stays_up_and_recovers(machine: Machine, error: str) -> None:
    here = Gate(machine)
    with machine.on(seed=4), here.running():
        eventually(lambda: view(here.at))
        here.somebody_comes()
    shown = greens(here.lamp)
    with machine.on(seed=5):
        machine.arm(Fault(error, times=FOR_EVER))
        with here.running() as gate:
            eventually(lambda: view(here.at))
            here.somebody_comes()
            assert greens(here.lamp) == shown
            machine.heal()
            assert _within(RECOVERS_WITHIN_S, here.shows_green_again)
            assert gate.poll() is None
            assert here.check() == []
