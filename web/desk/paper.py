"""Numbered paper sheets: printed beforehand, and their lines typed afterwards by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec
from flask import Response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from kiosk.core import paper
from kiosk.core import requests as asks
from kiosk.core.faults import SettingsError
from kiosk.core.paper import LINES
from kiosk.core.reasons import Answer
from kiosk.core.requests import PaperLine, Reply
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.printing.paper_sheet import paper_sheets
from kiosk.store.desk import Role
from web import asking
from web.access import requires
from web.desk.blueprint import blueprint
from web.parts import parts

PRINTED_AT_ONCE = 50  # more are printed by the command line
COLUMNS = ("time", "name", "room", "direction", "temperature", "outcome")
_WRITTEN = ("name", "room", "temperature", "outcome")  # a line with none of these is empty, whatever filled its time
_CLOCK = re.compile(r"(\d{1,2})[:：.]?(\d{2})")
_CORNER = re.compile(r"KIOSKSHEET:[^:]*:(\d{1,9})")  # what a sheet's own code says to a hand scanner
_BACKWARDS = timedelta(hours=12)  # a time earlier than the line above by more than this is of the next day


@dataclass(frozen=True, slots=True)
class TypedLine:
    """One line of the form: what was typed, and what became of it."""

    number: int
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    slips: tuple[tuple[str, str], ...] = ()  # what is wrong, and in which column
    entered: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing was written on it."""
        return self.entered or not any(self.values.get(name) for name in _WRITTEN)


@dataclass(frozen=True, slots=True)
class TypedSheet:
    """The form: what is the same for a whole sheet, and its lines."""

    sheet: str
    day: str
    volunteer: str
    lane: str
    lines: tuple[TypedLine, ...]


@blueprint.get("/paper")
@requires(Role.VOLUNTEER)
def typing() -> str:
    """An empty sheet to be typed."""
    done, count = (request.args.get(name, 0, type=int) for name in ("done", "count"))
    said = _("Sheet %(sheet)d: %(count)d lines entered.", sheet=done, count=count) if 0 < done < 10**9 else ""
    return _page(_empty(str(done + 1) if said else ""), said=said)


@blueprint.post("/paper")
@requires(Role.VOLUNTEER)
def enter_paper() -> tuple[str, int] | AnyResponse:
    """Enters the lines that can be; the others stay on the page, each with what is wrong with it."""
    sheet = _typed()
    read = {line.number: paper.line_of(row, _zone()) for line, row in _rows(sheet)}
    good = {number: found for number, found in read.items() if isinstance(found, PaperLine)}
    slips = {number: found for number, found in read.items() if not isinstance(found, PaperLine)}
    if not read:
        return _page(sheet, problem=_("Nothing was typed yet.")), 422
    reply = _entered(good.values()) if good else None
    if reply is not None and reply.answer is not Answer.DONE:
        return _page(sheet, problem=words.answer(reply.answer.value)), 503
    for refused in cast("list[dict[str, Any]]", reply.data.get("refused", [])) if reply else []:
        slips[int(refused["line"])] = [(refused["slip"], "")]
    lines = tuple(_after(line, slips, set(good) - set(slips)) for line in sheet.lines)
    entered = sum(line.entered for line in lines)
    if not slips:
        return redirect(url_for("desk.typing", done=sheet.sheet, count=entered), code=303)
    problem = _("Not entered yet: %(count)d. Each line says why.", count=len(slips))
    return _page(replace(sheet, lines=lines), problem=problem), 422


@blueprint.post("/paper/sheets")
@requires(Role.MANAGER)
def print_sheets() -> tuple[str, int] | Response:
    """Sheets with numbers that were never given before, as a PDF."""
    at, now = parts(), parts().now()
    kiosk = at.settings.kiosk
    try:
        paper_sheets(kiosk.id, kiosk.place, [1], now)  # no number is lost for want of a font
        count = int(asking.field("count") or "20")
    except SettingsError as error:
        return _page(_empty(), problem=str(error)), 503
    except ValueError:
        count = 0
    if not 1 <= count <= PRINTED_AT_ONCE:
        return _page(_empty(), problem=_("From 1 to %(most)d sheets at once.", most=PRINTED_AT_ONCE)), 422
    reply = asking.ask(asks.NumberSheets, count=count)
    if reply.answer is not Answer.DONE:
        return _page(_empty(), problem=words.answer(reply.answer.value)), 503
    first, last = (int(cast("int", reply.data[name])) for name in ("first", "last"))
    name = f"sheets-{first}-{last}.pdf"
    at.desk.audit.write("report_made", by=current_user.id, detail=name)
    response = Response(paper_sheets(kiosk.id, kiosk.place, range(first, last + 1), now), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _page(sheet: TypedSheet, problem: str = "", said: str = "") -> str:
    return render_template(
        "desk/paper.html",
        sheet=sheet,
        lanes=[lane.name for lane in parts().settings.lane],
        fresh=not problem,
        problem=problem,
        said=said,
        most=PRINTED_AT_ONCE,
    )


def _zone() -> ZoneInfo:
    return ZoneInfo(parts().settings.kiosk.timezone)


def _empty(number: str = "") -> TypedSheet:
    today = parts().now().astimezone(_zone()).date().isoformat()
    lines = tuple(TypedLine(at) for at in range(1, LINES + 1))
    return TypedSheet(number, today, current_user.id, parts().settings.lane[0].name, lines)


def _typed() -> TypedSheet:
    """The form as it was sent. Lines that were entered before came without their fields."""
    entered = set(asking.field("entered").split())
    number = asking.field("sheet")
    corner = _CORNER.fullmatch(number)
    lines = tuple(TypedLine(at, _fields(at), entered=str(at) in entered) for at in range(1, LINES + 1))
    return TypedSheet(
        corner[1] if corner else number, asking.field("date"), asking.field("volunteer"), asking.field("lane"), lines
    )


def _fields(number: int) -> dict[str, str]:
    typed = {name: asking.field(f"{name}-{number}") for name in COLUMNS}
    return typed | {"temperature": asking.celsius(f"temperature-{number}") or ""}


def _rows(sheet: TypedSheet) -> Iterable[tuple[TypedLine, dict[str, str]]]:
    """The lines that were typed, as `paper.line_of` reads them. An empty time is that of the line above."""
    clock, day = "", sheet.day
    for line in sheet.lines:
        if line.empty:
            continue
        given = _CLOCK.fullmatch(line.values["time"])
        typed = f"{int(given[1]):02}:{given[2]}" if given else line.values["time"]
        day = _next_day(day) if _went_back(clock, typed) else day
        clock = typed or clock
        whole = {"sheet": sheet.sheet, "line": str(line.number), "volunteer": sheet.volunteer, "lane": sheet.lane}
        yield line, {**line.values, **whole, "date": day, "time": clock}


def _went_back(before: str, now: str) -> bool:
    """Whether midnight lies between two times of one sheet, which goes on and on."""
    try:
        return datetime.strptime(before, "%H:%M") - datetime.strptime(now, "%H:%M") > _BACKWARDS  # noqa: DTZ007
    except ValueError:
        return False


def _next_day(day: str) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day


def _entered(lines: Iterable[PaperLine]) -> Reply:
    return asking.ask(asks.EnterPaper, lines=msgspec.to_builtins(tuple(lines)))


def _after(line: TypedLine, slips: Mapping[int, Iterable[tuple[str, str]]], entered: set[int]) -> TypedLine:
    found = tuple((str(slip), column) for slip, column in slips.get(line.number, ()))
    return replace(line, slips=found, entered=line.entered or line.number in entered)
