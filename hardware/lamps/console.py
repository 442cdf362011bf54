"""A lamp made of words: one line on the terminal each time it is told something, for a machine without lamps."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from hardware.lamps import MOST_URGENT, THREE_LAMPS, Colour
from kiosk.core.faults import LampFault, SettingsError
from kiosk.core.ports import LampPattern

SYMBOLS = {
    LampPattern.OFF: "·",
    LampPattern.READY: "○",
    LampPattern.MEASURING: "◔",
    LampPattern.ATTEND: "!",
    LampPattern.PASS: "✔",
    LampPattern.CHECK: "▲",
    LampPattern.DENY: "✖",
    LampPattern.MANUAL: "✍",
    LampPattern.EVACUATE: "⇶",
    LampPattern.OUT_OF_ORDER: "#",
}
_INK = {Colour.GREEN: "32", Colour.AMBER: "33", Colour.RED: "31"}  # ECMA-48, SGR


class ConsoleLamp:
    """Writes `lamp: ✔ pass` to `stream`; in colour only on a terminal, and never where NO_COLOR is set."""

    def __init__(self, stream: TextIO, coloured: bool | None = None) -> None:
        self._stream = stream
        self._coloured = stream.isatty() and not os.environ.get("NO_COLOR") if coloured is None else coloured
        self._closed = False
        self._urgency = 0

    def show(self, pattern: LampPattern) -> None:
        """Writes one line, for a result like the one before too. Raises LampFault when the stream is gone."""
        line = f"lamp: {SYMBOLS[pattern]} {pattern}"
        colours = THREE_LAMPS[pattern].steps[0].lit
        if self._coloured and len(colours) == 1:
            line = f"\x1b[{_INK[next(iter(colours))]}m{line}\x1b[0m"
        self._write(line)

    def turned(self, urgency: int, quiet: bool) -> None:
        """Writes one line each time that the volunteer is wanted more urgently. Raises LampFault as `show`."""
        more, self._urgency = urgency > self._urgency, urgency
        if more and not quiet:
            self._write(f"lamp: {SYMBOLS[LampPattern.ATTEND]} nobody comes ({urgency} of {MOST_URGENT})")
        elif self._closed:
            raise LampFault("the lamp is closed; open it again")

    def _write(self, line: str) -> None:
        if self._closed:
            raise LampFault("the lamp is closed; open it again")
        encoding = self._stream.encoding or "utf-8"
        try:
            self._stream.write(line.encode(encoding, "replace").decode(encoding) + "\n")
            self._stream.flush()
        except (OSError, ValueError) as error:  # ValueError: closed by somebody else
            raise LampFault(f"the console lamp cannot write ({error})") from error

    def close(self) -> None:
        """Says that it is off; may be called twice."""
        if not self._closed and not self._stream.closed:
            self.show(LampPattern.OFF)
        self._closed = True


def open_device(arg: str) -> ConsoleLamp:
    """`console`, `console:stdout` or `console:stderr`."""
    streams = {"": sys.stdout, "stdout": sys.stdout, "stderr": sys.stderr}
    if arg not in streams:
        raise SettingsError(f"{arg!r}: must be stdout or stderr")
    return ConsoleLamp(streams[arg])
