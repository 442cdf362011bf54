"""`kiosk venue`: the check-in code of a place."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from kiosk.cli import _moment, _out
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core.codecs import plain
from kiosk.core.formats import community_code, venue
from kiosk.locale import gettext as _
from kiosk.printing.code import code
from kiosk.printing.venue_poster import SIZES_MM, VenuePoster, as_pdf, as_svg
from kiosk.store import lists, pass_keys


@click.group(name="venue")
def command() -> None:
    """Make the code that people scan where they enter.

    \b
    Example:
      kiosk venue poster --id south-gate --name "南门" --name-en "South Gate" --out poster.pdf
    """


@command.command(name="poster")
@state_option
@click.option("--id", "venue_id", required=True, help="The place's id, as rules.toml names it in venue.venue_ids.")
@click.option("--name", required=True, help="The place's name, as the poster shows it, large.")
@click.option("--name-en", default="", help="The same in English, below it.")
@click.option("--until", type=_moment.MOMENT, help="Moment at which it ends; default: never.")
@click.option("--link", help='Page that phones open, https; default: venue.link of the settings. "": bare text.')
@click.option("--paper", type=click.Choice(tuple(SIZES_MM)), default="a4", show_default=True, help="Size of the sheet.")
@click.option(
    "--out",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Poster (.pdf, .svg) or code alone (.png); may be repeated.",
)
def poster(
    state: Path | None,
    config: Path | None,
    venue_id: str,
    name: str,
    name_en: str,
    until: datetime | None,
    link: str | None,
    paper: str,
    out: tuple[Path, ...],
) -> None:
    """Make a signed venue code: print its text, and write the poster, in Chinese and English at once.

    With a link, phones that scan it open that page; without one it is text that kiosks read. Both count the same here.

    \b
    Example:
      kiosk venue poster --id south-gate --name "南门" --name-en "South Gate" --out poster.pdf
      kiosk venue poster --id south-gate --name "南门" --link https://example.org/here --paper a5 --out poster.svg
    """
    if not plain.words(venue_id) or not plain.words(name):
        raise click.UsageError(_("Give the place an id and a name."))
    kinds = [_out.kind(path) for path in out]
    places, settings = open_places(state), open_settings(config, open_places(state))
    now, zone = datetime.now(UTC), ZoneInfo(settings.kiosk.timezone)
    if until is not None and until <= now:
        raise click.UsageError(_("The code would have ended already."))
    link = settings.venue.link if link is None else link
    scheme = community_code.NAME if link else venue.NAME
    own = pass_keys.open_key(places.pass_keys, scheme, settings.kiosk.place or settings.kiosk.id)
    if link:
        issuing = community_code.Issuing(link, secrets.token_hex(8), now, until - now if until else None)
        try:
            text = community_code.issue_place(own.key, issuing, venue_id=venue_id, name=name)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    else:
        text = venue.issue(own.key, issuer=own.signer.issuer, venue_id=venue_id, name=name, valid_until=until)
    last = f"{until.astimezone(zone):%Y-%m-%d %H:%M}" if until else ""
    shown = VenuePoster(text, plain.words(name), plain.words(venue_id), own.signer.issuer, plain.words(name_en), last)
    for path, kind in zip(out, kinds, strict=True):
        lists.write_whole(path, _made(shown, kind, paper, now), mode=0o644)
    click.echo(text)


def _made(shown: VenuePoster, kind: str, paper: str, now: datetime) -> bytes:
    match kind:
        case "pdf":
            return as_pdf(shown, paper, now)
        case "svg":
            return as_svg(shown, paper)
    return code(shown.text, kind)
