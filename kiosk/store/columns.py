"""The columns of an exported row: what each is called, where it stands in a stored body, and how it is written.

Bodies are decoded straight into the columns that are asked for: building whole entries would take three times
as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import astuple

from kiosk.store.entries import unreadable

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
        measurement = msgspec.defstruct("Measurement", inner, gc=False)
        row = msgspec.defstruct("Row", [*outer, ("temperature", measurement | None, None)], gc=False)
        self._decode = msgspec.json.Decoder(row).decode
        self._none = astuple(measurement())
        places = {name: number for number, (name, *_) in enumerate(outer)}
        places |= {_INSIDE + name: len(outer) + 1 + number for number, (name, *_) in enumerate(inner)}
        self._places = [places[column.field] for column in columns]
        self._sorts = [column.sort for column in columns]
        self._hours: dict[str, tuple[str, str]] = {}  # of UTC: what stands before and after minutes and seconds
        self._lists = _Lists()

    def columns(self, bodies: Sequence[bytes]) -> list[Sequence[Any]]:
        """Every column's values in the order of the rows: texts, numbers, and "" where there is nothing.

        Some hundred rows at once are quickest: more do not stay in the processor's cache. Raises LogbookBroken.
        """
        rows, none = [], self._none
        row: Any
        try:
            for row in map(self._decode, bodies):
                measured = row.temperature
                rows.append(astuple(row) + (none if measured is None else astuple(measured)))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(error) from error
        stored = list(zip(*rows, strict=True)) if rows else [()] * (max(self._places, default=0) + 1)
        return [self._shown(sort, stored[place]) for sort, place in zip(self._sorts, self._places, strict=True)]

    def _shown(self, sort: Sort, values: Sequence[Any]) -> Sequence[Any]:
        if sort is Sort.TIME:
            return self._times(values)
        if sort in (Sort.REASONS, Sort.CHECKS):
            return list(map(self._lists.__getitem__, map(bytes, values)))
        return values

    def _times(self, texts: Sequence[str]) -> list[str]:
        hours, shown = self._hours, []
        for text in texts:
            hour = hours.get(text[:14])
            if hour is None:
                shown.append(self._time(text))
            else:
                shown.append(f"{hour[0]}{text[14:23]}{hour[1]}")
        return shown

    def _time(self, text: str) -> str:
        """One time in the zone; remembers the whole hour where its minutes are the same there."""
        if not text:
            return ""
        try:
            begin, end, moment = (
                datetime.fromisoformat(f"{part}+00:00") for part in (f"{text[:14]}00", f"{text[:14]}59", text[:23])
            )
        except ValueError as error:
            raise unreadable(error) from error
        first, last = begin.astimezone(self._zone), end.astimezone(self._zone)
        if first.minute == 0 and first.utcoffset() == last.utcoffset():
            if len(self._hours) >= _MEMORY:
                self._hours.clear()
            whole = first.isoformat(timespec="milliseconds")
            self._hours[text[:14]] = whole[:14], whole[23:]
        return moment.astimezone(self._zone).isoformat(timespec="milliseconds")


class _Lists(dict[bytes, str]):
    """Lists as they are stored, and how they are shown: there are few different ones."""

    def __missing__(self, raw: bytes) -> str:
        if len(self) >= _MEMORY:
            self.clear()
        try:
            parts = map(_check, _CHECKS.decode(raw)) if raw.startswith(b"[[") else _REASONS.decode(raw)
            return self.setdefault(raw, " ".join(parts))
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            raise unreadable(error) from error


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
