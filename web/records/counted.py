"""The reports of days as pages show them: each counted once, and again only when a row about it was written since."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app

from kiosk.core.daily import DayReport
from kiosk.core.entry import EntryKind
from kiosk.store.daily import day_report
from kiosk.store.entries import Entry
from kiosk.store.records import Records

KEPT = 130  # days
_NEWS = 500  # rows that are looked at one by one to see which days they change; after more all are counted anew


class Counted:
    """Days counted so far. Safe to use from several threads; those that are missing are counted by a thread of its own.

    Methods raise StoreUnreadable, LogbookBroken.
    """

    KEY = "records.counted"

    def __init__(
        self, logbook: Records, timezone: str, kiosk: str, now: Callable[[], datetime], lane: str = ""
    ) -> None:
        """Counts every lane, or the named one alone."""
        self._logbook, self._kiosk, self._now, self._lane = logbook, kiosk, now, lane
        self._lanes: dict[str, Counted] = {}
        self.zone = ZoneInfo(timezone)
        self._guard = threading.Lock()
        self._known: OrderedDict[date, tuple[int, DayReport]] = OrderedDict()  # with the row up to which it was counted
        self._coming: dict[date, Future[DayReport]] = {}
        self._seen = 0
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="counting days")

    def of_lane(self, lane: str) -> Counted:
        """The same of one lane alone."""
        with self._guard:
            if lane not in self._lanes:
                self._lanes[lane] = Counted(self._logbook, str(self.zone), self._kiosk, self._now, lane)
            return self._lanes[lane]

    def report(self, day: date) -> DayReport:
        """The report of `day`, as of now."""
        self._catch_up()
        return self._find(day) or self._count(day)

    def reports(self, days: Sequence[date], within_s: float) -> dict[date, DayReport]:
        """Those of `days` that are counted by then; the others go on being counted, the newest first."""
        self._catch_up()
        with self._guard:
            missing = [day for day in days if day not in self._known]
            for day in sorted(missing, reverse=True):
                if day not in self._coming:
                    self._coming[day] = self._worker.submit(self._count, day)
            waited = [self._coming[day] for day in missing]
        done, _ = wait(waited, within_s)
        for each in done:
            each.result()  # whatever was raised over there
        return {day: found for day in days if (found := self._find(day)) is not None}

    def today(self) -> date:
        """The day it is at the gate."""
        return self._now().astimezone(self.zone).date()

    def close(self) -> None:
        """Counts no more."""
        self._worker.shutdown(wait=False, cancel_futures=True)
        for each in self._lanes.values():
            each.close()

    def _find(self, day: date) -> DayReport | None:
        with self._guard:
            found = self._known.get(day)
            if found is not None:
                self._known.move_to_end(day)
        return found[1] if found else None

    def _count(self, day: date) -> DayReport:
        try:
            seen, _ = self._logbook.head()
            made = day_report(self._logbook, day, self.zone, self._kiosk, self._now(), self._lane)
            with self._guard:
                if seen >= self._seen:  # else a newer row may be about it
                    self._known[day] = seen, made
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
            return made
        finally:
            with self._guard:
                self._coming.pop(day, None)

    def _catch_up(self) -> None:
        """Forgets the days that rows written since the last call are about, and those that are not over."""
        tail, _ = self._logbook.head()
        with self._guard:
            seen = self._seen
        new = self._logbook.after(seen, _NEWS + 1) if 0 < seen < tail else ()
        touched = set(self._days_of(new)) if len(new) <= _NEWS else None
        with self._guard:
            if touched is None or tail < self._seen:
                self._known.clear()
            for day in touched or ():
                self._known.pop(day, None)
            unfinished = self._now()
            for day in [
                day for day, (_, made) in self._known.items() if made.until > unfinished and self._is_open(made)
            ]:
                del self._known[day]
            self._seen = tail

    def _is_open(self, report: DayReport) -> bool:
        """Whether a report tells of a time that goes on: the gate is off, or its clock in doubt."""
        return any(gap.why in ("off", "clock") for gap in (*report.missing, *report.doubts))

    def _days_of(self, rows: Iterable[Entry]) -> Iterable[date]:
        new = list(rows)
        for each in self._logbook.of_visits(row.refers or row.visit for row in new):
            yield self._day(each.happened)
        for row in new:
            yield self._day(row.happened)
            yield self._day(row.recorded)
            if row.kind is EntryKind.START:
                yield from self._days_off(row)

    def _days_off(self, start: Entry) -> Iterable[date]:
        """The days in which the gate was away before it came up."""
        place = self._logbook.place(start.seq - 1)
        day = self._day(place.entry.recorded if place else start.recorded)
        while day <= self._day(start.recorded):
            yield day
            day += timedelta(days=1)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


def counted() -> Counted:
    """That of the application that answers this request."""
    return cast("Counted", current_app.extensions[Counted.KEY])


def days_until(last: date, count: int) -> list[date]:
    """So many days, the last of which is `last`, oldest first."""
    return [last - timedelta(days=back) for back in reversed(range(count))]
