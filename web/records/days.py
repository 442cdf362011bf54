"""The report of a day and the inspector's sheet: on the page, on paper and as a table, with the same numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Response, abort, render_template
from flask_login import current_user

from kiosk.core import daily
from kiosk.core.daily import DayReport
from kiosk.core.entry import EntryKind, code
from kiosk.core.faults import LogbookBroken, SettingsError, StoreUnreadable
from kiosk.core.model import Outcome
from kiosk.locale import gettext as _
from kiosk.printing.daily_report import daily_report, measured, report_numbers, waited
from kiosk.printing.inspection import Event, inspection
from kiosk.store.daily import as_csv, rows_about
from kiosk.store.desk import Role
from kiosk.store.reader import Entry
from web.access import requires
from web.parts import parts
from web.records.blueprint import blueprint
from web.records.counted import counted
from web.wording import who

INSPECTED = timedelta(hours=24)
MOST_EVENTS = 40  # on the inspector's page, the newest
_TOLD = frozenset(
    {
        EntryKind.OVERRIDE,
        EntryKind.UNDO,
        EntryKind.DISPUTE,
        EntryKind.MEDICAL_EXIT,
        EntryKind.EVACUATION,
        EntryKind.PURGED,
        EntryKind.ERASED,
        EntryKind.EXPORTED,
        EntryKind.LOOKED,
        EntryKind.INSIDE_RESET,
    }
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What the log had come to: number and code of its last row, and of the last one that is signed."""

    seq: int
    code: str
    signed_seq: int = 0
    signed_at: datetime | None = None

    @property
    def text(self) -> str:
        """As people read it to each other, and `kiosk log verify --head` takes it."""
        return f"{self.seq}:{self.code}"


@blueprint.get("/days")
@blueprint.get("/days/<day>")
@requires(Role.MANAGER)
def day(day: str = "") -> tuple[str, int]:
    """The report of one day; today's where none is named."""
    asked = _asked(day) if day else counted().today()
    try:
        report, proof = counted().report(asked), _proof()
        said = _explained(report)
    except (StoreUnreadable, LogbookBroken) as error:
        return render_template("records/unable.html", trouble=str(error)), 503
    today = counted().today()
    page = render_template(
        "records/day.html",
        report=report,
        report_list=report_numbers(report),
        measured=measured(report),
        waited=waited(report),
        head=proof,
        explained=said,
        before=asked - timedelta(days=1),
        after=asked + timedelta(days=1) if asked < today else None,
        today=today,
    )
    return page, 200


@blueprint.get("/days/<day>/report.pdf")
@requires(Role.MANAGER)
def day_pdf(day: str) -> Response | tuple[str, int]:
    """The same on paper."""
    try:
        report, proof = counted().report(_asked(day)), _proof()
        body = daily_report(report, parts().settings.kiosk.place, counted().zone, parts().now(), head=proof.text)
    except (StoreUnreadable, LogbookBroken, SettingsError) as error:
        return render_template("records/unable.html", trouble=str(error)), 503
    return _file(body, "application/pdf", f"report-{report.day.isoformat()}.pdf")


@blueprint.get("/days/<day>/report.csv")
@requires(Role.MANAGER)
def day_csv(day: str) -> Response | tuple[str, int]:
    """The same as a table."""
    try:
        report = counted().report(_asked(day))
    except (StoreUnreadable, LogbookBroken) as error:
        return render_template("records/unable.html", trouble=str(error)), 503
    return _file(as_csv(report), "text/csv", f"report-{report.day.isoformat()}.csv")


@blueprint.get("/inspection")
@requires(Role.MANAGER)
def inspect() -> tuple[str, int]:
    """The last twenty-four hours for whoever inspects the gate: numbers, events, proof, a line to sign."""
    try:
        report, events, proof = _inspected()
    except (StoreUnreadable, LogbookBroken) as error:
        return render_template("records/unable.html", trouble=str(error)), 503
    page = render_template(
        "records/inspection.html",
        report=report,
        report_list=report_numbers(report),
        measured=measured(report),
        waited=waited(report),
        events=events,
        head=proof,
        explained=_explained(report),
    )
    return page, 200


@blueprint.get("/inspection.pdf")
@requires(Role.MANAGER)
def inspect_pdf() -> Response | tuple[str, int]:
    """The same on paper, with lines for remarks and a signature."""
    try:
        report, events, proof = _inspected()
        body = inspection(report, events, parts().settings.kiosk.place, counted().zone, parts().now(), proof.text)
    except (StoreUnreadable, LogbookBroken, SettingsError) as error:
        return render_template("records/unable.html", trouble=str(error)), 503
    return _file(body, "application/pdf", f"inspection-{parts().now().astimezone(counted().zone):%Y%m%d-%H%M}.pdf")


def _asked(text: str) -> date:
    """The day of an address; ends the request where it names none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        abort(404)
    return day if date(2000, 1, 1) <= day <= date(9000, 1, 1) else abort(404)


def _inspected() -> tuple[DayReport, list[Event], Proof]:
    """Numbers and events of the last day, from one reading of its rows."""
    until, zone = parts().now(), counted().zone
    since = until - INSPECTED
    rows = rows_about(parts().logbook, since, until)
    day = until.astimezone(zone).date()
    report = daily.stretch(rows, (since, until), day, zone, parts().settings.kiosk.id, until)
    return report, _events(row for row in rows if since <= row.happened < until), _proof()


def _events(rows: Iterable[Entry]) -> list[Event]:
    """What an inspector asks about, newest first; nobody's name."""
    found = [row for row in rows if row.kind in _TOLD or (row.kind is EntryKind.VISIT and row.outcome is Outcome.DENY)]
    newest = sorted(found, key=lambda row: (row.happened, row.seq), reverse=True)
    return [_event(row) for row in newest[:MOST_EVENTS]]


def _event(row: Entry) -> Event:
    return Event(
        seq=row.seq,
        at=row.happened,
        kind=row.kind,
        outcome=row.outcome,
        reasons=row.reasons,
        by=who(row.volunteer),
    )


def _proof() -> Proof:
    logbook = parts().logbook
    seq, hash_ = logbook.head()
    signed = logbook.signed()
    return Proof(seq, code(hash_), *((signed.head.seq, signed.head.at) if signed else (0, None)))


def _explained(report: DayReport) -> str:
    """Why a report of nothing is one; empty where there is something in it, or where the missing time says why."""
    if any(line.total for line in report.hours) or report.missing or report.remarks.medical:
        return ""
    first = parts().logbook.first()
    zone = counted().zone
    if first is None:
        return _("The log is empty: nothing was ever written down here.")
    if report.until <= first.recorded:
        day = first.recorded.astimezone(zone).date().isoformat()
        return _("The log begins on %(day)s; of the time before, this kiosk knows nothing.", day=day)
    if report.since > parts().now():
        return _("This day is still to come.")
    last = parts().logbook.last_before(report.until)
    if last is not None and last.happened < report.since - daily.HOUR * 24:
        day = last.happened.astimezone(zone).date().isoformat()
        return _("Nothing was written down since %(day)s: the kiosk was off, and has not been started since.", day=day)
    return _("The kiosk worked, and nobody came by.")


def _file(body: bytes, mimetype: str, name: str) -> Response:
    parts().desk.audit.write("report_made", by=current_user.id, detail=name)
    response = Response(body, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
