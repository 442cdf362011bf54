"""`kiosk roster`: the people of the compound, in and out as CSV."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kiosk.cli._desk import BY, ask, wrong_reply
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core.desk_requests import ExportRoster, ImportRoster, RosterFile, RosterPreview
from kiosk.core.faults import SettingsError
from kiosk.locale import gettext as _
from kiosk.locale.desk import roster_problem

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
        click.echo(f"{file}:{problem.line}: {roster_problem(problem)}", err=True)
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
