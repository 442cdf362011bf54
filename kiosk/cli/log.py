"""`kiosk log`: what the gate wrote down, listed, exported, verified, and forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from kiosk.cli import _log_export, _log_forget, _log_proof
from kiosk.cli._log_rows import chosen_options, filter_of
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.locale import words
from kiosk.store.reader import Entry, Reader


@click.group(name="log")
def command() -> None:
    """List, export, verify and forget what the gate wrote down. Names stay sealed unless a reason is given.

    \b
    Example:
      kiosk log list --since 2026-11-21 --outcome deny
      kiosk log export --format csv --out november.csv --since 2026-11-01
      kiosk log verify
      kiosk log head
      kiosk log person --person P00042 --reason "asked for it in writing" --out wang.json
      kiosk log purge --before 2026-11-07 --yes
    """


@command.command(name="list")
@state_option
@chosen_options
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
    for row in reversed(Reader.open(places.logbook).page(filter_of(**chosen), limit=limit)):
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


for each in (
    _log_export.export,
    _log_proof.verify,
    _log_proof.head,
    _log_proof.key,
    _log_forget.purge,
    _log_forget.person,
    _log_forget.erase,
):
    command.add_command(each)
