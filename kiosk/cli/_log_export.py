"""`kiosk log export`: rows as a file, with a signed manifest beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast
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
from kiosk.locale import words
from kiosk.services import link
from kiosk.services.book import Book
from kiosk.services.clock import SystemClock
from kiosk.settings import Places, Settings
from kiosk.store import crew, manifest
from kiosk.store import export as files
from kiosk.store.jobs import workplace
from kiosk.store.reader import Bodies, Filter, Reader
from kiosk.store.workbook import workbook_file

_AT_ONCE = 500  # rows whose names are asked for at once
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
    wanted, reader = filter_of(**chosen), Reader.open(places.logbook)
    layout = _layout(columns, settings)
    total = reader.count(wanted)
    with ExitStack() as stack:
        asked = _Asked(places, settings, stack)
        opened = str(asked.done(OpenNames, reason=because)["export"]) if names else ""
        if names:
            layout = replace(layout, people=asked.people(opened), ending=_ending(_expires(reader, wanted, settings)))
        told = _write(_Wanted(reader, wanted, form, out, layout, total), places)
        if str(out) == "-":
            return
        told = msgspec.structs.replace(
            told,
            filter={name: str(value) for name, value in chosen.items() if value is not None},
            expires=_expires(reader, wanted, settings) if names else None,
        )
        _sign(asked, told, opened, out)
    click.echo(_("%(count)d rows", count=told.rows), err=True)


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
        """The personal fields of rows, a few hundred at a time."""

        def people(seqs: Sequence[int]) -> Mapping[int, Mapping[str, str]]:
            shown: dict[int, dict[str, str]] = {}
            for start in range(0, len(seqs), _AT_ONCE):
                some = tuple(seqs[start : start + _AT_ONCE])
                found = self.done(Reveal, seqs=some, reason="export", export=opened)
                shown |= {int(seq): fields for seq, fields in found.items()}
            return shown

        return people


class _Wanted(msgspec.Struct, frozen=True):
    reader: Reader
    rows: Filter
    form: str
    out: Path
    layout: files.Layout
    total: int


def _layout(columns: str | None, settings: Settings) -> files.Layout:
    try:
        selected = files.choose([name.strip() for name in (columns or "").split(",") if name.strip()])
    except KeyError as error:
        known = ", ".join(files.BY_NAME)
        raise click.UsageError(
            _("there is no column %(name)s; known are %(known)s", name=error, known=known)
        ) from error
    return files.Layout(columns=selected, header=_header, zone=ZoneInfo(settings.kiosk.timezone), bom=True)


def _write(wanted: _Wanted, places: Places) -> manifest.Manifest:
    """The file, whole or not there at all, and what it holds."""
    bodies = wanted.reader.bodies(wanted.rows)
    processes = crew.spare() if wanted.total > _ALONE else 1
    try:
        with progress(_("rows"), wanted.total) as step:
            if wanted.form == "xlsx":
                count, size, sha256 = _workbook(wanted, bodies, places, step)
            else:
                make = files.jsonl_file if wanted.form == "jsonl" else files.csv_file
                with written(wanted.out) as binary:
                    digest = manifest.Digest(binary)
                    count = make(bodies, cast(BinaryIO, digest), wanted.layout, step, processes=processes)
                    size, sha256 = digest.bytes, digest.sha256
    except OSError as error:
        if isinstance(error, KioskError):
            raise
        raise KioskError(f"{wanted.out}: {error.strerror or error}") from error
    columns = () if wanted.form == "jsonl" else tuple(wanted.layout.names)
    return manifest.Manifest(
        form=wanted.form,
        rows=count,
        seqs=bodies.seqs,
        columns=columns,
        filter={},
        names=wanted.layout.people is not None,
        bytes=size,
        sha256=sha256,
    )


def _workbook(wanted: _Wanted, bodies: Bodies, places: Places, step: Callable[[int], None]) -> tuple[int, int, str]:
    with workplace(places.exports) as folder:
        made = folder / "log.xlsx"
        count = workbook_file(bodies, made, wanted.layout, folder, step)
        with made.open("rb") as source, written(wanted.out) as out:
            digest = manifest.Digest(out)
            while part := source.read(1 << 20):
                digest.write(part)
    return count, digest.bytes, digest.sha256


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


def _expires(reader: Reader, wanted: Filter, settings: Settings) -> date:
    """The day by which a file with names has to be gone: when the first of its names would be forgotten."""
    first = next(reader.rows(wanted), None)
    day = (first.recorded if first else datetime.now(UTC)).date()
    return day + timedelta(days=settings.retention.identity_days)


def _ending(expires: date) -> str:
    return _("This file holds names of people. Delete it by %(day)s.", day=expires.isoformat())


def _header(name: str) -> str:
    return words.say(words.COLUMNS, name)
