"""The gate's hold on its logbook: opened when it can be, tried again while it cannot, and what readers may ask."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk.core import clocks
from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.faults import KioskError, LogbookBroken, LogbookUnwritable, NotOwner
from kiosk.core.model import Direction
from kiosk.core.reasons import Answer
from kiosk.core.requests import Archived, Released, Reply
from kiosk.core.view import Counts, DeviceView
from kiosk.services.clock import ClockState, SystemClock
from kiosk.services.devices import Watched
from kiosk.services.ledger import Ledger
from kiosk.services.release import Release
from kiosk.settings import Places, RetentionSection
from kiosk.store import soundness
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.reader import Entry, Filter, Reader

TRY_AGAIN_S = 2.0
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Book:
    """The logbook of this gate. While it cannot be written, that is a state, and nobody is shown green."""

    def __init__(self, at: Places, kiosk: str, clock: SystemClock, *, mend: bool = False) -> None:
        """`mend`: a file that is broken is set aside and a new one begun, as the gate does; else LogbookBroken."""
        self.watched = Watched("logbook", "sqlite", clock)
        self.disk = Watched("disk", "sqlite", clock)
        self._mend = mend
        self._at, self._kiosk, self._clock = at, kiosk, clock
        self._guard = threading.RLock()
        self._logbook: Logbook | None = None
        self._later: deque[Draft] = deque(maxlen=1000)
        self._tried_s = clock.monotonic_s()
        self._counts = Counts()
        self.keyring = _keyring(at.keys)
        self._ledger = Ledger(at.logbook, clock, self.append, self._unsealed, threading.Lock())
        self._release = Release(clock, self.keyring.head_key, self.append)
        self._left_off: datetime | None = None
        self._open()

    def _open(self) -> None:
        try:
            self._open_or_break()
        except LogbookBroken as error:
            if not self._mend:
                raise
            soundness.set_aside(self._at.logbook, self._clock.now(), str(error))
            self._open_or_break()
        if self._logbook is not None:
            self._look_at_the_disk(self._logbook)

    def _look_at_the_disk(self, logbook: Logbook) -> None:
        """What the desk has to know of the files: one that was set aside, until it is moved away; else a doubt."""
        broken = soundness.aside(self._at.logbook)
        serious = [found for found in logbook.doubts() if found.serious]
        if broken:
            self.disk.became("set_aside", soundness.told(broken[-1]))
        elif serious:
            self.disk.became(serious[0].doubt, serious[0].line)
        else:
            self.disk.became("ok")

    def _open_or_break(self) -> None:
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
            self._left_off = self._logbook.last_recorded()
            self._clock.at_least(self._left_off)
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
            if self._logbook is not None:
                with suppress(LogbookUnwritable):  # the next row says so
                    self._logbook.sign_if_due()

    def _recovered(self) -> bool:
        now_s = self._clock.monotonic_s()
        if now_s - self._tried_s < TRY_AGAIN_S:
            return False
        self._tried_s = now_s
        if self._logbook is None:
            try:
                self._open()
            except (NotOwner, LogbookBroken) as error:  # when starting they end the gate; now it serves people
                self.watched.became("unwritable", str(error))
        elif self._logbook.probe():
            self.watched.became("ok")
            self._look_at_the_disk(self._logbook)
        elif self._logbook.broken and self._mend:
            self._logbook.close()
            self._logbook = None
            self._open()
        return self.writable

    def passed_before(self, key: str, direction: Direction, since: datetime) -> datetime | None:
        """When this identity last passed this way; None too while the logbook cannot be read."""
        if self._logbook is None:
            return None
        try:
            return self._logbook.passed_before(key, direction, since)
        except (KioskError, OSError) as error:
            self.watched.became("unreadable", str(error))
            return None

    def counts(self, zone: ZoneInfo) -> Counts:
        """Today's counts, by the place's own midnight; the last ones known while the logbook cannot be read."""
        today = self._clock.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        if self._logbook is not None:
            try:
                self._counts = self._logbook.counts(today, today + timedelta(days=1))
            except (KioskError, OSError) as error:
                self.watched.became("unreadable", str(error))
        return self._counts

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
        if isinstance(request, Released):
            if self._logbook is None:
                raise LogbookUnwritable(f"{self._at.logbook}: not open")
            return self._release.answer(self._logbook, request)
        return self._ledger.answer(request)

    def _unsealed(self, seqs: Sequence[int]) -> dict[int, dict[str, str]]:
        return self._logbook.reveal(seqs) if self._logbook else {}

    def forget_on_time(self, retention: RetentionSection) -> None:
        """Deletes what has been kept long enough, each class of fields by its own days. Raises LogbookUnwritable."""
        if self._logbook is None:
            raise LogbookUnwritable(f"{self._at.logbook}: not open")
        if not clocks.lets_forget(self._clock.verdict(), self._clock.now(), self._left_off):
            return
        kept = {SealClass.IDENTITY: retention.identity_days, SealClass.NOTE: retention.note_days}
        for days in sorted(set(kept.values())):
            before = (self._clock.now() - timedelta(days=days)).date()
            self._logbook.purge(before, by="retention", classes=[each for each in kept if kept[each] == days])

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


def _keyring(folder: Path) -> Keyring:
    """The gate's keys. Raises LogbookUnwritable with one line where the first ones cannot be made."""
    try:
        return Keyring.open(folder)
    except OSError as error:
        raise LogbookUnwritable(
            f"{folder}: no keys can be made here ({error.strerror}); let the gate write there"
        ) from error
