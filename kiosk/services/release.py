"""What leaves the logbook or is forgotten on request: names, exports, signed heads, one person's rows.

Who asks and why is a row first.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.entry import Draft, EntryKind, SealClass, code
from kiosk.core.reasons import Answer
from kiosk.core.requests import About, Erase, HandOver, OpenNames, Purge, Released, Reveal, SignExport, SignHead
from kiosk.services.clock import SystemClock
from kiosk.store import heads, manifest
from kiosk.store.holding import give_way
from kiosk.store.logbook import Logbook
from kiosk.store.persons import Who

OPEN_FOR = timedelta(hours=1)  # so long may an export with names take
_DELETES_S = 30.0  # of a request; whoever asks waits a minute for the answer
_MOST_OPEN = 16
_LONGEST_AGO = timedelta(days=366)  # no setting keeps personal fields longer

Said = tuple[Answer, dict[str, object]]


class Release:
    """Answers for one logbook. `append` writes a durable row and raises LogbookUnwritable."""

    def __init__(self, clock: SystemClock, key: Ed25519PrivateKey, append: Callable[[Draft], None]) -> None:
        self._clock, self._key, self._append = clock, key, append
        self._open: OrderedDict[str, datetime] = OrderedDict()

    def answer(self, logbook: Logbook, request: Released) -> Said:
        """What `request` comes to. Raises LogbookUnwritable, LogbookBroken; ValueError for a day that is not over."""
        match request:
            case Erase():
                return Answer.DONE, self._told(logbook, self._erase(logbook, request))
            case About():
                return Answer.DONE, {"rows": self._about(logbook, request)}
            case Purge():
                return Answer.DONE, self._told(logbook, logbook.purge(request.before.date(), by=request.by))
            case Reveal():
                return self._reveal(logbook, request)
            case OpenNames():
                return Answer.DONE, {"export": self._open_names(request)}
            case SignExport():
                return self._sign_export(logbook, request)
            case SignHead():
                return self._sign_head(logbook)
            case HandOver():
                self._row(EntryKind.HAND_OVER, request.by, request.before)
                return self._sign_head(logbook)

    def _told(self, logbook: Logbook, rows: int) -> dict[str, object]:
        """How many rows were forgotten, when the last of them is deleted or the gate's turns have to go on with it.

        `unfinished`: nobody is shown them any more; their sealed bytes leave the file, or its write-ahead log, later.
        """
        until_s = self._clock.monotonic_s() + _DELETES_S
        while logbook.forgets and self._clock.monotonic_s() < until_s:
            give_way()
            logbook.finish_forgetting()
        return {"rows": rows, "unfinished": True} if logbook.unfinished else {"rows": rows}

    def _row(self, kind: EntryKind, by: str, detail: str, reason: str = "") -> None:
        note = ((SealClass.NOTE, (("reason", reason),)),) if reason else ()
        self._append(Draft(kind, self._clock.now(), volunteer=by, detail=detail, sealed=note))

    def _reveal(self, logbook: Logbook, request: Reveal) -> Said:
        if request.export:
            until = self._open.get(request.export)
            if until is None or self._clock.now() > until:
                return Answer.NOT_ALLOWED, {}
        else:
            self._row(EntryKind.LOOKED, request.by, f"{len(request.seqs)} entries", request.reason)
        return Answer.DONE, {str(seq): fields for seq, fields in logbook.reveal(request.seqs).items()}

    def _open_names(self, request: OpenNames) -> str:
        self._row(EntryKind.EXPORTED, request.by, "names", request.reason)
        export = secrets.token_hex(16)
        self._open[export] = self._clock.now() + OPEN_FOR
        while len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)
        return export

    def _sign_export(self, logbook: Logbook, request: SignExport) -> Said:
        told = manifest.parse(request.manifest.encode())
        if told.names and self._open.pop(request.export, None) is None:
            return Answer.NOT_ALLOWED, {}
        if not told.names:
            self._row(EntryKind.EXPORTED, request.by, "pseudonyms")
        signed = logbook.sign()
        if signed is None:
            return Answer.OUT_OF_RANGE, {}
        whole = msgspec.structs.replace(told, by=request.by, made=self._clock.now())
        return Answer.DONE, {"manifest": manifest.sign(whole, signed, self._key).decode()}

    def _sign_head(self, logbook: Logbook) -> Said:
        signed = logbook.sign()
        if signed is None:
            return Answer.OUT_OF_RANGE, {}
        head = signed.head
        return Answer.DONE, {"head": heads.dump(signed).decode(), "seq": head.seq, "code": code(head.hash)}

    def _about(self, logbook: Logbook, request: About) -> list[object]:
        self._row(EntryKind.LOOKED, request.by, "person", request.reason)
        since = (self._clock.now() - _LONGEST_AGO).date()
        found = logbook.about(Who(request.persons, request.names), since)
        return [{"entry": mention.entry, "personal": mention.personal} for mention in found]

    def _erase(self, logbook: Logbook, request: Erase) -> int:
        since = (self._clock.now() - _LONGEST_AGO).date()
        found = logbook.about(Who(request.persons, request.names), since)
        return logbook.erase([mention.entry.seq for mention in found], by=request.by, reason=request.reason)
