"""GPIO lines that keep their level when the process that drove them is killed, as a Raspberry Pi's do.

gpiozero's mock pins, whose levels live in a file: one letter a line, `1` for high. `journal` is every change since.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

LINES = 28


class KeptPin(MockPin):  # type: ignore[misc]  # gpiozero is not typed
    """A line whose level outlives its process; letting go of it leaves it as it is."""

    def __init__(self, factory: Any, info: Any) -> None:
        super().__init__(factory, info)
        self.line = int(info.name.removeprefix("GPIO"))
        self._state = factory.board.level(self.line)

    def close(self) -> None:
        self.when_changed = None

    def _change_state(self, value: bool) -> bool:
        changed: bool = super()._change_state(value)
        self.factory.board.becomes(self.line, bool(value))
        return changed


class Board:
    """The file in which the levels are."""

    def __init__(self, folder: Path) -> None:
        self.file, self.journal = folder / "levels", folder / "journal"
        if not self.file.exists():
            self.file.write_text("0" * LINES)

    def level(self, line: int) -> bool:
        return self.file.read_text()[line] == "1"

    def lit(self) -> set[int]:
        return {line for line in range(LINES) if self.level(line)}

    def becomes(self, line: int, high: bool) -> None:
        with self.file.open("r+b", buffering=0) as file:
            file.seek(line)
            file.write(b"1" if high else b"0")
        with self.journal.open("a") as journal:
            journal.write(f"{line}={int(high)} ")


def kept_pins(folder: Path) -> MockFactory:
    """A pin factory on the board of `folder`."""
    factory = MockFactory(pin_class=KeptPin)
    factory.board = Board(folder)
    return factory
