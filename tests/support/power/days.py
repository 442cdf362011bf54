"""A gate's life between power cuts: it starts, is looked at, lets people through, and the power goes."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlite_utils

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.faults import KioskError, LinkDown
from kiosk.core.model import Direction, Outcome
from kiosk.core.reasons import Answer
from kiosk.core.requests import Explain, ManualVisit, MedicalExit, Override, Purge, Reply, Typed, Undo, Vehicle
from kiosk.services.street import Mint
from kiosk.settings import Places, places
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.migrations.logbook import migrations
from tests.support.gates import ask, view
from tests.support.power.ledger import LIGHTS_GREEN, Broken, Ledger, greens
from tests.support.power.machine import ROOT, Machine, kill

RULES = "[groups.residents]\nchecks = ['credential', 'identity', 'test_age', 'replay']\n"
DEVICES = ("--thermometer=none", "--lamp=console", "--voice=silent", "--buttons=none")
STARTS_WITHIN_S = 3.0
OLD_DAYS, OLD_ROWS = 5, 4  # what an old disk holds: days, rows of each
LIFE_S = 20.0
KINDS = ("start", "visits", "visits", "overrides", "purge")
# How many operations of the disk the power lasts: counted from the start of the gate, or from the first visit.
OPERATIONS = {"start": 80, "visits": 400, "overrides": 300, "purge": 120}


@dataclass
class Result:
    """What many cuts came to."""

    cuts: int = 0
    lost: int = 0
    flaws: list[str] = field(default_factory=list)
    starts_s: list[float] = field(default_factory=list)
    acknowledged: int = 0
    kinds: dict[str, int] = field(default_factory=dict)

    def take(self, other: Result) -> None:
        """Adds what another machine came to."""
        self.cuts += other.cuts
        self.lost += other.lost
        self.flaws += other.flaws
        self.starts_s += other.starts_s
        self.acknowledged += other.acknowledged
        for kind, count in list(other.kinds.items()):
            self.kinds[kind] = self.kinds.get(kind, 0) + count

    def add(self, broken: Broken, where: str) -> None:
        self.lost += broken.lost
        self.flaws += [f"{where}: {flaw}" for flaw in broken.flaws]


class Days:
    """One machine with one gate, over many cuts. `module` is what is started: the kiosk, or a careless one."""

    def __init__(self, folder: Path, seed: int, module: str = "kiosk") -> None:
        self._folder, self._seed, self._module = folder, seed, module
        self._dice = random.Random(seed)
        self.result = Result()
        self._machine = Machine(folder)
        self._lists = folder / "lists"
        self._mint = Mint.fresh(datetime.now(UTC))
        self._mint.publish(self._lists)
        self._at = places(self._machine.disk / "var", folder / "run")
        self._at.runtime.mkdir()
        self._ledger = Ledger()
        self._people = 0

    def cuts(self, number: int, progress: Callable[[Result], None] = lambda _: None) -> Result:
        """So many lives, each ended by a cut; a last one looks at what is left."""
        for life in range(number):
            if life % 8 == 0:
                self._fresh_disk(old=life % 16 == 8)
            self.live(life, "start" if life % 8 == 0 else self._dice.choice(KINDS))
            progress(self.result)
        self.live(number, "last")
        return self.result

    def live(self, life: int, kind: str) -> None:
        """One life: power on, start, look, work, cut."""
        where = f"seed {self._seed}, cut {life} ({kind})"
        lamp = self._folder / f"lamp-{life}.txt"
        with self._machine.on(self._dice.randrange(1 << 30)):
            if kind == "start":
                self._machine.arm(cut_at=self._dice.randint(1, OPERATIONS[kind]))
            with lamp.open("wb") as out:
                gate = self._start(out)
            try:
                if self._comes_up(gate, where):
                    self._look(where)
                    if kind != "last":
                        self._work(gate, kind, where)
                self._machine.cut()
            finally:
                kill([gate])
        self._ledger.acknowledge(LIGHTS_GREEN, greens(lamp))
        self.result.acknowledged += greens(lamp)
        self.result.cuts += kind != "last"
        self.result.kinds[kind] = self.result.kinds.get(kind, 0) + 1

    def _start(self, out: Any) -> subprocess.Popen[bytes]:
        self._started_s = time.monotonic()
        for socket in self._at.runtime.iterdir():
            socket.unlink()
        return run_kiosk("gate", *DEVICES, "--trust", str(self._lists), at=self._at, out=out, module=self._module)

    def _comes_up(self, gate: subprocess.Popen[bytes], where: str) -> bool:
        """Whether it is there before the power goes again; that it does not come up at all is a flaw."""
        while True:
            with suppress(LinkDown, OSError):
                view(self._at)
                self.result.starts_s.append(time.monotonic() - self._started_s)
                return True
            if self._machine.is_off:
                return False
            if gate.poll() is not None or time.monotonic() > self._started_s + STARTS_WITHIN_S * 3:
                off = self._machine.is_off
                if not off:
                    self.result.flaws.append(f"{where}: the gate did not start ({gate.poll()})")
                return False
            time.sleep(0.01)

    def _look(self, where: str) -> None:
        """Compares the logbook with the ledger; what the power took away while looking is looked at again later."""
        before = replace(self._ledger)
        try:
            found = self._ledger.check(self._at.logbook, self._at.keys)
        except (KioskError, OSError) as error:
            found = Broken(0, [f"{type(error).__name__}: {error}"])
        if self._machine.is_off:
            self._ledger = before
        else:
            self.result.add(found, where)

    # --- What people do

    def _work(self, gate: subprocess.Popen[bytes], kind: str, where: str) -> None:
        """What people do at a gate, until the power goes."""
        until_s = time.monotonic() + LIFE_S
        first = {"purge": self._purge, "overrides": self._decide}.get(kind, self._visit)
        self._machine.arm(cut_at=self._dice.randint(1, OPERATIONS[kind]))
        with suppress(LinkDown, OSError):
            first()
        while time.monotonic() < until_s and not self._machine.is_off:
            if gate.poll() is not None and not self._machine.is_off:
                self.result.flaws.append(f"{where}: the gate died ({gate.returncode})")
                return
            with suppress(LinkDown, OSError):
                chance = self._dice.random()
                if kind == "overrides" or chance < 0.1:
                    self._decide()
                elif chance < 0.9:
                    self._visit()
                else:
                    self._others()

    def _visit(self) -> None:
        self._people += 1
        ask(self._at, Typed, lane="main", text=self._mint.local_pass(f"Resident {self._people}"))

    def _decide(self) -> None:
        # This answer says that the visit began; that it was written down, the lamp says.
        visit = ask(self._at, ManualVisit, lane="main", name="王小明", room="3-2-501").visit
        self._counted("override", ask(self._at, Override, visit=visit, outcome=Outcome.PASS, reason="known to me"))
        self._counted("explain", ask(self._at, Explain, visit=visit, reason="forgot the phone"))
        self._counted("undo", ask(self._at, Undo, visit=visit))

    def _others(self) -> None:
        self._counted("medical_exit", ask(self._at, MedicalExit, lane="main", name="李娜", note="hospital"))
        self._counted("vehicle", ask(self._at, Vehicle, lane="main", plate="京A12345", note="parcels"))

    def _purge(self) -> None:
        today = datetime.now(UTC).date()
        before = max(self._ledger.forgotten_before, today - timedelta(days=OLD_DAYS)) + timedelta(days=1)
        if before > today:
            return
        midnight = datetime(before.year, before.month, before.day, tzinfo=UTC)
        # From the moment it is asked, those days may be gone; only once it is answered, they must be.
        self._ledger.asked_to_forget_before = before
        reply = ask(self._at, Purge, before=midnight)
        if reply.answer is Answer.DONE:
            self._ledger.forgotten_before = before

    def _counted(self, kind: str, reply: Reply) -> Reply:
        if reply.answer is not Answer.DONE:
            raise LinkDown(f"{kind}: {reply.answer}")  # the power went: nothing was promised
        self._ledger.acknowledge(kind)
        self.result.acknowledged += 1
        return reply

    # --- Disks

    def _fresh_disk(self, *, old: bool) -> None:
        """A new disk: empty but for the rules, or with the rows of last week in the oldest shape there was."""
        shutil.rmtree(self._machine.image)
        at = places(self._machine.image / "var")
        at.state.mkdir(parents=True)
        at.rules.write_text(RULES)
        write_days(at, OLD_DAYS)
        if old:
            to_oldest_shape(at.logbook)
        self._ledger = Ledger()
        self._ledger.check(at.logbook, at.keys)


def run_kiosk(*arguments: str, at: Places, out: Any, module: str = "kiosk") -> subprocess.Popen[bytes]:
    """`kiosk ARGUMENTS` as a process of its own; `module` says which: the kiosk itself, or one that errs."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments, "--state", str(at.state)],
        cwd=ROOT,
        env=os.environ | {"KIOSK_RUNTIME": str(at.runtime), "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"},
        stdout=out,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    )


def write_days(at: Places, days: int) -> None:
    """The rows of so many days before today, each with sealed fields, in a logbook that was closed cleanly."""
    now = [datetime.now(UTC) - timedelta(days=days)]
    book = Logbook.open(
        at.logbook,
        Keyring.open(at.keys),
        kiosk="gate-1",
        boot="b0",
        clock_state=lambda: "trusted",
        now=lambda: now[0],
        monotonic_ns=time.monotonic_ns,
    )
    with closing(book):
        for _ in range(days):
            for number in range(OLD_ROWS):
                book.append(visit(f"{now[0]:%d}-{number}", now[0]))
            now[0] += timedelta(days=1)


def visit(name: str, at: datetime) -> Draft:
    """The row of somebody who passed, with their name sealed."""
    return Draft(
        EntryKind.VISIT,
        at,
        lane="main",
        visit=name,
        direction=Direction.IN,
        outcome=Outcome.PASS,
        person=f"P{name}",
        code_key=f"code-{name}",
        sealed=((SealClass.IDENTITY, (("name", "王小明"),)),),
    )


def to_oldest_shape(logbook: Path) -> None:
    """Rewrites a closed logbook as the first version of the kiosk would have left it: without later migrations."""
    newer = logbook.with_suffix(".newer")
    logbook.rename(newer)
    db = sqlite_utils.Database(logbook)
    later = migrations.pending(db)[1].name
    migrations.apply(db, stop_before=later)
    db.conn.isolation_level = None
    db.execute("ATTACH ? AS newer", (str(newer),))
    columns = {"entry": "seq, body, sealed_sha256, prev, hash", "sealed": "*", "meta": "*"}
    for table, what in columns.items():
        names = f"({what})" if what != "*" else ""
        db.execute(f"INSERT INTO main.{table} {names} SELECT {what} FROM newer.{table}")
    db.execute("DETACH newer")
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    newer.unlink()
