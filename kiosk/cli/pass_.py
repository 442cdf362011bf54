"""`kiosk pass`: passes of our own, for people whom the compound knows."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from kiosk.cli import _moment, _out
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core.codecs import plain
from kiosk.core.formats import local_pass
from kiosk.core.model import Group
from kiosk.core.trust import own_keys
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.printing.code import code
from kiosk.printing.pass_card import PassCard, pass_card
from kiosk.services import lists, pass_keys

ID_BYTES = 8


@click.group(name="pass")
def command() -> None:
    """Issue passes, and show the keys by which other kiosks believe them.

    \b
    Example:
      kiosk pass issue --name "王小明" --person R1024 --days 30 --out card.pdf
      kiosk pass keys --out our-keys.json
    """


@command.command(name="issue")
@state_option
@click.option("--name", required=True, help="The holder's name, as the card shows it.")
@click.option("--person", default="", help="The holder's id in the roster.")
@click.option(
    "--group",
    type=click.Choice([g.value for g in Group]),
    default=Group.RESIDENTS.value,
    show_default=True,
    help="Whose rules apply to the holder.",
)
@click.option("--from", "since", type=_moment.MOMENT, help="First moment of validity; default: now.")
@click.option("--until", type=_moment.MOMENT, help="Moment at which it ends; instead of --days.")
@click.option("--days", type=click.IntRange(1, 3660), help="Valid until the end of the last of so many days.  [30]")
@click.option("--tested-at", type=_moment.MOMENT, help="When a negative test of the holder was sampled.")
@click.option(
    "--out",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Card (.pdf) or code alone (.svg, .png); may be repeated.",
)
def issue(
    state: Path | None,
    config: Path | None,
    name: str,
    person: str,
    group: str,
    since: datetime | None,
    until: datetime | None,
    days: int | None,
    tested_at: datetime | None,
    out: tuple[Path, ...],
) -> None:
    """Issue a signed pass: print the text of its code, and write the card.

    The key is made on first use and never leaves this machine. A day ends at midnight of the kiosk's time zone.

    \b
    Example:
      kiosk pass issue --name "王小明" --person R1024 --days 30 --out card.pdf
      kiosk pass issue --name "Rider 7" --group deliveries --days 1 --out rider.png
    """
    if until is not None and days is not None:
        raise click.UsageError(_("Give --days or --until, not both."))
    if not plain.words(name):
        raise click.UsageError(_("Give a name that can be seen."))
    places, settings = open_places(state), open_settings(config, open_places(state))
    zone = ZoneInfo(settings.kiosk.timezone)
    start = since or datetime.now(UTC)
    end = until or _end_of_day(start, days or 30, zone)
    if end <= start:
        raise click.UsageError(_("The pass would end before it begins."))
    kinds = [_out.kind(path) for path in out]
    own = pass_keys.open_key(places, local_pass.NAME, settings.kiosk.place or settings.kiosk.id)
    text = local_pass.issue(
        own.key,
        issuer=own.signer.issuer,
        credential_id=secrets.token_bytes(ID_BYTES),
        name=name,
        person=person,
        group=Group(group),
        valid_from=start,
        valid_until=end,
        tested_at=tested_at,
    )
    first, last = (f"{moment.astimezone(zone):%Y-%m-%d}" for moment in (start, end - timedelta(seconds=1)))
    card = PassCard(text, plain.words(name), words.say(words.GROUPS, group), own.signer.issuer, first, last)
    for path, kind in zip(out, kinds, strict=True):
        made = pass_card(card, start) if kind == "pdf" else code(text, kind)
        lists.write_whole(path, made, mode=0o600)
    click.echo(text)


@command.command(name="keys")
@state_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write instead of printing.")
def keys(state: Path | None, config: Path | None, out: Path | None) -> None:
    """Show the public keys of this kiosk's passes and venue codes, as a list that another kiosk imports.

    \b
    Example:
      kiosk pass keys --out our-keys.json        here
      kiosk trust import our-keys.json           there
    """
    places, settings = open_places(state), open_settings(config, open_places(state))
    for scheme in own_keys.SCHEMES:
        pass_keys.open_key(places, scheme, settings.kiosk.place or settings.kiosk.id)
    data = lists.public_list(places).read_bytes()
    if out is None:
        click.echo(data.decode(), nl=False)
    else:
        lists.write_whole(out, data, mode=0o644)


def _end_of_day(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Midnight after the last of `days` days, the first being the day of `start` in `zone`."""
    after = start.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(after, time.min, zone).astimezone(UTC)
