"""A restore that the power goes during: the card holds the old state or the restored one, never a part of each."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from kiosk.settings import Places
from kiosk.store import backup, owning, restore
from kiosk.store.recovery import RecoveryKey
from tests.support.power.kiosks import run_kiosk
from tests.support.power.ledger import Ledger

TAKES_AT_MOST_S = 60.0


class NewCard:
    """The restores onto one disk. `folder` lies outside it: the safe with the recovery key."""

    def __init__(self, folder: Path, key: RecoveryKey) -> None:
        self._safe = folder / "recovery.key"
        self._key = key
        self._from: Path | None = None
        self._reported = False

    def begin(self, at: Places, source: Path, said: Path) -> subprocess.Popen[bytes]:
        """Starts a restore of the backup `source` over the living state."""
        self._safe.write_text(f"{self._key.text}\n")
        self._from, self._reported = source, False
        return self._run(at, said, str(source), "--recovery-key", str(self._safe), "--replace")

    def resume(self, at: Places, said: Path) -> subprocess.Popen[bytes] | None:
        """Goes on with one that was cut short; None where none was."""
        return self._run(at, said, "--resume") if restore.interrupted(at.state) else None

    def ended(self, code: int | None) -> None:
        """Notes whether the restore said that it was done."""
        self._reported = self._reported or code == 0

    def settle(self, at: Places, ledger: Ledger) -> list[str]:
        """After a restore was tried: which state the card holds, told to `ledger`; what is wrong with that.

        Asked again with each look until `settled` says that one was whole.
        """
        if self._from is None:
            return []
        source = self._from
        with owning.reading(at.logbook) as db:
            rows = db.execute("SELECT seq, hash, body FROM entry ORDER BY seq").fetchall()
        hashes = {seq: digest.hex() for seq, digest, _ in rows}
        bodies = [json.loads(body) for _, _, body in rows]
        head = dict(backup.backups(source.parent))[source]
        if not any(body["kind"] == "restored" and body["seq"] == head.seq + 1 for body in bodies):
            return ["the restore was reported as done, and the old state is there"] if self._reported else []
        others = [seq for seq in range(1, head.seq + 1) if hashes.get(seq) != ledger.rows.get(seq)]
        epochs = {body["epoch"] for body in bodies if body["seq"] > head.seq}
        ledger.restored(hashes)
        flaws = [f"restored rows are others than were backed up: {others[:5]}"] if others else []
        return flaws + ([] if epochs.isdisjoint({head.epoch}) else ["the restored log goes on in the old epoch"])

    def settled(self) -> None:
        """The power lasted for the whole look: what it found counts."""
        self._from = None

    def _run(self, at: Places, said: Path, *arguments: str) -> subprocess.Popen[bytes]:
        with said.open("ab") as out:
            return run_kiosk("restore", *arguments, at=at, out=out)
