"""The columns of an exported row: what each is called, where it stands in a stored body, and how it is written.

Bodies are decoded straight into the columns that are asked for: building whole entries would take three times
as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from operator import itemgetter
from typing import Any

import msgspec
from msgspec.structs import astuple

PERSONAL = ("name", "document", "phone", "room", "note")  # sealed fields, after the others where names are asked for
_MEMORY = 20_000  # texts that are remembered, so that memory stays flat


class Sort(StrEnum):
    """How a column's value is stored."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    REASONS = "reasons"
    CHECKS = "checks"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its stable name, which a translated header is looked up by; its place in the body; its sort."""

    name: str
    field: str
    sort: Sort = Sort.TEXT


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, name) for name in names)


COLUMNS: tuple[Column, ...] = (
    Column("seq", "seq", Sort.NUMBER),
    Column("happened", "happened", Sort.TIME),
    Column("recorded", "recorded", Sort.TIME),
    *_texts("lane", "direction", "kind", "outcome"),
    Column("reasons", "reasons", Sort.REASONS),
    Column("findings", "findings", Sort.CHECKS),
    Column("forehead_c", "temperature.forehead_c", Sort.NUMBER),
    Column("temperature_source", "temperature.source"),
    *_texts("group", "volunteer", "format", "issuer", "source", "detail", "visit", "refers", "with_visit", "kiosk"),
    Column("epoch", "epoch", Sort.NUMBER),
    *_texts("clock", "rules"),
    Column("object_c", "temperature.object_c", Sort.NUMBER),
    Column("ambient_c", "temperature.ambient_c", Sort.NUMBER),
    Column("temperature_model", "temperature.model"),
    Column("person_tag", "person_tag"),
)
BY_NAME = {column.name: column for column in COLUMNS}


def choose(names: Sequence[str]) -> tuple[Column, ...]:
    """The columns of those names, in that order; all where there are none. Raises KeyError with an unknown name."""
    return tuple(BY_NAME[name] for name in names) or COLUMNS


_TYPES: dict[Sort, tuple[Any, Any]] = {
    Sort.TEXT: (str, ""),
    Sort.TIME: (str, ""),
    Sort.NUMBER: (int | float | str, ""),
    Sort.REASONS: (msgspec.Raw, msgspec.Raw(b"[]")),
    Sort.CHECKS: (msgspec.Raw, msgspec.Raw(b"[]")),
}
_INSIDE = "temperature."
_REASONS = msgspec.json.Decoder(list[str])
_CHECKS = msgspec.json.Decoder(list[list[str]])  # check, outcome, reason, and the rule of a country that it is about


class Cells:
    """Turns stored bodies into the values of chosen columns. Times are written in `zone` with their offset."""

    def __init__(self, columns: Sequence[Column], zone: tzinfo) -> None:
        self._zone = zone
        outer, inner = _fields(columns, inside=False), _fields(columns, inside=True)
        measurement = msgspec.defstruct("Measurement", inner)
        row = msgspec.defstruct("Row", [*outer, ("temperature", measurement | None, None)])
        self._decode = msgspec.json.Decoder(row).decode
        self._none = astuple(measurement())
        places = {name: number for number, (name, *_) in enumerate(outer)}
        places |= {_INSIDE + name: len(outer) + 1 + number for number, (name, *_) in enumerate(inner)}
        self._pick = itemgetter(*(places[column.field] for column in columns), 0)  # one more: never a single value
        self._times = [number for number, column in enumerate(columns) if column.sort is Sort.TIME]
        self._lists = [number for number, column in enumerate(columns) if column.sort in (Sort.REASONS, Sort.CHECKS)]
        self._minutes: dict[str, tuple[str, str]] = {}
        self._known: dict[bytes, str] = {}

    def of(self, body: bytes) -> list[Any]:
        """The values of one row: texts, numbers, and "" where there is nothing. Raises msgspec.DecodeError."""
        row: Any = self._decode(body)
        measured = row.temperature
        cells = list(self._pick(astuple(row) + (self._none if measured is None else astuple(measured))))
        cells.pop()
        minutes, known = self._minutes, self._known
        before = shown = ""
        for number in self._times:
            text = cells[number]
            if text != before:  # mostly a thing is recorded when it happens
                minute = minutes.get(text[:17]) or self._minute(text)
                before, shown = text, minute[0] + text[17:23] + minute[1]
            cells[number] = shown
        for number in self._lists:
            raw = bytes(cells[number])
            text = known.get(raw)
            cells[number] = self._list(raw) if text is None else text
        return cells

    def _minute(self, text: str) -> tuple[str, str]:
        """What stands before and after the seconds of a time of that minute, in the zone."""
        if len(self._minutes) >= _MEMORY:
            self._minutes.clear()
        local = datetime.fromisoformat(f"{text[:17]}00.000+00:00").astimezone(self._zone)
        whole = local.isoformat(timespec="milliseconds")
        return self._minutes.setdefault(text[:17], (whole[:17], whole[23:]))

    def _list(self, raw: bytes) -> str:
        if len(self._known) >= _MEMORY:
            self._known.clear()
        parts = map(_check, _CHECKS.decode(raw)) if raw.startswith(b"[[") else _REASONS.decode(raw)
        return self._known.setdefault(raw, " ".join(parts))


def _check(finding: list[str]) -> str:
    check, _, reason, *about = finding
    return f"{check}={reason}({about[0]})" if about else f"{check}={reason}"


def _fields(columns: Sequence[Column], *, inside: bool) -> list[tuple[str, Any, Any]]:
    """The fields of the body, or of its measurement, that the columns need."""
    names = {
        column.field.removeprefix(_INSIDE): _TYPES[column.sort]
        for column in columns
        if column.field.startswith(_INSIDE) is inside
    }
    return [(name, kind, default) for name, (kind, default) in names.items()]
