"""The logbook as files for other programs: CSV for spreadsheets, JSON Lines for scripts. Memory stays flat."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from operator import attrgetter
from typing import IO, TextIO

import msgspec

from kiosk.store.entries import Entry, Finding

BOM = "\ufeff"  # with it, Excel reads Chinese
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Cell = str | float | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its stable name, which is also what a translated header is looked up by, and its value."""

    name: str
    value: Callable[[Entry], Cell]


def _temperature(field: str) -> Callable[[Entry], Cell]:
    return lambda entry: None if entry.temperature is None else getattr(entry.temperature, field)


def _finding(finding: Finding) -> str:
    about = f"({finding.detail})" if finding.detail else ""
    return f"{finding.check}={finding.reason}{about}"


def _plain(field: str) -> Callable[[Entry], Cell]:
    return attrgetter(field)


COLUMNS: tuple[Column, ...] = (
    *(Column(name, _plain(name)) for name in ("seq", "happened", "recorded", "lane", "direction", "kind", "outcome")),
    Column("reasons", lambda entry: " ".join(entry.reasons)),
    Column("findings", lambda entry: " ".join(map(_finding, entry.findings))),
    Column("forehead_c", _temperature("forehead_c")),
    Column("temperature_source", _temperature("source")),
    *(Column(name, _plain(name)) for name in ("group", "volunteer", "format", "issuer", "source", "detail")),
    *(Column(name, _plain(name)) for name in ("visit", "refers", "with_visit", "kiosk", "epoch", "clock", "rules")),
    Column("object_c", _temperature("object_c")),
    Column("ambient_c", _temperature("ambient_c")),
    Column("temperature_model", _temperature("model")),
)
BY_NAME = {column.name: column for column in COLUMNS}


def choose(names: Sequence[str]) -> tuple[Column, ...]:
    """The columns of those names, in that order; all where there are none. Raises KeyError with an unknown name."""
    return tuple(BY_NAME[name] for name in names) or COLUMNS


def write_csv(
    rows: Iterable[Entry],
    out: TextIO,
    *,
    columns: Sequence[Column] = COLUMNS,
    header: Callable[[str], str] = str,
    zone: tzinfo = UTC,
    bom: bool = False,
) -> int:
    """Writes `rows` as CSV (RFC 4180) and answers how many there were.

    `header` turns a column's name into words. Times are written in `zone` with their offset. A text that a
    spreadsheet would take for a formula gets an apostrophe in front.
    """
    if bom:
        out.write(BOM)
    writer = csv.writer(out)
    writer.writerow([neutral(header(column.name)) for column in columns])
    count = 0
    for entry in rows:
        writer.writerow([_cell(column.value(entry), zone) for column in columns])
        count += 1
    return count


def write_jsonl(rows: Iterable[Entry], out: IO[bytes]) -> int:
    """Writes the clear fields of `rows`, one JSON object a line; answers how many."""
    encoder = msgspec.json.Encoder()
    count = 0
    for entry in rows:
        out.write(encoder.encode(entry) + b"\n")
        count += 1
    return count


def neutral(text: str) -> str:
    """`text` as a spreadsheet may have it: never a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _cell(value: Cell, zone: tzinfo) -> str | float:
    if isinstance(value, str):
        return neutral(value)
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="milliseconds")
    return "" if value is None else value
