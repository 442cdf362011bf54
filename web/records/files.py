"""Files of exactly the rows that a filter means, each with the gate's seal; with names only for a stated reason."""

from __future__ import annotations

from flask import Response, abort, g, jsonify, redirect, render_template, request, send_file, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from kiosk.core.faults import LogbookBroken, StoreUnreadable
from kiosk.locale import gettext as _
from kiosk.store.desk import Role
from kiosk.store.export import BY_NAME
from kiosk.store.exporting import Form
from kiosk.store.jobs import JobState, TooManyJobs
from kiosk.store.workbook import MOST_ROWS
from web.access import requires
from web.asking import field, wants_json
from web.parts import parts
from web.records.blueprint import blueprint
from web.records.exports import KEPT_FOR, Made, NamesRefused, Wanted, exports
from web.records.rows import Sought, refused, sought

AT_ONCE = 20_000  # rows of a CSV file that a browser gets without a page in between
_WAIT_S = 8.0
_TYPES = {
    Form.CSV: "text/csv",
    Form.JSONL: "application/jsonl",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@blueprint.get("/download.csv")
@requires(Role.MANAGER)
def download() -> AnyResponse | tuple[str, int]:
    """The rows of the filter as CSV at once; many rows by way of a page that shows how far they are."""
    found = sought()
    if found is None:
        return refused(), 422
    try:
        at_once = parts().logbook.count_to(found.chosen, AT_ONCE) <= AT_ONCE
        made = exports().start(_wanted(found, Form.CSV))
    except TooManyJobs:
        return _unable(_busy()), 503
    except (StoreUnreadable, LogbookBroken) as error:
        return render_template("records/unable.html", trouble=str(error)), 503
    if at_once and made.job.wait(_WAIT_S) and made.job.state is JobState.DONE:
        return _file(made)
    return redirect(url_for("records.file", made=made.id), code=303)


@blueprint.post("/files")
@requires(Role.MANAGER)
def make() -> AnyResponse | tuple[str, int]:
    """Begins a file of a form, with chosen columns."""
    found = sought()
    if found is None or field("form") not in list(Form):
        return refused(), 422
    reason = field("reason")[:500]
    if request.form.get("names") and not reason:
        return _unable(_("Please say why you need the names.")), 422
    columns = tuple(name for name in request.form.getlist("columns") if name in BY_NAME)
    wanted = _wanted(found, Form(field("form")), columns, reason if request.form.get("names") else "")
    try:
        if wanted.form is Form.XLSX and parts().logbook.count_to(found.chosen, MOST_ROWS) > MOST_ROWS:
            said = _("An Excel file takes %(most)s rows at most. Narrow the filter, or choose CSV.", most=MOST_ROWS)
            return _unable(said), 422
        made = exports().start(wanted)
    except NamesRefused:
        return _unable(_("The gate did not open the names; nothing was saved. Please try again.")), 409
    except TooManyJobs:
        return _unable(_busy()), 503
    except (StoreUnreadable, LogbookBroken) as error:
        return render_template("records/unable.html", trouble=str(error)), 503
    made.job.wait(0.5)
    return redirect(url_for("records.file", made=made.id), code=303)


@blueprint.get("/files")
@requires(Role.MANAGER)
def list_files() -> str:
    """What one had made lately."""
    return render_template("records/files.html", files=exports().of(current_user.id), minutes=_minutes())


@blueprint.get("/files/<made>")
@requires(Role.MANAGER)
def file(made: str) -> str | Response:
    """How far one file is, and what can be saved of it."""
    found = _of_mine(made)
    job = found.job
    if wants_json():
        return jsonify(state=job.state.value, done=job.done, total=job.total)
    return render_template("records/file.html", made=found, job=job, minutes=_minutes())


@blueprint.get("/files/<made>/save")
@requires(Role.MANAGER)
def save(made: str) -> AnyResponse:
    """The file itself."""
    found = _of_mine(made)
    if found.job.state is not JobState.DONE:
        abort(404)
    return _file(found)


@blueprint.get("/files/<made>/seal")
@requires(Role.MANAGER)
def seal(made: str) -> AnyResponse:
    """Its manifest, by which anybody can check it: `kiosk log verify FILE`."""
    found = _of_mine(made)
    if not found.sealed:
        abort(404)
    return send_file(
        found.manifest.absolute(), mimetype="application/json", as_attachment=True, download_name=found.manifest.name
    )


@blueprint.post("/files/<made>/drop")
@requires(Role.MANAGER)
def drop(made: str) -> AnyResponse:
    """Ends a file that is being made, or removes one."""
    exports().drop(_of_mine(made).id)
    return redirect(url_for("records.list_files"), code=303)


def _wanted(found: Sought, form: Form, columns: tuple[str, ...] = (), reason: str = "") -> Wanted:
    return Wanted(found.chosen, form, current_user.id, g.language, found.form.told(), columns, reason)


def _of_mine(made: str) -> Made:
    found = exports().find(made, current_user.id)
    if found is None:
        abort(404)
    return found


def _file(made: Made) -> AnyResponse:
    response = send_file(
        made.job.file.absolute(),
        mimetype=_TYPES[made.wanted.form],
        as_attachment=True,
        download_name=made.job.file.name,
        etag=False,
    )
    if made.sealed:
        response.headers["Link"] = f'<{url_for("records.seal", made=made.id)}>; rel="describedby"'
    return response


def _unable(said: str) -> str:
    return render_template("records/unable.html", said=said)


def _busy() -> str:
    return _("Four files are being made already. Please wait for one of them.")


def _minutes() -> int:
    return int(KEPT_FOR.total_seconds() // 60)
