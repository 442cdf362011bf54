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
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Bodies = Iterable[Sequence[bytes]]  # as `Reader.bodies` gives them
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


def csv_file(bodies: Bodies, out: BinaryIO, layout: Layout, step: Callable[[int], None] = lambda _: None) -> int:
    """Writes rows as CSV (RFC 4180) and answers how many there were; `step` is told of each part.

    A text that a spreadsheet would take for a formula gets an apostrophe in front. Raises what `bodies` raises.
    """
    cells = Cells(layout.columns, layout.zone).of
    texts = [column.sort is not Sort.NUMBER for column in layout.columns]
    numbers = [number for number, text in enumerate(texts) if not text]
    digits: dict[Any, str] = {}
    commas = len(texts) - 1
    out.write(((BOM if layout.bom else "") + _line([neutral(layout.header(name)) for name in layout.names])).encode())
    count = 0
    for part in bodies:
        if layout.people is None:
            lines = []
            for body in part:
                row = cells(body)
                for number in numbers:
                    value = row[number]  # 18 and 18.0 are one key, but not one text
                    row[number] = digits.get(value) or _digits(digits, value) if type(value) is float else str(value)
                line = ",".join(row)
                lines.append(line if _is_plain(body, line, commas) else _careful(row, texts))
        else:
            lines = _with_people(part, cells, texts, layout.people)
        out.write(("\r\n".join(lines) + "\r\n" if lines else "").encode("utf-8", "replace"))
        count += len(part)
        step(len(part))
    if layout.ending:
        out.write(_line([neutral(layout.ending)]).encode())
    return count


def _digits(known: dict[Any, str], value: float | str) -> str:
    """A number as text; temperatures come again and again, and writing one takes long."""
    if isinstance(value, float) and len(known) < _TEMPERATURES:
        known[value] = str(value)
    return str(value)


def _is_plain(body: bytes, line: str, commas: int) -> bool:
    """Whether no cell of a row needs quotes or an apostrophe, seen from its body and the line that it makes."""
    return (
        b"\\" not in body  # only with one can a text of JSON hold a quotation mark or a control character
        and b"=" not in body
        and b"+" not in body
        and b"@" not in body
        and ",-" not in line
        and not line.startswith("-")
        and line.count(",") == commas
    )


def _careful(cells: Sequence[Any], texts: Sequence[bool]) -> str:
    shown = [neutral(cell) if text else cell for cell, text in zip(cells, texts, strict=True)]
    return _line(shown).removesuffix("\r\n")


def _with_people(
    part: Sequence[bytes], cells: Callable[[bytes], list[Any]], texts: list[bool], people: People
) -> list[str]:
    seqs = numbers_of(part)
    shown = people(seqs)
    every = [*texts, *(True for _ in PERSONAL)]
    rows = ((body, shown.get(seq, {})) for body, seq in zip(part, seqs, strict=True))
    return [_careful([*cells(body), *(who.get(name, "") for name in PERSONAL)], every) for body, who in rows]


def _line(cells: Sequence[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def jsonl_file(bodies: Bodies, out: BinaryIO, layout: Layout, step: Callable[[int], None] = lambda _: None) -> int:
    """Writes the stored bodies of rows, one a line, as they were hashed; answers how many."""
    count = 0
    for part in bodies:
        if layout.people is None:
            out.write(b"\n".join(part) + b"\n" if part else b"")
        else:
            seqs = numbers_of(part)
            shown = layout.people(seqs)
            for body, seq in zip(part, seqs, strict=True):
                out.write(body[:-1] + b',"personal":' + msgspec.json.encode(shown.get(seq, {})) + b"}\n")
        count += len(part)
        step(len(part))
    if layout.ending:
        out.write(msgspec.json.encode({"ending": layout.ending}) + b"\n")
    return count


def numbers_of(part: Sequence[bytes]) -> list[int]:
    """The numbers of rows, from their bodies."""
    return [_seq.decode(body).seq for body in part]


class _Seq(msgspec.Struct):
    seq: int


_seq = msgspec.json.Decoder(_Seq)


def neutral(text: str) -> str:
    """`text` as a spreadsheet may have it: never a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
