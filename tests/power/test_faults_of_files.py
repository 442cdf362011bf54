"""Every write, sync and rename fails in turn during a start, a migration, a backup, a restore, the desk's work.

Each ends well or with one named refusal, changes nothing by half, and works as soon as the disk does.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field

import pytest

from kiosk.core.desk_requests import Role
from kiosk.core.faults import KioskError
from kiosk.services.book import Book
from kiosk.store import restore, verify
from kiosk.store.desk import Desk
from kiosk.store.reader import Filter, Reader
from tests.support.backups import Kiosk
from tests.support.clocks import HandClock
from tests.support.power.disks import to_oldest_shape
from tests.support.power.faults import FOR_EVER, Fault
from tests.support.power.machine import Machine

ROWS = 3
LASTS = {"EIO": 1, "ENOSPC": FOR_EVER}

pytestmark = [pytest.mark.usefixtures("mountable"), pytest.mark.timeout(600)]


def rows_of(kiosk: Kiosk) -> int:
    *_, found = verify.check(kiosk.at.logbook)
    assert found.broken is None
    return found.rows


@dataclass
class Work:
    """What is prepared once, done while the disk fails, and holds afterwards."""

    prepare: Callable[[Kiosk], None]
    do: Callable[[Kiosk], None]
    holds: Callable[[Kiosk], object]
    done: dict[str, bool] = field(default_factory=dict)


def filled(kiosk: Kiosk) -> None:
    kiosk.write(ROWS)
    kiosk.furnish()


def old(kiosk: Kiosk) -> None:
    kiosk.write(ROWS)
    kiosk.at.logbook.with_name("logbook.db.head").unlink()
    to_oldest_shape(kiosk.at.logbook)


def broken(kiosk: Kiosk) -> None:
    kiosk.write(ROWS)
    kiosk.at.logbook.write_bytes(b"no database" * 1000)


def comes_up(kiosk: Kiosk) -> None:
    """As a gate does; only the very first keys of all are waited for."""
    with closing(Book(kiosk.at, "gate-1", HandClock(), mend=True)) as book, suppress(KioskError):
        book.append(kiosk.visit())


def new_user(kiosk: Kiosk) -> None:
    with closing(Desk.open(kiosk.at.desk)) as desk:
        desk.users.add("li", Role.MANAGER, "a phrase of many words")
        desk.audit.write("user_added", by="wang")
        desk.forget_on_time(180)


def the_user_is_there_once(kiosk: Kiosk) -> None:
    with closing(Desk.open(kiosk.at.desk)) as desk:
        assert sorted(user.name for user in desk.users.list()) == ["li", "wang"]


def backed_up(kiosk: Kiosk) -> None:
    kiosk.back_up()


def is_whole(kiosk: Kiosk) -> None:
    made = sorted(kiosk.stick.iterdir())
    assert [path.suffix for path in made] == [".kioskbackup"] * len(made)
    at, done = kiosk.restored(made[-1], "checked")
    assert (done.head.seq, rows_of(kiosk)) == (ROWS, ROWS)
    shutil.rmtree(at.state)


def put_back(kiosk: Kiosk) -> None:
    if restore.interrupted(kiosk.folder / "new"):
        restore.resume(kiosk.folder / "new", kiosk.now)
        return
    log = kiosk.folder / "new" / "gate" / "logbook.db"
    if not log.exists() or not log.stat().st_size:  # an owner's empty file may stay where nothing can be removed
        kiosk.restored(next(kiosk.stick.iterdir()), "new")


def the_new_card_holds_it(kiosk: Kiosk) -> None:
    new = kiosk.folder / "new"
    *_, found = verify.check(new / "gate" / "logbook.db")
    assert (found.rows, found.broken) == (ROWS + 1, None)
    assert not (new / restore.PART).exists()
    assert (new / "rules.toml").read_text() == "version = 'x'\n"


def with_a_backup(kiosk: Kiosk) -> None:
    filled(kiosk)
    kiosk.back_up()


WORKS = {
    "first start": Work(lambda _: None, comes_up, rows_of),
    "migration": Work(old, comes_up, lambda kiosk: rows_of(kiosk) > ROWS),
    "set aside": Work(broken, comes_up, lambda kiosk: Reader(kiosk.at.logbook).page(Filter())),
    "backup": Work(filled, backed_up, is_whole),
    "restore": Work(with_a_backup, put_back, the_new_card_holds_it),
    "desk": Work(filled, new_user, the_user_is_there_once),
}


@pytest.mark.parametrize("error", LASTS)
@pytest.mark.parametrize("name", WORKS)
def test_whichever_operation_fails_nothing_is_done_by_half_and_the_next_try_does_it(
    machine: Machine, name: str, error: str
) -> None:
    work = WORKS[name]
    flaws = []
    with machine.on(seed=7):
        kiosk = Kiosk(machine.disk / "rehearsal")
        work.prepare(kiosk)
        machine.arm()
        work.do(kiosk)
        seen: dict[str, int] = machine.counts()["seen"]
        assert seen["write"] > 3
        template = Kiosk(machine.disk / "template")
        work.prepare(template)
        for kind, count in seen.items():
            for nth in range(1, count + 1):
                fault = Fault(error, (kind,), nth, LASTS[error], spreads=True)
                flaws += [f"{fault}: {flaw}" for flaw in _flaws(machine, template, work, fault)]
    assert not flaws, "\n".join(flaws)


def _flaws(machine: Machine, template: Kiosk, work: Work, fault: Fault) -> list[str]:
    kiosk = Kiosk(machine.disk / "case", key=template.key)
    shutil.copytree(template.folder, kiosk.folder, dirs_exist_ok=True)
    machine.arm(fault)
    with suppress(KioskError):  # one line; anything else goes through
        work.do(kiosk)
    machine.heal()
    try:
        with suppress(KioskError):  # a user of that name, a state that lives: it was done before the error
            work.do(kiosk)
        assert work.holds(kiosk) is not False
    except (AssertionError, KioskError) as error:
        return [f"{type(error).__name__}: {error}"[:300]]
    finally:
        shutil.rmtree(kiosk.folder, ignore_errors=True)
    return []
