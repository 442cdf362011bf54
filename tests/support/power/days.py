"""A gate's life between power cuts: it starts, is looked at, lets people through, and the power goes."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kiosk.core.faults import KioskError, LinkDown
from kiosk.core.model import Outcome
from kiosk.core.reasons import Answer
from kiosk.core.requests import Explain, ManualVisit, MedicalExit, Override, Purge, Reply, Typed, Undo, Vehicle
from kiosk.services.street import Mint
from kiosk.settings import places
from tests.support.gates import ask, view
from tests.support.power.deskwork import Deskwork
from tests.support.power.disks import to_oldest_shape, write_days
from tests.support.power.kiosks import run_kiosk
from tests.support.power.ledger import LIGHTS_GREEN, Broken, Ledger, greens
from tests.support.power.machine import Machine, kill
from tests.support.power.newcard import TAKES_AT_MOST_S, NewCard
from tests.support.power.stick import FOLDER, Stick

RULES = "[groups.residents]\nchecks = ['credential', 'identity', 'test_age', 'replay']\n"
DEVICES = ("--thermometer=none", "--lamp=console", "--voice=silent", "--buttons=none")
STARTS_WITHIN_S = 3.0
OLD_DAYS = 5  # that a disk holds to begin with
LIFE_S = 20.0
PREPARED_S = 180.0  # for a disk to be ready, however busy this machine is: no life has begun yet
LIVES_OF_A_DISK = 8
STARTS_WITHIN_CPU_S = 3.0  # of the gate's own, whatever else the machine does
LAST_WEEK = "last week"
DISKS = ("oldest shape", "empty", LAST_WEEK)
KINDS = ("start", "visits", "visits", "overrides", "purge", "backup", "desk", "restore")
# How many operations of the disk the power lasts: counted from the start of the gate, or from the first visit.
OPERATIONS = {
    "start": 80, "visits": 700, "overrides": 500, "purge": 120, "backup": 250, "desk": 400, "restore": 260
}  # fmt: skip


def cpu_s(process: int) -> float:
    """Seconds of processor time that a process has used. Source: proc(5), /proc/pid/stat, fields 14 and 15."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Result:
    """What many cuts came to."""

    cuts: int = 0
    lost: int = 0
    flaws: list[str] = field(default_factory=list)
    starts_s: list[float] = field(default_factory=list)
    starts_cpu_s: list[float] = field(default_factory=list)
    acknowledged: int = 0
    backups: int = 0
    kinds: dict[str, int] = field(default_factory=dict)

    def take(self, other: Result) -> None:
        """Adds what another machine came to."""
        self.cuts += other.cuts
        self.lost += other.lost
        self.flaws += other.flaws
        self.starts_s += other.starts_s
        self.starts_cpu_s += other.starts_cpu_s
        self.acknowledged += other.acknowledged
        self.backups += other.backups
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
        self._plan = random.Random(f"plan {seed}")  # its own: how often dice are thrown depends on time
        self.result = Result()
        self._machine = Machine(folder)
        self._lists = folder / "lists"
        self._mint = Mint.fresh(datetime.now(UTC))
        self._mint.publish(self._lists)
        self._at = places(self._machine.disk / "var", folder / "run")
        self._at.runtime.mkdir()
        self._ledger = Ledger()
        self._stick = Stick()
        self._card = NewCard(folder, self._stick.key)
        self._desk = Deskwork()
        self._people = 0
        self._seats = 0  # clerks so far

    def cuts(self, number: int, progress: Callable[[Result], None] = lambda _: None) -> Result:
        """So many lives, each ended by a cut; a last one looks at what is left."""
        kinds: list[str] = []
        for life in range(number):
            if not kinds:
                disk = DISKS[life // LIVES_OF_A_DISK % len(DISKS)]
                self._fresh_disk(disk)
                kinds = self._lives_of(disk)
            self.live(life, kinds.pop(0))
            progress(self.result)
        self.live(number, "last")
        return self.result

    def _lives_of(self, disk: str) -> list[str]:
        """What happens on a disk: a start, then anything; where a backup lies from the beginning, each kind."""
        more = LIVES_OF_A_DISK - 1
        each_kind = self._plan.sample(KINDS[1:], more)
        return ["start", *(each_kind if disk == LAST_WEEK else self._plan.choices(KINDS, k=more))]

    def live(self, life: int, kind: str) -> None:
        """One life: power on, start, look, work, cut."""
        where = f"seed {self._seed}, cut {life} ({kind})"
        lamp = self._folder / f"lamp-{life}.txt"
        if kind == "restore" and not self._stick.promised:
            kind = "visits"
        with self._machine.on(self._dice.randrange(1 << 30)):
            if not self._resumed(where):
                kind = "resume"
                return
            if kind == "start":
                self._machine.arm(cut_at=self._dice.randint(1, OPERATIONS[kind]))
            with lamp.open("wb") as out:
                gate = self._start(out)
            try:
                if self._comes_up(gate, where):
                    self._look(where)
                    if kind == "restore":
                        self._restore(gate)
                    elif kind != "last":
                        self._work(gate, kind, where)
                self._machine.cut()
            finally:
                kill([gate])
                self.result.backups += self._stick.end()
                self.result.acknowledged += self._desk.end()
        self._ledger.acknowledge(LIGHTS_GREEN, greens(lamp))
        self.result.acknowledged += greens(lamp)
        self.result.cuts += kind != "last"
        self.result.kinds[kind] = self.result.kinds.get(kind, 0) + 1

    def _start(self, out: Any) -> subprocess.Popen[bytes]:
        self._started_s = time.monotonic()
        for socket in self._at.runtime.rglob("*.sock"):
            socket.unlink()
        return run_kiosk("gate", *DEVICES, "--trust", str(self._lists), at=self._at, out=out, module=self._module)

    def _comes_up(self, gate: subprocess.Popen[bytes], where: str) -> bool:
        """Whether it is there before the power goes again; that it does not come up at all is a flaw."""
        while True:
            with suppress(LinkDown, OSError):
                view(self._at)
                self.result.starts_s.append(time.monotonic() - self._started_s)
                self.result.starts_cpu_s.append(cpu_s(gate.pid))
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
            settled = self._card.settle(self._at, self._ledger)
            found = self._ledger.check(self._at.logbook, self._at.keys)
            found.flaws += settled + self._stick.check(self._at) + self._desk.check(self._at)
        except (KioskError, OSError) as error:
            found = Broken(0, [f"{type(error).__name__}: {error}"])
        if self._machine.is_off:
            self._ledger = before
        else:
            self._card.settled()
            self.result.add(found, where)

    # --- What people do

    def _work(self, gate: subprocess.Popen[bytes], kind: str, where: str) -> None:
        """What people do at a gate, until the power goes."""
        until_s = time.monotonic() + LIFE_S
        first = {"purge": self._purge, "overrides": self._decide, "backup": self._backup}.get(kind, self._visit)
        if kind == "desk":
            self._seats += 1
            self._desk.begin(self._at, self._seats, self._folder / "desk.txt")
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

    def _backup(self) -> None:
        """A backup, while few people come."""
        self._stick.begin(self._at, self._folder / "backup.txt")
        while self._stick.is_running(for_s=0.1) and not self._machine.is_off:
            self._visit()

    def _restore(self, gate: subprocess.Popen[bytes]) -> None:
        """The gate is stopped as systemd does it, and the newest backup put over what is there."""
        gate.terminate()
        gate.wait(timeout=LIFE_S)
        said = self._folder / "restore.txt"
        source = self._at.state.parent / FOLDER / self._stick.promised[-1]
        self._machine.arm(cut_at=self._dice.randint(1, OPERATIONS["restore"]))
        self._finish(self._card.begin(self._at, source, said))

    def _resumed(self, where: str) -> bool:
        """Whether a gate may start: where a restore was cut short, it is finished first."""
        process = self._card.resume(self._at, self._folder / "restore.txt")
        if process is None:
            return True
        self._finish(process)
        if process.returncode:
            self.result.flaws.append(f"{where}: an interrupted restore could not be finished ({process.returncode})")
        return process.returncode == 0

    def _finish(self, process: subprocess.Popen[bytes]) -> None:
        try:
            self._card.ended(process.wait(TAKES_AT_MOST_S))
        finally:
            kill([process])

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

    def _fresh_disk(self, kind: str) -> None:
        """A new disk: empty but for the rules, or with the rows of last week, perhaps in the oldest shape there was."""
        shutil.rmtree(self._machine.image)
        at = places(self._machine.image / "var")
        self._ledger, self._desk = Ledger(), Deskwork()
        self._card = NewCard(self._folder, self._stick.key)
        at.state.mkdir(parents=True)
        at.rules.write_text(RULES)
        self._stick.prepare(at)
        if kind == "empty":
            return
        write_days(at, OLD_DAYS)
        if kind == "oldest shape":
            to_oldest_shape(at.logbook)
        else:
            self._stick.begin(at, self._folder / "backup.txt")
            assert not self._stick.is_running(for_s=PREPARED_S)
            assert self._stick.end()
        self._ledger.check(at.logbook, at.keys)
