"""A logbook on a disk that fails at one operation: what it acknowledged, what it refused, and what is there after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.core.entry import Draft
from kiosk.core.faults import LogbookUnwritable
from kiosk.store import owning, seals, verify
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from tests.support.power.disks import visit

MORNING = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
DAY = timedelta(days=1)
RECOVERS_WITHIN = 3  # tries: the first finds out, the second looks again, the third has a new connection

Work = Callable[["Trial"], None]


@dataclass
class Trial:
    """One logbook in a folder of its own."""

    folder: Path
    now: datetime = MORNING
    acknowledged: dict[str, str] = field(default_factory=dict)
    forgets: bool = False  # whether it was asked to forget the day before
    _book: Logbook | None = None

    def open(self) -> None:
        """Opens it. Raises LogbookUnwritable, OSError."""
        self._book = Logbook.open(
            self.folder / "logbook.db",
            Keyring.open(self.folder / "keys"),
            kiosk="gate-1",
            boot="b1",
            clock_state=lambda: "trusted",
            now=lambda: self.now,
            monotonic_ns=lambda: 0,
        )

    @property
    def book(self) -> Logbook:
        """The open logbook."""
        assert self._book is not None
        return self._book

    def visit(self, name: str, **more: object) -> bool:
        """Writes a row down; whether that was acknowledged. Anything but a named refusal goes through."""
        draft: Draft = visit(name, self.now)
        try:
            row = self.book.append(draft)
        except LogbookUnwritable:
            return False
        self.acknowledged[name] = row.hash.hex()
        return True

    def recovers(self) -> bool:
        """Whether rows are written again a moment after the fault has ended, by itself."""
        recovered = any(self.visit(f"after-{number}") for number in range(RECOVERS_WITHIN))
        if recovered and self.forgets:
            self.book.purge(self.now.date(), by="retention")  # as the gate does every hour
        return recovered

    def close(self) -> None:
        """Ends it as a gate does that is stopped."""
        if self._book is not None:
            self._book.close()
            self._book = None


def two_visits(trial: Trial) -> None:
    """Two people, the first of a new day: its keys are made."""
    for number in range(2):
        trial.visit(f"during-{number}")


def many_visits(trial: Trial) -> None:
    """So many people that the connection is replaced while the fault lasts."""
    for number in range(6):
        trial.visit(f"during-{number}")


@contextmanager
def found_by_a_long_look(trial: Trial) -> Iterator[None]:
    """A reader that comes while the owner is about to open the logbook, and looks at one moment of it."""
    path = trial.folder / "logbook.db"
    with ExitStack() as looking:
        owner = owning.Ownership(path)
        try:
            db = looking.enter_context(owning.reading(path))
            db.execute("BEGIN")
            db.execute("SELECT count(*) FROM entry").fetchone()
        finally:
            owner.release()
        yield


def a_purge(trial: Trial) -> None:
    """The days before this one are forgotten, and somebody comes in."""
    trial.forgets = True
    with suppress(LogbookUnwritable):  # the keys go first: from now on the day may be dark, whatever is answered
        trial.book.purge(trial.now.date(), by="li")
    trial.visit("during")


def a_probe(trial: Trial) -> None:
    """As the gate does while it cannot write."""
    trial.book.probe()
    trial.visit("during")


def prepared(folder: Path) -> Trial:
    """A logbook with a row of yesterday, on the morning of a new day."""
    trial = Trial(folder, MORNING)
    trial.open()
    trial.visit("yesterday")
    trial.now += DAY
    return trial


def stored(folder: Path, forgets: bool) -> tuple[dict[str, str], list[str]]:
    """The visits that a logbook holds, each with its hash; and what is wrong with it."""
    *_, verified = verify.check(folder / "logbook.db")
    with owning.reading(folder / "logbook.db") as db:
        rows = db.execute("SELECT visit, hash FROM entry WHERE kind = 'visit' ORDER BY seq").fetchall()
        sealed = [seq for (seq,) in db.execute("SELECT DISTINCT seq FROM sealed")]
        shown = seals.reveal(db, Keyring.open(folder / "keys"), sealed)
    wrong = [f"row {verified.broken.seq}: {verified.broken.flaw}"] if verified.broken else []
    names = [name for name, _ in rows]
    wrong += [f"{name} is there twice" for name in set(names) if names.count(name) > 1]
    dark = [seq for seq in sealed if not shown[seq]]
    wrong += [f"rows {dark} have lost their key"] if dark else []
    old = [path.name for path in (folder / "keys" / "days").iterdir() if path.name < f"{MORNING + DAY:%Y-%m-%d}"]
    wrong += [f"forgotten, and still there: {old} {sealed[:1]}"] if forgets and (old or 1 in sealed) else []
    return {name: digest.hex() for name, digest in rows}, wrong
