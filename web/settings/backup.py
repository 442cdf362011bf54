"""Backups: which there are, where they go, and the one command that restores one; root writes them and restores."""

from __future__ import annotations

from flask import render_template

from kiosk.core.entry import EntryKind
from kiosk.core.faults import KioskError
from kiosk.store.desk import Role
from kiosk.store.reader import Entry, Filter, Reader
from web.access import requires
from web.parts import parts
from web.settings.blueprint import blueprint

SHOWN = 20


@blueprint.get("/backup")
@requires(Role.MANAGER)
def backup() -> str:
    """The newest backups that the log knows of, and what making and restoring one needs."""
    at = parts()
    return render_template(
        "settings/backup.html",
        made=[(entry, entry.detail.partition(" ")[2]) for entry in _made()],
        backup=at.settings.backup,
        key=at.places.recovery.exists(),
    )


def _made() -> tuple[Entry, ...]:
    try:
        return tuple(Reader.open(parts().places.logbook).page(Filter(kind=EntryKind.BACKUP), limit=SHOWN))
    except KioskError:
        return ()
