"""What a logbook has promised so far, and whether it still keeps it after the power came back."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from kiosk.store import owning, seals, verify
from kiosk.store.keys import Keyring

GREEN = "✔ pass"
LIGHTS_GREEN = "green"  # an acknowledgement that is a lamp; all others are replies, named by the kind of their row


@dataclass
class Broken:
    """What was found wrong; empty where all is well."""

    lost: int = 0
    flaws: list[str] = field(default_factory=list)


@dataclass
class Ledger:
    """Rows seen on the disk by number, what was acknowledged since, and which days were forgotten."""

    rows: dict[int, str] = field(default_factory=dict)
    acknowledged: Counter[str] = field(default_factory=Counter)
    asked_to_forget_before: date = date.min
    forgotten_before: date = date.min
    total: int = 0

    def acknowledge(self, what: str, count: int = 1) -> None:
        """The kiosk said that it wrote something down."""
        self.acknowledged[what] += count
        self.total += count

    def check(self, logbook: Path, keys: Path) -> Broken:
        """Compares with what is stored, and takes that as the new state."""
        found = Broken()
        *_, verified = verify.check(logbook)
        if verified.broken is not None:
            found.flaws.append(f"row {verified.broken.seq}: {verified.broken.flaw}")
        with owning.reading(logbook) as db:
            stored = db.execute("SELECT seq, hash, body FROM entry ORDER BY seq").fetchall()
            sealed = [seq for (seq,) in db.execute("SELECT DISTINCT seq FROM sealed")]
            shown = seals.reveal(db, Keyring.open(keys), sealed)
        bodies = {seq: json.loads(body) for seq, _, body in stored}
        hashes = {seq: digest.hex() for seq, digest, _ in stored}
        gone = [seq for seq, digest in self.rows.items() if hashes.get(seq) != digest]
        if gone:
            found.lost += len(gone)
            found.flaws.append(f"rows that were there are gone or others: {gone[:5]} of {len(gone)}")
        fresh = Counter[str]()
        for seq in bodies.keys() - self.rows.keys():
            body = bodies[seq]
            fresh[body["kind"]] += 1
            fresh[LIGHTS_GREEN] += body.get("outcome") == "pass" or body["kind"] == "undo"
        for what, count in self.acknowledged.items():
            if fresh[what] < count:
                found.lost += count - fresh[what]
                found.flaws.append(f"{count} of {what} were acknowledged, {fresh[what]} are there")
        self._duplicates(bodies, found)
        for seq in sealed:
            day = date.fromisoformat(bodies[seq]["recorded"][:10])
            if not shown[seq] and day >= self.asked_to_forget_before:
                found.flaws.append(f"row {seq} of {day} cannot be read any more: its key is gone")
        for key in (keys / "days").glob("*.identity.key"):
            if date.fromisoformat(key.name[:10]) < self.forgotten_before:
                found.flaws.append(f"{key.name} was forgotten and is back")
        self.rows, self.acknowledged = hashes, Counter()
        return found

    def restored(self, hashes: dict[int, str]) -> None:
        """The card holds a backup now: what was written after it is in the state that was set aside."""
        self.rows, self.acknowledged, self.forgotten_before = hashes, Counter(), date.min

    def _duplicates(self, bodies: dict[int, dict[str, object]], found: Broken) -> None:
        names = Counter((body["epoch"], body["seq"]) for body in bodies.values())
        visits = Counter(body["visit"] for body in bodies.values() if body["kind"] == "visit")
        twice = [name for name, count in (names + visits).items() if count > 1]
        if twice:
            found.flaws.append(f"written twice: {twice[:5]}")


def greens(lamp: Path) -> int:
    """How many green lamps a console lamp has lit."""
    return lamp.read_text(errors="replace").count(GREEN) if lamp.exists() else 0
