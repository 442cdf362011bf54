"""Backups: one made now, which there are, where they go, and the commands that restore one.

A page reads no key, so it makes none itself: it places an order, which root carries out (`kiosk.store.backup_order`).
"""

from __future__ import annotations

import secrets
from datetime import datetime

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from kiosk.core.entry import EntryKind
from kiosk.core.faults import KioskError
from kiosk.locale import gettext as _
from kiosk.locale import refusals
from kiosk.store import backup_order
from kiosk.store.backup_order import Order, State, To, Told
from kiosk.store.desk import Role
from kiosk.store.reader import Entry, Filter, Reader
from web.access import requires
from web.asking import field
from web.parts import parts
from web.settings.blueprint import blueprint

SHOWN = 20

Page = tuple[str, int] | str | AnyResponse


@blueprint.get("/backup")
@requires(Role.MANAGER)
def backup() -> str:
    """The newest backups that the log knows of, the one that is being made, and what restoring one needs."""
    return _page()


@blueprint.post("/backup")
@requires(Role.MANAGER)
def backup_now() -> Page:
    """Asks for a backup; nothing where one is being made already."""
    at = parts()
    wanted = field("to")
    if wanted not in list(To) or (wanted == To.USUAL and not at.settings.backup.to):
        return _page(_("Please choose where the backup goes.")), 422
    if not at.places.recovery.exists():
        return _page(), 409
    if not backup_order.is_placed(at.places.runtime):
        order = Order(id=secrets.token_hex(8), to=To(wanted), by=current_user.id, at=at.now())
        try:
            backup_order.place(at.places.runtime, order)
        except OSError as error:
            return _page(_("The order cannot be written: %(why)s", why=error.strerror)), 503
        at.desk.audit.write("backup_asked", by=current_user.id, detail=f"to={wanted}")
    return redirect(url_for("settings.backup"), code=303)


@blueprint.post("/backup/stop")
@requires(Role.MANAGER)
def backup_stop() -> Page:
    """Stops the one that is being made; the older ones stay."""
    at = parts()
    if backup_order.is_placed(at.places.runtime):
        backup_order.withdraw(at.places.runtime)
        at.desk.audit.write("backup_stopped", by=current_user.id)
    return redirect(url_for("settings.backup", said="stopped"), code=303)


@blueprint.get("/backup/progress")
@requires(Role.MANAGER)
def backup_progress() -> Response:
    """How far it is, for the page that shows it."""
    order, told = backup_order.placed(parts().places.runtime), _told()
    running = told is not None and told.state is State.RUNNING
    # A page without news reloads: what waited has begun, or what ran has ended.
    state = "running" if order is not None and running == (request.args.get("begun") == "yes") else "other"
    return jsonify(state=state, done=told.percent if told else 0, said=_part(told))


def _page(problem: str = "") -> str:
    at = parts()
    order, told = backup_order.placed(at.places.runtime), _told()
    began = told if told is not None and told.state is State.RUNNING else None
    return render_template(
        "settings/backup.html",
        made=[(entry, entry.detail.partition(" ")[2]) for entry in _made()],
        backup=at.settings.backup,
        key=at.places.recovery.exists(),
        order=order,
        began=began if order else None,
        part=_part(told),
        late=order is not None and began is None and _waited(order.at),
        broken=began is not None and order is None and _waited(began.at),
        ended=told if told is not None and told.state is not State.RUNNING else None,
        why=refusals.said(told.error) if told is not None and told.error else "",
        problem=problem,
        ways=To,
    )


def _told() -> Told | None:
    """What became of the order that stands, or of the one before where none does."""
    runtime = parts().places.runtime
    told, order = backup_order.told(runtime), backup_order.placed(runtime)
    return told if told is not None and (order is None or order.id == told.id) else None


def _waited(since: datetime) -> bool:
    return parts().now() - since > backup_order.SILENT


def _part(told: Told | None) -> str:
    """What is being done just now."""
    parts_of_it = {
        "logbook.db": _("copying the logbook"),
        "desk.db": _("copying the desk"),
        "writing": _("writing"),
        "verifying": _("reading it again"),
    }
    return parts_of_it.get(told.part, "") if told else ""


def _made() -> tuple[Entry, ...]:
    try:
        return tuple(Reader.open(parts().places.logbook).page(Filter(kind=EntryKind.BACKUP), limit=SHOWN))
    except KioskError:
        return ()
