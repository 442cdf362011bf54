"""What the desk has promised between power cuts, and whether it still keeps it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.settings import Places
from kiosk.store.desk import Desk
from tests.support.power.clerk import PEOPLE
from tests.support.power.machine import ROOT


@dataclass
class Deskwork:
    """Everything that was acknowledged, by what it is; of the roster the newest import that was."""

    promised: dict[str, set[str]] = field(default_factory=lambda: {"user": set(), "session": set(), "audit": set()})
    roster: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _said: Path | None = None

    def begin(self, at: Places, seed: int, said: Path) -> None:
        """Starts a clerk."""
        self._said = said
        with said.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.power.clerk", str(at.state), str(seed)],
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.DEVNULL,
                stdin=subprocess.DEVNULL,
            )

    def end(self) -> int:
        """Ends the clerk with the power; how many changes it was told are written."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.kill()
        process.wait(timeout=10)
        assert self._said is not None
        lines = [line.split() for line in self._said.read_text().splitlines() if line.count(" ") == 1]
        for what, which in lines:
            if what == "roster":
                self.roster = max(self.roster, int(which))
            elif what == "ended":
                self.promised["session"].discard(which)
            else:
                self.promised[what].add(which)
        return len(lines)

    def check(self, at: Places) -> list[str]:
        """What is wrong with desk.db, as its next owner finds it."""
        if not at.desk.exists():
            return ["desk.db is gone"] if self.promised["user"] else []
        with closing(Desk.open(at.desk)) as desk:
            users = {user.id for user in desk.users.list()}
            lost = [f"user {each}" for each in self.promised["user"] - users]
            lost += [f"session {each}" for each in self.promised["session"] if not desk.sessions.find(each)]
            with desk._file.look() as db:
                acts = {row[0] for row in db.execute("SELECT detail FROM audit WHERE what = 'power_cut'")}
                names = [row[0] for row in db.execute("SELECT name FROM person")]
                (sound,) = db.execute("PRAGMA integrity_check").fetchone()
            lost += [f"audit {each}" for each in self.promised["audit"] - acts]
        flaws = [f"the desk lost {len(lost)}: {lost[:3]}"] if lost else []
        flaws += [] if sound == "ok" else [f"desk.db is damaged: {sound}"]
        whole = len(set(names)) <= 1 and len(names) in (0, PEOPLE)
        if not whole or (self.roster and (not names or int(names[0][1:]) < self.roster)):
            flaws.append(f"the roster is not that of import {self.roster}: {sorted(set(names))} of {len(names)}")
        return flaws
