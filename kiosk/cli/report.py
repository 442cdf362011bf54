"""`kiosk report`: a day in numbers, and who is inside."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec

from kiosk.cli import _gate, _whole
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core.entry import code
from kiosk.core.faults import SettingsError
from kiosk.core.inside import Confidence
from kiosk.core.requests import Inside, ResetInside
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.printing.daily_report import daily_report
from kiosk.store.daily import as_csv, day_report
from kiosk.store.records import Records


@click.group(name="report")
def command() -> None:
    """The report of a day, and who is inside. Without names.

    \b
    Example:
      kiosk report day 2026-11-21 --format pdf --out 21.pdf
      kiosk report inside
    """


@command.command(name="day")
@state_option
@click.argument("day", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]))
@click.option(
    "--format", "form", type=click.Choice(["json", "csv", "pdf"]), default="json", show_default=True, help="As what."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=Path("-"),
    help="File; standard output without it.",
)
def day_(state: Path | None, config: Path | None, day: datetime, form: str, out: Path) -> None:
    """Counts by outcome, reason, hour and lane, temperatures, remarks, and the time that is missing with its cause.

    \b
    Example:
      kiosk report day 2026-11-21 --format pdf --out 21.pdf
    """
    places = open_places(state)
    kiosk = open_settings(config, places).kiosk
    zone, now, reader = ZoneInfo(kiosk.timezone), datetime.now(UTC), Records.open(places.logbook)
    made = day_report(reader, day.date(), zone, kiosk.id, now)
    if form == "json":
        data = msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"
    elif form == "csv":
        data = as_csv(made)
    else:
        seq, head = reader.head()
        data = daily_report(made, kiosk.place, zone, now, head=f"{seq}:{code(head)}")
    try:
        with _whole.written(out) as file:
            file.write(data)
    except OSError as error:
        raise SettingsError(f"{out}: {error.strerror}") from error


@command.command()
@state_option
@click.option("--jsonl", is_flag=True, help="One JSON object.")
def inside(state: Path | None, config: Path | None, jsonl: bool) -> None:
    """Shows how many went in and did not come out, how sure that is, and since when; names stay sealed.

    \b
    Example:
      kiosk report inside
    """
    places = open_places(state)
    settings = open_settings(config, places)
    data = _gate.done(_gate.ask(places, settings, Inside))
    if jsonl:
        click.echo(msgspec.json.encode(data).decode())
        return
    numbers = {each.value: data[each.value] for each in Confidence}
    click.echo(_("certain %(certain)d, likely %(likely)d, unknown %(unknown)d", **numbers))
    if data["left_unseen"]:
        click.echo(_("%(count)d went out who were not seen coming in", count=data["left_unseen"]))
    zone = ZoneInfo(settings.kiosk.timezone)
    for one in data["people"]:
        at = datetime.fromisoformat(one["at"]).astimezone(zone)
        group = words.say(words.GROUPS, one["group"])
        click.echo("  ".join(cell for cell in (f"{at:%m-%d %H:%M}", one["lane"], group, one["confidence"]) if cell))


@command.command("reset-inside")
@state_option
@click.option("--reason", required=True, help="Why; it is written down.")
@click.option("--by", default=_gate.BY, show_default=True, help="Who says so.")
def reset_inside(state: Path | None, config: Path | None, reason: str, by: str) -> None:
    """From here on nobody counts as inside: after a count by hand, or an evacuation.

    \b
    Example:
      kiosk report reset-inside --reason "counted by hand at 22:00" --by wang
    """
    places = open_places(state)
    _gate.done(_gate.ask(places, open_settings(config, places), ResetInside, by=by, reason=reason))
    click.echo(_("Nobody counts as inside from here on."))
