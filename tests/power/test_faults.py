"""Every write, sync and rename fails in turn: what was acknowledged is there, nothing else is, and it recovers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.power.faults import FOR_EVER, Fault
from tests.support.power.machine import Machine
from tests.support.power.trials import (
    Trial,
    Work,
    a_probe,
    a_purge,
    found_by_a_long_look,
    many_visits,
    prepared,
    stored,
    two_visits,
)

WORKS = {"visits": two_visits, "purge": a_purge, "probe": a_probe, "many": many_visits}
AT_ONCE = 50  # cases on one machine before its power is cut
LASTS = {"EIO": (1, 3, FOR_EVER), "ENOSPC": (1, FOR_EVER)}  # operations that fail from the one in question on

pytestmark = [pytest.mark.usefixtures("mountable"), pytest.mark.timeout(300)]


def _operations(machine: Machine, work: Work) -> dict[str, int]:
    """How many operations of each kind a piece of work needs."""
    trial = prepared(machine.disk / "rehearsal")
    machine.arm()
    work(trial)
    seen: dict[str, int] = machine.counts()["seen"]
    trial.close()
    return seen


def _case(machine: Machine, folder: Path, work: Work, fault: Fault) -> Trial:
    """The work while the fault lasts, then a recovery; the trial stays open, as a gate would."""
    trial = prepared(folder)
    machine.arm(fault)
    work(trial)
    machine.heal()
    assert trial.recovers(), f"{fault}: no row could be written any more"
    return trial


def _wrong_with(folder: Path, trial: Trial) -> str:
    rows, wrong = stored(folder, trial.forgets)
    missing = trial.acknowledged.items() - rows.items()
    uninvited = rows.keys() - trial.acknowledged.keys()
    wrong += [f"acknowledged, and not there: {sorted(missing)}"] if missing else []
    wrong += [f"never acknowledged, and there: {sorted(uninvited)}"] if uninvited else []
    return "; ".join(wrong)


@pytest.mark.parametrize("error", LASTS)
@pytest.mark.parametrize("work", ["visits", "purge", "probe"])
def test_whichever_operation_fails_what_was_acknowledged_is_there_and_nothing_else(
    machine: Machine, work: str, error: str
) -> None:
    with machine.on(seed=3):
        seen = _operations(machine, WORKS[work])
    assert seen["write"] > 20
    assert seen["fdatasync"] > 0
    faults = [
        Fault(error, (kind,), nth, lasts, spreads=True, short=error == "ENOSPC")
        for kind, count in seen.items()
        for nth in range(1, count + 1)
        for lasts in LASTS[error]
    ]
    flaws = [
        flaw for start in range(0, len(faults), AT_ONCE) for flaw in _flaws(machine, work, faults[start:][:AT_ONCE])
    ]
    assert not flaws, "\n".join([f"{len(flaws)} of {len(faults)}:", *flaws])


def test_a_row_whose_commit_failed_does_not_come_back_with_a_new_connection(machine: Machine) -> None:
    """The sync fails, and all else for so long that the connection is replaced: the row lies in the write-ahead log."""
    faults = [Fault("EIO", ("fdatasync",), nth, lasts, spreads=True) for nth in (1, 2, 3) for lasts in range(1, 12)]
    assert _flaws(machine, "many", faults) == []


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_rows_that_follow_a_log_which_a_long_look_keeps_outlive_a_power_cut(machine: Machine, nth: int) -> None:
    """The sync of a row fails, its owner is killed, and a reader that is there before the next finds it in the log.

    The log cannot be emptied then, and Linux takes the pages of that row for written.
    """
    with machine.on(seed=nth):
        trial = prepared(machine.disk / "case")
        trial.close()
        child = os.fork()
        if child == 0:
            trial.open()
            machine.arm(Fault("EIO", ("fdatasync",), nth, FOR_EVER, spreads=True))
            os._exit(9 if not all(trial.visit(f"refused-{number}") for number in range(3)) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        machine.heal()
        with found_by_a_long_look(trial):
            trial.open()
            trial.visit("after")
            machine.cut()
        trial.close()
    rows, wrong = stored(_mended(machine.image / "case"), trial.forgets)
    assert (trial.acknowledged.items() - rows.items(), wrong) == (set(), [])


def _flaws(machine: Machine, work: str, faults: list[Fault]) -> list[str]:
    """What is wrong after each of these faults, a recovery, and a power cut at the end."""
    trials: dict[Fault, Trial] = {}
    with machine.on(seed=len(faults)):
        for number, fault in enumerate(faults):
            trials[fault] = _case(machine, machine.disk / f"case-{number}", WORKS[work], fault)
        machine.cut()
        for trial in trials.values():
            trial.close()
    found = []
    for number, (fault, trial) in enumerate(trials.items()):
        wrong = _wrong_with(_mended(machine.image / f"case-{number}"), trial)
        found += [f"{fault}: {wrong}"] if wrong else []
        shutil.rmtree(machine.image / f"case-{number}")
    return found


def _mended(folder: Path) -> Path:
    """The folder after the power came back and an owner has mended the logbook."""
    trial = Trial(folder)
    trial.open()
    trial.close()
    return folder
