"""The roster: a file looked through and taken over whole or not at all, people found and taken out, all as a file."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as kept
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from kiosk.core.codecs import plain
from kiosk.core.desk_requests import RosterPreview
from kiosk.locale import gettext as _
from kiosk.store.desk import Role
from kiosk.store.roster_csv import HEADERS, MAX_BYTES, MAX_PROBLEMS, REQUIRED
from web.access import requires, takes
from web.asking import field
from web.parts import parts
from web.settings.blueprint import blueprint
from web.settings.waiting import Waiting, waiting

FOUND_AT_MOST = 20
_FORM_BYTES = 64 * 1024  # what a form holds beside its file

WAITING = "settings.waiting.roster"

Page = tuple[str, int] | str | AnyResponse


@dataclass(frozen=True, slots=True)
class RosterSheet:
    """A roster file as it came, and what was said about it."""

    name: str
    data: bytes = kept(repr=False)
    preview: RosterPreview


@blueprint.route("/roster", methods=["GET", "POST"])
@requires(Role.MANAGER)
def roster() -> str:
    """How many people each building has; finds somebody. What is typed travels in the body, never in an address."""
    asked = field("q")[:100]
    found = parts().desk.roster.find(asked, FOUND_AT_MOST) if asked else ()
    return _page(asked=asked, found=found, said=_said())


@blueprint.post("/roster/preview")
@requires(Role.MANAGER)
@takes(MAX_BYTES + _FORM_BYTES)
def roster_preview() -> Page:
    """What a file would change, and every line of it that is wrong; nothing is changed yet."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(problem=_("Please choose a CSV file first.")), 422
    with file.stream as stream:
        data = stream.read(MAX_BYTES + 1)
    preview = parts().desk.roster.preview(data, _zone())
    name = plain.words(file.filename, 80)
    if preview.problems:
        _waiting().drop(current_user.id)
        return render_template("settings/roster_preview.html", name=name, preview=preview, most=MAX_PROBLEMS), 422
    sheet = _waiting().keep(current_user.id, RosterSheet(name, data, preview))
    return render_template("settings/roster_preview.html", name=name, preview=preview, sheet=sheet.token)


@blueprint.post("/roster/apply")
@requires(Role.MANAGER)
def roster_apply() -> Page:
    """Takes over the file that was looked through, unless the roster changed since: then it is shown anew."""
    sheet = _waiting().find(current_user.id, field("token"))
    if sheet is None:
        return _page(problem=_("This file is not here any more. Please choose it again; nothing was changed.")), 409
    held = sheet.held
    done = parts().desk.roster.apply(held.data, _zone(), held.preview)
    if not done.applied:
        sheet = _waiting().keep(current_user.id, RosterSheet(held.name, held.data, done))
        return render_template(
            "settings/roster_preview.html", name=held.name, preview=done, sheet=sheet.token, changed=True
        ), 409
    _waiting().drop(current_user.id)
    parts().desk.audit.write("roster_imported", by=current_user.id, detail=f"new={done.new} changed={done.changed}")
    return redirect(url_for("settings.roster", said="imported", new=done.new, changed=done.changed), code=303)


@blueprint.post("/roster/remove")
@requires(Role.MANAGER)
def roster_remove() -> Page:
    """Takes somebody out of the roster; asks before."""
    person = parts().desk.roster.person(field("person")[:64])
    if person is None:
        return _page(problem=_("This person is not in the roster any more.")), 409
    if field("sure") != "yes":
        return render_template("settings/roster_remove.html", person=person)
    if parts().desk.roster.remove(person.id):
        parts().desk.audit.write("roster_person_removed", by=current_user.id, detail=f"person={person.id}")
    return redirect(url_for("settings.roster", said="removed"), code=303)


@blueprint.post("/roster/export")
@requires(Role.MANAGER)
def roster_export() -> Response:
    """The roster as a file, without document numbers: of those only keyed hashes are kept."""
    csv, persons = parts().desk.roster.export()
    parts().desk.audit.write("roster_exported", by=current_user.id, detail=f"persons={persons}")
    response = Response(csv, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="roster.csv"'
    return response


def _page(**more: Any) -> str:
    columns = [(name, HEADERS[name][0], name in REQUIRED) for name in HEADERS]
    buildings = parts().desk.roster.buildings()
    total = sum(count for _name, count in buildings)
    return render_template("settings/roster.html", buildings=buildings, total=total, columns=columns, **more)


def _said() -> str:
    said = request.args.get("said")
    if said == "imported":
        numbers = {name: request.args.get(name, 0, type=int) for name in ("new", "changed")}
        return _("The roster is taken over: %(new)s new, %(changed)s changed.", **numbers)
    return _("This person is taken out of the roster.") if said == "removed" else ""


def _zone() -> ZoneInfo:
    return ZoneInfo(parts().settings.kiosk.timezone)


def _waiting() -> Waiting[RosterSheet]:
    return waiting(WAITING)
