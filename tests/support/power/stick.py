"""Backups during power cuts: one that was reported as written can be restored, whatever happened afterwards."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from kiosk.core.faults import KioskError
from kiosk.settings import Places, places
from kiosk.store import backup, restore, verify
from kiosk.store.recovery import RecoveryKey
from tests.support.power.kiosks import run_kiosk

FOLDER = "stick"
NEWEST = 3  # backups that stay


@dataclass
class Stick:
    """A folder on the disk for backups, and what was promised about it."""

    key: RecoveryKey = field(default_factory=lambda: RecoveryKey.new(datetime.now(UTC).date()))
    promised: list[str] = field(default_factory=list)
    _running: subprocess.Popen[bytes] | None = None
    _said: Path | None = None

    def prepare(self, at: Places) -> None:
        """Lays the folder and the public half of the recovery key onto a disk that is off."""
        (at.state.parent / FOLDER).mkdir()
        at.recovery.parent.mkdir(parents=True, exist_ok=True)
        at.recovery.write_bytes(msgspec.json.encode(self.key.public()))
        self.promised = []

    def begin(self, at: Places, said: Path) -> None:
        """Starts a backup."""
        self._said = said
        with said.open("wb") as out:
            self._running = run_kiosk("backup", str(at.state.parent / FOLDER), at=at, out=out)

    def is_running(self, for_s: float) -> bool:
        """Whether the backup runs on for that long."""
        assert self._running is not None
        try:
            self._running.wait(for_s)
        except subprocess.TimeoutExpired:
            return True
        return False

    def end(self) -> bool:
        """Ends it with the power, if it still runs; whether one was reported as written."""
        process, self._running = self._running, None
        if process is None:
            return False
        if process.poll() is None:
            process.kill()
            process.wait(timeout=10)
        assert self._said is not None
        if process.returncode == 0:
            line = self._said.read_text().strip().splitlines()[-1]
            self.promised.append(Path(line.partition(": ")[0]).name)
        return process.returncode == 0

    def check(self, at: Places) -> list[str]:
        """What is wrong with the newest backups that were promised."""
        folder = at.state.parent / FOLDER
        there = {path.name for path, _ in backup.backups(folder)}
        flaws = [f"the backup {name} is gone" for name in self.promised[-NEWEST:] if name not in there]
        if not flaws and self.promised:
            flaws += self._restored(folder / self.promised[-1])
        return flaws

    def _restored(self, path: Path) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            card = places(Path(folder) / "var")
            try:
                restore.restore(
                    path, self.key, card.state, boot="b9", now=datetime.now(UTC), replace=False, step=_quiet
                )
                *_, verified = verify.check(card.logbook)
            except KioskError as error:
                return [f"the backup {path.name} cannot be restored: {error}"]
            return [f"the backup {path.name} holds a broken log: {verified.broken}"] if verified.broken else []


def _quiet(what: str, done: int, total: int) -> None:
    """Nobody watches."""
