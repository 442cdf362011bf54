"""The gate's hold on its logbook: opened when it can be, tried again while it cannot, and what readers may ask."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk.core import clocks
from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.faults import KioskError, LogbookBroken, LogbookUnwritable, NotOwner, RowRefused, StoreUnreadable
from kiosk.core.model import Direction
from kiosk.core.reasons import Answer
from kiosk.core.requests import About, Archived, Inside, Released, Reply, Reveal
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
FORGOTTEN_WITHIN_S = 1800.0  # else the desk is told: rows go in slices, and their traces after whoever reads the log
BACKUP_LATE = timedelta(days=3)  # where settings want one each night
_REMEMBERED = 200  # answers
_LOOKS = (About, Inside, Reveal)  # what they bring is not kept, and asking again is a look of its own
# After these rows nothing was under way: the gate stopped, or a command worked while it was stopped.
_IN_GOOD_ORDER = frozenset(
    {EntryKind.STOP, EntryKind.PURGED, EntryKind.ERASED, EntryKind.EXPORTED, EntryKind.LOOKED, EntryKind.BACKUP}
    | {EntryKind.RESTORED, EntryKind.SHEETS, EntryKind.INSIDE_RESET}
)
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
        self._forgot_s = float("-inf")
        self._whole_s = clock.monotonic_s()  # until then nothing was left to be forgotten
        self._counts = Counts()
        self._again: OrderedDict[str, tuple[Archived, Reply]] = (
            OrderedDict()
        )  # answers to requests that changed something
        self._stopping = threading.Event()
        self._looking: threading.Thread | None = None
        self.keyring = _keyring(at.keys, mend)
        self._ledger = Ledger(at.logbook, clock, self.append, self._unsealed, threading.Lock())
        self._release = Release(clock, self.keyring.head_key, self.append)
        self._left_off: datetime | None = None  # the newest row that was there when the logbook was opened
        self._left_off_s = clock.elapsed_s()
        self._newest: Entry | None = None  # the last row from before it was opened
        self._open()

    def _open(self) -> None:
        try:
            self._open_or_break()
        except LogbookBroken as error:
            if not self._mend:
                raise
            try:
                soundness.set_aside(self._at.logbook, self._clock.now(), str(error))
            except OSError as failed:  # the disk fails as well: tried again in a moment, and nobody is shown green
                self.watched.became("unwritable", f"{error}; it could not be set aside: {failed}")
                return
            self._open_or_break()
        if self._logbook is not None:
            self._look_at_the_disk(self._logbook)
            self._look_through_the_file()

    def _look_at_the_disk(self, logbook: Logbook) -> None:
        """What the desk has to know of the files: one that was set aside, until it is moved away; else a doubt."""
        broken = soundness.aside(self._at.logbook)
        damaged = self.keyring.damaged()
        serious = [found for found in logbook.doubts() if found.serious]
        if broken:
            self.disk.became("set_aside", soundness.told(broken[-1]))
        elif damaged:
            self.disk.became("key_damaged", f"{damaged[-1]}: what it sealed cannot be read; look at the disk")
        elif serious:
            self.disk.became(serious[0].doubt, serious[0].line)
        else:
            self.disk.became("ok")

    def _look_through_the_file(self) -> None:
        """Looks for damage beside the work: nobody at the gate waits for a file of a million rows."""
        if self._looking is None or not self._looking.is_alive():
            self._looking = threading.Thread(target=self._look_for_damage, name="logbook check", daemon=True)
            self._looking.start()

    def _look_for_damage(self) -> None:
        with suppress(StoreUnreadable):  # it is being set aside or closed just now
            for found in soundness.about_file(self._at.logbook, stopping=self._stopping.is_set):
                self.disk.became(found.doubt, found.line)

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
            self._newest = self._logbook.newest()
            self._left_off, self._left_off_s = self._logbook.last_recorded(), self._clock.elapsed_s()
            self._clock.at_least(self._left_off)
            told = self._logbook.newest_of(EntryKind.CLOCK, EntryKind.TIME_CONFIRMED, limit=100)
            self._clock.remember(*clocks.remembered(told, boot))
            self.watched.became("ok")

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
            except RowRefused:
                raise  # all others can be written
            except LogbookUnwritable as error:
                self.watched.became("unwritable", str(error))
                raise
            self._clock.at_least(row.recorded)
            self.watched.became("ok")

    def started(self, rules: str) -> None:
        """The row of a gate that came up. After one that did not stop in good order it names the last visit before.

        That visit's row was on the disk, and its lamp may never have been lit: nobody was told, and a paper sheet may
        tell of the same person.
        """
        before = self._newest
        cut_short = before is not None and before.kind not in _IN_GOOD_ORDER
        self.append_later(
            Draft(
                EntryKind.START,
                self._clock.now(),
                rules=rules,
                refers=before.visit if before is not None and cut_short else "",
                detail="cut_short" if cut_short else "",
            )
        )

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
                    self._append_waiting(self._later[0])
                except LogbookUnwritable:
                    return
                self._later.popleft()
            if self._logbook is not None:
                self._finish(self._logbook)

    def make_room(self) -> None:
        """Keeps the logbook's files small; after the lamps of a turn, because disk and readers may take their time."""
        with self._guard:
            if self._logbook is not None:
                self._logbook.make_room()

    def _append_waiting(self, draft: Draft) -> None:
        """A row that had to wait; one that can never be written leaves what can be, and holds nobody else up."""
        try:
            self.append(draft)
        except RowRefused:
            bare = Draft(draft.kind, draft.happened, draft.lane, draft.visit, draft.refers, detail="refused")
            with suppress(RowRefused):
                self.append(bare)

    def _finish(self, logbook: Logbook) -> None:
        """What a failure left undone: a head that is due, and forgetting that was cut short."""
        with suppress(LogbookUnwritable):  # the next row says so
            logbook.sign_if_due()
        now_s = self._clock.monotonic_s()
        if not logbook.unfinished:
            self._whole_s = now_s
        elif now_s - self._forgot_s >= TRY_AGAIN_S:
            self._forgot_s = now_s
            try:
                logbook.finish_forgetting()
            except LogbookUnwritable as error:  # rows may be written all the same
                self.disk.became("not_forgotten", str(error))
                return
            if not logbook.unfinished:
                self._look_at_the_disk(logbook)
            elif now_s - self._whole_s > FORGOTTEN_WITHIN_S:
                self.disk.became("not_forgotten", "a backup or a download has been reading the log for long: end it")

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

    def passed_before(self, key: str, direction: Direction, since: datetime, *, person: str = "") -> datetime | None:
        """When this identity, or this person of the roster, last passed this way.

        None too while the logbook cannot be read.
        """
        if self._logbook is None:
            return None
        try:
            return self._logbook.passed_before(key, direction, since, person=person)
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
        asked, known = self._again.get(request.request_id, (None, None))
        if known is not None and asked == request:
            return known  # a retry is harmless
        if self._clock.now() >= request.expires_at:
            return Reply(request_id=request.request_id, answer=Answer.EXPIRED)
        try:
            answer, data = self._answer(request)
        except LogbookUnwritable:
            return Reply(request_id=request.request_id, answer=Answer.NOT_RECORDED)
        except (ValueError, KioskError):
            return Reply(request_id=request.request_id, answer=Answer.OUT_OF_RANGE)
        reply = Reply(request_id=request.request_id, answer=answer, data=data)
        if answer is Answer.DONE and not isinstance(request, _LOOKS):
            self._remember(request, reply)
        return reply

    def _remember(self, request: Archived, reply: Reply) -> None:
        with self._guard:
            self._again[reply.request_id] = request, reply
            while len(self._again) > _REMEMBERED:
                self._again.popitem(last=False)

    @property
    def signed_code(self) -> str:
        """Row and short code of the newest signed head; empty while there is none."""
        return self._logbook.signed_code if self._logbook is not None else ""

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
        awake = timedelta(seconds=self._clock.elapsed_s() - self._left_off_s)
        if not clocks.lets_forget(self._clock.verdict(), self._clock.now(), self._left_off, awake):
            return
        kept = {SealClass.IDENTITY: retention.identity_days, SealClass.NOTE: retention.note_days}
        for days in sorted(set(kept.values())):
            before = (self._clock.now() - timedelta(days=days)).date()
            self._logbook.purge(before, by="retention", classes=[each for each in kept if kept[each] == days])

    def look_for_backups(self, target: str) -> None:
        """Tells the desk where no backup was made for days, though each night one should go to `target`."""
        if not target or not self.disk.state.ok:
            return
        try:
            reader = Reader(self._at.logbook)
            made = reader.page(Filter(kind=EntryKind.BACKUP), limit=1)
            began = made or reader.page(Filter(), before=2, limit=1)
        except (KioskError, OSError):
            return  # the logbook's own state says so
        if began and self._clock.now() - began[0].recorded > BACKUP_LATE:
            since = f"since {made[0].recorded:%F}" if made else "ever"
            self.disk.became("no_backup", f"no backup {since}: plug the stick in; systemctl status kiosk-backup")

    def clock_view(self) -> DeviceView:
        """The clock as pages show it, among the devices."""
        verdict = self._clock.verdict()
        ok, said = verdict.state is not ClockState.UNTRUSTED, verdict.reason.value
        return DeviceView(name="clock", driver="system", ok=ok, state=verdict.state.value, detail=said)

    def close(self) -> None:
        """Leaves a clean file."""
        self._stopping.set()
        if self._looking is not None:
            self._looking.join()
        with self._guard:
            self.catch_up()
            if self._logbook is not None:
                self._logbook.close()
                self._logbook = None


def _keyring(folder: Path, mend: bool) -> Keyring:
    """The gate's keys. Raises LogbookUnwritable with one line where the first ones cannot be made."""
    try:
        return Keyring.open(folder, mend=mend)
    except OSError as error:
        raise LogbookUnwritable(
            f"{folder}: no keys can be made here ({error.strerror}); let the gate write there"
        ) from error
