"""Files of the records: made in the background, sealed by the gate, gone after a quarter of an hour."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec
from flask import current_app

from kiosk import locale
from kiosk.core.faults import KioskError
from kiosk.core.reasons import Answer
from kiosk.core.requests import OpenNames, Request, Reveal, SignExport
from kiosk.locale.exports import delete_by, header
from kiosk.settings import Settings
from kiosk.store import apart, export, exporting, manifest
from kiosk.store.audit import Audit
from kiosk.store.exporting import Form, Order
from kiosk.store.jobs import Job, Jobs, JobState
from kiosk.store.reader import Filter
from kiosk.store.records import Records
from web.gate import Gate

KEPT_FOR = timedelta(minutes=15)  # after it was made
_MOST_KEPT = 12
_BESIDE_PAGES = 2000  # rows that this process writes itself; more have a process of their own
_EXPIRES = timedelta(seconds=30)


class NamesRefused(KioskError, PermissionError):
    """The gate did not open the names; nothing was exported."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants as a file: rows, form, columns; with names only for a reason."""

    rows: Filter
    form: Form
    by: str
    language: str
    told: Mapping[str, str]  # the filter, as the manifest and the audit tell it
    columns: Sequence[str] = ()
    reason: str = field(default="", repr=False)

    @property
    def with_names(self) -> bool:
        """Whether the file holds names of people."""
        return bool(self.reason)


@dataclass(frozen=True, slots=True)
class Made:
    """One file that is made or being made. `sealed`: its manifest lies beside it."""

    job: Job
    wanted: Wanted
    begun: datetime

    @property
    def id(self) -> str:
        """By which its page is found."""
        return self.job.id

    @property
    def manifest(self) -> Path:
        """Where its manifest lies."""
        return manifest.beside(self.job.file)

    @property
    def sealed(self) -> bool:
        """Whether the gate sealed it."""
        return self.job.state is JobState.DONE and self.manifest.exists()

    @property
    def bytes(self) -> int:
        """How large it is; 0 while it is being made."""
        return self.job.file.stat().st_size if self.job.state is JobState.DONE else 0


class Exports:
    """The files of one web. Safe to use from several threads."""

    KEY = "records.exports"

    def __init__(
        self, folder: Path, logbook: Records, gate: Gate, audit: Audit, settings: Settings, now: Callable[[], datetime]
    ) -> None:
        self._jobs = Jobs(folder)
        self.logbook, self.settings, self.now = logbook, settings, now
        self._gate, self._audit = gate, audit
        self.zone = ZoneInfo(settings.kiosk.timezone)
        self._guard = threading.Lock()
        self._kept: dict[str, Made] = {}
        self._alarms: dict[str, threading.Timer] = {}

    def start(self, wanted: Wanted) -> Made:
        """Begins a file. Raises TooManyJobs, NamesRefused, StoreUnreadable, LogbookBroken, OSError."""
        self.tidy()
        total = self.logbook.count(wanted.rows)
        opened = self._open_names(wanted) if wanted.with_names else ""
        name = f"records-{self.now().astimezone(self.zone):%Y%m%d-%H%M}.{wanted.form}"
        making = _Making(self, wanted, opened)
        job = self._jobs.start(making.file, total, name)
        made = Made(job, wanted, self.now())
        with self._guard:
            self._kept[job.id] = made
            alarm = threading.Timer(KEPT_FOR.total_seconds(), self.drop, (job.id,))
            alarm.daemon = True
            alarm.start()
            self._alarms[job.id] = alarm
        return made

    def find(self, made_id: str, by: str) -> Made | None:
        """The file of that id, for whoever asked for it."""
        self.tidy()
        made = self._kept.get(made_id)
        return made if made is not None and made.wanted.by == by else None

    def of(self, by: str) -> list[Made]:
        """Everything that somebody asked for lately, newest first."""
        self.tidy()
        with self._guard:
            return [made for made in reversed(self._kept.values()) if made.wanted.by == by]

    def drop(self, made_id: str) -> None:
        """Ends a file that is being made; removes one that is."""
        with self._guard:
            self._kept.pop(made_id, None)
            alarm = self._alarms.pop(made_id, None)
        if alarm is not None:
            alarm.cancel()
        self._jobs.drop(made_id)

    def tidy(self) -> None:
        """Removes what has stood long enough, and the oldest where there are many."""
        old = self.now() - KEPT_FOR
        with self._guard:
            over = [made.id for made in self._kept.values() if made.begun < old]
            over += [made.id for made in list(self._kept.values())[: max(0, len(self._kept) - _MOST_KEPT)]]
        for made_id in over:
            self.drop(made_id)

    def close(self) -> None:
        """Ends and removes everything."""
        for made_id in list(self._kept):
            self.drop(made_id)
        self._jobs.close()

    def _open_names(self, wanted: Wanted) -> str:
        told = self.asked(OpenNames, wanted.by, reason=wanted.reason)
        if not told or not told.get("export"):
            raise NamesRefused("the gate did not open the names; nothing was exported")
        return str(told["export"])

    def asked(self, kind: type[Request], by: str, **values: Any) -> dict[str, object] | None:
        """What the gate answered; None where it refused or is silent."""
        at = self.now() + _EXPIRES
        reply = self._gate.ask(kind(request_id=secrets.token_hex(16), by=by, expires_at=at, **values))
        return reply.data if reply.answer is Answer.DONE else None

    def written(self, wanted: Wanted, rows: int, sealed: bool) -> None:
        """Writes down that somebody took rows away."""
        told = " ".join(f"{name}={value}" for name, value in wanted.told.items())
        more = f"form={wanted.form} rows={rows} names={'yes' if wanted.with_names else 'no'}"
        self._audit.write("records_downloaded", by=wanted.by, detail=f"{told} {more}".strip())


class _Making:
    """One file on its way: rows, names, the seal."""

    def __init__(self, exports: Exports, wanted: Wanted, opened: str) -> None:
        self._exports, self._wanted, self._opened = exports, wanted, opened

    def file(self, out: Path, folder: Path, step: Callable[[int], None]) -> None:
        """Writes the file to `out`, and its manifest beside it where the gate seals it."""
        locale.use(self._wanted.language)
        logbook, wanted = self._exports.logbook, self._wanted
        expires = None
        if wanted.with_names:
            days = self._exports.settings.retention.identity_days
            expires = exporting.expires(logbook, wanted.rows, days, self._exports.now())
        order = Order(logbook, wanted.rows, wanted.form, self._layout(expires), wanted.told, expires)
        if self._exports.logbook.count_to(wanted.rows, _BESIDE_PAGES) > _BESIDE_PAGES:
            made = apart.write(order, out, folder, step)
        else:
            with out.open("wb") as binary:
                made = order.write(binary, folder, step)
        sealed = self._seal(made, manifest.beside(out))
        if wanted.with_names and not sealed:
            raise NamesRefused("the gate did not seal the file; with names it is not given away without")
        self._exports.written(wanted, made.rows, sealed)

    def _layout(self, expires: date | None) -> export.Layout:
        columns = [name for name in self._wanted.columns if name in export.BY_NAME]
        layout = export.Layout(columns=export.choose(columns), header=header, zone=self._exports.zone, bom=True)
        if expires is None:
            return layout
        return replace(layout, people=exporting.people(self._reveal), ending=delete_by(expires))

    def _reveal(self, seqs: tuple[int, ...]) -> Mapping[str, Any]:
        found = self._exports.asked(Reveal, self._wanted.by, seqs=seqs, reason="export", export=self._opened)
        if found is None:
            raise NamesRefused("the gate stopped giving names; nothing was exported")
        return found

    def _seal(self, told: manifest.Manifest, beside: Path) -> bool:
        text = msgspec.json.encode(told).decode()
        found = self._exports.asked(SignExport, self._wanted.by, manifest=text, export=self._opened)
        if not found or not found.get("manifest"):
            return False
        beside.write_text(str(found["manifest"]), encoding="utf-8")
        return True


def exports() -> Exports:
    """Those of the application that answers this request."""
    return cast("Exports", current_app.extensions[Exports.KEY])
