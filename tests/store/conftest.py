"""A logbook in a temporary folder, with a clock that stands still until it is turned."""

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.model import Direction, Outcome
from kiosk.store import crew
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from tests.support.backups import Kiosk

START = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


class Turned:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def on(self, **span: float) -> None:
        self.time += timedelta(**span)


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gate" / "logbook.db"


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    return Keyring.open(tmp_path / "keys")


@pytest.fixture
def opened(path: Path, keys: Keyring, clock: Turned) -> Callable[[], Logbook]:
    def opened() -> Logbook:
        return Logbook.open(
            path, keys, kiosk="gate-1", boot="b1", clock_state=lambda: "trusted", now=clock, monotonic_ns=lambda: 0
        )

    return opened


@pytest.fixture
def logbook(opened: Callable[[], Logbook]) -> Iterator[Logbook]:
    book = opened()
    yield book
    book.close()


@pytest.fixture
def visit(clock: Turned) -> Callable[..., Draft]:
    """A visit that passed inwards, with what a test wants different."""

    def visit(name: str = "v1", holder: str = "王小明", **fields: object) -> Draft:
        usual: dict[str, object] = {
            "kind": EntryKind.VISIT,
            "happened": clock(),
            "lane": "main",
            "visit": name,
            "direction": Direction.IN,
            "outcome": Outcome.PASS,
            "person": "P00001",
            "code_key": "code-1",
            "sealed": ((SealClass.IDENTITY, (("name", holder), ("phone", "13800001234"))),),
        }
        return Draft(**{**usual, **fields})  # type: ignore[arg-type]

    return visit


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The processes that were started for long work."""
    processes: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *args: object, **more: object) -> None:
            super().__init__(*args, **more)  # type: ignore[call-overload]
            processes.append(self)

    monkeypatch.setattr(crew.subprocess, "Popen", Noted)
    yield processes
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def kiosk(tmp_path: Path) -> Kiosk:
    """A kiosk with three rows, a desk, rules, a list and a pass key, that can be backed up."""
    made = Kiosk(tmp_path)
    made.write(3)
    made.furnish()
    return made
