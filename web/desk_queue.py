"""What is owed of the visits of the last day: folded from the log as it grows, once for all desks."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from kiosk.core import reports
from kiosk.core.faults import LogbookBroken, StoreUnreadable
from kiosk.core.reports import Mark, Settled, Tally
from kiosk.store.entries import Filter
from kiosk.store.records import Records

REACHES_BACK = timedelta(hours=24)
LOOK_EVERY_S = 3.0  # a desk's number may be so old
_AT_ONCE = 2000  # rows of one look


class ReviewQueue:
    """The review queue of one gate. Safe to use from several threads."""

    def __init__(
        self, logbook: Records, now: Callable[[], datetime], monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._logbook, self._now, self._monotonic_s = logbook, now, monotonic_s
        self._guard = threading.Lock()
        self._marks: deque[Mark] = deque()
        self._seen = 0
        self._looked_s = float("-inf")
        self._count = 0

    def owed(self) -> tuple[Settled, ...]:
        """The visits of which something is owed, oldest first. Raises StoreUnreadable, LogbookBroken."""
        with self._guard:
            self._catch_up()
            since, tally = self._now() - REACHES_BACK, Tally()
            while self._marks and self._marks[0].happened < since:
                self._marks.popleft()
            for mark in self._marks:
                tally.add(mark)
            found = [visit for visit in tally.visits() if visit.owed is not None and visit.base.happened >= since]
            self._count, self._looked_s = len(found), self._monotonic_s()
        return tuple(sorted(found, key=lambda visit: visit.base.happened))

    def count(self) -> int:
        """How many there are, as far as is known: what was counted a moment ago is not counted again."""
        if self._monotonic_s() - self._looked_s > LOOK_EVERY_S:
            self._looked_s = self._monotonic_s()
            with suppress(StoreUnreadable, LogbookBroken):  # the logbook's own state says so
                self.owed()
        return self._count

    def _catch_up(self) -> None:
        tail, _ = self._logbook.head()
        if self._seen == 0 or tail < self._seen:  # the first look, or another file since a restore
            self._marks = deque(map(reports.mark, self._logbook.rows(Filter(since=self._now() - REACHES_BACK))))
            self._seen = tail
        while self._seen < tail:
            new = self._logbook.after(self._seen, _AT_ONCE)
            if not new:
                return
            self._marks.extend(map(reports.mark, new))
            self._seen = new[-1].seq
