"""`kiosk pass`: passes of our own, for people whom the compound knows."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from kiosk.cli import _moment, _out
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core.codecs import plain
from kiosk.core.faults import SettingsError
from kiosk.core.formats import local_pass, read
from kiosk.core.model import Credential, Group, Holder
from kiosk.core.trust import own_keys
from kiosk.locale import gettext as _
from kiosk.printing.code import code
from kiosk.printing.pass_card import PassCard, dated, pass_card, pass_sheets
from kiosk.settings import Places, Settings
from kiosk.store import lists, pass_batch, pass_keys
from kiosk.store.pass_batch import ID_BYTES, Issued, LineReason, Usual, end_of_day


@click.group(name="pass")
def command() -> None:
    """Issue passes, take them back, and show the keys by which other kiosks believe them.

    \b
    Example:
      kiosk pass issue --name "王小明" --person R1024 --days 30 --out card.pdf
      kiosk pass batch people.csv --days 30 --out cards.pdf
      kiosk pass deny 0123456789abcdef
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
@click.option("--with", "others", multiple=True, metavar="NAME", help="Another of the household, on the same pass.")
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
    others: tuple[str, ...],
    out: tuple[Path, ...],
) -> None:
    """Issue a signed pass: print the text of its code, and write the card.

    The key is made on first use and never leaves this machine. A day ends at midnight of the kiosk's time zone.

    \b
    Example:
      kiosk pass issue --name "王小明" --person R1024 --days 30 --out card.pdf
      kiosk pass issue --name "Rider 7" --group deliveries --days 1 --out rider.png
      kiosk pass issue --name "黄丽" --with "黄小宝" --with "黄大宝" --out family.pdf
    """
    if until is not None and days is not None:
        raise click.UsageError(_("Give --days or --until, not both."))
    if not all(plain.words(each) for each in (name, *others)):
        raise click.UsageError(_("Give a name that can be seen."))
    if len(others) > local_pass.MOST_OTHERS:
        raise click.UsageError(_("At most %(count)s others fit on one pass.", count=local_pass.MOST_OTHERS))
    places, settings = open_places(state), open_settings(config, open_places(state))
    zone = ZoneInfo(settings.kiosk.timezone)
    start = since or datetime.now(UTC)
    end = until or end_of_day(start, days or 30, zone)
    if end <= start:
        raise click.UsageError(_("The pass would end before it begins."))
    kinds = [_out.kind(path) for path in out]
    own = _signing(places, settings, datetime.now(UTC))
    credential_id = secrets.token_bytes(ID_BYTES)
    text = local_pass.issue(
        own.key,
        issuer=own.signer.issuer,
        credential_id=credential_id,
        name=name,
        person=person,
        group=Group(group),
        valid_from=start,
        valid_until=end,
        tested_at=tested_at,
        household=tuple(Holder(name=other) for other in others),
    )
    shown, also = plain.words(name), tuple(map(plain.words, others))
    card = dated(text, shown, group, own.signer.issuer, (start, end), zone, credential_id.hex(), also)
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
        pass_keys.open_key(places.pass_keys, scheme, settings.kiosk.place or settings.kiosk.id)
    data = lists.public_list(places).read_bytes()
    if out is None:
        click.echo(data.decode(), nl=False)
    else:
        lists.write_whole(out, data, mode=0o644)


@command.command(name="batch")
@state_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Cards, ten a page (.pdf).")
@click.option("--issued", type=click.Path(path_type=Path, dir_okay=False), help="Who got which pass.  [OUT-issued.csv]")
@click.option("--errors", type=click.Path(path_type=Path, dir_okay=False), help="Wrong lines.  [OUT-errors.csv]")
@click.option("--from", "since", type=_moment.MOMENT, help="First moment of validity; default: today.")
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="Valid for so many days.")
def batch(
    state: Path | None,
    config: Path | None,
    file: Path,
    out: Path,
    issued: Path | None,
    errors: Path | None,
    since: datetime | None,
    days: int,
) -> None:
    """Issue a pass for every line of the CSV FILE; wrong lines stand in the file of errors, and the others count.

    Columns, in English or Chinese: name/姓名, and where there are any person/编号, group/类别, from/起始, until/截止,
    days/天数, tested_at/检测时间, household/户 (its lines become one pass). Said again, after it was cut short or
    with the wrong lines mended, everybody gets the very same pass. Exits 1 when a line is wrong.

    \b
    Example:
      kiosk pass batch residents.csv --days 30 --out cards.pdf
    """
    if _out.kind(out) != "pdf":
        raise click.UsageError(_("%(path)s: end it in .pdf", path=out))
    places, settings = open_places(state), open_settings(config, open_places(state))
    issued = issued or out.with_name(f"{out.stem}-issued.csv")
    errors = errors or out.with_name(f"{out.stem}-errors.csv")
    zone, now = ZoneInfo(settings.kiosk.timezone), datetime.now(UTC)
    before = lists.content(issued) if issued.is_file() else b""
    begins = since or pass_batch.begins_of(before) or end_of_day(now, 0, zone)
    sheet = pass_batch.parse(lists.content(file), Usual(begins, days, zone))
    if sheet.wishes:
        own = _signing(places, settings, now)
        made = [pass_batch.issue(wish, own) for wish in sheet.wishes]
        pdf = pass_sheets(_shown(_cards(made, own.signer.issuer, zone), len(made)), now)
        lists.write_whole(issued, pass_batch.record(made, before), mode=0o600)  # first: no card that nobody wrote down
        lists.write_whole(out, pdf, mode=0o600)
        click.echo(_("%(path)s: %(count)s passes; %(issued)s says whose", path=out, count=len(made), issued=issued))
    if sheet.problems:
        lists.write_whole(errors, pass_batch.errors(sheet, _reasons()), mode=0o600)
        first = sheet.problems[0]
        values = {"count": len(sheet.problems), "path": errors, "line": first.line, "why": _reasons()[first.reason]}
        click.echo(
            _("%(count)s lines are wrong, the first is %(line)s: %(why)s; all stand in %(path)s", **values), err=True
        )
        sys.exit(1)


@command.command(name="deny")
@state_option
@click.option("--lift", is_flag=True, help="Give them back.")
@click.argument("passes", metavar="PASS...", nargs=-1, required=True)
def deny(state: Path | None, config: Path | None, lift: bool, passes: tuple[str, ...]) -> None:
    """Take passes back: by the number on the card, or by the text of the code. This gate refuses them at once.

    Other kiosks learn it by importing the file that is named.

    \b
    Example:
      kiosk pass deny 0123456789abcdef
      kiosk pass deny --lift 0123456789abcdef
    """
    places, settings = open_places(state), open_settings(config, open_places(state))
    ids = [_id(each, places) for each in passes]
    path = pass_keys.deny(places.pass_keys, settings.kiosk.id, ids, datetime.now(UTC), lift=lift)
    click.echo(_("%(path)s: give it to the other kiosks with kiosk trust import", path=path))


@command.command(name="rotate")
@state_option
@click.option(
    "--scheme", type=click.Choice(own_keys.SCHEMES), default=local_pass.NAME, show_default=True, help="Which key."
)
@click.option("--begins", type=_moment.MOMENT, help="When the new key signs; until then others can learn it.  [now]")
@click.option(
    "--overlap-days", type=click.IntRange(0, 3660), default=30, show_default=True, help="So long the old one holds on."
)
def rotate(state: Path | None, config: Path | None, scheme: str, begins: datetime | None, overlap_days: int) -> None:
    """Make a new key. What the old one signed holds until the overlap ends; then such passes are issued anew.

    Let other kiosks import `kiosk pass keys` before the new key signs.

    \b
    Example:
      kiosk pass rotate --begins 2026-12-01 --overlap-days 30
      kiosk pass keys --out our-keys.json
    """
    places, settings, now = open_places(state), open_settings(config, open_places(state)), datetime.now(UTC)
    begins = max(begins or now, now)
    ends = begins + timedelta(days=overlap_days)
    pass_keys.rotate(places.pass_keys, scheme, settings.kiosk.place or settings.kiosk.id, begins, ends, now)
    zone = ZoneInfo(settings.kiosk.timezone)
    values = {"begins": f"{begins.astimezone(zone):%Y-%m-%d %H:%M}", "ends": f"{ends.astimezone(zone):%Y-%m-%d %H:%M}"}
    click.echo(_("The new key signs from %(begins)s; the old one holds until %(ends)s.", **values))
    click.echo(_("Now let the other kiosks import the list of kiosk pass keys."))


def _signing(places: Places, settings: Settings, now: datetime) -> pass_keys.PassKey:
    return pass_keys.open_key(places.pass_keys, local_pass.NAME, settings.kiosk.place or settings.kiosk.id, now)


def _id(each: str, places: Places) -> str:
    """The id of a pass from its number or its text. Raises SettingsError."""
    if len(each) == 2 * ID_BYTES and set(each.lower()) <= set("0123456789abcdef"):
        return each.lower()
    found = read(each, replace(lists.of_kiosk(places), denied=frozenset()))
    if not isinstance(found, Credential) or found.format != local_pass.NAME or not found.credential_id:
        raise SettingsError(_("neither the number on a card nor the code of a pass of ours"))
    return found.credential_id


def _cards(made: list[Issued], issuer: str, zone: ZoneInfo) -> Iterator[PassCard]:
    for each in made:
        wish = each.wish
        others = tuple(other.name or "" for other in wish.household)
        holds = wish.valid_from, wish.valid_until
        yield dated(each.text, wish.name, wish.group, issuer, holds, zone, each.credential_id, others)


def _shown(cards: Iterator[PassCard], count: int) -> Iterator[PassCard]:
    """The cards, with a bar on stderr where that is a terminal."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(cards, length=count, label=_("drawing cards"), file=sys.stderr, hidden=hidden) as shown:
        yield from shown


def _reasons() -> dict[LineReason, str]:
    return {
        LineReason.NOT_TEXT: _("neither UTF-8 nor GB18030 text; save the file as CSV"),
        LineReason.TOO_LARGE: _("the file is too large; cut it in two"),
        LineReason.NO_NAME_COLUMN: _("this column is missing"),
        LineReason.UNKNOWN_COLUMN: _("no column of passes is called so"),
        LineReason.TOO_MANY_CELLS: _("more cells than columns"),
        LineReason.NO_NAME: _("the name is missing"),
        LineReason.UNKNOWN_GROUP: _("none of residents, visitors, deliveries"),
        LineReason.NOT_A_TIME: _("no day or time, such as 2026-11-21"),
        LineReason.NOT_DAYS: _("no number of days from 1 to 3660"),
        LineReason.BOTH_ENDS: _("give days or until, not both"),
        LineReason.ENDS_FIRST: _("it would end before it begins"),
        LineReason.SAME_AS_BEFORE: _("the same person as in a line before; give both a person's id"),
        LineReason.LARGE_HOUSEHOLD: _("more people than one pass can carry; split the household"),
        LineReason.BROKEN_QUOTES: _("a quotation mark is not closed"),
    }
