"""`kiosk code`: health codes of our own, for a community that issues them itself."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from kiosk.cli import _moment, _out
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core.codecs import plain
from kiosk.core.formats import community_code
from kiosk.core.marks import Colour
from kiosk.core.model import Group
from kiosk.locale import gettext as _
from kiosk.printing.code import code
from kiosk.store import lists, pass_keys


@click.group(name="code")
def command() -> None:
    """Issue health codes of this community: links that phones open, and that kiosks verify without a network.

    \b
    Example:
      kiosk code issue --name "王小明" --colour green --hours 24 --out code.png
    """


@command.command(name="issue")
@state_option
@click.option("--name", required=True, help="The holder's name.")
@click.option("--colour", type=click.Choice([c.value for c in Colour]), required=True, help="What the code says.")
@click.option("--person", default="", help="The holder's id in the roster.")
@click.option("--group", type=click.Choice([g.value for g in Group]), help="Whose rules apply to the holder.")
@click.option("--tested-at", type=_moment.MOMENT, help="When a negative test of the holder was sampled.")
@click.option("--hours", type=click.IntRange(1, 24 * 31), default=24, show_default=True, help="How long it holds.")
@click.option("--link", help="Page that phones open, https; default: venue.link of the settings.")
@click.option(
    "--out",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The code as a picture (.svg, .png); may be repeated.",
)
def issue(
    state: Path | None,
    config: Path | None,
    name: str,
    colour: str,
    person: str,
    group: str | None,
    tested_at: datetime | None,
    hours: int,
    link: str | None,
    out: tuple[Path, ...],
) -> None:
    """Issue a signed health code: print its text, and write it as a picture.

    Its key is made on first use; `kiosk pass keys` gives other kiosks its public half. A code is taken back by
    `community_code:SERIAL` on a deny list; the serial is its third field behind the #.

    \b
    Example:
      kiosk code issue --name "王小明" --colour green --tested-at 2026-11-21T07:30:00+08:00 --out code.png
    """
    if not plain.words(name):
        raise click.UsageError(_("Give a name that can be seen."))
    kinds = [_out.kind(path) for path in out]
    if "pdf" in kinds:
        raise click.UsageError(_("A health code is a picture: end its file in .svg or .png"))
    places, settings = open_places(state), open_settings(config, open_places(state))
    link = link or settings.venue.link
    if not link:
        raise click.UsageError(_("Say with --link which page phones open, or set venue.link in the settings."))
    issuing = community_code.Issuing(link, secrets.token_hex(8), datetime.now(UTC), timedelta(hours=hours))
    own = pass_keys.open_key(places.pass_keys, community_code.NAME, settings.kiosk.place or settings.kiosk.id)
    try:
        text = community_code.issue_person(
            own.key,
            issuing,
            name=name,
            colour=Colour(colour),
            person=person,
            group=Group(group) if group else None,
            tested_at=tested_at,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    for path, kind in zip(out, kinds, strict=True):
        lists.write_whole(path, code(text, kind), mode=0o600)
    click.echo(text)
