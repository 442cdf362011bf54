"""`kiosk log export`: rows as a file, with a signed manifest beside it."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from kiosk.cli import _gate
from kiosk.cli._log_rows import chosen_options, filter_of, progress
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.cli._whole import written
from kiosk.core.faults import KioskError, LinkDown, NotOwner
from kiosk.core.requests import OpenNames, Reply, Reveal, SignExport
from kiosk.locale import gettext as _
from kiosk.locale.exports import delete_by, header
from kiosk.services import link
from kiosk.services.book import Book
from kiosk.services.clock import SystemClock
from kiosk.settings import Places, Settings
from kiosk.store import crew, exporting, manifest
from kiosk.store import export as files
from kiosk.store.exporting import Form, Order
from kiosk.store.jobs import workplace
from kiosk.store.reader import Reader

_ALONE = 50_000  # rows that are written before other processes have started


@click.command()
@state_option
@chosen_options
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl", "xlsx"]), required=True, help="For spreadsheet or script."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), required=True, help="File.")
@click.option("--columns", help="Of a CSV or Excel file, by their names, with commas.")
@click.option("--names", is_flag=True, help="With names and other personal fields; needs --because.")
@click.option("--because", help="Why the names are needed; written down in the log.")
def export(
    state: Path | None,
    config: Path | None,
    form: str,
    out: Path,
    columns: str | None,
    names: bool,
    because: str | None,
    **chosen: Any,
) -> None:
    """Writes rows to a file, oldest first, and a signed manifest beside it. People are pseudonyms of the day.

    \b
    Example:
      kiosk log export --format csv --out november.csv --since 2026-11-01 --columns seq,happened,lane,outcome,reasons
      kiosk log export --format xlsx --out november.xlsx --names --because "contact tracing, case 12"
    """
    places = open_places(state)
    settings = open_settings(config, places)
    if names and not (because or "").strip():
        raise click.UsageError(_("names need a reason: --because TEXT"))
    if str(out) == "-" and form == "xlsx":
        raise click.UsageError(_("an Excel file needs a name: --out FILE.xlsx"))
    form = Form(form)
    wanted, reader, now = filter_of(**chosen), Reader.open(places.logbook), datetime.now(UTC)
    layout = _layout(columns, settings)
    with ExitStack() as stack:
        asked = _Asked(places, settings, stack)
        opened = str(asked.done(OpenNames, reason=because)["export"]) if names else ""
        expires = exporting.expires(reader, wanted, settings.retention.identity_days, now) if names else None
        if expires is not None:
            layout = replace(layout, people=asked.people(opened), ending=delete_by(expires))
        told = {name: str(value) for name, value in chosen.items() if value is not None}
        made = _write(Order(reader, wanted, form, layout, told, expires), out, places)
        if str(out) == "-":
            return
        _sign(asked, made, opened, out)
    click.echo(_("%(count)d rows", count=made.rows), err=True)


class _Asked:
    """The gate, or the logbook as its owner while the gate is stopped, kept for the whole export."""

    def __init__(self, places: Places, settings: Settings, stack: ExitStack) -> None:
        self._places, self._settings, self._stack = places, settings, stack
        self._book: Book | None = None

    def done(self, kind: type[Any], **values: Any) -> dict[str, Any]:
        """What the owner answered. Raises KioskError."""
        request = _gate.request(kind, **values)
        if self._book is None:
            try:
                return _gate.done(link.ask(self._places.gate_socket, request, Reply, timeout_s=_gate.WITHIN_S))
            except LinkDown:
                self._book = Book(self._places, self._settings.kiosk.id, SystemClock())
                self._stack.callback(self._book.close)
        return _gate.done(self._book.answer(request))

    def people(self, opened: str) -> files.People:
        """The personal fields of rows."""
        return exporting.people(lambda seqs: self.done(Reveal, seqs=seqs, reason="export", export=opened))


def _layout(columns: str | None, settings: Settings) -> files.Layout:
    try:
        selected = files.choose([name.strip() for name in (columns or "").split(",") if name.strip()])
    except KeyError as error:
        known = ", ".join(files.BY_NAME)
        raise click.UsageError(
            _("there is no column %(name)s; known are %(known)s", name=error, known=known)
        ) from error
    return files.Layout(columns=selected, header=header, zone=ZoneInfo(settings.kiosk.timezone), bom=True)


def _write(order: Order, out: Path, places: Places) -> manifest.Manifest:
    """The file, whole or not there at all, and what it holds."""
    total = order.reader.count(order.rows)
    processes = crew.spare() if total > _ALONE else 1
    try:
        with workplace(places.exports) as folder, progress(_("rows"), total) as step, written(out) as binary:
            return order.write(binary, folder, step, processes)
    except OSError as error:
        if isinstance(error, KioskError):
            raise
        raise KioskError(f"{out}: {error.strerror or error}") from error


def _sign(asked: _Asked, told: manifest.Manifest, opened: str, out: Path) -> None:
    try:
        signed = asked.done(SignExport, manifest=msgspec.json.encode(told).decode(), export=opened)["manifest"]
    except NotOwner:
        click.echo(_("not signed: only the gate, or its user while it is stopped, can sign"), err=True)
        return
    try:
        manifest.beside(out).write_text(str(signed), encoding="utf-8")
        os.sync()
    except OSError as error:
        raise KioskError(f"{manifest.beside(out)}: {error.strerror or error}") from error
