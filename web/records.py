"""The manager's records: what happened, filtered; the same filter as a file; names only for a stated reason."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, BinaryIO, cast
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask_login import current_user

from kiosk.core import requests as asks
from kiosk.core.faults import LogbookBroken, StoreUnreadable
from kiosk.core.reasons import Answer
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.store import export
from kiosk.store.desk import Role
from kiosk.store.reader import Entry
from web.access import requires
from web.asking import ask, field
from web.filters import RecordsForm
from web.parts import parts

blueprint = Blueprint("records", __name__, url_prefix="/records")

PAGE = 50
_IN_MEMORY = 4 * 1024 * 1024  # bytes of a download before it moves to a temporary file
_CHUNK = 64 * 1024


@blueprint.get("")
@requires(Role.MANAGER)
def show() -> tuple[str, int]:
    """One page of rows, newest first."""
    form = RecordsForm(request.args)
    if not form.validate():
        return _page(form, (), None), 422
    before = request.args.get("before", type=int)
    try:
        rows = parts().logbook.page(form.chosen(), before=before, limit=PAGE + 1)
        total = parts().logbook.count(form.chosen())
    except (StoreUnreadable, LogbookBroken) as error:
        return _page(form, (), None, trouble=str(error)), 503
    _audit("records_viewed", form)
    return _page(form, rows, total), 200


@blueprint.get("/download.csv")
@requires(Role.MANAGER)
def download() -> Response | tuple[str, int]:
    """Exactly the rows of the filter, oldest first, as a spreadsheet reads them."""
    form = RecordsForm(request.args)
    if not form.validate():
        return _page(form, (), None), 422
    zone = ZoneInfo(parts().settings.kiosk.timezone)
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with the response
    try:
        count = _write(form, spool, zone)
    except (StoreUnreadable, LogbookBroken) as error:
        spool.close()
        return _page(form, (), None, trouble=str(error)), 503
    _audit("records_downloaded", form, rows=count)
    name = f"records-{parts().now().astimezone(zone):%Y%m%d-%H%M}.csv"
    response = Response(_chunks(spool), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.call_on_close(spool.close)
    return response


@blueprint.post("/names")
@requires(Role.MANAGER)
def names() -> tuple[str, int]:
    """The same page with its names, when a reason was given; the log says who looked and why."""
    form = RecordsForm(request.args)
    if not form.validate():
        return _page(form, (), None), 422
    before = request.args.get("before", type=int)
    rows = parts().logbook.page(form.chosen(), before=before, limit=PAGE + 1)
    total = parts().logbook.count(form.chosen())
    if not field("reason"):
        return _page(form, rows, total, said=_("Please say why you need the names.")), 422
    seqs = tuple(row.seq for row in rows[:PAGE])
    reply = ask(asks.Reveal, seqs=seqs, reason=field("reason"))
    if reply.answer is not Answer.DONE:
        return _page(form, rows, total, said=words.answer(reply.answer.value)), 409
    _audit("names_revealed", form, rows=len(seqs))
    return _page(form, rows, total, people=reply.data), 200


def _page(
    form: RecordsForm,
    rows: tuple[Entry, ...],
    total: int | None,
    *,
    people: dict[str, object] | None = None,
    said: str = "",
    trouble: str = "",
) -> str:
    shown = rows[:PAGE]
    return render_template(
        "records/records.html",
        form=form,
        rows=shown,
        older=shown[-1].seq if len(rows) > PAGE else None,
        total=total,
        people=people,
        address=form.address(),
        before=request.args.get("before", type=int),
        problem=said,
        trouble=trouble,
    )


def _audit(what: str, form: RecordsForm, **more: object) -> None:
    detail = " ".join(f"{name}={value}" for name, value in {**form.address(), **more}.items())
    parts().desk.audit.write(what, by=current_user.id, detail=detail)


def _write(form: RecordsForm, file: IO[bytes], zone: ZoneInfo) -> int:
    """The rows of the filter as CSV with a localized header; how many they are."""
    layout = export.Layout(header=lambda name: words.say(words.COLUMNS, name), zone=zone, bom=True)
    return export.csv_file(parts().logbook.bodies(form.chosen()), cast(BinaryIO, file), layout)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while part := file.read(_CHUNK):
        yield part
