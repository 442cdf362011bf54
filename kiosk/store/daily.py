"""The rows that the report of a day, or of another stretch of time, is made of: those and no others, in short looks."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, tzinfo

from kiosk.core import daily
from kiosk.core.daily import DayReport
from kiosk.core.entry import EntryKind
from kiosk.core.paper import SOURCE as PAPER
from kiosk.core.reports import COUNTED
from kiosk.store.entries import Entry, Filter
from kiosk.store.export import BOM, neutral
from kiosk.store.records import Records


def day_report(reader: Records, day: date, zone: tzinfo, kiosk: str, now: datetime, lane: str = "") -> DayReport:
    """The report of a local day, of one lane where it is named. Raises StoreUnreadable, LogbookBroken."""
    since, until = daily.span(day, zone)
    rows = rows_about(reader, since, until)
    if lane:  # what belongs to no lane, such as a start, is about each of them
        rows = [row for row in rows if not row.lane or row.lane == lane]
    return daily.report(rows, day, zone, kiosk, now)


def rows_about(reader: Records, since: datetime, until: datetime) -> list[Entry]:
    """The rows of that time, the ones next to them, and all others of and about its visits, as they were written."""
    within = list(reader.rows(Filter(since=since, until=until)))
    known = {row.seq for row in within}
    before = reader.last_before(since)
    edges = [before] if before is not None else []
    last = max((row.seq for row in (*within, *edges) if row.source != PAPER), default=0)
    edges += [row for row in reader.after(last, 1) if row.kind is EntryKind.START]  # the gate was off over midnight
    edges += reader.of_visits((row.visit for row in within if row.kind in COUNTED), known)
    beside = {row.seq: row for row in edges if row.seq not in known}
    return sorted([*within, *beside.values()], key=lambda row: row.seq)


def as_csv(report: DayReport) -> bytes:
    """The report as a table that a spreadsheet opens: section, name, value."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["section", "name", "value"])
    writer.writerows(
        [[neutral(cell) if isinstance(cell, str) else cell for cell in row] for row in daily.cells(report)]
    )
    return (BOM + out.getvalue()).encode()
