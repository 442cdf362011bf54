"""The rows that the report of a day is made of, in short looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo

from kiosk.core import daily
from kiosk.core.daily import DayReport
from kiosk.core.entry import EntryKind
from kiosk.store.entries import Entry, Filter
from kiosk.store.reader import Reader

AROUND = timedelta(days=1)  # decisions come within minutes; a gate that was off longer shows by its start


def day_report(reader: Reader, day: date, zone: tzinfo, kiosk: str, now: datetime) -> DayReport:
    """The report of a local day. Raises StoreUnreadable, LogbookBroken."""
    since, until = daily.span(day, zone)
    return daily.report(_rows(reader, since - AROUND, until + AROUND), day, zone, kiosk, now)


def _rows(reader: Reader, since: datetime, until: datetime) -> Iterator[Entry]:
    """The rows of that time, the ones next to them, and disputes that were noted later, as they were written."""
    before = reader.page(Filter(until=since), limit=1)
    yield from before
    seen = before[0].seq if before else 0
    for row in reader.rows(Filter(since=since, until=until)):
        if row not in before:
            yield row
            seen = row.seq
    for kind in (EntryKind.START, EntryKind.DISPUTE):
        for row in reader.rows(Filter(since=until, kind=kind)):
            if kind is EntryKind.DISPUTE:
                yield row
            elif row.seq == seen + 1:  # the gate was off for days
                yield row
                break
