"""A child process that appends rows as fast as it can and says each acknowledged one on stdout."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.model import Direction, Outcome
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook


def now() -> datetime:
    return datetime.now(UTC)


def main(folder: Path) -> None:
    book = Logbook.open(
        folder / "logbook.db",
        Keyring.open(folder / "keys"),
        kiosk="gate-1",
        boot="b1",
        clock_state=lambda: "trusted",
        now=now,
        monotonic_ns=time.monotonic_ns,
    )
    while True:
        hidden = ((SealClass.IDENTITY, (("name", "王小明"),)),)
        row = book.append(
            Draft(
                EntryKind.VISIT,
                now(),
                lane="main",
                visit="v",
                direction=Direction.IN,
                outcome=Outcome.PASS,
                sealed=hidden,
            )
        )
        sys.stdout.write(f"{row.seq} {row.hash.hex()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
