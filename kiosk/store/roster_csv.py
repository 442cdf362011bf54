"""The roster as a CSV file, as offices keep it: English or Chinese headers, UTF-8 or GB18030."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from kiosk.core.codecs.plain import has_controls
from kiosk.core.desk_requests import LineReason, Problem
from kiosk.core.model import Group
from kiosk.core.roster import Person
from kiosk.store.export import BOM, neutral

MAX_BYTES = 11 * 1024 * 1024  # as one message of the owner's socket carries it
MAX_CELL = 100  # characters
MAX_PROBLEMS = 1000
REQUIRED = ("name", "building", "room")
HEADERS: dict[str, tuple[str, ...]] = {
    "id": ("编号", "人员编号", "person"),
    "name": ("姓名", "名字"),
    "building": ("楼栋", "楼号", "栋", "幢", "楼"),
    "unit": ("单元",),
    "room": ("房号", "室", "房间", "房间号", "门牌号"),
    "phone": ("电话", "手机", "手机号", "联系电话"),
    "document": ("证件号", "证件号码", "身份证", "身份证号", "身份证号码"),
    "birth_date": ("出生日期", "生日", "birthday"),
    "group": ("类别", "人员类别"),
    "tested_at": ("检测时间", "核酸时间", "采样时间"),
    "passes": ("通行证", "通行证号", "pass_ids"),
}
_NAMES = {other: name for name, others in HEADERS.items() for other in (name, *others)}
_GROUPS = {
    **{group.value: group for group in Group},
    "": Group.RESIDENTS,
    "居民": Group.RESIDENTS,
    "访客": Group.VISITORS,
    "配送": Group.DELIVERIES,
}
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?", re.ASCII)
_PHONE = re.compile(r"\+?[\d\s()-]{3,24}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds: the people of its good lines, and every problem of the others."""

    persons: tuple[Person, ...]
    columns: frozenset[str]  # those that the file has; the others are left as they are
    problems: tuple[Problem, ...]


def parse(data: bytes, zone: tzinfo) -> Sheet:
    """The people in `data`; times without an offset are of `zone`. Never raises: problems are values.

    People without an id have an empty one.
    """
    if len(data) > MAX_BYTES:
        return _refused(1, "", LineReason.TOO_LARGE)
    text = _text(data)
    if text is None:
        return _refused(1, "", LineReason.NOT_TEXT)
    first = text.split("\n", 1)[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        header = next(lines, [])
        columns, problems = _columns(header)
        if problems:
            return Sheet((), frozenset(), tuple(problems))
        return _sheet(lines, columns, zone)
    except csv.Error:
        return _refused(lines.line_num, "", LineReason.BROKEN_QUOTES)


def write(persons: Iterable[Person]) -> bytes:
    """`persons` as a file that `parse` reads, with a byte order mark for Excel and without document numbers."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    names = [name for name in HEADERS if name != "document"]
    writer.writerow(names)
    for person in persons:
        cells = {name: getattr(person, name) for name in names if name not in {"tested_at", "passes", "group"}}
        tested = person.tested_at.isoformat() if person.tested_at else ""
        cells |= {"group": person.group.value, "tested_at": tested, "passes": " ".join(person.passes)}
        writer.writerow([neutral(cells[name]) for name in names])
    return (BOM + out.getvalue()).encode()


def _refused(line: int, column: str, reason: LineReason) -> Sheet:
    return Sheet((), frozenset(), (Problem(line, column, reason),))


def _text(data: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text.split("\n", 1)[0] else text  # UTF-16 looks like text full of NUL
    return None


def _columns(header: list[str]) -> tuple[list[str], list[Problem]]:
    """The name of each column, and what is wrong with the header."""
    problems = []
    columns = [_NAMES.get(cell.strip().casefold(), "") for cell in header]
    for cell, name in zip(header, columns, strict=True):
        if not name and cell.strip():
            problems.append(Problem(1, cell.strip()[:MAX_CELL], LineReason.UNKNOWN_COLUMN))
        elif name and columns.count(name) > 1:
            problems.append(Problem(1, name, LineReason.DOUBLE_COLUMN))
    problems += [Problem(1, name, LineReason.NO_HEADER) for name in REQUIRED if name not in columns]
    return columns, problems


def _sheet(lines: Iterator[list[str]], columns: list[str], zone: tzinfo) -> Sheet:
    persons: list[Person] = []
    problems: list[Problem] = []
    ids: set[str] = set()
    passes: set[str] = set()
    places: set[tuple[str, str]] = set()
    for cells in lines:
        line = lines.line_num  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(columns):
            problems.append(Problem(line, "", LineReason.TOO_MANY_CELLS))
            continue
        row = {name: _plain(cell) for name, cell in zip(columns, cells, strict=False) if name}
        found = [Problem(line, name, reason) for name, reason in _wrong(row)]
        found += [Problem(line, "id", LineReason.DOUBLE_ID)] * (row.get("id", "") in ids)
        held = row.get("passes", "").split()
        found += [Problem(line, "passes", LineReason.DOUBLE_PASS)] * any(each in passes for each in held)
        person = _person(row, zone) if not found else None
        if person and not person.id and person.known_by in places:
            found.append(Problem(line, "id", LineReason.DOUBLE_PERSON))
        problems += found
        if len(problems) >= MAX_PROBLEMS:
            break
        if person and not found:
            ids |= {person.id} if person.id else set()
            places.add(person.known_by)
            passes |= set(held)
            persons.append(person)
    return Sheet(tuple(persons), frozenset(filter(None, columns)), tuple(problems))


def _plain(cell: str) -> str:
    """A cell's text; an apostrophe that an export put before a formula sign is taken away again."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and neutral(text[1:]) == text else text


def _wrong(row: dict[str, str]) -> Iterator[tuple[str, LineReason]]:
    for name, text in row.items():
        if not text.isprintable() and has_controls(text):
            yield name, LineReason.CONTROL_CHARACTER
        elif len(text) > MAX_CELL * (10 if name == "passes" else 1):
            yield name, LineReason.TOO_LONG
    yield from ((name, LineReason.EMPTY) for name in REQUIRED if not row.get(name))
    if row.get("birth_date") and not _date(row["birth_date"]):
        yield "birth_date", LineReason.NOT_A_DATE
    if row.get("tested_at") and _time(row["tested_at"], UTC) is None:
        yield "tested_at", LineReason.NOT_A_TIME
    if row.get("phone") and not _PHONE.fullmatch(row["phone"]):
        yield "phone", LineReason.NOT_A_PHONE
    if row.get("group", "").casefold() not in _GROUPS:
        yield "group", LineReason.UNKNOWN_GROUP


def _person(row: dict[str, str], zone: tzinfo) -> Person:
    texts = {name: row.get(name, "") for name in ("id", "name", "building", "unit", "room", "phone", "document")}
    return Person(
        **texts,
        birth_date=_date(row.get("birth_date", "")),
        group=_GROUPS[row.get("group", "").casefold()],
        tested_at=_time(row.get("tested_at", ""), zone),
        passes=tuple(dict.fromkeys(row.get("passes", "").split())),
    )


def _date(text: str) -> str:
    """`2026-01-05`, `2026/1/5`, `20260105` and `2026年1月5日` as ISO 8601; empty for anything else."""
    match = _DATE.fullmatch(text)
    try:
        return date(*map(int, match.groups())).isoformat() if match else ""
    except ValueError:
        return ""


def _time(text: str, zone: tzinfo) -> datetime | None:
    """A day, or a day and a time, in UTC; None for anything else."""
    day, _, rest = text.replace("T", " ").partition(" ")
    iso = _date(day)
    try:
        moment = datetime.fromisoformat(f"{iso} {rest.strip() or '00:00'}".replace("Z", "+00:00")) if iso else None
        return moment and (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
