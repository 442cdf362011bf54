"""`kiosk log purge`, `person` and `erase`: what is forgotten on time, shown to the person it is about, and erased."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from kiosk.cli import _gate
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core.faults import KioskError
from kiosk.core.reasons import Answer
from kiosk.core.requests import About, Erase, Purge
from kiosk.locale import gettext as _
from kiosk.locale import words


@click.command()
@state_option
@click.option("--before", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The first UTC day that is kept.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def purge(state: Path | None, config: Path | None, before: datetime, yes: bool) -> None:
    """Forgets names, documents, phones and notes of every day before DATE, for ever. The rows and their chain stay.

    \b
    Example:
      kiosk log purge --before 2026-11-07 --yes
    """
    day: date = before.date()
    if not yes:
        click.confirm(_("Forget the personal fields of every day before %(day)s, for ever?", day=day), abort=True)
    places = open_places(state)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    reply = _gate.ask(places, open_settings(config, places), Purge, before=midnight)
    if reply.answer is Answer.OUT_OF_RANGE:
        raise KioskError(_("only days that are over can be forgotten"))
    if reply.answer is not Answer.DONE:
        raise KioskError(_("the gate answered %(answer)s; nothing was forgotten", answer=reply.answer.value))
    _tell(reply.data)


@click.command()
@state_option
@click.option("--person", "persons", multiple=True, help="An id of the roster.")
@click.option("--name", "names", multiple=True, help="A name as it was typed at the desk or stood in a code.")
@click.option("--reason", required=True, help="Who asked for it; written down in the log.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="JSON file.")
def person(state: Path | None, config: Path | None, out: Path, **who: Any) -> None:
    """Writes everything that the log still knows about one person to a file, for that person.

    \b
    Example:
      kiosk log person --person P00042 --name 王芳 --reason "asked for it in writing" --out wang.json
    """
    places = open_places(state)
    rows = _gate.done(_gate.ask(places, open_settings(config, places), About, **_who(**who)))["rows"]
    try:
        out.write_bytes(msgspec.json.format(msgspec.json.encode({"rows": rows})))
        out.chmod(0o600)
    except OSError as error:
        raise KioskError(f"{out}: {error.strerror}") from error
    click.echo(_("%(count)d rows", count=len(rows)), err=True)


@click.command()
@state_option
@click.option("--person", "persons", multiple=True, help="An id of the roster.")
@click.option("--name", "names", multiple=True, help="A name as it was typed at the desk or stood in a code.")
@click.option("--reason", required=True, help="Who asked for it; written down in the log.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(state: Path | None, config: Path | None, yes: bool, **who: Any) -> None:
    """Forgets the personal fields of every row about one person, for ever. The rows and their chain stay.

    The roster is another thing: take the person out of it first. Backups keep what they had until they expire.

    \b
    Example:
      kiosk log erase --person P00042 --name 王芳 --reason "asked for it in writing" --yes
    """
    places = open_places(state)
    asked = _who(**who)
    if not yes:
        click.confirm(_("Forget everything personal about them, for ever?"), abort=True)
    _tell(_gate.done(_gate.ask(places, open_settings(config, places), Erase, **asked)))


def _tell(done: Mapping[str, Any]) -> None:
    click.echo(_("%(rows)s rows lost their personal fields", rows=done.get("rows", 0)))
    if done.get("unfinished"):
        click.echo(words.still_forgetting())


def _who(persons: tuple[str, ...], names: tuple[str, ...], reason: str) -> dict[str, Any]:
    if not any(each.strip() for each in (*persons, *names)):
        raise click.UsageError(_("say who: --person ID, --name NAME, or both"))
    return {"persons": persons, "names": names, "reason": reason}
