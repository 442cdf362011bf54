"""A kiosk with a log, a desk and a recovery key, backed up and restored in temporary folders."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.model import Direction, Outcome
from kiosk.settings import Places, places
from kiosk.store import backup, restore
from kiosk.store.backup import Contents, Kept, Made
from kiosk.store.desk import Desk, Role
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.recovery import RecoveryKey, RecoveryPublic

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEPT = Kept({"identity": 14, "note": 14, "tag": 14}, backup=30, newest=3)
NAME = "欧阳春晓独一无二"


class PowerCutError(BaseException):
    """The process is gone."""


def silent(what: str, done: int, total: int) -> None:
    """A step that nobody watches."""


@dataclass
class Kiosk:
    """One kiosk under test, with a clock that a test turns."""

    folder: Path
    now: datetime = NOON
    key: RecoveryKey = field(default_factory=lambda: RecoveryKey.new(NOON.date()))
    public: RecoveryPublic = field(init=False)

    def __post_init__(self) -> None:
        self.public = self.key.public(400)
        self.stick.mkdir(parents=True, exist_ok=True)

    @property
    def at(self) -> Places:
        return places(self.folder / "state")

    @property
    def stick(self) -> Path:
        return self.folder / "stick"

    def book(self, at: Places | None = None) -> Logbook:
        at = at or self.at
        return Logbook.open(
            at.logbook,
            Keyring.open(at.keys),
            kiosk="gate-1",
            boot="b1",
            clock_state=lambda: "trusted",
            now=lambda: self.now,
            monotonic_ns=lambda: 0,
        )

    def write(self, count: int = 3, at: Places | None = None) -> None:
        with closing(self.book(at)) as book:
            for _ in range(count):
                book.append(self.visit())

    def visit(self) -> Draft:
        return Draft(
            EntryKind.VISIT,
            self.now,
            lane="main",
            visit=f"v{self.now.timestamp()}",
            direction=Direction.IN,
            outcome=Outcome.PASS,
            person="P1",
            sealed=((SealClass.IDENTITY, (("name", NAME),)),),
        )

    def furnish(self) -> None:
        """A desk with a user, rules, settings, a list and a pass key."""
        with closing(Desk.open(self.at.desk)) as desk:
            desk.users.add("wang", Role.MANAGER)
        for name, data in (
            ("rules.toml", "version = 'x'\n"),
            ("trust/list.json", "{}"),
            ("passes/local_pass.pem", "k"),
        ):
            (self.at.state / name).parent.mkdir(exist_ok=True)
            (self.at.state / name).write_text(data)

    def contents(self) -> Contents:
        files = {"rules.toml": self.at.rules, "trust/list.json": self.at.trust / "list.json"}
        files |= {"passes/local_pass.pem": self.at.pass_keys / "local_pass.pem"}
        files |= {"web/roster.key": self.at.desk.with_name("roster.key")}
        return Contents("gate-1", self.at.logbook, self.at.desk, files)

    def back_up(self, kept: Kept = KEPT, step: backup.Step = silent) -> Made:
        return backup.make(self.contents(), Keyring.open(self.at.keys), self.public, self.stick, kept, self.now, step)

    def restored(self, made: Path, name: str = "new", **how: object) -> tuple[Places, restore.Restored]:
        at = places(self.folder / name)
        given = {"key": self.key, "boot": "b2", "now": self.now, "replace": False, "step": silent} | how
        return at, restore.restore(made, state=at.state, **given)  # type: ignore[arg-type]

    def pass_days(self, days: int) -> date:
        self.now += timedelta(days=days)
        return self.now.date()

    def names(self, at: Places) -> list[str]:
        with closing(self.book(at)) as book:
            return [fields.get("name", "") for fields in book.reveal(range(1, 5)).values()]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, locks aside."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".lock", ".readers") and path.stat().st_size
    }
