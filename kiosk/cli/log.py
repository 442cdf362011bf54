"""`kiosk log`: what the gate wrote down, listed, exported, verified, and forgotten."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click
import msgspec

from kiosk.cli._moment import MOMENT
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core.entry import EntryKind
from kiosk.core.faults import KioskError, LinkDown, LogbookBroken
from kiosk.core.model import Outcome
from kiosk.core.reasons import Answer, Reason
from kiosk.core.requests import Purge, Reply
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.services import link
from kiosk.services.book import Book
from kiosk.services.clock import SystemClock
from kiosk.store import export as files
from kiosk.store import verify as chain
from kiosk.store.reader import Entry, Filter, Reader

F = TypeVar("F", bound=Callable[..., Any])

BY = "cli"
_WITHIN_S = 60.0


@click.group(name="log")
def command() -> None:
    """List, export, verify and forget what the gate wrote down. Names stay sealed; see the records page for those.

    \b
    Example:
      kiosk log list --since 2026-11-21 --outcome deny
      kiosk log export --format csv --out november.csv --since 2026-11-01
      kiosk log verify
      kiosk log purge --before 2026-11-07 --yes
    """


def _chosen(action: F) -> F:
    """The options that narrow down which rows are meant."""
    for option in reversed(
        (
            click.option("--since", type=MOMENT, help="Rows of this time and later."),
            click.option("--until", type=MOMENT, help="Rows before this time."),
            click.option("--lane", help="Rows of this lane."),
            click.option("--kind", type=click.Choice([kind.value for kind in EntryKind]), help="Rows of this kind."),
            click.option("--outcome", type=click.Choice([each.value for each in Outcome]), help="With this outcome."),
            click.option("--reason", type=click.Choice([each.value for each in Reason]), help="With this reason."),
        )
    ):
        action = option(action)
    return action


def _filter(
    since: datetime | None, until: datetime | None, lane: str | None, kind: str | None, **codes: str | None
) -> Filter:
    outcome, reason = codes["outcome"], codes["reason"]
    return Filter(
        since=since,
        until=until,
        lane=lane,
        kind=EntryKind(kind) if kind else None,
        outcome=Outcome(outcome) if outcome else None,
        reason=Reason(reason) if reason else None,
    )


@command.command(name="list")
@state_option
@_chosen
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="The newest so many.")
@click.option("--jsonl", is_flag=True, help="One JSON object a row.")
def list_(state: Path | None, config: Path | None, limit: int, jsonl: bool, **chosen: Any) -> None:
    """Shows the newest rows, the newest last.

    \b
    Example:
      kiosk log list --since 2026-11-21 --outcome deny --limit 20
    """
    places = open_places(state)
    zone = ZoneInfo(open_settings(config, places).kiosk.timezone)
    for row in reversed(Reader.open(places.logbook).page(_filter(**chosen), limit=limit)):
        click.echo(msgspec.json.encode(row).decode() if jsonl else _line(row, zone))


def _line(row: Entry, zone: ZoneInfo) -> str:
    cells = [
        str(row.seq),
        row.happened.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
        row.lane,
        words.say(words.DIRECTIONS, row.direction) if row.direction else "",
        words.say(words.KINDS, row.kind),
        words.say(words.OUTCOMES, row.outcome) if row.outcome else "",
        f"{row.temperature.forehead_c:.1f} °C" if row.temperature else "",
        "; ".join(words.reason(reason) for reason in row.reasons),
    ]
    return "  ".join(cell for cell in cells if cell)


@command.command()
@state_option
@_chosen
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), required=True, help="For spreadsheet or script.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), required=True, help="File.")
@click.option("--columns", help="Of a CSV file, by their names, with commas.")
def export(state: Path | None, config: Path | None, form: str, out: Path, columns: str | None, **chosen: Any) -> None:
    """Writes the clear fields of rows to a file, oldest first.

    \b
    Example:
      kiosk log export --format csv --out november.csv --since 2026-11-01 --columns seq,happened,lane,outcome,reasons
    """
    places = open_places(state)
    reader, wanted = Reader.open(places.logbook), _filter(**chosen)
    try:
        selected = files.choose([name.strip() for name in (columns or "").split(",") if name.strip()])
    except KeyError as error:
        known = ", ".join(files.BY_NAME)
        raise click.UsageError(
            _("there is no column %(name)s; known are %(known)s", name=error, known=known)
        ) from error
    zone = ZoneInfo(open_settings(config, places).kiosk.timezone)
    total = reader.count(wanted)
    try:
        with _progress(_("rows"), total) as step, click.open_file(str(out), "wb", atomic=str(out) != "-") as binary:
            layout = files.Layout(columns=selected, header=_header, zone=zone, bom=True)
            write = files.jsonl_file if form == "jsonl" else files.csv_file
            count = write(reader.bodies(wanted), binary, layout, step)
    except OSError as error:
        if isinstance(error, KioskError):
            raise
        raise KioskError(f"{out}: {error.strerror or error}") from error
    click.echo(_("%(count)d rows", count=count), err=True)


@command.command()
@state_option
def verify(state: Path | None, config: Path | None) -> None:  # noqa: ARG001 - every command takes it
    """Checks that every row is what was written; exits 1 and names the first that is not.

    Compare the head it prints with one that you kept elsewhere: a missing end shows in nothing else.

    \b
    Example:
      kiosk log verify
    """
    places = open_places(state)
    found: chain.Verified | None = None
    with _progress(_("rows"), Reader.open(places.logbook).head()[0]) as step:
        for verified in chain.check(places.logbook):
            step(verified.rows - (found.rows if found else 0))
            found = verified
    assert found is not None
    if found.broken:
        said = _("row %(seq)d: %(flaw)s; the rows before it hold", seq=found.broken.seq, flaw=_wrong(found.broken.flaw))
        raise LogbookBroken(said)
    numbers = {"rows": found.rows, "forgotten": found.forgotten, "head": found.head.hex()}
    click.echo(_("%(rows)d rows hold, %(forgotten)d of them forgotten as written; head %(head)s", **numbers))


@command.command()
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
    now = datetime.now(UTC)
    request = Purge(
        request_id=uuid.uuid4().hex,
        by=BY,
        expires_at=now + timedelta(seconds=_WITHIN_S),
        before=datetime(day.year, day.month, day.day, tzinfo=UTC),
    )
    try:
        reply = link.ask(places.gate_socket, request, Reply, timeout_s=_WITHIN_S)
    except LinkDown:
        if not places.logbook.exists():
            raise KioskError(_("%(path)s: there is no logbook yet", path=places.logbook)) from None
        with closing(Book(places, open_settings(config, places).kiosk.id, SystemClock())) as book:
            reply = book.answer(request)
    if reply.answer is Answer.OUT_OF_RANGE:
        raise KioskError(_("only days that are over can be forgotten"))
    if reply.answer is not Answer.DONE:
        raise KioskError(_("the gate answered %(answer)s; nothing was forgotten", answer=reply.answer.value))
    click.echo(_("%(rows)s rows lost their personal fields", rows=reply.data.get("rows", 0)))


def _wrong(flaw: chain.Flaw) -> str:
    return {
        chain.Flaw.MISSING_BEFORE: _("the row before it is missing"),
        chain.Flaw.DOES_NOT_FOLLOW: _("it does not follow from the row before it"),
        chain.Flaw.CHANGED: _("it was changed after it was written"),
        chain.Flaw.NOT_CANONICAL: _("it is not in canonical form"),
        chain.Flaw.MISPLACED: _("it belongs to another place"),
        chain.Flaw.OTHER_SEALS: _("its sealed fields are not those that were written"),
        chain.Flaw.LOST_SEALS: _("its sealed fields are gone, and no row says that they were forgotten"),
    }[flaw]


def _header(name: str) -> str:
    return words.say(words.COLUMNS, name)


@contextmanager
def _progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Steps of a progress bar on stderr, where that is a terminal."""
    with click.progressbar(length=total, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield bar.update


def _counted(rows: Iterator[Entry], step: Callable[[int], None]) -> Iterator[Entry]:
    for number, row in enumerate(rows, 1):
        yield row
        if number % 500 == 0:
            step(500)
