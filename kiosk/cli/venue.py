"""`kiosk venue`: the check-in code of a place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from kiosk.cli import _moment, _out
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core.formats import venue
from kiosk.locale import gettext as _
from kiosk.printing.code import code
from kiosk.printing.venue_poster import venue_poster
from kiosk.services import lists, pass_keys


@click.group(name="venue")
def command() -> None:
    """Make the code that people scan where they enter.

    \b
    Example:
      kiosk venue poster --id south-gate --name "南门" --out poster.pdf
    """


@command.command(name="poster")
@state_option
@click.option("--id", "venue_id", required=True, help="The place's id, as rules.toml names it in venue.venue_ids.")
@click.option("--name", required=True, help="The place's name, as the poster shows it.")
@click.option("--until", type=_moment.MOMENT, help="Moment at which it ends; default: never.")
@click.option(
    "--out",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Poster (.pdf, A4) or code alone (.svg, .png); may be repeated.",
)
def poster(
    state: Path | None,
    config: Path | None,
    venue_id: str,
    name: str,
    until: datetime | None,
    out: tuple[Path, ...],
) -> None:
    """Make a signed venue code: print its text, and write the poster.

    \b
    Example:
      kiosk venue poster --id south-gate --name "南门" --out poster.pdf
    """
    if not venue_id.strip() or not name.strip():
        raise click.UsageError(_("Give the place an id and a name."))
    kinds = [_out.kind(path) for path in out]
    places, settings = open_places(state), open_settings(config, open_places(state))
    own = pass_keys.open_key(places, venue.NAME, settings.kiosk.place or settings.kiosk.id)
    text = venue.issue(own.key, issuer=own.signer.issuer, venue_id=venue_id, name=name, valid_until=until)
    now = datetime.now(UTC)
    for path, kind in zip(out, kinds, strict=True):
        made = venue_poster(text, name, venue_id, own.signer.issuer, now) if kind == "pdf" else code(text, kind)
        lists.write_whole(path, made, mode=0o644)
    click.echo(text)
