"""`kiosk roster`: the people of the compound, in and out as CSV."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kiosk.cli._desk import BY, ask, wrong_reply
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core.desk_requests import ExportRoster, ImportRoster, LineReason, Problem, RosterFile, RosterPreview
from kiosk.core.faults import SettingsError
from kiosk.locale import gettext as _

_SHOWN = 50  # problems; the rest are counted


@click.group(name="roster")
def command() -> None:
    """Import and export the roster.

    \b
    Example:
      kiosk roster import residents.csv            what would change, and every line that is wrong
      kiosk roster import residents.csv --apply
      kiosk roster export --out residents.csv
    """


@command.command(name="import")
@state_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--apply", "applies", is_flag=True, help="Take it over; without this it is only looked through.")
def import_(state: Path | None, config: Path | None, file: Path, applies: bool) -> None:
    """Looks through the CSV FILE, or takes it over whole; nothing is changed where any line is wrong.

    Columns, in English or Chinese: name/姓名, building/楼栋, room/房号, and where there are any id/编号, unit/单元,
    phone/电话, document/证件号, birth_date/出生日期, group/类别, tested_at/检测时间, passes/通行证.

    \b
    Example:
      kiosk roster import residents.csv --apply
    """
    places = open_places(state)
    zone = open_settings(config, places).kiosk.timezone
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from error
    reply = ask(places, ImportRoster(by=BY, csv=data, apply=applies, timezone=zone))
    if not isinstance(reply, RosterPreview):
        raise wrong_reply(reply)
    for problem in reply.problems[:_SHOWN]:
        click.echo(f"{file}:{problem.line}: {_told(problem)}", err=True)
    if len(reply.problems) > _SHOWN:
        click.echo(_("and %(count)d more", count=len(reply.problems) - _SHOWN), err=True)
    numbers = {"new": reply.new, "changed": reply.changed, "unchanged": reply.unchanged, "kept": reply.kept}
    if reply.problems:
        click.echo(_("Nothing was changed: %(count)d places are wrong.", count=len(reply.problems)), err=True)
        sys.exit(1)
    said = _("%(new)d new, %(changed)d changed, %(unchanged)d unchanged; %(kept)d others stay.", **numbers)
    click.echo(said + " " + (_("Done.") if reply.applied else _("Nothing was changed yet; add --apply to do it.")))


@command.command()
@state_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), required=True, help="File.")
def export(state: Path | None, config: Path | None, out: Path) -> None:  # noqa: ARG001 - every command takes it
    """Writes the roster as CSV, without document numbers: of those only a keyed hash is kept.

    \b
    Example:
      kiosk roster export --out residents.csv
    """
    reply = ask(open_places(state), ExportRoster(by=BY))
    if not isinstance(reply, RosterFile):
        raise wrong_reply(reply)
    try:
        with click.open_file(str(out), "wb") as file:
            file.write(reply.csv)
    except OSError as error:
        raise SettingsError(f"{out}: {error.strerror}") from error
    click.echo(_("%(count)d people", count=reply.persons), err=True)


def _told(problem: Problem) -> str:
    said = {
        LineReason.NOT_TEXT: _("neither UTF-8 nor GB18030 text; save the file as CSV"),
        LineReason.TOO_LARGE: _("the file is too large"),
        LineReason.NO_HEADER: _("this column is missing"),
        LineReason.DOUBLE_COLUMN: _("this column is there twice"),
        LineReason.UNKNOWN_COLUMN: _("no column of a roster is called so"),
        LineReason.TOO_MANY_CELLS: _("more cells than columns"),
        LineReason.EMPTY: _("must not be empty"),
        LineReason.TOO_LONG: _("too long"),
        LineReason.CONTROL_CHARACTER: _("holds a control character"),
        LineReason.NOT_A_DATE: _("no date, such as 1960-05-31"),
        LineReason.NOT_A_TIME: _("no time, such as 2026-11-21 07:30"),
        LineReason.NOT_A_PHONE: _("no phone number"),
        LineReason.UNKNOWN_GROUP: _("none of residents, visitors, deliveries"),
        LineReason.DOUBLE_ID: _("the same id as in a line before"),
        LineReason.DOUBLE_PERSON: _("the same name and place as in a line before; give both an id"),
        LineReason.DOUBLE_PASS: _("the same pass as in a line before"),
        LineReason.BROKEN_QUOTES: _("a quotation mark is not closed"),
    }[problem.reason]
    return f"{problem.column}: {said}" if problem.column else said
