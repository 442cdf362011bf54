"""No green without a row on disk first: the gate is killed at random instants during fifty visits."""

from __future__ import annotations

import random
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.core.faults import LinkDown
from kiosk.core.requests import Typed
from kiosk.services.street import Mint
from kiosk.settings import Places
from kiosk.store import verify
from kiosk.store.reader import Filter, Reader
from tests.support.gates import ask, end, eventually, fresh_places, start, view

VISITS, KILLS = 50, 15
GREEN = "✔ pass"
RULES = "[groups.residents]\nchecks = ['credential', 'identity', 'test_age', 'replay']\n"


@pytest.mark.timeout(180)
def test_every_visit_whose_lamp_went_green_is_in_the_log_after_kill_9(tmp_path: Path) -> None:
    at = fresh_places(tmp_path / "state")
    at.rules.write_text(RULES)
    mint = Mint.fresh(datetime.now(UTC))
    mint.publish(tmp_path / "lists")
    codes = [mint.local_pass(f"Resident {number}") for number in range(VISITS)]
    dice = random.Random(730)
    greens: list[int] = []
    for number in range(KILLS):
        greens.append(_one_life(at, tmp_path, codes, dice.uniform(0.0, 0.02), number))
    greens.append(_one_life(at, tmp_path, codes, None, KILLS))  # the rest, and a clean end
    rows = _pass_rows_of_each_life(at)
    assert list(verify.check(at.logbook))[-1].broken is None
    assert len(rows) == len(greens)
    assert sum(greens) >= VISITS - KILLS
    for shown, written in zip(greens, rows, strict=True):
        assert shown <= written <= shown + 1


def _one_life(at: Places, folder: Path, codes: list[str], kill_after_s: float | None, number: int) -> int:
    """Starts the gate, lets people through until it is killed; how many green lamps it lit."""
    out = folder / f"lamp-{number}.txt"
    devices = ("--thermometer=none", "--lamp=console", "--voice=silent", "--buttons=none")
    with out.open("wb") as file:
        gate = start("gate", *devices, "--trust", str(folder / "lists"), at=at, out=file)
        try:
            eventually(lambda: view(at))
            dies_s = None if kill_after_s is None else time.monotonic() + kill_after_s
            while codes and (dies_s is None or time.monotonic() < dies_s):
                with suppress(LinkDown):
                    ask(at, Typed, lane="main", text=codes.pop())
            if dies_s is not None:
                gate.send_signal(signal.SIGKILL)
                gate.wait()
        finally:
            end(gate)
    return out.read_text().count(GREEN)


def _pass_rows_of_each_life(at: Places) -> list[int]:
    """How many people passed between one start of the gate and the next, as the log has it."""
    lives: list[int] = []
    for entry in sorted(Reader(at.logbook).rows(Filter()), key=lambda entry: entry.seq):
        if entry.kind == "start":
            lives.append(0)
        elif entry.kind == "visit" and entry.outcome == "pass":
            lives[-1] += 1
    return lives
