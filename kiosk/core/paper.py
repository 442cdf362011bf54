"""Numbered paper sheets: which numbers come next, what a typed line must be, and the row that it becomes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

import msgspec

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.model import Direction, Measurement, Outcome, TemperatureSource
from kiosk.core.requests import PaperLine

LINES = 20  # on a sheet
SOURCE = "paper"
SKIPPED = 1000  # numbers left out after a restore: the old card may have printed some since the backup
OLDEST = timedelta(days=366)


class Slip(StrEnum):
    """What is wrong with a line."""

    UNKNOWN_SHEET = "unknown_sheet"  # that number was never printed here
    DUPLICATE = "duplicate"  # sheet and line are in the log already, or twice in the file
    IN_FUTURE = "in_future"
    TOO_OLD = "too_old"
    NO_HEADER = "no_header"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_DAY = "not_a_day"
    NOT_A_TIME = "not_a_time"
    NO_SUCH_TIME = "no_such_time"  # the clocks went forward over it
    TWICE_THAT_DAY = "twice_that_day"  # the clocks went back over it
    NOT_AN_OUTCOME = "not_an_outcome"
    NOT_A_TEMPERATURE = "not_a_temperature"
    NOT_A_DIRECTION = "not_a_direction"
    NOBODY = "nobody"  # neither name nor room
    NO_VOLUNTEER = "no_volunteer"
    WRONG_LENGTH = "wrong_length"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the row of the file (1 is the header; 0 unknown), sheet and line, and the column."""

    slip: Slip
    row: int = 0
    sheet: int = 0
    line: int = 0
    column: str = ""


# --- Numbers ----------------------------------------------------------------------------------------------


def last_number(rows: Iterable[tuple[EntryKind, str]]) -> int:
    """The last number that is taken, from kind and detail of the log's rows about sheets and restores, in order."""
    last = 0
    for kind, detail in rows:
        if kind is EntryKind.RESTORED:
            last += SKIPPED
        elif kind is EntryKind.SHEETS:
            last = max(last, int(detail.partition("-")[2] or detail))
    return last


def visit_of(sheet: int, line: int) -> str:
    """The visit that a line is of; the same line always has the same."""
    return f"paper-{sheet}-{line}"


def wrong_with(line: PaperLine, last: int, now: datetime) -> Slip | None:
    """What keeps a line out of the log, its double aside; `last` is the last sheet that was printed."""
    if line.sheet > last:
        return Slip.UNKNOWN_SHEET
    if line.happened > now:
        return Slip.IN_FUTURE
    return Slip.TOO_OLD if line.happened < now - OLDEST else None


def draft(line: PaperLine, typed_by: str) -> Draft:
    """The row of a line; it counts when it happened, and says that it came from paper."""
    measured = None
    if line.celsius is not None:
        c = line.celsius
        measured = Measurement(c, c, None, 0.0, 1, "contact", line.happened, TemperatureSource.CONTACT)
    identity = tuple((name, value) for name, value in (("name", line.name), ("room", line.room)) if value)
    return Draft(
        kind=EntryKind.VISIT,
        happened=line.happened,
        lane=line.lane,
        visit=visit_of(line.sheet, line.line),
        direction=line.direction,
        outcome=line.outcome,
        measurement=measured,
        volunteer=line.volunteer,
        source=SOURCE,
        detail=f"sheet {line.sheet} line {line.line}" + (f" typed by {typed_by}" if typed_by != line.volunteer else ""),
        sealed=((SealClass.IDENTITY, identity),) if identity else (),
    )


# --- The typed file ---------------------------------------------------------------------------------------

_COLUMNS = {
    "sheet": ("sheet", "表号", "sheet / 表号"),
    "line": ("line", "行", "序号"),
    "date": ("date", "日期"),
    "time": ("time", "时间"),
    "name": ("name", "姓名"),
    "room": ("room", "楼栋房号", "房号"),
    "temperature": ("temperature", "体温"),
    "outcome": ("outcome", "结果"),
    "volunteer": ("volunteer", "志愿者", "值守人"),
    "direction": ("direction", "方向"),
    "lane": ("lane", "通道"),
}
NEEDED = ("sheet", "line", "date", "time", "outcome", "volunteer")
_OUTCOMES = {
    **dict.fromkeys(("pass", "放行", "通过", "√"), Outcome.PASS),
    **dict.fromkeys(("check", "复核", "核查"), Outcome.CHECK),
    **dict.fromkeys(("deny", "stop", "劝返", "拒绝", "×"), Outcome.DENY),
}
_DIRECTIONS = {"": Direction.IN, "in": Direction.IN, "进": Direction.IN, "out": Direction.OUT, "出": Direction.OUT}


def parse(text: str, zone: tzinfo) -> tuple[tuple[PaperLine, ...], tuple[Problem, ...]]:
    """The lines of a CSV with times of `zone`, and everything that is wrong with the others.

    Columns by their English or Chinese names: sheet, line, date, time, name, room, temperature, outcome, volunteer,
    direction, lane. A sheet, date or volunteer left empty is that of the line above, as on paper.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    header = [cell.strip().lower() for cell in next(_rows(reader), [])]
    known = {name: header.index(word) for name, words in _COLUMNS.items() for word in words if word in header}
    missing = tuple(Problem(Slip.NO_HEADER, 1, column=name) for name in NEEDED if name not in known)
    if missing:
        return (), missing
    lines: list[PaperLine] = []
    problems: list[Problem] = []
    above: dict[str, str] = {}
    for cells in _rows(reader):
        if not any(cell.strip() for cell in cells):
            continue
        row = {name: cells[at].strip() if at < len(cells) else "" for name, at in known.items()}
        row |= {name: above.get(name, "") for name in ("sheet", "date", "volunteer") if not row[name]}
        above = row
        found = line_of(row, zone)
        if isinstance(found, PaperLine):
            lines.append(found)
        else:
            at = _number(row["sheet"]), _number(row["line"])
            problems += [Problem(slip, reader.line_num, *at, column) for slip, column in found]
    seen: set[tuple[int, int]] = set()
    for line in lines:
        if (line.sheet, line.line) in seen:
            problems.append(Problem(Slip.DUPLICATE, 0, line.sheet, line.line))
        seen.add((line.sheet, line.line))
    return tuple(lines), tuple(problems)


def line_of(row: Mapping[str, str], zone: tzinfo) -> PaperLine | list[tuple[Slip, str]]:
    """The line of one typed row, its columns by their English names; else what is wrong, and in which column."""
    wrong: list[tuple[Slip, str]] = []
    values: dict[str, object] = {"name": row.get("name", ""), "room": row.get("room", ""), "lane": row.get("lane", "")}
    for name, most in (("sheet", 10**9), ("line", LINES)):
        values[name] = _number(row[name])
        if not 1 <= _number(row[name]) <= most:
            wrong.append((Slip.NOT_A_NUMBER, name))
    happened = moment(row["date"], row["time"], zone)
    if isinstance(happened, Slip):
        wrong.append((happened, "date" if happened is Slip.NOT_A_DAY else "time"))
    values["happened"] = happened
    celsius = row.get("temperature", "").removesuffix("°C").removesuffix("℃").strip()
    try:
        values["celsius"] = float(celsius) if celsius else None
        if celsius and not 30 <= float(celsius) <= 45:
            wrong.append((Slip.NOT_A_TEMPERATURE, "temperature"))
    except ValueError:
        wrong.append((Slip.NOT_A_TEMPERATURE, "temperature"))
    for name, words, slip in (
        ("outcome", _OUTCOMES, Slip.NOT_AN_OUTCOME),
        ("direction", _DIRECTIONS, Slip.NOT_A_DIRECTION),
    ):
        values[name] = words.get(row.get(name, "").lower())
        if values[name] is None:
            wrong.append((slip, name))
    values["volunteer"] = row["volunteer"]
    if not row["volunteer"]:
        wrong.append((Slip.NO_VOLUNTEER, "volunteer"))
    if not (row.get("name") or row.get("room")):
        wrong.append((Slip.NOBODY, "name"))
    if wrong:
        return wrong
    try:
        return msgspec.convert(values, PaperLine)
    except msgspec.ValidationError as error:
        return [(Slip.WRONG_LENGTH, str(error).rpartition("$.")[2].rstrip("`"))]


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows of a CSV; where it is none any more, one row that is no line, so that it is named."""
    try:
        yield from reader
    except csv.Error:  # a cell of 128 KiB: no sheet of paper
        yield ["\0"]


def _number(digits: str) -> int:
    """A plain number; 0 where it is none."""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def moment(day: str, clock: str, zone: tzinfo) -> datetime | Slip:
    """The instant of a local day (2026-11-21) and time (07:30, or 02:30+01:00 where it comes twice), in UTC."""
    try:
        on = date.fromisoformat(day.replace("/", "-").replace(".", "-"))
    except ValueError:
        return Slip.NOT_A_DAY
    try:
        at = time.fromisoformat(clock.replace("：", ":").zfill(5) if len(clock) < 5 else clock.replace("：", ":"))
    except ValueError:
        return Slip.NOT_A_TIME
    return local(on, at, zone)


def local(on: date, at: time, zone: tzinfo) -> datetime | Slip:
    """The instant of a local time, or why there is none, or two."""
    if at.tzinfo is not None:
        return datetime.combine(on, at).astimezone(UTC)
    first, second = (datetime.combine(on, at.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    back = first.astimezone(zone).replace(tzinfo=None)
    return Slip.TWICE_THAT_DAY if back == datetime.combine(on, at.replace(tzinfo=None)) else Slip.NO_SUCH_TIME
