"""Passes for many people out of one CSV file, the same ones however often it is said again.

The id of a pass is made of the key and of what stands in the line: a run that was cut short, or a file whose wrong
lines were mended, gives nobody a second pass. Columns, in English or Chinese: name, and where there are any person,
group, from, until, days, tested_at, household. Lines with the same household become one pass: its first line is the
holder's, and says everything else.
"""

from __future__ import annotations

import csv
import hmac
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from kiosk.core.codecs import Rejected, cwt, malformed, plain
from kiosk.core.entry import iso
from kiosk.core.formats import local_pass
from kiosk.core.model import Group, Holder
from kiosk.store.pass_keys import PassKey

MAX_BYTES, MAX_LINES = 8 * 1024 * 1024, 50_000
ID_BYTES = 8
YEARS = range(1971, 2999)
HEADERS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "名字"),
    "person": ("编号", "人员编号", "id"),
    "group": ("类别", "人员类别"),
    "from": ("起始", "开始日期"),
    "until": ("截止", "截止日期", "有效期至"),
    "days": ("天数",),
    "tested_at": ("检测时间", "核酸时间", "采样时间"),
    "household": ("户", "家庭", "户号"),
}
IGNORED = frozenset({"line", "column", "reason", "行", "列", "原因"})  # of a file of errors that was mended
_RECORD = ("line", "name", "person", "pass_id", "from", "until", "household")
_NAMES = {other: name for name, others in HEADERS.items() for other in (name, *others)}
_GROUPS = {**{group.value: group for group in Group}, "": Group.RESIDENTS, "居民": Group.RESIDENTS,
           "访客": Group.VISITORS, "配送": Group.DELIVERIES}  # fmt: skip


class LineReason(StrEnum):
    """Why a line makes no pass."""

    NOT_TEXT = "not_text"
    TOO_LARGE = "too_large"
    NO_NAME_COLUMN = "no_name_column"
    UNKNOWN_COLUMN = "unknown_column"
    TOO_MANY_CELLS = "too_many_cells"
    NO_NAME = "no_name"
    UNKNOWN_GROUP = "unknown_group"
    NOT_A_TIME = "not_a_time"
    NOT_DAYS = "not_days"
    BOTH_ENDS = "both_ends"
    ENDS_FIRST = "ends_first"
    SAME_AS_BEFORE = "same_as_before"
    LARGE_HOUSEHOLD = "large_household"
    BROKEN_QUOTES = "broken_quotes"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one line, as it stood in the file."""

    line: int
    column: str
    reason: LineReason
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """One pass that somebody asks for. Times are aware UTC."""

    line: int
    name: str
    person: str
    group: Group
    valid_from: datetime
    valid_until: datetime
    tested_at: datetime | None
    household: tuple[Holder, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file asks for, its header, and every line that makes no pass."""

    wishes: tuple[Wish, ...] = ()
    header: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Issued:
    """A pass that was made."""

    wish: Wish
    credential_id: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Usual:
    """What a line means that does not say it: when passes begin, and for how many days of `zone` they hold."""

    begins: datetime
    days: int
    zone: ZoneInfo


def parse(data: bytes, usual: Usual) -> Sheet:
    """What `data` asks for. Never raises: problems are values."""
    if len(data) > MAX_BYTES:
        return Sheet(problems=(Problem(1, "", LineReason.TOO_LARGE),))
    text = _text(data)
    if text is None:
        return Sheet(problems=(Problem(1, "", LineReason.NOT_TEXT),))
    first = text.split("\n", 1)[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        header = tuple(cell.strip() for cell in next(lines, []))
        columns = [_NAMES.get(cell.casefold(), "") for cell in header]
        unknown = [
            Problem(1, plain.words(cell), LineReason.UNKNOWN_COLUMN)
            for cell, name in zip(header, columns, strict=True)
            if cell and not name and cell.casefold() not in IGNORED
        ]
        if "name" not in columns:
            unknown.append(Problem(1, "name", LineReason.NO_NAME_COLUMN))
        if unknown:
            return Sheet(header=header, problems=tuple(unknown))
        return _sheet(lines, header, columns, usual)
    except csv.Error:
        return Sheet(problems=(Problem(lines.line_num, "", LineReason.BROKEN_QUOTES),))


def issue(wish: Wish, own: PassKey) -> Issued:
    """The pass that a wish becomes: for the same key always the same; one more of the household changes no id."""
    until, since, tested = (moment and iso(moment) for moment in (wish.valid_until, wish.valid_from, wish.tested_at))
    stated = [own.signer.issuer, wish.person, wish.name, wish.group.value, until, since, tested]
    content = json.dumps(stated, ensure_ascii=False).encode()
    credential_id = hmac.digest(own.key.private_bytes_raw(), b"pass id\0" + content, "sha256")[:ID_BYTES]
    text = local_pass.issue(
        own.key,
        issuer=own.signer.issuer,
        credential_id=credential_id,
        name=wish.name,
        person=wish.person,
        group=wish.group,
        valid_from=wish.valid_from,
        valid_until=wish.valid_until,
        tested_at=wish.tested_at,
        household=wish.household,
    )
    return Issued(wish, credential_id.hex(), text)


def record(issued: Iterable[Issued], before: bytes = b"") -> bytes:
    """The issued passes as CSV without their codes: what the deny list and the roster ask for.

    Lines of an earlier record that are about other passes stay, first.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_RECORD)
    issued = tuple(issued)
    anew = {each.credential_id for each in issued}
    for row in csv.DictReader(io.StringIO(_text(before) or "", newline="")):
        if row.get("pass_id") and row["pass_id"] not in anew:
            writer.writerow([row.get(name) or "" for name in _RECORD])
    for each in issued:
        wish = each.wish
        others = " ".join(other.name or "" for other in wish.household)
        cells = [wish.name, wish.person, each.credential_id, iso(wish.valid_from), iso(wish.valid_until), others]
        writer.writerow([wish.line, *map(_neutral, cells)])
    return ("\ufeff" + out.getvalue()).encode()


def begins_of(data: bytes) -> datetime | None:
    """When the passes of an earlier record begin, so that a later run means the same day; None where it has none."""
    text = _text(data) or ""
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    try:
        return cwt.instant(rows[0]["from"]) if rows else None
    except (KeyError, Rejected, TypeError):
        return None


def errors(sheet: Sheet, said: dict[LineReason, str]) -> bytes:
    """Every problem with its line, and the line as it stood: mended, the file can be given again."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    kept = [at for at, name in enumerate(sheet.header) if name.casefold() not in IGNORED]
    writer.writerow(["line", "column", "reason", *(sheet.header[at] for at in kept)])
    for problem in sheet.problems:
        cells = [problem.cells[at] if at < len(problem.cells) else "" for at in kept]
        writer.writerow([problem.line, problem.column, said[problem.reason], *map(_neutral, cells)])
    return ("\ufeff" + out.getvalue()).encode()


def end_of_day(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Midnight after the last of `days` days, the first being the day of `start` in `zone`."""
    if start.year not in YEARS:
        return datetime(YEARS.stop, 1, 1, tzinfo=UTC)
    after = start.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(after, time.min, zone).astimezone(UTC)


def _text(data: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None


def _sheet(lines: Iterator[list[str]], header: tuple[str, ...], columns: list[str], usual: Usual) -> Sheet:
    wishes: dict[tuple[str, ...], Wish] = {}
    problems: list[Problem] = []
    for cells in lines:
        line = lines.line_num  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in cells):
            continue
        if len(wishes) + len(problems) >= MAX_LINES:
            problems.append(Problem(line, "", LineReason.TOO_LARGE))
            break
        row = {name: cell.strip().removeprefix("'") for name, cell in zip(columns, cells, strict=False) if name}
        wrong = ("", LineReason.TOO_MANY_CELLS) if len(cells) > len(columns) else _join(row, line, wishes, usual)
        if wrong:
            problems.append(Problem(line, *wrong, tuple(cells)))
    return Sheet(tuple(wishes.values()), header, tuple(problems))


def _join(
    row: dict[str, str], line: int, wishes: dict[tuple[str, ...], Wish], usual: Usual
) -> tuple[str, LineReason] | None:
    """Makes the line a wish, or a member of the household of one before; what is wrong with it, where it is."""
    name, person = plain.words(row.get("name", "")), plain.words(row.get("person", ""))
    if not name:
        return "name", LineReason.NO_NAME
    household = plain.words(row.get("household", ""))
    first = wishes.get(("household", household)) if household else None
    if first is not None:
        if (person, name) in [(first.person, first.name), *((h.person or "", h.name) for h in first.household)]:
            return "name", LineReason.SAME_AS_BEFORE
        if len(first.household) >= local_pass.MOST_OTHERS:
            return "household", LineReason.LARGE_HOUSEHOLD
        members = (*first.household, Holder(name=name, person=person or None))
        wishes["household", household] = _replaced(first, members)
        return None
    wish = _wish(row, line, name, person, usual)
    if isinstance(wish, tuple):
        return wish
    key = ("household", household) if household else ("person", person) if person else ("name", name)
    if key in wishes:
        return key[0], LineReason.SAME_AS_BEFORE
    wishes[key] = wish
    return None


def _replaced(wish: Wish, household: tuple[Holder, ...]) -> Wish:
    return Wish(
        wish.line, wish.name, wish.person, wish.group, wish.valid_from, wish.valid_until, wish.tested_at, household
    )


def _wish(row: dict[str, str], line: int, name: str, person: str, usual: Usual) -> Wish | tuple[str, LineReason]:
    group = _GROUPS.get(row.get("group", "").casefold())
    if group is None:
        return "group", LineReason.UNKNOWN_GROUP
    times: dict[str, datetime | None] = {}
    for column in ("from", "until", "tested_at"):
        try:
            times[column] = _moment(row.get(column, ""), usual.zone)
        except Rejected:
            return column, LineReason.NOT_A_TIME
    days = row.get("days", "")
    if days and not (days.isascii() and days.isdigit() and len(days) < 5 and 1 <= int(days) <= 3660):
        return "days", LineReason.NOT_DAYS
    if days and times["until"]:
        return "days", LineReason.BOTH_ENDS
    begins = times["from"] or usual.begins
    ends = times["until"]
    if ends is None:
        ends = end_of_day(begins, int(days or usual.days), usual.zone)
    elif len(row["until"]) == len("2026-11-21"):
        ends = end_of_day(ends, 1, usual.zone)  # a day alone counts whole
    if ends <= begins:
        return "until", LineReason.ENDS_FIRST
    return Wish(line, name, person, group, begins, ends, times["tested_at"])


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A day or time; one without an offset is of `zone`. Raises Rejected(MALFORMED)."""
    if not text:
        return None
    found = cwt.instant(text.replace("/", "-"))
    if found.year not in YEARS:
        raise malformed("a year in which no pass is used")
    told = any(mark in text[10:] for mark in "+-Zz")
    return found if told else found.replace(tzinfo=zone).astimezone(UTC)


def _neutral(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
