"""The gate's hold on its logbook: opened when it can be, tried again while it cannot, and what readers may ask."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk.core import clocks
from kiosk.core.entry import Draft, EntryKind
from kiosk.core.faults import KioskError, LogbookUnwritable
from kiosk.core.model import Direction
from kiosk.core.reasons import Answer
from kiosk.core.requests import Archived, Purge, Reply, Reveal
from kiosk.core.view import Counts, DeviceView
from kiosk.services.clock import ClockState, SystemClock
from kiosk.services.devices import Watched
from kiosk.services.ledger import Ledger
from kiosk.settings import Places, RetentionSection
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.reader import Entry, Filter, Reader

TRY_AGAIN_S = 2.0
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Book:
    """The logbook of this gate. While it cannot be written, that is a state, and nobody is shown green."""

    def __init__(self, at: Places, kiosk: str, clock: SystemClock) -> None:
        self.watched = Watched("logbook", "sqlite", clock)
        self._at, self._kiosk, self._clock = at, kiosk, clock
        self._guard = threading.RLock()
        self._logbook: Logbook | None = None
        self._later: deque[Draft] = deque(maxlen=1000)
        self._tried_s = clock.monotonic_s()
        self.keyring = Keyring.open(at.keys)
        self._ledger = Ledger(at.logbook, clock, self.append, self._unsealed, threading.Lock())
        self._open()

    def _open(self) -> None:
        boot = BOOT_ID.read_text().strip()
        try:
            self._logbook = Logbook.open(
                self._at.logbook,
                self.keyring,
                kiosk=self._kiosk,
                boot=boot,
                clock_state=lambda: self._clock.state().value,
                now=self._clock.now,
                monotonic_ns=lambda: int(self._clock.monotonic_s() * 1e9),
            )
        except OSError as error:  # LogbookUnwritable, or the folder itself
            self.watched.became("unwritable", str(error))
        else:
            self._clock.at_least(self._logbook.last_recorded())
            self._clock.remember(*clocks.remembered(self._of_the_clock(), boot))
            self.watched.became("ok")

    def _of_the_clock(self) -> list[Entry]:
        """The newest rows about the clock, the newest first."""
        reader = Reader(self._at.logbook)
        kinds = (EntryKind.CLOCK, EntryKind.TIME_CONFIRMED)
        rows = [row for kind in kinds for row in reader.page(Filter(kind=kind), limit=50)]
        return sorted(rows, key=lambda row: row.seq, reverse=True)

    @property
    def writable(self) -> bool:
        """Whether the last row could be written."""
        return self.watched.state.ok

    def append(self, draft: Draft) -> None:
        """One durable row. Raises LogbookUnwritable."""
        with self._guard:
            if self._logbook is None:
                raise LogbookUnwritable(f"{self._at.logbook}: not open")
            try:
                row = self._logbook.append(draft)
            except LogbookUnwritable as error:
                self.watched.became("unwritable", str(error))
                raise
            self._clock.at_least(row.recorded)
            self.watched.became("ok")

    def append_later(self, draft: Draft) -> None:
        """A row of something that was done first; written now or when it can be."""
        with self._guard:
            self._later.append(draft)
            self.catch_up()

    def catch_up(self) -> None:
        """Writes what had to wait; tries a logbook that could not be written, now and then."""
        with self._guard:
            for said in self._clock.look():
                self._later.append(Draft(EntryKind.CLOCK, self._clock.now(), detail=said))
            if not self.writable and not self._recovered():
                return
            while self._later:
                try:
                    self.append(self._later[0])
                except LogbookUnwritable:
                    return
                self._later.popleft()

    def _recovered(self) -> bool:
        now_s = self._clock.monotonic_s()
        if now_s - self._tried_s < TRY_AGAIN_S:
            return False
        self._tried_s = now_s
        if self._logbook is None:
            self._open()
        elif self._logbook.probe():
            self.watched.became("ok")
        return self.writable

    def passed_before(self, key: str, direction: Direction, since: datetime) -> datetime | None:
        """When this identity last passed this way."""
        return self._logbook.passed_before(key, direction, since) if self._logbook else None

    def counts(self, zone: ZoneInfo) -> Counts:
        """Today's counts, by the place's own midnight."""
        today = self._clock.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return self._logbook.counts(today, today + timedelta(days=1)) if self._logbook else Counts()

    def answer(self, request: Archived) -> Reply:
        """What the logbook itself answers; whoever looks at sealed fields is written down first."""
        if self._clock.now() >= request.expires_at:
            return Reply(request_id=request.request_id, answer=Answer.EXPIRED)
        try:
            answer, data = self._answer(request)
        except LogbookUnwritable:
            return Reply(request_id=request.request_id, answer=Answer.NOT_RECORDED)
        except (ValueError, KioskError):
            return Reply(request_id=request.request_id, answer=Answer.OUT_OF_RANGE)
        return Reply(request_id=request.request_id, answer=answer, data=data)

    def _answer(self, request: Archived) -> tuple[Answer, dict[str, object]]:
        if isinstance(request, Purge):
            return Answer.DONE, {"rows": self._purge(request.before, request.by)}
        if isinstance(request, Reveal):
            return Answer.DONE, self._reveal(request)
        return self._ledger.answer(request)

    def _reveal(self, request: Reveal) -> dict[str, object]:
        now = self._clock.now()
        detail = f"{len(request.seqs)} entries"
        self.append(Draft(EntryKind.LOOKED, now, volunteer=request.by, detail=detail))
        return {str(seq): fields for seq, fields in self._unsealed(request.seqs).items()}

    def _unsealed(self, seqs: Sequence[int]) -> dict[int, dict[str, str]]:
        return self._logbook.reveal(seqs) if self._logbook else {}

    def _purge(self, before: datetime, by: str) -> int:
        if self._logbook is None:
            raise LogbookUnwritable(f"{self._at.logbook}: not open")
        return self._logbook.purge(before.date(), by=by)

    def forget_on_time(self, retention: RetentionSection) -> None:
        """Deletes what has been kept long enough."""
        days = max(retention.identity_days, retention.note_days)
        self._purge(self._clock.now() - timedelta(days=days), by="retention")

    def clock_view(self) -> DeviceView:
        """The clock as pages show it, among the devices."""
        verdict = self._clock.verdict()
        ok, said = verdict.state is not ClockState.UNTRUSTED, verdict.reason.value
        return DeviceView(name="clock", driver="system", ok=ok, state=verdict.state.value, detail=said)

    def close(self) -> None:
        """Leaves a clean file."""
        with self._guard:
            self.catch_up()
            if self._logbook is not None:
                self._logbook.close()
                self._logbook = None
