"""`kiosk read`: what a code is and whether it holds, one JSON object a code."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from kiosk.cli import _lines, _moment
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core import rules
from kiosk.core.codecs import cwt, malformed
from kiosk.core.formats import online_code
from kiosk.core.model import Part
from kiosk.core.parts import read_next
from kiosk.core.summary import summary
from kiosk.core.trust import Trust
from kiosk.locale import gettext as _
from kiosk.settings import Places
from kiosk.store import lists


@click.command(name="read")
@state_option
@click.argument("texts", metavar="[TEXT]...", nargs=-1)
@click.option(
    "--trust",
    "paths",
    metavar="PATH",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Trust list, file or folder, beside the kiosk's own; may be repeated.",
)
@click.option("--at", metavar="ISO8601", type=_moment.MOMENT, help="Judge times at this moment instead of now.")
@click.option("--jsonl", is_flag=True, help='Read {"id", "text", "at"?} lines on stdin; answers carry the id.')
def command(
    state: Path | None,
    config: Path | None,
    texts: tuple[str, ...],
    paths: tuple[Path, ...],
    at: datetime | None,
    jsonl: bool,
) -> None:
    """Say what codes are, as one JSON object each, in order. Without TEXT, stdin is read, a code a line.

    Exits 1 when a line of --jsonl could not be understood; a code that does not hold is an answer, not an error.

    \b
    Example:
      kiosk read --trust trustlist.json --at 2021-06-01T12:00:00Z 'HC1:...'
      kiosk read --jsonl < codes.jsonl
    """
    if jsonl and texts:
        raise click.UsageError(_("Give codes as arguments or with --jsonl, not both."))
    places = open_places(state)
    more = [Path(path) for path in open_settings(config, places).trust]
    trust = lists.of_kiosk(places, [*more, *paths])
    trust = replace(trust, services=online_code.services(_patterns(places)))
    for note in trust.notes:
        click.echo(f"kiosk: {note}", err=True)
    stdin, reader = sys.stdin.buffer, _Reader(trust)
    if jsonl:

        def answer(asked: object) -> dict[str, Any]:
            text, moment = _question(asked)
            return reader.read(text, moment or at or datetime.now(UTC))

        sys.exit(1 if _lines.answer_each(stdin, answer) else 0)
    for text in texts or (line.decode("utf-8", "surrogateescape").rstrip("\r\n") for line in stdin):
        _lines.say(reader.read(text, at or datetime.now(UTC)))


def _patterns(places: Places) -> tuple[str, ...]:
    """The patterns of opaque codes in the kiosk's own rules, where it has any."""
    if not places.rules.exists():
        return ()
    return rules.parse(places.rules.read_bytes(), str(places.rules)).online.patterns


class _Reader:
    """Reads codes one after the other: the last of several parts is answered as the whole that it completes."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._held: tuple[Part, ...] = ()

    def read(self, text: str, at: datetime) -> dict[str, Any]:
        self._held, found = read_next(self._held, text, self._trust)
        return summary(text, found, self._trust, at)


def _question(asked: object) -> tuple[str, datetime | None]:
    match asked:
        case {"text": str(text), "at": str(at)}:
            return text, cwt.instant(at)
        case {"text": str(text), **others} if "at" not in others:
            return text, None
        case _:
            raise malformed('a line is {"id": ..., "text": "...", "at"?: "ISO 8601"}')
