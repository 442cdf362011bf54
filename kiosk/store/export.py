"""The logbook as files for other programs: CSV for spreadsheets, JSON Lines for scripts. Memory stays flat."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, BinaryIO

import msgspec

from kiosk.store.columns import BY_NAME, COLUMNS, PERSONAL, Cells, Column, Sort, choose
from kiosk.store.reader import Bodies

__all__ = [
    "BY_NAME",
    "COLUMNS",
    "PERSONAL",
    "Column",
    "Layout",
    "choose",
    "csv_file",
    "jsonl_file",
    "neutral",
    "numbers_of",
]

BOM = "\ufeff"  # with it, Excel reads Chinese
_TEMPERATURES = 10_000  # that are remembered
_SIGNS = (b"\\", b"=", b"+", b"@")  # only with a backslash can a text of JSON hold quotes or control characters
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

People = Callable[[Sequence[int]], Mapping[int, Mapping[str, str]]]  # row numbers -> their personal fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file is written.

    `header` turns a column's name into words. `people`, where it is given, adds the personal fields. `ending` is a
    last line of its own, such as the day by which the file has to be gone.
    """

    columns: Sequence[Column] = COLUMNS
    header: Callable[[str], str] = str
    zone: tzinfo = UTC
    bom: bool = False
    people: People | None = None
    ending: str = ""

    @property
    def names(self) -> list[str]:
        """The names of all columns, personal ones included."""
        return [column.name for column in self.columns] + list(PERSONAL if self.people else ())


def csv_file(
    bodies: Bodies, out: BinaryIO, layout: Layout, step: Callable[[int], None] = lambda _: None, *, processes: int = 1
) -> int:
    """Writes rows as CSV (RFC 4180) and answers how many there were; `step` is told of each part.

    A text that a spreadsheet would take for a formula gets an apostrophe in front. Several processes may share the
    work (`crew.spare`), and change nothing but the time; names are always asked for by this one. Raises what
    `bodies` raises, LogbookBroken.
    """
    out.write(((BOM if layout.bom else "") + _line([neutral(layout.header(name)) for name in layout.names])).encode())
    lines = _Lines(layout.columns, layout.zone)
    count = _write(bodies, out, layout, lines, lambda part: lines.with_people(part, layout), step, processes)
    if layout.ending:
        out.write(_line([neutral(layout.ending)]).encode())
    return count


def _write(
    bodies: Bodies,
    out: BinaryIO,
    layout: Layout,
    work: Callable[[Iterable[Sequence[bytes]]], bytes],
    named: Callable[[Sequence[bytes]], bytes],
    step: Callable[[int], None],
    processes: int,
) -> int:
    """Writes what `work` makes of rows, or `named` of rows with names; how many there were."""
    unnamed = layout.people is None
    parts = bodies.made(work, processes) if unnamed else ((len(part), named(part)) for part in bodies)
    count = 0
    for rows, made in parts:
        out.write(made)
        count += rows
        step(rows)
    return count


class _Lines:
    """Turns stored bodies into lines of CSV, in any process."""

    def __init__(self, columns: Sequence[Column], zone: tzinfo) -> None:
        self._columns, self._zone = columns, zone
        self._texts = [column.sort is not Sort.NUMBER for column in columns]
        self._commas = len(columns) - 1
        self._cells: Cells | None = None  # made where it is used
        self._digits = _Digits()

    def __call__(self, batches: Iterable[Sequence[bytes]]) -> bytes:
        """The lines of rows, each with its end."""
        return b"".join(map(self._made, batches))

    def _made(self, bodies: Sequence[bytes]) -> bytes:
        columns = self._shown(bodies)
        lines = list(map(",".join, zip(*columns, strict=True)))
        text = "\r\n".join([*lines, ""])
        if not self._are_plain(bodies, text, columns):
            rows = zip(bodies, lines, zip(*columns, strict=True), strict=True)
            text = "".join(
                f"{line}\r\n" if self._is_plain(body, line) else self._careful(row) for body, line, row in rows
            )
        return text.encode("utf-8", "replace")

    def with_people(self, part: Sequence[bytes], layout: Layout) -> bytes:
        """The same with names."""
        assert layout.people is not None
        seqs = numbers_of(part)
        shown = layout.people(seqs)
        names = ([neutral(shown.get(seq, {}).get(name, "")) for name in PERSONAL] for seq in seqs)
        rows = zip(zip(*self._shown(part), strict=True), names, strict=True)
        return "".join(_line([*self._neutral(row), *who]) for row, who in rows).encode("utf-8", "replace")

    def _shown(self, bodies: Sequence[bytes]) -> list[Sequence[str]]:
        self._cells = self._cells or Cells(self._columns, self._zone)
        columns = self._cells.columns(bodies)
        return [column if text else self._digits.of(column) for column, text in zip(columns, self._texts, strict=True)]

    def _are_plain(self, bodies: Sequence[bytes], text: str, columns: Sequence[Sequence[str]]) -> bool:
        """Whether no cell of these rows needs quotes or an apostrophe, seen from their bodies and their lines."""
        stored = b"".join(bodies)
        if any(sign in stored for sign in _SIGNS) or text.count(",") != self._commas * len(bodies):
            return False
        if ",-" not in text and "\n-" not in text and not text.startswith("-"):
            return True
        texts = (column for column, is_text in zip(columns, self._texts, strict=True) if is_text)
        return not any("\n-" in "\n".join(("", *column)) for column in texts)  # numbers below zero are no formulas

    def _is_plain(self, body: bytes, line: str) -> bool:
        return not (
            any(sign in body for sign in _SIGNS)
            or ",-" in line
            or line.startswith("-")
            or line.count(",") != self._commas
        )

    def _careful(self, row: Sequence[str]) -> str:
        return _line(self._neutral(row))

    def _neutral(self, row: Sequence[str]) -> list[str]:
        return [neutral(cell) if text else cell for cell, text in zip(row, self._texts, strict=True)]


class _Digits(dict[float, str]):
    """Numbers as text: temperatures come again and again, and writing one takes long."""

    def __missing__(self, value: float) -> str:
        text = str(value)
        if value and len(self) < _TEMPERATURES:  # 0 and -0 are one key, but not one text
            self[value] = text
        return text

    def of(self, values: Sequence[Any]) -> list[str]:
        """All of them; 18 and 18.0 are one key too, so whole numbers are not looked up."""
        return [self[value] if type(value) is float else str(value) for value in values]


def _line(cells: Sequence[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def jsonl_file(
    bodies: Bodies, out: BinaryIO, layout: Layout, step: Callable[[int], None] = lambda _: None, *, processes: int = 1
) -> int:
    """Writes the stored bodies of rows, one a line, as they were hashed; answers how many."""
    count = _write(bodies, out, layout, _whole, lambda part: _with_people(part, layout), step, processes)
    if layout.ending:
        out.write(msgspec.json.encode({"ending": layout.ending}) + b"\n")
    return count


def _whole(batches: Iterable[Sequence[bytes]]) -> bytes:
    return b"".join(b"\n".join((*bodies, b"")) for bodies in batches)


def _with_people(part: Sequence[bytes], layout: Layout) -> bytes:
    assert layout.people is not None
    seqs = numbers_of(part)
    shown = layout.people(seqs)
    names = (msgspec.json.encode(shown.get(seq, {})) for seq in seqs)
    return b"".join(b'%b,"personal":%b}\n' % (body[:-1], who) for body, who in zip(part, names, strict=True))


def numbers_of(part: Sequence[bytes]) -> list[int]:
    """The numbers of rows, from their bodies."""
    return [_seq.decode(body).seq for body in part]


class _Seq(msgspec.Struct):
    seq: int


_seq = msgspec.json.Decoder(_Seq)


def neutral(text: str) -> str:
    """`text` as a spreadsheet may have it: never a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
