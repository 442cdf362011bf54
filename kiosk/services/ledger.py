"""What people ask of the logbook beside the lanes: time, disputes, who is inside, paper sheets, backups.

Every answer that changes something is a row first.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.core import clocks, inside, paper, reports
from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.inside import Passing
from kiosk.core.model import Direction
from kiosk.core.paper import Slip
from kiosk.core.reasons import Answer
from kiosk.core.requests import (
    Archived,
    ConfirmTime,
    Dispute,
    EnterPaper,
    Inside,
    NoteBackup,
    NumberSheets,
    ResetInside,
    Review,
)
from kiosk.services.clock import SystemClock
from kiosk.store.reader import Entry, Filter, Reader

LOOKS_BACK = inside.LONG  # without a reset; most who came in longer ago live here, and went out unseen
_AT_ONCE = 200  # rows unsealed before the gate may write again
_ONLINE = "online_code"

Said = tuple[Answer, dict[str, object]]
Revealed = Callable[[Sequence[int]], dict[int, dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Answers for one logbook. `append` writes a durable row; it and `reveal` raise LogbookUnwritable."""

    path: Path
    clock: SystemClock
    append: Callable[[Draft], None]
    reveal: Revealed
    one_at_a_time: threading.Lock

    def answer(self, request: Archived) -> Said:
        """What `request` comes to. Raises LogbookUnwritable, StoreUnreadable."""
        with self.one_at_a_time:
            match request:
                case ConfirmTime():
                    return self._confirm(request)
                case Dispute() | Review():
                    return self._note(request)
                case Inside():
                    return Answer.DONE, inside.told(self.who_is_inside(self.clock.now(), timedelta(days=request.days)))
                case ResetInside():
                    words = ((SealClass.NOTE, (("note", request.reason),)),)
                    self._row(EntryKind.INSIDE_RESET, request.by, sealed=words)
                    return Answer.DONE, {}
                case NumberSheets():
                    return self._number(request)
                case EnterPaper():
                    return self._enter(request)
                case NoteBackup():
                    self._row(EntryKind.BACKUP, request.by, detail=f"{request.seq} {request.backup}")
                    return Answer.DONE, {}
                case _:
                    return Answer.BAD_REQUEST, {}

    def _row(self, kind: EntryKind, by: str, **more: object) -> None:
        self.append(Draft(kind, self.clock.now(), volunteer=by, **more))  # type: ignore[arg-type]

    def _confirm(self, request: ConfirmTime) -> Said:
        if not clocks.agrees(self.clock.now(), request.time):
            return Answer.OUT_OF_RANGE, {}
        if self.clock.now() < self.clock.floor[0] - clocks.SLACK:
            return Answer.NOT_ALLOWED, {}
        self._row(EntryKind.TIME_CONFIRMED, request.by)
        self.clock.confirm()
        return Answer.DONE, {"state": self.clock.state().value}

    def _note(self, request: Dispute | Review) -> Said:
        """A sealed note about a visit that is in the log, at any time after it."""
        kind, second = EntryKind.EXPLAIN, ""
        if isinstance(request, Dispute):
            kind, second = EntryKind.DISPUTE, request.second
        if second == request.by:
            return Answer.BAD_REQUEST, {}
        about = [row for row in Reader(self.path).visit_rows(request.visit) if row.kind in reports.COUNTED]
        if not about:
            return Answer.VISIT_ENDED, {}
        row = about[-1]
        self._row(
            kind,
            request.by,
            lane=row.lane,
            visit=request.visit,
            refers=request.visit,
            direction=row.direction,
            detail=second,
            sealed=((SealClass.NOTE, (("note", request.note),)),),
        )
        return Answer.DONE, {}

    # --- Who is inside ------------------------------------------------------------------------------------

    def who_is_inside(self, until: datetime, looks_back: timedelta = LOOKS_BACK) -> inside.Inside:
        """Everybody who went in since the last reset, or within the time looked at, and did not come out.

        The answer says where that time begins: whoever came in before it is not counted.
        """
        reader, since = Reader(self.path), until - looks_back
        resets = reader.page(Filter(kind=EntryKind.INSIDE_RESET, until=until), limit=1)
        reset = resets[0].happened if resets and resets[0].happened >= since else None
        rows = list(reader.rows(Filter(since=reset or since, until=until + timedelta(milliseconds=1))))
        return inside.who(self._passings(rows), reset=reset, begins=reset or since, until=until)

    def _passings(self, rows: list[Entry]) -> Iterator[Passing]:
        tally, base = reports.Tally(), {}
        for row in rows:
            tally.add(reports.mark(row))
            if row.kind in reports.COUNTED:
                base[row.visit] = row
        through = [(base[visit.base.visit], visit) for visit in tally.visits() if visit.through is not None]
        for at in range(0, len(through), _AT_ONCE):
            some = through[at : at + _AT_ONCE]
            names = self.reveal([row.seq for row, _ in some])
            for row, visit in some:
                assert visit.through is not None
                yield _passing(row, visit.through, names.get(row.seq, {}))

    # --- Paper --------------------------------------------------------------------------------------------

    def _last_sheet(self) -> int:
        reader = Reader(self.path)
        rows = [row for kind in (EntryKind.SHEETS, EntryKind.RESTORED) for row in reader.rows(Filter(kind=kind))]
        return paper.last_number((row.kind, row.detail) for row in sorted(rows, key=lambda row: row.seq))

    def _number(self, request: NumberSheets) -> Said:
        first = self._last_sheet() + 1
        last = first + request.count - 1
        self._row(EntryKind.SHEETS, request.by, detail=f"{first}-{last}")
        return Answer.DONE, {"first": first, "last": last}

    def _enter(self, request: EnterPaper) -> Said:
        """Writes the good lines; a line that is there already, or cannot be, is named and changes nothing."""
        last, now, reader = self._last_sheet(), self.clock.now(), Reader(self.path)
        refused: list[dict[str, object]] = []
        written = 0
        for line in request.lines:
            slip = paper.wrong_with(line, last, now)
            if slip is None and reader.visit_rows(paper.visit_of(line.sheet, line.line)):
                slip = Slip.DUPLICATE
            if slip is None:
                self.append(paper.draft(line, request.by))
                written += 1
            else:
                refused.append({"sheet": line.sheet, "line": line.line, "slip": slip.value})
        return Answer.DONE, {"written": written, "refused": refused}


def _passing(row: Entry, direction: Direction, fields: dict[str, str]) -> Passing:
    signed = row.format not in ("", _ONLINE) and fields.get("credential_id", "")
    room = fields.get("room", "")
    name = _plain(fields.get("name", ""))
    return Passing(
        visit=row.visit,
        seq=row.seq,
        at=row.happened,
        direction=direction,
        lane=row.lane,
        group=row.group,
        day=row.recorded.astimezone(UTC).date().isoformat(),
        person=row.person_tag,
        pass_=f"{row.format} {row.issuer} {signed}" if signed else "",
        code=row.code_tag,
        name=f"{name} {_plain(room)}" if name else "",
    )


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
