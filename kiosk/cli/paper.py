"""`kiosk paper`: numbered sheets for the hours without a kiosk, and their lines typed afterwards."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from kiosk.cli import _gate
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core import paper
from kiosk.core.faults import KioskError, SettingsError
from kiosk.core.paper import Problem, Slip
from kiosk.core.requests import EnterPaper, NumberSheets
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.printing.paper_sheet import paper_sheets
from kiosk.store import lists

_AT_ONCE = 100  # lines of one request


@click.group(name="paper")
def command() -> None:
    """Print numbered paper sheets, and enter what was written on them.

    \b
    Example:
      kiosk paper sheets --count 20 --out sheets.pdf
      kiosk paper enter typed.csv
    """


@command.command()
@state_option
@click.option("--count", type=click.IntRange(1, 500), default=20, show_default=True, help="How many sheets.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="PDF file.")
def sheets(state: Path | None, config: Path | None, count: int, out: Path) -> None:
    """Prints sheets of twenty lines into a PDF, each with a number that this kiosk never gives again.

    Print them before they are needed, and keep them at the post.

    \b
    Example:
      kiosk paper sheets --count 20 --out sheets.pdf
    """
    places = open_places(state)
    settings = open_settings(config, places)
    paper_sheets(
        settings.kiosk.id, settings.kiosk.place, [1], datetime.now(UTC)
    )  # no number is lost for want of a font
    numbers = _gate.done(_gate.ask(places, settings, NumberSheets, count=count))
    first, last = int(numbers["first"]), int(numbers["last"])
    made = paper_sheets(settings.kiosk.id, settings.kiosk.place, range(first, last + 1), datetime.now(UTC))
    lists.write_whole(out, made, mode=0o644)
    click.echo(_("Sheets %(first)d to %(last)d", first=first, last=last), err=True)


@command.command()
@state_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--by", default=_gate.BY, show_default=True, help="Who typed it.")
def enter(state: Path | None, config: Path | None, file: Path, by: str) -> None:
    """Enters the lines of paper sheets from a CSV FILE; each visit counts when it happened.

    Columns, in English or Chinese: sheet/表号, line/行, date/日期, time/时间, outcome/结果, volunteer/志愿者, and where
    there are any name/姓名, room/房号, temperature/体温, direction/方向, lane/通道. Outcomes are pass, check, deny.
    Sheet, date and volunteer left empty are those of the line above. Where a line cannot be read, nothing is
    entered; a line that is there already is named and left alone, so that a mended file can be entered again.

    \b
    Example:
      kiosk paper enter typed.csv --by chen
    """
    places = open_places(state)
    settings = open_settings(config, places)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(_("%(file)s: not UTF-8 text; save it as CSV UTF-8", file=file)) from error
    lines, problems = paper.parse(text, ZoneInfo(settings.kiosk.timezone))
    for problem in problems:
        click.echo(f"{file}:{_where(problem)}: {words.say(words.SLIPS, problem.slip)}", err=True)
    if problems:
        raise KioskError(_("nothing was entered: %(count)d places are wrong", count=len(problems)))
    if not lines:
        raise KioskError(_("%(file)s: holds no line", file=file))
    written, refused = 0, []
    for at in range(0, len(lines), _AT_ONCE):
        data = _gate.done(_gate.ask(places, settings, EnterPaper, by=by, lines=lines[at : at + _AT_ONCE]))
        written += int(data["written"])
        refused += [Problem(Slip(each["slip"]), 0, each["sheet"], each["line"]) for each in data["refused"]]
    for problem in refused:
        click.echo(f"{file}:{_where(problem)}: {words.say(words.SLIPS, problem.slip)}", err=True)
    click.echo(_("%(written)d lines entered, %(refused)d left alone", written=written, refused=len(refused)))
    if refused:
        sys.exit(1)


def _where(problem: Problem) -> str:
    parts = [str(problem.row)] if problem.row else []
    if problem.sheet or problem.line:
        parts.append(_("sheet %(sheet)d line %(line)d", sheet=problem.sheet, line=problem.line))
    return " ".join([*parts, problem.column]).strip()
